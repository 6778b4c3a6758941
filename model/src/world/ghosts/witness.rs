//! The observer of a move that is carried out: what the checker concludes from each event.

use crate::books::{Allowed, Occurrence};
use crate::effect::{Call, Effect, LocalOp, PgOp, RedisOp};
use crate::moves::{Actor, Move, Place};
use crate::reply::{Answer, Reply};
use crate::row::IdempotencyKey;
use crate::setup::{Fault, Setup};
use crate::world::Process;
use crate::world::ghosts::{Ghosts, OfAttempt};
use crate::world::mechanics::{Event, Held, Mechanics};

/// The observer of one move.
pub struct Witness<'a> {
    pub(super) setup: &'a Setup,
    pub(super) ghosts: &'a mut Ghosts,
    did: Occurrence,
}

impl<'a> Witness<'a> {
    pub fn of(setup: &'a Setup, mv: Move, ghosts: &'a mut Ghosts) -> Witness<'a> {
        if mv.is_fault() {
            // A breach after another fault is not attributed to what Redis has lost.
            ghosts.redis_lost = false;
        }
        Witness { setup, ghosts, did: Occurrence::of(mv) }
    }

    pub fn see(&mut self, at: &Mechanics, event: Event) {
        match event {
            Event::Sent(gateway) => self.sent(at, gateway),
            Event::Begins(actor) => self.begins(at, actor),
            Event::Acts(actor, call) => {
                self.did.request = at.request_of(self.setup, actor);
                self.did.last = at.running(self.setup, actor).and_then(Process::last);
                self.did.call = call;
            }
            Event::Struck(whom) => self.struck(at, whom),
            Event::Asks(actor, call) => self.asks(at, actor, call),
            Event::Done { actor, call, reply, before } => self.done(at, actor, call, reply, before),
            Event::Replied { actor, call, reply, waited } => {
                if waited {
                    self.did.woke.push((actor, call.step, reply));
                } else {
                    self.did.reply = Some(reply);
                }
                self.replied(at, actor, call, reply);
            }
            Event::Ends(actor, answer) => self.ends(at, actor, answer),
            Event::Environment => self.environment(at),
        }
    }

    /// What the move did, when it is over.
    pub fn conclude(mut self, at: &Mechanics) -> Occurrence {
        self.remember_binding_limits(at);
        self.did
    }

    fn sent(&mut self, at: &Mechanics, gateway: u8) {
        let Some(attempt) = at.attempt(gateway) else { return };
        let request = &mut self.ghosts.requests[attempt.request.index()];
        self.did.request = Some(attempt.request);
        self.did.again = request.asked_before;
        request.asked_before = true;
        self.ghosts.attempts[usize::from(gateway)] = Some(OfAttempt {
            streaming: None,
            streamed: false,
            open_work: false,
            knows_charged: false,
            after_loss: self.ghosts.redis_lost,
            was_binding: 0,
        });
        self.begins(at, Actor::Gateway(gateway));
        self.remember_admission(at, gateway);
    }

    /// A fault of a store strikes the request that an actor works for, or all those in flight.
    fn struck(&mut self, at: &Mechanics, whom: Option<Actor>) {
        if matches!(self.did.mv, Move::TimesOut { .. })
            && let Some(actor) = whom
        {
            self.ghosts.late_in_transaction = at.in_transaction(self.setup, actor);
        }
        if !self.setup.path.upstream {
            return;
        }
        let one = whom.and_then(|actor| at.request_of(self.setup, actor));
        let all = at.gateways.iter().flatten().filter(|_| whom.is_none()).map(|attempt| attempt.request);
        for request in one.into_iter().chain(all) {
            self.ghosts.requests[request.index()].outage = true;
        }
    }

    /// Before an effect: whether it reveals what may still roll back, releases another's key, or ends another's work.
    fn asks(&mut self, at: &Mechanics, actor: Actor, call: Call) {
        let shows = match call.effect {
            Effect::Redis(op) => {
                self.did.released_foreign_key |= self.releases_for_another(at, actor, op);
                op.shows().is_some()
            }
            Effect::Pg(op) => {
                self.watch_transaction(at, actor, call, op);
                false
            }
            Effect::Local(op) => {
                self.take_out(at, op);
                op.shows().is_some()
            }
        };
        let mut early = shows && at.in_transaction(self.setup, actor);
        if self.did.mv == Move::RunsLate {
            self.did.call = Some(call);
            // It reveals what its sender had under way when it was sent, not a transaction that has begun since.
            early &= std::mem::take(&mut self.ghosts.late_in_transaction);
        }
        self.did.early |= early;
    }

    /// Before a statement runs: whether one flow ends the uncommitted work of another in the same transaction.
    fn watch_transaction(&mut self, at: &Mechanics, actor: Actor, call: Call, op: PgOp) {
        let joined = at.request_of(self.setup, actor).and_then(|request| self.setup.input(request).joined);
        let Some(attempt) = self.ghosts.attempt_of(actor).filter(|_| joined.is_some()) else { return };
        let ends = matches!(op, PgOp::Commit | PgOp::Rollback);
        if call.behalf.is_some() && attempt.open_work {
            self.did.met_others_work = Some(ends);
        }
        attempt.open_work = !ends && (attempt.open_work || call.behalf.is_none() && op.writes());
    }

    fn releases_for_another(&self, at: &Mechanics, actor: Actor, op: RedisOp) -> bool {
        let RedisOp::Del(key) = op else { return false };
        at.redis.key(key).is_some() && self.ghosts.key_holders[key.index()] != Some(actor)
    }

    fn done(&mut self, at: &Mechanics, actor: Actor, call: Call, reply: Option<Reply>, before: &Held) {
        match call.effect {
            Effect::Redis(op) => {
                if let (RedisOp::SetNx { key, .. }, Some(Reply::Taken)) = (op, reply) {
                    self.ghosts.key_holders[key.index()] = Some(actor);
                }
                self.forget_gone_keys(at);
            }
            Effect::Pg(_) => {}
            Effect::Local(op) => {
                self.pass_by(actor, op);
                self.hand_over(at, actor, op);
            }
        }
        self.attribute(at, actor, call, before);
    }

    fn replied(&mut self, at: &Mechanics, actor: Actor, call: Call, reply: Reply) {
        let commit = call.effect == Effect::Pg(PgOp::Commit);
        if let (true, Move::Lost { .. }, Some(request)) = (commit, self.did.mv, at.request_of(self.setup, actor)) {
            self.ghosts.requests[request.index()].in_doubt = true;
        }
        if let (Effect::Local(LocalOp::Receive { request, .. }), Reply::Failed(_)) = (call.effect, reply) {
            self.end_stream(actor, request);
        }
        let Actor::Gateway(n) = actor else { return };
        let charged = self.sees_its_charge(at, actor, call, reply);
        if let Some(attempt) = self.ghosts.attempt(n) {
            attempt.knows_charged |= charged;
        }
        self.remember_admission(at, n);
    }

    /// A process that ends stops being a live holder of keys.
    fn ends(&mut self, at: &Mechanics, actor: Actor, answer: Option<Answer>) {
        self.did.early |= matches!(answer, Some(Answer::Ok(_))) && at.in_transaction(self.setup, actor);
        if let Actor::Gateway(n) = actor
            && let Some((attempt, known)) = at.attempt(n).zip(self.ghosts.attempts[usize::from(n)].take())
        {
            let arrived = self.turn_of(at, actor);
            self.did.client_answer =
                answer.filter(|_| !attempt.client_gone).map(|it| self.client_answer(at, (attempt, arrived), known, it));
            self.leave_stream(at, attempt, known);
        }
        *self.turn_mut(at, actor) = None;
        for holder in self.ghosts.key_holders.iter_mut().filter(|holder| **holder == Some(actor)) {
            *holder = None;
        }
    }

    fn environment(&mut self, at: &Mechanics) {
        self.forget_gone_keys(at);
        self.forget_lost_charges(at);
        if self.did.mv == Move::Midnight {
            self.turn_the_day(at);
        }
        // An eviction takes one key and is no such row.
        let row = self.did.mv.fault().and_then(Fault::alone);
        self.ghosts.redis_lost = row.and_then(Move::place) == Some(Place::Redis);
    }

    fn forget_gone_keys(&mut self, at: &Mechanics) {
        for (place, holder) in self.ghosts.key_holders.iter_mut().enumerate() {
            if at.redis.key(IdempotencyKey(place as u8)).is_none() {
                *holder = None;
            }
        }
    }

    /// Windows that begin are judged by the quotas at that moment.
    fn turn_the_day(&mut self, at: &Mechanics) {
        for tenant in self.setup.tenants() {
            let [ended, began] = [at.turn - 1, at.turn].map(|turn| self.setup.date_declared(turn, tenant));
            let (now, allowed) = (Allowed::by(&at.pg.quota(tenant)), &mut self.ghosts.allowed[tenant.index()]);
            if ended != began {
                allowed.daily = now.daily;
            }
            if ended.month() != began.month() {
                allowed.monthly = now.monthly;
            }
        }
    }
}
