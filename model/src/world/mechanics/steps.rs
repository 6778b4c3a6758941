//! One step of a process: its call, the result, and the end of the process.

use crate::effect::{Call, DeferredJob, Effect, LocalOp, PgOp, RedisOp};
use crate::moves::Actor;
use crate::reply::{Answer, Reply};
use crate::setup::Setup;
use crate::step::Step;
use crate::store::postgres;
use crate::store::versioned::SessionId;
use crate::world::impossible::Possible;
use crate::world::mechanics::{Attempt, Event, Held, Mechanics, Queued, Watch, place_of};
use crate::world::{Impossible, Next, Process, label_of, run_on};

impl Mechanics {
    pub(super) fn step(&mut self, setup: &Setup, actor: Actor, step: Step, watch: Watch) -> Possible {
        self.begin_job(setup, actor, watch)?;
        if let (Some(Next::Answer(answer)), Step::Reply) = (self.next(setup, actor), step) {
            return self.answer(actor, answer, watch);
        }
        let call = self.asks(setup, actor, step, watch)?;
        if let Some(reply) = self.ask(setup, actor, call, watch) {
            self.deliver(setup, actor, call, reply, watch);
        } else if let Some(process) = self.process_mut(setup, actor) {
            process.next = Next::Wait(call);
        }
        Ok(())
    }

    fn process_mut(&mut self, setup: &Setup, actor: Actor) -> Option<&mut Process> {
        if let Actor::Gateway(n) = actor {
            return self.gateways[usize::from(n)].as_mut().map(|attempt| &mut attempt.process);
        }
        self.jobs[place_of(setup, actor)?].running.as_deref_mut()
    }

    /// What a running process does next.
    pub(super) fn is_doing(&self, setup: &Setup, actor: Actor) -> Possible<Next> {
        self.running(setup, actor).map(|process| process.next).ok_or_else(|| Impossible::Idle(actor.name()))
    }

    /// The next call of the actor, which must be this step.
    pub(super) fn asks(&self, setup: &Setup, actor: Actor, wanted: Step, watch: Watch) -> Possible<Call> {
        match self.is_doing(setup, actor)? {
            Next::Diverged => Err(Impossible::Diverged(actor.name())),
            Next::RecordFull => Err(Impossible::RecordFull(actor.name())),
            Next::Wait(_) => Err(Impossible::Waiting(actor.name())),
            Next::Ask(call) if call.step == wanted => {
                watch(self, Event::Acts(actor, Some(call)));
                Ok(call)
            }
            other @ (Next::Ask(_) | Next::Answer(_) | Next::Done | Next::GaveUp(_)) => {
                Err(Impossible::Elsewhere { actor: actor.name(), at: label_of(other), wanted })
            }
        }
    }

    /// Carries the effect out; `None` means that it waits.
    pub(super) fn ask(&mut self, setup: &Setup, actor: Actor, call: Call, watch: Watch) -> Option<Reply> {
        let before = self.held(setup);
        watch(self, Event::Asks(actor, call));
        let reply = match call.effect {
            Effect::Redis(op) => {
                let reply = self.redis.execute(op);
                if let (RedisOp::TakeWarmLock { .. }, Reply::Taken) = (op, reply) {
                    self.has_warm_lock(actor);
                }
                Some(reply)
            }
            Effect::Pg(op) => match self.pg.execute(self.session(setup, actor), op) {
                postgres::StatementResult::Done(reply) => Some(reply),
                postgres::StatementResult::Waits => None,
            },
            Effect::Local(op) => {
                self.do_locally(setup, actor, op);
                Some(Reply::Ok)
            }
        };
        self.after_step(setup, actor, call, reply, &before, watch);
        reply
    }

    /// After a step of an actor: periodic jobs become due if the data that they carry over changed.
    pub(super) fn after_step(
        &mut self,
        setup: &Setup,
        actor: Actor,
        call: Call,
        reply: Option<Reply>,
        before: &Held,
        watch: Watch,
    ) {
        let rows_changed = setup.tenants().any(|tenant| before.quotas[tenant.index()] != self.pg.quota(tenant));
        let hashes_changed = setup.tenants().any(|tenant| before.hashes[tenant.index()] != self.redis.hash(tenant));
        let commits = matches!(call.effect, Effect::Pg(op) if op == PgOp::Commit || op.writes());
        let left_unfinished = setup.flows.sweep.is_some() && commits && self.pg.has_unfinished();
        self.make_due(setup, |job| match job {
            Actor::Sync => rows_changed,
            Actor::CopyBack => hashes_changed,
            Actor::Sweeper => left_unfinished,
            Actor::Gateway(_) | Actor::Worker(_) | Actor::Task(_) => false,
        });
        watch(self, Event::Done { actor, call, reply, before });
    }

