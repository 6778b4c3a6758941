//! Carrying out one move.

use arrayvec::ArrayVec;

use crate::books::{Occurrence, Told};
use crate::effect::{Call, Effect, PgOp, RedisOp};
use crate::io::Recorded;
use crate::moves::{Actor, Move};
use crate::reply::{Answer, Failure, Reply};
use crate::row::Request;
use crate::setup::Setup;
use crate::step::Step;
use crate::store::postgres::{self, MAX_SESSIONS};
use crate::store::versioned::Session;
use crate::world::{Attempt, Next, World, binding, label_of, place, run_attempt, run_job};

/// A move that cannot happen here.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Impossible {
    /// The actor is doing nothing.
    #[error("{0} has nothing in flight")]
    Idle(String),
    /// The actor is elsewhere in its flow.
    #[error("{actor} is at {at}, not at {wanted}")]
    Elsewhere {
        /// Who.
        actor: String,
        /// Where it is.
        at: Step,
        /// Where the move wants it.
        wanted: Step,
    },
    /// The actor waits for a lock.
    #[error("{0} waits for a lock")]
    Waiting(String),
    /// The gateway has an attempt in flight.
    #[error("{0} is busy")]
    Busy(String),
    /// The client has its answer or has given up.
    #[error("the client of this trace asks no more")]
    ClientDone,
    /// There is no such actor in this design or scenario.
    #[error("there is no {0} here")]
    NoSuchActor(String),
    /// This step is not one of Redis.
    #[error("{0} is no step of redis")]
    NotRedis(Step),
    /// Internal error: a flow asked for another step when it was run again.
    #[error("internal error: {0} did not repeat itself")]
    Diverged(String),
}

type Ready = ArrayVec<Session, MAX_SESSIONS>;

impl World {
    /// Carries out one move, whatever the budgets say, and tells what it did.
    ///
    /// # Errors
    /// Says why the move cannot happen here; the world is then unchanged in every way that matters to its caller, who
    /// must drop it.
    pub fn apply(&mut self, setup: &Setup, mv: Move) -> Result<Occurrence, Impossible> {
        let mut did = Occurrence::of(mv);
        self.carry_out(setup, mv, &mut did)?;
        let winner = if let Move::Step { wins, .. } = mv { wins } else { None };
        self.take_up_waiters(setup, winner, &mut did);
        self.remember_binding_limits(setup);
        Ok(did)
    }

    /// The move without taking up those who wait: who is ready then.
    pub(super) fn carry_out_alone(&mut self, setup: &Setup, mv: Move) -> Result<Ready, Impossible> {
        self.carry_out(setup, mv, &mut Occurrence::of(mv))?;
        Ok(self.pg.ready())
    }

    fn carry_out(&mut self, setup: &Setup, mv: Move, did: &mut Occurrence) -> Result<(), Impossible> {
        self.spend(mv);
        if mv.is_fault() {
            self.sync.due = setup.flows.sync.is_some();
        }
        match mv {
            Move::Send { request, gateway } => self.send(setup, request, gateway, did),
            Move::Step { actor, step, .. } => self.step(setup, actor, step, did),
            Move::Crash { actor, before } | Move::Cancel { actor, before } => self.lose(actor, before, did),
            Move::Unreachable { actor, step } => {
                let call = self.asks(setup, actor, step, did)?;
                if !matches!(call.effect, Effect::Redis(_)) {
                    return Err(Impossible::NotRedis(step));
                }
                self.touch(actor);
                self.deliver(setup, actor, call, Reply::Failed(Failure::RedisUnreachable), did);
                Ok(())
            }
            Move::Lost { actor, step, ran } => self.lose_reply(setup, actor, step, ran, did),
            Move::RedisLoss | Move::Expire => {
                if mv == Move::Expire {
                    self.redis.expire_next()
                } else {
                    self.redis.lose_everything()
                }
                self.forget_gone_keys();
                self.gateways.iter_mut().flatten().for_each(|attempt| attempt.touched = true);
                Ok(())
            }
        }
    }

