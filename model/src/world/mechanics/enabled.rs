//! Which moves are enabled, in the order that breaks ties between counterexamples of equal length.

use crate::effect::{Call, DeferredJob, Effect, PgOp, RedisOp};
use crate::moves::{Actor, Move};
use crate::row::Request;
use crate::setup::{Fault, Setup};
use crate::step::Step;
use crate::world::mechanics::faults::{ENVIRONMENT, Target};
use crate::world::mechanics::{Mechanics, Queued, place_of};
use crate::world::{Next, label_of};

impl Mechanics {
    /// Appends every enabled move: clients first, then steps, then the faults that are left. There are none when at
    /// rest.
    pub fn moves(&self, setup: &Setup, out: &mut Vec<Move>) {
        if self.at_rest() {
            return;
        }
        self.sends(setup, out);
        for actor in self.actors(setup) {
            self.steps(setup, actor, out);
        }
        if self.late.is_some() {
            out.push(Move::RunsLate);
        }
        for actor in self.actors(setup) {
            self.faults_on(setup, actor, out);
        }
        self.environment(setup, out);
    }

    fn actors<'a>(&self, setup: &'a Setup) -> impl Iterator<Item = Actor> + use<'a> {
        (0..self.gateways.len() as u8).map(Actor::Gateway).chain(setup.jobs().iter().copied())
    }

    /// A client sends to the first free gateway; gateways without an attempt are interchangeable if their dates are.
    fn sends(&self, setup: &Setup, out: &mut Vec<Move>) {
        let free = |place: usize| self.gateways[place].is_none();
        let alike = |place: usize| (0..place).any(|other| free(other) && self.skews[other] == self.skews[place]);
        for gateway in (0..self.gateways.len()).filter(|&place| free(place) && !alike(place)) {
            for request in setup.all_requests().filter(|&request| self.may_send(setup, request)) {
                out.push(Move::Send { request, gateway: gateway as u8 });
            }
        }
    }

    fn may_send(&self, setup: &Setup, request: Request) -> bool {
        let client = &self.clients[request.index()];
        let patient = self.is_patient(request);
        let stamps = setup.input(request).suffixes.stamps;
        client.answered.is_none()
            && client.tries_left > 0
            && (patient || self.left.impatience > 0)
            && (stamps == 0 || client.attempts < stamps)
    }

    /// Whether an idle job may begin. A periodic one and the usage worker run when all is quiet, or earlier by the
    /// budget of [`Fault::JobRun`]; a job that carries money or the hash may run at any time. Only one worker and one
    /// task run at a time.
    pub(super) fn may_begin(&self, setup: &Setup, actor: Actor) -> bool {
        let Some(place) = place_of(setup, actor) else { return false };
        let job = &self.jobs[place];
        let at_leisure = self.quiet() || self.left.job_run > 0;
        let alone = |kind: fn(Actor) -> bool| {
            let running = setup.jobs().iter().zip(&self.jobs).filter(|(_, job)| job.running.is_some());
            running.map(|(&actor, _)| actor).all(|actor| !kind(actor))
        };
        match (actor, job.queued.first()) {
            (Actor::Sync | Actor::CopyBack | Actor::Sweeper, _) => job.due && at_leisure,
            (Actor::Worker(_), Some(Queued { deferred: DeferredJob::Usage { .. }, .. })) => {
                at_leisure && alone(|a| matches!(a, Actor::Worker(_)))
            }
            (Actor::Worker(_), Some(_)) => alone(|a| matches!(a, Actor::Worker(_))),
            (Actor::Task(_), Some(_)) => alone(|a| matches!(a, Actor::Task(_))),
            _ => false,
        }
    }

    fn steps(&self, setup: &Setup, actor: Actor, out: &mut Vec<Move>) {
        let idle = self.running(setup, actor).is_none();
        if idle && !self.may_begin(setup, actor) {
            return;
        }
        let Some(next) = self.next(setup, actor) else { return };
        let step = match next {
            Next::Ask(call) => call.step,
            // An internal error is offered too: carrying out the move reports it.
            Next::Answer(_) | Next::Diverged | Next::RecordFull => Step::Reply,
            Next::Wait(_) | Next::Done | Next::GaveUp(_) => return,
        };
        let contenders = self.contenders(setup, actor, step);
        if contenders.is_empty() {
            out.push(Move::Step { actor, step, wins: None });
        }
        out.extend(contenders.into_iter().map(|winner| Move::Step { actor, step, wins: Some(winner) }));
    }

    /// The actors that could get the lock that this step releases, if there is more than one.
    fn contenders(&self, setup: &Setup, actor: Actor, step: Step) -> Vec<Actor> {
        let waits =
            |actor: &Actor| self.running(setup, *actor).is_some_and(|process| matches!(process.next, Next::Wait(_)));
        if self.actors(setup).filter(waits).count() < 2 {
            return Vec::new();
        }
        let mut after = self.clone();
        match after.carry_out_alone(setup, Move::Step { actor, step, wins: None }) {
            Ok(ready) if ready.len() > 1 => ready.into_iter().map(|session| self.actor_of(setup, session)).collect(),
            _ => Vec::new(),
        }
    }

    fn faults_on(&self, setup: &Setup, actor: Actor, out: &mut Vec<Move>) {
        let running = self.running(setup, actor).map(|process| process.next);
        let Some(next) = running.or_else(|| self.next(setup, actor)) else { return };
        let call = if let Next::Ask(call) = next { Some(call) } else { None };
        let call = call.filter(|_| running.is_some() || self.may_begin(setup, actor));
        let asks = call.map(|call| call.effect);
        let target = Target { actor, next, running: running.is_some(), asks };
        for between in [true, false] {
            let kinds =
                Fault::ALL.iter().filter(|&&fault| self.left.of(fault) > 0 && fault.strikes_between() == between);
            let moves = kinds.filter_map(|&fault| Some((fault, fault.at(actor, label_of(next))?)));
            out.extend(moves.filter(|(fault, _)| self.may_strike(setup, *fault, Some(target))).map(|(_, mv)| mv));
        }
        if let Some(call) = call.filter(|_| self.left.lost_reply > 0) {
            self.lost_replies(setup, actor, call, out);
        }
    }

    fn lost_replies(&self, setup: &Setup, actor: Actor, Call { step, effect, .. }: Call, out: &mut Vec<Move>) {
        let lost = |ran| Move::Lost { actor, step, ran };
        match effect {
            Effect::Local(_) => {}
            Effect::Redis(_) => out.extend([true, false].map(lost)),
            Effect::Pg(op) => {
                let in_transaction = self.pg.in_transaction(self.session(setup, actor));
                // Without a transaction a ROLLBACK is not a round trip: its connection was lost in the failure before
                // it.
                if op == PgOp::Rollback && !in_transaction {
                    return;
                }
                // Inside a transaction the lost connection undoes whatever ran: both cases are the same, and only one
                // is offered.
                if op == PgOp::Commit || op.writes() && !in_transaction {
                    out.push(lost(true));
                }
                out.push(lost(false));
            }
        }
    }

    /// Redis refuses a write only when it reaches it: a script that ends before its first write answers as usual.
    pub(super) fn meets_a_full_redis(&self, op: RedisOp) -> bool {
        if !matches!(op, RedisOp::Eval { .. }) {
            return op.needs_memory();
        }
        self.redis.would_change(op)
    }

    /// Offers to change the clock of the first gateway among those that are alike.
    fn skewed(&self, out: &mut Vec<Move>) {
        let idle = |place: usize| self.gateways[place].is_none() && self.skews[place] == 0;
        if let Some(gateway) = (0..self.gateways.len()).find(|&place| idle(place)) {
            let gateway = gateway as u8;
            out.extend([true, false].map(|ahead| Move::ClockSkew { gateway, ahead }));
        }
    }

    /// Environment faults: stores, queue, clock.
    fn environment(&self, setup: &Setup, out: &mut Vec<Move>) {
        let strikes = |fault: &Fault| self.left.of(*fault) > 0 && self.may_strike(setup, *fault, None);
        for fault in ENVIRONMENT.into_iter().flatten().filter(strikes) {
            if fault == Fault::Eviction {
                out.extend(self.redis.evictable().into_iter().map(Move::Evict));
            } else if fault == Fault::ClockSkew {
                self.skewed(out);
            } else {
                out.extend(fault.alone());
            }
        }
    }
}