    /// Makes periodic jobs due.
    pub(super) fn make_due(&mut self, setup: &Setup, which: impl Fn(Actor) -> bool) {
        for (&actor, job) in setup.jobs().iter().zip(&mut self.jobs) {
            job.due |= matches!(actor, Actor::Sync | Actor::CopyBack | Actor::Sweeper) && which(actor);
        }
    }

    fn do_locally(&mut self, setup: &Setup, actor: Actor, op: LocalOp) {
        match op {
            LocalOp::Send(deferred) => {
                let job = match deferred {
                    DeferredJob::Usage { request, .. }
                    | DeferredJob::Settle(request)
                    | DeferredJob::Charge { request, .. } => Actor::Worker(request),
                    DeferredJob::Snapshot { request, .. } => Actor::Task(request),
                };
                if let Some(place) = place_of(setup, job) {
                    // Two deliveries of one request in the queue represent any number of them.
                    let _dropped = self.jobs[place].queued.try_push(Queued { deferred, failed: 0 });
                }
            }
            LocalOp::Acknowledge(deferred) => {
                if let Some(place) = place_of(setup, Actor::Worker(deferred.request())) {
                    let queued = &mut self.jobs[place].queued;
                    if let Some(at) = queued.iter().position(|waiting| waiting.deferred == deferred) {
                        queued.remove(at);
                    }
                }
            }
            LocalOp::Upstream(_) | LocalOp::Receive { .. } | LocalOp::AskCount(_) => {}
            LocalOp::Wait => self.has_waited(setup, actor),
        }
    }

    /// Records a reply and runs the flow on to its next call.
    pub(super) fn deliver(&mut self, setup: &Setup, actor: Actor, call: Call, reply: Reply, watch: Watch) {
        let (mut waited, mut ended) = (false, false);
        if let Some(process) = self.process_mut(setup, actor) {
            waited = matches!(process.next, Next::Wait(_));
            process.recorded.answer(call.step, reply);
            process.next = run_on(setup, process.work, &mut process.recorded);
            ended = matches!(process.next, Next::Done | Next::GaveUp(_));
        }
        watch(self, Event::Replied { actor, call, reply, waited });
        if ended && !actor.is_gateway() {
            self.end_job(setup, actor, watch);
        }
    }

    /// The job is finished or given up: its connection is returned, and whatever it left open is rolled back. A task is
    /// not started again; a deferred job of the queue stays there until it is acknowledged.
    pub(super) fn end_job(&mut self, setup: &Setup, actor: Actor, watch: Watch) {
        let Some(place) = place_of(setup, actor) else { return };
        watch(self, Event::Ends(actor, None));
        self.count_failed_delivery(setup, place);
        self.jobs[place].running = None;
        if matches!(actor, Actor::Task(_)) && !self.jobs[place].queued.is_empty() {
            self.jobs[place].queued.remove(0);
        }
        self.pg.disconnect(self.session(setup, actor));
    }

    fn answer(&mut self, actor: Actor, answer: Answer, watch: Watch) -> Possible {
        watch(self, Event::Acts(actor, None));
        let Actor::Gateway(n) = actor else { return Err(Impossible::NoSuchActor(actor.name())) };
        let attempt = self.end_attempt(n, Some(answer), watch).ok_or_else(|| Impossible::Idle(actor.name()))?;
        let client = &mut self.clients[attempt.request.index()];
        if !attempt.client_gone && answer.is_final() && client.answered.is_none() {
            client.answered = Some(answer);
        }
        Ok(())
    }

    /// Ends the attempt: its connection closes, and the client may ask once more if something disturbed it.
    pub(super) fn end_attempt(&mut self, gateway: u8, answer: Option<Answer>, watch: Watch) -> Option<Box<Attempt>> {
        self.attempt(gateway)?;
        watch(self, Event::Ends(Actor::Gateway(gateway), answer));
        let attempt = self.gateways[usize::from(gateway)].take()?;
        self.pg.disconnect(SessionId(gateway));
        if attempt.was_disturbed() {
            self.clients[attempt.request.index()].tries_left += 1;
        }
        Some(attempt)
    }
}