    fn spend(&mut self, mv: Move) {
        let quiet = self.quiet();
        let left = &mut self.left;
        let budget = match mv {
            Move::Crash { .. } => &mut left.crash,
            Move::Cancel { .. } => &mut left.cancel,
            Move::Unreachable { .. } => &mut left.redis_unreachable,
            Move::Lost { .. } => &mut left.lost_reply,
            Move::RedisLoss => &mut left.redis_loss,
            Move::Expire => &mut left.expiry,
            Move::Step { actor: Actor::Sync, .. } if self.sync.running.is_none() && !quiet => &mut left.job_run,
            Move::Send { request, .. } if self.gateways.iter().flatten().any(|a| a.request == request) => {
                &mut left.impatience
            }
            Move::Send { .. } | Move::Step { .. } => return,
        };
        *budget = budget.saturating_sub(1);
    }

    fn send(&mut self, setup: &Setup, request: Request, gateway: u8, did: &mut Occurrence) -> Result<(), Impossible> {
        let name = || Actor::Gateway(gateway).name();
        let free = self.gateways.get(usize::from(gateway)).ok_or_else(|| Impossible::NoSuchActor(name()))?;
        if free.is_some() {
            return Err(Impossible::Busy(name()));
        }
        let overlapped = self.in_flight(request).next().is_some();
        let client = &mut self.clients[request.index()];
        if client.answered.is_some() || client.tries_left == 0 {
            return Err(Impossible::ClientDone);
        }
        did.request = Some(request);
        did.again = client.asked_before;
        client.tries_left -= 1;
        client.asked_before = true;
        for other in self.gateways.iter_mut().flatten().filter(|other| other.request == request) {
            other.overlapped = true;
        }
        let mut recorded = Recorded::default();
        let next = run_attempt(setup, request, &mut recorded);
        self.gateways[usize::from(gateway)] = Some(Attempt {
            request,
            next,
            recorded,
            touched: false,
            overlapped,
            knows_charged: false,
            was_binding: [false; 3],
        });
        Ok(())
    }

    fn step(&mut self, setup: &Setup, actor: Actor, step: Step, did: &mut Occurrence) -> Result<(), Impossible> {
        if actor == Actor::Sync && self.sync.running.is_none() && setup.flows.sync.is_some() {
            let mut recorded = Recorded::default();
            let next = run_job(setup, &mut recorded);
            self.sync.running = Some((recorded, next));
            self.sync.due = false;
        }
        if let (Some(Next::Answer(answer)), Step::Reply) = (self.next(setup, actor), step) {
            return self.answer(actor, answer, did);
        }
        let call = self.asks(setup, actor, step, did)?;
        if let Some(reply) = self.ask_store(setup, actor, call, did) {
            self.deliver(setup, actor, call, reply, did);
        } else {
            self.set_next(actor, Next::Wait(call));
        }
        Ok(())
    }

    /// What the actor asks, which must be this step.
    fn asks(&self, setup: &Setup, actor: Actor, wanted: Step, did: &mut Occurrence) -> Result<Call, Impossible> {
        let next = self.next(setup, actor).ok_or_else(|| Impossible::Idle(actor.name()))?;
        match next {
            Next::Diverged => return Err(Impossible::Diverged(actor.name())),
            Next::Wait(_) => return Err(Impossible::Waiting(actor.name())),
            _ => {}
        }
        self.note_actor(actor, did);
        match next {
            Next::Ask(call) if call.step == wanted => {
                did.call = Some(call);
                Ok(call)
            }
            other => Err(Impossible::Elsewhere { actor: actor.name(), at: label_of(other), wanted }),
        }
    }

    fn note_actor(&self, actor: Actor, did: &mut Occurrence) {
        let recorded = match actor {
            Actor::Gateway(n) => self.attempt(n).map(|attempt| {
                did.request = Some(attempt.request);
                &attempt.recorded
            }),
            Actor::Sync => self.sync.running.as_ref().map(|(recorded, _)| recorded),
        };
        did.last = recorded.and_then(|r| r.replies.last()).map(|&(step, _)| step);
    }

    /// Carries the effect out; nothing means that it waits. Ghosts: whose money moved, who holds the key.
    fn ask_store(&mut self, setup: &Setup, actor: Actor, call: Call, did: &mut Occurrence) -> Option<Reply> {
        match call.effect {
            Effect::Redis(op) => {
                did.early |= matches!(op, RedisOp::HSet { .. }) && self.may_still_roll_back(actor);
                did.stranger_released |= self.releases_for_another(actor, op);
                let reply = self.redis.execute(op);
                if let (RedisOp::SetNx { request, .. }, Reply::Taken, Actor::Gateway(n)) = (op, reply, actor) {
                    self.clients[request.index()].key_holder = Some(n);
                }
                self.forget_gone_keys();
                Some(reply)
            }
            Effect::Pg(op) => self.ask_postgres(setup, actor, |pg, session| match pg.execute(session, op) {
                postgres::Ran::Done(reply) => Some(reply),
                postgres::Ran::Waits => None,
            }),
        }
    }

