//! Which moves are enabled, in the order that breaks ties between counterexamples of equal length.

use crate::effect::{Effect, PgOp};
use crate::moves::{Actor, Move};
use crate::setup::{Faults, Setup};
use crate::step::Step;
use crate::world::{Next, World, label_of};

impl World {
    /// Appends every enabled move: clients first, then steps, then what may still go wrong. None when at rest.
    pub fn moves(&self, setup: &Setup, out: &mut Vec<Move>) {
        if self.at_rest() {
            return;
        }
        self.sends(setup, out);
        for actor in self.actors() {
            self.steps(setup, actor, out);
        }
        for actor in self.actors() {
            self.faults_on(actor, out);
        }
        if self.left.redis_loss > 0 && self.redis.next_deadline().is_some() {
            out.push(Move::RedisLoss);
        }
        if self.left.expiry > 0 && self.redis.next_deadline().is_some() {
            out.push(Move::Expire);
        }
    }

    fn actors(&self) -> impl Iterator<Item = Actor> + use<> {
        (0..self.gateways.len() as u8).map(Actor::Gateway).chain([Actor::Sync])
    }

    /// A client sends to the first free gateway; gateways without an attempt are interchangeable.
    fn sends(&self, setup: &Setup, out: &mut Vec<Move>) {
        let Some(gateway) = self.gateways.iter().position(Option::is_none) else { return };
        for request in setup.all_requests() {
            let client = &self.clients[request.index()];
            let patient = self.in_flight(request).next().is_none();
            if client.answered.is_none() && client.tries_left > 0 && (patient || self.left.impatience > 0) {
                out.push(Move::Send { request, gateway: gateway as u8 });
            }
        }
    }

    fn steps(&self, setup: &Setup, actor: Actor, out: &mut Vec<Move>) {
        let idle_job = actor == Actor::Sync && self.sync.running.is_none();
        if idle_job && !(self.sync.due && (self.quiet() || self.left.job_run > 0)) {
            return;
        }
        let Some(next) = self.next(setup, actor) else { return };
        let step = match next {
            Next::Ask(call) => call.step,
            Next::Answer(_) => Step::Reply,
            Next::Wait(_) | Next::Done | Next::Diverged => return,
        };
        let contenders = self.contenders(setup, actor, step);
        if contenders.is_empty() {
            out.push(Move::Step { actor, step, wins: None });
        }
        out.extend(contenders.into_iter().map(|winner| Move::Step { actor, step, wins: Some(winner) }));
    }

    /// Those who could get the lock that this step lets go of, if there is more than one.
    fn contenders(&self, setup: &Setup, actor: Actor, step: Step) -> Vec<Actor> {
        let waiting = self.gateways.iter().flatten().filter(|attempt| matches!(attempt.next, Next::Wait(_))).count();
        if waiting < 2 {
            return Vec::new();
        }
        let mut after = self.clone();
        match after.carry_out_alone(setup, Move::Step { actor, step, wins: None }) {
            Ok(ready) if ready.len() > 1 => ready.into_iter().map(|session| self.actor_of(session)).collect(),
            _ => Vec::new(),
        }
    }

    fn faults_on(&self, actor: Actor, out: &mut Vec<Move>) {
        let next = match actor {
            Actor::Gateway(n) => self.attempt(n).map(|attempt| attempt.next),
            Actor::Sync => self.sync.running.as_ref().map(|(_, next)| *next),
        };
        let Some(next) = next else { return };
        let Faults { crash, cancel, redis_unreachable, lost_reply, .. } = self.left;
        let before = label_of(next);
        if crash > 0 {
            out.push(Move::Crash { actor, before });
        }
        if cancel > 0 && actor != Actor::Sync {
            out.push(Move::Cancel { actor, before });
        }
        let Next::Ask(call) = next else { return };
        let step = call.step;
        if redis_unreachable > 0 && matches!(call.effect, Effect::Redis(_)) {
            out.push(Move::Unreachable { actor, step });
        }
        // Without a transaction a ROLLBACK is no round trip: its connection went with the failure before it.
        let nothing_to_lose = call.effect == Effect::Pg(PgOp::Rollback) && !self.pg.in_transaction(self.session(actor));
        if lost_reply > 0 && !nothing_to_lose {
            // Inside a transaction the lost connection takes back whatever ran, so that only one of both is told apart.
            let durable = match call.effect {
                Effect::Redis(_) => true,
                Effect::Pg(PgOp::Commit) => true,
                Effect::Pg(op) => op.writes() && !self.pg.in_transaction(self.session(actor)),
            };
            if durable {
                out.push(Move::Lost { actor, step, ran: true });
            }
            out.push(Move::Lost { actor, step, ran: false });
        }
    }
}
