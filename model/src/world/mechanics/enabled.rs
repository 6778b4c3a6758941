//! Which moves are enabled, in the order that breaks ties between counterexamples of equal length.

use crate::effect::{Call, Effect, Errand, LocalOp, PgOp, RedisOp};
use crate::moves::{Actor, Move};
use crate::row::Request;
use crate::setup::{Faults, Setup};
use crate::step::Step;
use crate::store::redis::Redis;
use crate::world::mechanics::{Mechanics, Queued, place_of};
use crate::world::{Next, label_of};

impl Mechanics {
    /// Appends every enabled move: clients first, then steps, then what may still go wrong. None when at rest.
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
        self.weather(setup, out);
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
        let stamps = setup.charge(request).suffixes.stamps;
        client.answered.is_none()
            && client.tries_left > 0
            && (patient || self.left.impatience > 0)
            && (stamps == 0 || client.attempts < stamps)
    }

    /// Whether an idle job may begin. A periodic one and the usage worker run when all is quiet, or earlier by the budget
    /// of [`Faults::job_run`]; what carries money or the hash runs whenever it likes. One worker and one task at a time.
    pub(super) fn may_begin(&self, setup: &Setup, actor: Actor) -> bool {
        let Some(place) = place_of(setup, actor) else { return false };
        let job = &self.jobs[place];
        let at_leisure = self.quiet() || self.left.job_run > 0;
        let alone = |kind: fn(Actor) -> bool| {
            let running = setup.jobs().iter().zip(&self.jobs).filter(|(_, job)| job.running.is_some());
            running.map(|(&actor, _)| actor).all(|actor| !kind(actor))
        };
        match (actor, job.errands.first()) {
            (Actor::Sync | Actor::CopyBack | Actor::Sweeper, _) => job.due && at_leisure,
            (Actor::Worker(_), Some(Queued { errand: Errand::Usage { .. }, .. })) => {
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
            // An internal error is offered too: whoever takes the move is told.
            Next::Answer(_) | Next::Diverged | Next::RecordFull => Step::Reply,
            Next::Wait(_) | Next::Done | Next::GaveUp(_) => return,
        };
        let contenders = self.contenders(setup, actor, step);
        if contenders.is_empty() {
            out.push(Move::Step { actor, step, wins: None });
        }
        out.extend(contenders.into_iter().map(|winner| Move::Step { actor, step, wins: Some(winner) }));
    }

    /// Those who could get the lock that this step lets go of, if there is more than one.
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
        // A task that was started and has not run dies with its process like one that has begun.
        let waiting_task = matches!(actor, Actor::Task(_)) && running.is_none();
        let Some(next) = running.or_else(|| self.next(setup, actor)) else { return };
        let Faults { crash, cancel, .. } = self.left;
        let before = label_of(next);
        if crash > 0 && (running.is_some() || waiting_task) {
            out.push(Move::Crash { actor, before });
        }
        if cancel > 0 && actor.is_gateway() {
            out.push(Move::Cancel { actor, before });
        }
        let session = self.session(setup, actor);
        let in_transaction = self.pg.in_transaction(session);
        if self.left.idle_timeout > 0 && self.pg.idle_in_transaction(session) {
            out.push(Move::IdleTimeout { actor, before });
        }
        if self.left.lock_timeout > 0
            && let Next::Wait(call) = next
        {
            out.push(Move::LockTimeout { actor, step: call.step });
        }
        // An idle job meets trouble at the step it would begin with.
        if let Next::Ask(call) = next
            && (running.is_some() || self.may_begin(setup, actor))
        {
            self.faults_at(actor, call, in_transaction, out);
        }
    }

    fn faults_at(&self, actor: Actor, call: Call, in_transaction: bool, out: &mut Vec<Move>) {
        let Faults { redis_unreachable, lost_reply, redis_full, late, upstream_failure, .. } = self.left;
        let Faults { client_abort, provider_abort, redelivery, .. } = self.left;
        let step = call.step;
        match call.effect {
            Effect::Local(LocalOp::Upstream(_)) if upstream_failure > 0 => {
                out.push(Move::UpstreamFails { actor, step });
            }
            Effect::Local(LocalOp::Receive { .. }) => {
                if client_abort > 0 {
                    out.push(Move::ClientAborts { actor, step });
                }
                if provider_abort > 0 {
                    out.push(Move::ProviderAborts { actor, step });
                }
            }
            Effect::Local(LocalOp::Acknowledge(_)) if redelivery > 0 => out.push(Move::Unheard { actor, step }),
            Effect::Local(_) => {}
            Effect::Redis(op) => {
                if redis_unreachable > 0 {
                    out.push(Move::Unreachable { actor, step });
                }
                if redis_full > 0 && self.meets_a_full_redis(op) {
                    out.push(Move::RedisFull { actor, step });
                }
                if late > 0 && self.late.is_none() && op.writes() {
                    out.push(Move::TimesOut { actor, step });
                }
                if lost_reply > 0 {
                    out.push(Move::Lost { actor, step, ran: true });
                    out.push(Move::Lost { actor, step, ran: false });
                }
            }
            Effect::Pg(op) => {
                // Without a transaction a ROLLBACK is no round trip: its connection went with the failure before it.
                let nothing_to_lose = op == PgOp::Rollback && !in_transaction;
                if lost_reply > 0 && !nothing_to_lose {
                    // Inside a transaction the lost connection takes back whatever ran: only one of both is told apart.
                    if op == PgOp::Commit || op.writes() && !in_transaction {
                        out.push(Move::Lost { actor, step, ran: true });
                    }
                    out.push(Move::Lost { actor, step, ran: false });
                }
            }
        }
    }

    /// Redis refuses a write when it comes to it: a script that ends before its first write answers as usual.
    fn meets_a_full_redis(&self, op: RedisOp) -> bool {
        if !matches!(op, RedisOp::Eval { .. }) {
            return op.needs_memory();
        }
        self.redis.would_change(op)
    }

    /// The clock of the first gateway among those that are alike.
    fn skewed(&self, out: &mut Vec<Move>) {
        let idle = |place: usize| self.gateways[place].is_none() && self.skews[place] == 0;
        if let Some(gateway) = (0..self.gateways.len()).find(|&place| idle(place)) {
            let gateway = gateway as u8;
            out.extend([true, false].map(|ahead| Move::ClockSkew { gateway, ahead }));
        }
    }

    /// What befalls a store or the clock.
    fn weather(&self, setup: &Setup, out: &mut Vec<Move>) {
        if self.left.postgres_restart > 0 {
            out.push(Move::PostgresRestart);
        }
        if self.left.redis_loss > 0 && !self.redis.evictable().is_empty() {
            out.push(Move::RedisLoss);
        }
        if self.left.redis_time_travel > 0 && self.redis.differs_from(&Redis::opening(setup)) {
            out.push(Move::RedisTimeTravel);
        }
        if self.left.script_flush > 0 && self.redis.has_scripts() {
            out.push(Move::ScriptFlush);
        }
        if self.left.eviction > 0 {
            out.extend(self.redis.evictable().into_iter().map(Move::Evict));
        }
        if self.left.expiry > 0 && self.redis.next_deadline().is_some() {
            out.push(Move::Expire);
        }
        if self.left.broker_loss > 0 && self.has_queued(setup) {
            out.push(Move::BrokerLoss);
        }
        if self.left.clock_skew > 0 {
            self.skewed(out);
        }
        if self.left.midnight > 0 && setup.calendar.has(self.turn + 1) {
            out.push(Move::Midnight);
        }
    }
}