    fn ask_postgres(
        &mut self,
        setup: &Setup,
        actor: Actor,
        ask: impl FnOnce(&mut postgres::Postgres, Session) -> Option<Reply>,
    ) -> Option<Reply> {
        let before: ArrayVec<_, { postgres::MAX_TENANTS }> =
            setup.tenants().map(|t| self.pg.quota(t).balance).collect();
        let session = self.session(actor);
        let reply = ask(&mut self.pg, session);
        for (tenant, before) in setup.tenants().zip(before) {
            let taken = before - self.pg.quota(tenant).balance;
            if taken != crate::money::Money::ZERO {
                self.sync.due = setup.flows.sync.is_some();
                if let Some(request) = self.request_of(actor) {
                    let client = &mut self.clients[request.index()];
                    client.moved = client.moved + taken;
                }
            }
        }
        reply
    }

    /// Records a reply and runs the flow on to what it asks next.
    fn deliver(&mut self, setup: &Setup, actor: Actor, call: Call, reply: Reply, did: &mut Occurrence) {
        did.reply = Some(reply);
        let charged = self.sees_its_charge(setup, actor, call, reply);
        match actor {
            Actor::Gateway(n) => {
                let Some(attempt) = &mut self.gateways[usize::from(n)] else { return };
                attempt.knows_charged |= charged;
                attempt.recorded.replies.push((call.step, reply));
                attempt.next = run_attempt(setup, attempt.request, &mut attempt.recorded);
            }
            Actor::Sync => {
                let Some((recorded, next)) = &mut self.sync.running else { return };
                recorded.replies.push((call.step, reply));
                *next = run_job(setup, recorded);
                if *next == Next::Done {
                    self.sync.running = None;
                    // The connection goes back; whatever a failed run left open is rolled back.
                    self.pg.disconnect(self.session(Actor::Sync));
                }
            }
        }
    }

    fn answer(&mut self, actor: Actor, answer: Answer, did: &mut Occurrence) -> Result<(), Impossible> {
        self.note_actor(actor, did);
        let Actor::Gateway(n) = actor else { return Err(Impossible::NoSuchActor(actor.name())) };
        did.early |= matches!(answer, Answer::Ok(_)) && self.may_still_roll_back(actor);
        let attempt = self.end_attempt(n).ok_or_else(|| Impossible::Idle(actor.name()))?;
        let was_binding = match answer {
            Answer::Refused(limit) => attempt.was_binding[place(limit)],
            _ => false,
        };
        let others_in_flight = self.in_flight(attempt.request).next().is_some();
        did.told = Some(Told { answer, knew_charged: attempt.knows_charged, was_binding, others_in_flight });
        let client = &mut self.clients[attempt.request.index()];
        if answer.is_final() && client.answered.is_none() {
            client.answered = Some(answer);
        }
        Ok(())
    }

    /// A crash or a cancellation: the attempt is gone, its connection with it; the client learns nothing.
    fn lose(&mut self, actor: Actor, before: Step, did: &mut Occurrence) -> Result<(), Impossible> {
        let running = match actor {
            Actor::Gateway(n) => self.attempt(n).map(|attempt| attempt.next),
            Actor::Sync => self.sync.running.as_ref().map(|(_, next)| *next),
        };
        let next = running.ok_or_else(|| Impossible::Idle(actor.name()))?;
        if label_of(next) != before {
            return Err(Impossible::Elsewhere { actor: actor.name(), at: label_of(next), wanted: before });
        }
        self.note_actor(actor, did);
        self.touch(actor);
        match actor {
            Actor::Gateway(n) => drop(self.end_attempt(n)),
            Actor::Sync => {
                self.sync.running = None;
                self.pg.disconnect(self.session(actor));
            }
        }
        Ok(())
    }

