//! Carrying out one move.

use arrayvec::ArrayVec;

use crate::books::Occurrence;
use crate::delivery::{Cut, Part};
use crate::effect::{Call, Effect, Errand, LocalOp};
use crate::flow::Asking;
use crate::moves::{Actor, Move};
use crate::reply::{Answer, Failure, Reply};
use crate::row::Request;
use crate::setup::Setup;
use crate::step::Step;
use crate::store::postgres::{self, MAX_SESSIONS};
use crate::store::versioned::Session;
use crate::world::{Attempt, Impossible, Next, Process, Queued, Work, World, label_of, place_of, run_on};

pub(super) type Ready = ArrayVec<Session, MAX_SESSIONS>;

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
        self.spend(setup, mv);
        if mv.is_fault() {
            // What breaks after other trouble is not for want of what Redis has lost.
            self.redis_lost = false;
        }
        self.happen(setup, mv, did)?;
        if mv.is_fault() {
            // Also where it ended the first step of a run: the next run starts afresh.
            self.make_due(setup, |_| true);
        }
        Ok(())
    }

    fn happen(&mut self, setup: &Setup, mv: Move, did: &mut Occurrence) -> Result<(), Impossible> {
        match mv {
            Move::Send { request, gateway } => self.send(setup, request, gateway, did),
            Move::Step { actor, step, .. } => self.step(setup, actor, step, did),
            Move::Crash { actor, before } | Move::Cancel { actor, before } => self.lose(setup, actor, before, did),
            Move::Unreachable { actor, step } => {
                self.redis_fails(setup, actor, step, Failure::RedisUnreachable, did).map(drop)
            }
            Move::RedisFull { actor, step } => self.redis_fails(setup, actor, step, Failure::RedisFull, did).map(drop),
            Move::TimesOut { actor, step } => self.time_out(setup, actor, step, did),
            Move::RunsLate => self.run_late(setup, did),
            Move::Lost { actor, step, ran } => self.lose_reply(setup, actor, step, ran, did),
            Move::UpstreamFails { actor, step } => self.fail_upstream(setup, actor, step, did),
            Move::ClientAborts { actor, step } => self.break_stream(setup, actor, step, Failure::ClientGone, did),
            Move::ProviderAborts { actor, step } => self.break_stream(setup, actor, step, Failure::ProviderGone, did),
            Move::Unheard { actor, step } => self.not_hear(setup, actor, step, did),
            Move::IdleTimeout { actor, before } => self.end_idle_session(setup, actor, before, did),
            Move::LockTimeout { actor, step } => self.give_up_waiting(setup, actor, step, did),
            Move::PostgresRestart => self.restart_postgres(setup, did),
            Move::RedisLoss
            | Move::RedisTimeTravel
            | Move::ScriptFlush
            | Move::Expire
            | Move::Evict(_)
            | Move::BrokerLoss
            | Move::ClockSkew { .. }
            | Move::Midnight => self.change_weather(setup, mv),
        }
    }

    fn spend(&mut self, setup: &Setup, mv: Move) {
        let quiet = self.quiet();
        let begins = |actor: Actor| !actor.is_gateway() && self.running(setup, actor).is_none();
        let left = match mv {
            // What carries money or the hash runs whenever it likes.
            Move::Step { actor, .. } if begins(actor) && !quiet && self.waits_for_leisure(setup, actor) => {
                &mut self.left.job_run
            }
            Move::Send { request, .. } if !self.is_patient(request) => &mut self.left.impatience,
            Move::Send { .. } | Move::Step { .. } | Move::RunsLate => return,
            Move::Crash { .. } => &mut self.left.crash,
            Move::Cancel { .. } => &mut self.left.cancel,
            Move::Unreachable { .. } => &mut self.left.redis_unreachable,
            Move::RedisFull { .. } => &mut self.left.redis_full,
            Move::TimesOut { .. } => &mut self.left.late,
            Move::Lost { .. } => &mut self.left.lost_reply,
            Move::UpstreamFails { .. } => &mut self.left.upstream_failure,
            Move::ClientAborts { .. } => &mut self.left.client_abort,
            Move::ProviderAborts { .. } => &mut self.left.provider_abort,
            Move::Unheard { .. } => &mut self.left.redelivery,
            Move::BrokerLoss => &mut self.left.broker_loss,
            Move::ClockSkew { .. } => &mut self.left.clock_skew,
            Move::IdleTimeout { .. } => &mut self.left.idle_timeout,
            Move::LockTimeout { .. } => &mut self.left.lock_timeout,
            Move::PostgresRestart => &mut self.left.postgres_restart,
            Move::RedisLoss => &mut self.left.redis_loss,
            Move::RedisTimeTravel => &mut self.left.redis_time_travel,
            Move::ScriptFlush => &mut self.left.script_flush,
            Move::Evict(_) => &mut self.left.eviction,
            Move::Expire => &mut self.left.expiry,
            Move::Midnight => &mut self.left.midnight,
        };
        *left = left.saturating_sub(1);
    }

    fn waits_for_leisure(&self, setup: &Setup, actor: Actor) -> bool {
        let errand = place_of(setup, actor).and_then(|place| self.jobs[place].errands.first());
        match actor {
            Actor::Sync | Actor::CopyBack | Actor::Sweeper => true,
            Actor::Gateway(_) | Actor::Worker(_) | Actor::Task(_) => {
                matches!(errand, Some(Queued { errand: Errand::Usage { .. }, .. }))
            }
        }
    }

    fn send(&mut self, setup: &Setup, request: Request, gateway: u8, did: &mut Occurrence) -> Result<(), Impossible> {
        let name = || Actor::Gateway(gateway).name();
        let free = self.gateways.get(usize::from(gateway)).ok_or_else(|| Impossible::NoSuchActor(name()))?;
        if free.is_some() {
            return Err(Impossible::Busy(name()));
        }
        let overlapped = self.in_flight(request).next().is_some();
        let lingers = overlapped && !self.listens(request);
        let client = &mut self.clients[request.index()];
        if client.answered.is_some() || client.tries_left == 0 {
            return Err(Impossible::ClientDone);
        }
        let stamps = setup.charge(request).suffixes.stamps;
        if stamps > 0 && client.attempts >= stamps {
            return Err(Impossible::ClientDone);
        }
        did.request = Some(request);
        did.again = client.asked_before;
        client.tries_left -= 1;
        client.reconnects &= !lingers;
        client.asked_before = true;
        for other in self.gateways.iter_mut().flatten().filter(|other| other.request == request) {
            other.overlapped = true;
        }
        let nth = client.attempts;
        if setup.charge(request).suffixes.stamps > 0 {
            client.attempts += 1;
        }
        let date = setup.date_taken(self.turn, setup.charge(request).tenant);
        let day = date.shifted(self.skews[usize::from(gateway)]);
        self.gateways[usize::from(gateway)] = Some(Box::new(Attempt {
            request,
            process: Process::begin(setup, Work::Attempt { request, day, nth }),
            arrived: self.turn,
            streaming: None,
            streamed: false,
            client_gone: false,
            open_work: false,
            touched: false,
            warms_up: false,
            waited: false,
            returns: setup.requests[request.index()].returns,
            overlapped,
            knows_charged: false,
            after_loss: self.redis_lost,
            was_binding: [false; 4],
        }));
        self.remember_admission(setup, gateway);
        Ok(())
    }

    fn step(&mut self, setup: &Setup, actor: Actor, step: Step, did: &mut Occurrence) -> Result<(), Impossible> {
        self.begin_job(setup, actor)?;
        if let (Some(Next::Answer(answer)), Step::Reply) = (self.next(setup, actor), step) {
            return self.answer(setup, actor, answer, did);
        }
        let call = self.asks(setup, actor, step, did)?;
        if let Some(reply) = self.ask(setup, actor, call, did) {
            self.deliver(setup, actor, call, reply, did);
        } else if let Some(process) = self.process_mut(setup, actor) {
            process.next = Next::Wait(call);
        }
        Ok(())
    }

    /// An idle job begins with its first step.
    pub(super) fn begin_job(&mut self, setup: &Setup, actor: Actor) -> Result<(), Impossible> {
        if actor.is_gateway() || self.running(setup, actor).is_some() {
            return Ok(());
        }
        let work = self.would_run(setup, actor).ok_or_else(|| Impossible::Idle(actor.name()))?;
        let place = place_of(setup, actor).ok_or_else(|| Impossible::NoSuchActor(actor.name()))?;
        let carried = self.jobs[place].errands.first().and_then(|queued| queued.arrived);
        self.jobs[place].began = Some(carried.unwrap_or(self.turn));
        self.jobs[place].running = Some(Box::new(Process::begin(setup, work)));
        self.jobs[place].due = false;
        Ok(())
    }

    fn process_mut(&mut self, setup: &Setup, actor: Actor) -> Option<&mut Process> {
        match actor {
            Actor::Gateway(n) => self.gateways[usize::from(n)].as_mut().map(|attempt| &mut attempt.process),
            job @ (Actor::Sync | Actor::CopyBack | Actor::Sweeper | Actor::Worker(_) | Actor::Task(_)) => {
                self.jobs[place_of(setup, job)?].running.as_deref_mut()
            }
        }
    }

    /// What the actor asks, which must be this step.
    pub(super) fn asks(
        &self,
        setup: &Setup,
        actor: Actor,
        wanted: Step,
        did: &mut Occurrence,
    ) -> Result<Call, Impossible> {
        let process = self.running(setup, actor).ok_or_else(|| Impossible::Idle(actor.name()))?;
        self.note_actor(setup, actor, did);
        match process.next {
            Next::Diverged => Err(Impossible::Diverged(actor.name())),
            Next::Wait(_) => Err(Impossible::Waiting(actor.name())),
            Next::Ask(call) if call.step == wanted => {
                did.call = Some(call);
                Ok(call)
            }
            other @ (Next::Ask(_) | Next::Answer(_) | Next::Done | Next::GaveUp(_)) => {
                Err(Impossible::Elsewhere { actor: actor.name(), at: label_of(other), wanted })
            }
        }
    }

    pub(super) fn note_actor(&self, setup: &Setup, actor: Actor, did: &mut Occurrence) {
        did.request = self.request_of(setup, actor);
        did.last = self.running(setup, actor).and_then(Process::last);
    }

    /// Carries the effect out; nothing means that it waits.
    pub(super) fn ask(&mut self, setup: &Setup, actor: Actor, call: Call, did: &mut Occurrence) -> Option<Reply> {
        let before = self.before(setup);
        let reply = match call.effect {
            Effect::Redis(op) => {
                self.watch_redis(setup, actor, op, did);
                let reply = self.redis.execute(op);
                if let (crate::effect::RedisOp::SetNx { key, .. }, Reply::Taken) = (op, reply) {
                    self.key_holders[key.index()] = Some(actor);
                }
                if let (crate::effect::RedisOp::TakeWarmLock { .. }, Reply::Taken) = (op, reply) {
                    self.remember_warm_up(actor);
                }
                self.forget_gone_keys();
                Some(reply)
            }
            Effect::Pg(op) => {
                self.watch_transaction(setup, actor, call, op, did);
                let session = self.session(setup, actor);
                match self.pg.execute(session, op) {
                    postgres::Ran::Done(reply) => Some(reply),
                    postgres::Ran::Waits => None,
                }
            }
            Effect::Local(op) => {
                self.watch_errand(setup, actor, op, did);
                self.do_locally(setup, actor, op);
                Some(Reply::Ok)
            }
        };
        self.after_step(setup, actor, call, &before);
        reply
    }

    fn do_locally(&mut self, setup: &Setup, actor: Actor, op: LocalOp) {
        match op {
            LocalOp::Upstream(request) if setup.charge(request).asking == Asking::Stream => {
                self.stream_on(setup, actor, request, Cut::Nothing);
            }
            LocalOp::Upstream(request) => {
                let served = &mut self.clients[request.index()].served;
                *served = served.saturating_add(1);
            }
            LocalOp::Receive { request, part } => {
                let cut = self.streaming(actor).unwrap_or(Cut::Nothing).after(part);
                self.stream_on(setup, actor, request, cut);
                if part == Part::End {
                    self.end_stream(actor, request, cut);
                }
            }
            LocalOp::Send(errand) => {
                let job = match errand {
                    Errand::Usage { request, .. } | Errand::Settle(request) | Errand::Charge { request, .. } => {
                        Actor::Worker(request)
                    }
                    Errand::Snapshot { request, .. } => Actor::Task(request),
                };
                if let Some(place) = place_of(setup, job) {
                    // Two deliveries of one request in the queue stand for any number of them.
                    let carries_its_day = matches!(errand, Errand::Charge { day: Some(_), .. });
                    let arrived = carries_its_day.then(|| self.turn_of(setup, actor));
                    let _dropped = self.jobs[place].errands.try_push(Queued { errand, failed: 0, arrived });
                }
            }
            LocalOp::Acknowledge(errand) => {
                if let Some(place) = place_of(setup, Actor::Worker(errand.request())) {
                    let errands = &mut self.jobs[place].errands;
                    if let Some(at) = errands.iter().position(|waiting| waiting.errand == errand) {
                        errands.remove(at);
                    }
                }
            }
            LocalOp::AskCount(_) => {}
            LocalOp::Wait => self.remember_wait(setup, actor),
        }
    }

    /// Records a reply and runs the flow on to what it asks next.
    pub(super) fn deliver(&mut self, setup: &Setup, actor: Actor, call: Call, reply: Reply, did: &mut Occurrence) {
        did.reply = Some(reply);
        let charged = self.sees_its_charge(setup, actor, call, reply);
        let Some(process) = self.process_mut(setup, actor) else { return };
        process.recorded.answer(call.step, reply);
        process.next = run_on(setup, process.work, &mut process.recorded);
        let ended = matches!(process.next, Next::Done | Next::GaveUp(_));
        match actor {
            Actor::Gateway(n) => {
                if let Some(attempt) = &mut self.gateways[usize::from(n)] {
                    attempt.knows_charged |= charged;
                }
                self.remember_admission(setup, n);
            }
            job if ended => self.end_job(setup, job),
            Actor::Sync | Actor::CopyBack | Actor::Sweeper | Actor::Worker(_) | Actor::Task(_) => {}
        }
    }

    /// The job is through or is given up: its connection goes back, and whatever it left open is rolled back. A task is
    /// not started again; an errand of the queue stays there until it is acknowledged.
    pub(super) fn end_job(&mut self, setup: &Setup, actor: Actor) {
        let Some(place) = place_of(setup, actor) else { return };
        self.count_failed_delivery(setup, place);
        self.jobs[place].running = None;
        self.jobs[place].began = None;
        if matches!(actor, Actor::Task(_)) && !self.jobs[place].errands.is_empty() {
            self.jobs[place].errands.remove(0);
        }
        self.let_go_of_keys(actor);
        self.pg.disconnect(self.session(setup, actor));
    }

    /// A process that ends is no live holder any more.
    fn let_go_of_keys(&mut self, actor: Actor) {
        for holder in self.key_holders.iter_mut().filter(|holder| **holder == Some(actor)) {
            *holder = None;
        }
    }

    fn answer(&mut self, setup: &Setup, actor: Actor, answer: Answer, did: &mut Occurrence) -> Result<(), Impossible> {
        self.note_actor(setup, actor, did);
        let Actor::Gateway(n) = actor else { return Err(Impossible::NoSuchActor(actor.name())) };
        did.early |= matches!(answer, Answer::Ok(_)) && self.may_still_roll_back(setup, actor);
        let attempt = self.end_attempt(setup, n).ok_or_else(|| Impossible::Idle(actor.name()))?;
        if attempt.client_gone {
            return Ok(());
        }
        did.told = Some(self.told(setup, &attempt, answer));
        let client = &mut self.clients[attempt.request.index()];
        if answer.is_final() && client.answered.is_none() {
            client.answered = Some(answer);
        }
        Ok(())
    }

    /// Ends the attempt: its connection closes, and the client may ask once more if a fault or another attempt of the request
    /// interfered, or if it waited for one of its tenant that was warming up: a wait takes no time here, so that it may end
    /// before the other has moved.
    pub(super) fn end_attempt(&mut self, setup: &Setup, gateway: u8) -> Option<Box<Attempt>> {
        let attempt = self.gateways.get_mut(usize::from(gateway))?.take()?;
        self.pg.disconnect(Session(gateway));
        self.leave_stream(setup, &attempt);
        self.let_go_of_keys(Actor::Gateway(gateway));
        if (attempt.touched && attempt.returns) || attempt.overlapped || attempt.waited {
            self.clients[attempt.request.index()].tries_left += 1;
        }
        Some(attempt)
    }

    /// Locks were let go: those who wait go on, the winner first.
    fn take_up_waiters(&mut self, setup: &Setup, winner: Option<Actor>, did: &mut Occurrence) {
        let mut favourite = winner.map(|actor| self.session(setup, actor));
        loop {
            let ready = self.pg.ready();
            let Some(session) = favourite.take().filter(|s| ready.contains(s)).or(ready.first().copied()) else {
                return;
            };
            let actor = self.actor_of(setup, session);
            let Some(Next::Wait(call)) = self.running(setup, actor).map(|process| process.next) else { return };
            let before = self.before(setup);
            let reply = self.pg.take_up(session);
            self.after_step(setup, actor, call, &before);
            let Some(reply) = reply else { return };
            let acting = did.reply;
            self.deliver(setup, actor, call, reply, did);
            did.reply = acting;
            did.woke.push((actor, call.step, reply));
        }
    }
}