    fn lose_reply(
        &mut self,
        setup: &Setup,
        actor: Actor,
        step: Step,
        ran: bool,
        did: &mut Occurrence,
    ) -> Result<(), Impossible> {
        if actor == Actor::Sync && self.sync.running.is_none() {
            return Err(Impossible::Idle(actor.name()));
        }
        let call = self.asks(setup, actor, step, did)?;
        self.touch(actor);
        if ran {
            let _unseen = self.ask_store(setup, actor, call, did);
        }
        let failure = match call.effect {
            Effect::Redis(_) => Failure::RedisLost,
            Effect::Pg(_) => {
                self.pg.disconnect(self.session(actor));
                Failure::PgLost
            }
        };
        self.deliver(setup, actor, call, Reply::Failed(failure), did);
        Ok(())
    }

    /// Ends the attempt: its connection closes, and if a fault or another attempt of the trace interfered, the client may
    /// ask once more.
    fn end_attempt(&mut self, gateway: u8) -> Option<Attempt> {
        let attempt = self.gateways.get_mut(usize::from(gateway))?.take()?;
        self.pg.disconnect(Session(gateway));
        for client in self.clients.iter_mut().filter(|client| client.key_holder == Some(gateway)) {
            client.key_holder = None;
        }
        if attempt.touched || attempt.overlapped {
            self.clients[attempt.request.index()].tries_left += 1;
        }
        Some(attempt)
    }

    /// Locks were let go: those who wait go on, the winner first.
    fn take_up_waiters(&mut self, setup: &Setup, winner: Option<Actor>, did: &mut Occurrence) {
        let mut favourite = winner.map(|actor| self.session(actor));
        loop {
            let ready = self.pg.ready();
            let Some(session) = favourite.take().filter(|s| ready.contains(s)).or(ready.first().copied()) else {
                return;
            };
            let actor = self.actor_of(session);
            let Some(Next::Wait(call)) = self.next(setup, actor) else { return };
            let reply = self.ask_postgres(setup, actor, |pg, session| pg.take_up(session));
            let Some(reply) = reply else { return };
            let acting = did.reply;
            self.deliver(setup, actor, call, reply, did);
            did.reply = acting;
            did.woke.push((actor, call.step, reply));
        }
    }

    fn remember_binding_limits(&mut self, setup: &Setup) {
        for attempt in self.gateways.iter_mut().flatten() {
            let charge = setup.charge(attempt.request);
            let now = binding(&self.pg.quota(charge.tenant), charge.amount);
            for (seen, now) in attempt.was_binding.iter_mut().zip(now) {
                *seen |= now;
            }
        }
    }

    fn touch(&mut self, actor: Actor) {
        if let Actor::Gateway(n) = actor
            && let Some(attempt) = &mut self.gateways[usize::from(n)]
        {
            attempt.touched = true;
        }
    }

    fn set_next(&mut self, actor: Actor, to: Next) {
        match actor {
            Actor::Gateway(n) => self.gateways[usize::from(n)].iter_mut().for_each(|attempt| attempt.next = to),
            Actor::Sync => self.sync.running.iter_mut().for_each(|(_, next)| *next = to),
        }
    }

    fn request_of(&self, actor: Actor) -> Option<Request> {
        match actor {
            Actor::Gateway(n) => self.attempt(n).map(|attempt| attempt.request),
            Actor::Sync => None,
        }
    }

    fn forget_gone_keys(&mut self) {
        for (place, client) in self.clients.iter_mut().enumerate() {
            if self.redis.key(Request(place as u8)).is_none() {
                client.key_holder = None;
            }
        }
    }

    fn may_still_roll_back(&self, actor: Actor) -> bool {
        self.pg.in_transaction(self.session(actor))
    }

    fn releases_for_another(&self, actor: Actor, op: RedisOp) -> bool {
        let RedisOp::Del(request) = op else { return false };
        let holder = self.clients[request.index()].key_holder.map(Actor::Gateway);
        self.redis.key(request).is_some() && holder != Some(actor)
    }

    fn sees_its_charge(&self, setup: &Setup, actor: Actor, call: Call, reply: Reply) -> bool {
        let Some(request) = self.request_of(actor) else { return false };
        let charge = setup.charge(request);
        match (call.effect, reply) {
            (Effect::Pg(PgOp::Commit | PgOp::MarkCommitted(_)), Reply::Ok | Reply::Updated(1)) => {
                let row = self.pg.row(charge.trace);
                row.is_some_and(|row| row.tenant == charge.tenant && row.effective())
            }
            (_, Reply::Row(Some(row))) => row.tenant == charge.tenant && row.effective(),
            _ => false,
        }
    }
}
