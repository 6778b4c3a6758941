//! Streams and the queue: what the checker remembers of a stream under way, who breaks it, and what becomes of deliveries.

use crate::books::Occurrence;
use crate::delivery::Cut;
use crate::design::Stream;
use crate::effect::{Effect, Errand, LocalOp};
use crate::money::Money;
use crate::moves::Actor;
use crate::reply::{Failure, Reply};
use crate::row::Request;
use crate::setup::Setup;
use crate::step::Step;
use crate::world::{Attempt, Impossible, Queued, World};

/// A job of a stream's charge is delivered once and again up to three times (P0-1 B).
const DELIVERIES: u8 = 4;

impl World {
    /// How far the stream of a gateway's attempt has come.
    pub(super) fn streaming(&self, actor: Actor) -> Option<Cut> {
        let Actor::Gateway(n) = actor else { return None };
        self.gateways[usize::from(n)].as_ref()?.streaming
    }

    /// A stream has come so far. Once it costs anything it is a call that the provider served.
    pub(super) fn stream_on(&mut self, setup: &Setup, actor: Actor, request: Request, cut: Cut) {
        let prices = setup.charge(request).stream;
        let costs = |cut: Option<Cut>| cut.is_some_and(|cut| prices.counted(cut) != Money::ZERO);
        let before = self.streaming(actor);
        let Actor::Gateway(n) = actor else { return };
        if costs(Some(cut)) && !costs(before) {
            let served = &mut self.clients[request.index()].served;
            *served = served.saturating_add(1);
        }
        if let Some(attempt) = &mut self.gateways[usize::from(n)] {
            attempt.streaming = Some(cut);
        }
    }

    /// The stream is over.
    pub(super) fn end_stream(&mut self, actor: Actor, request: Request, cut: Cut) {
        self.clients[request.index()].endings.add(cut);
        if let Actor::Gateway(n) = actor
            && let Some(attempt) = &mut self.gateways[usize::from(n)]
        {
            attempt.streamed = true;
        }
    }

    /// The process of a stream is gone, or has answered. What is left over then is nobody's who knows what it came to.
    pub(super) fn leave_stream(&mut self, setup: &Setup, attempt: &Attempt) {
        let Some(cut) = attempt.streaming else { return };
        let charge = setup.charge(attempt.request);
        let unfinished = self.pg.row(charge.trace).is_some_and(|row| row.tenant == charge.tenant && row.unfinished());
        let client = &mut self.clients[attempt.request.index()];
        if !attempt.streamed {
            client.endings.add(cut);
        }
        if client.served > 0 && (unfinished || !attempt.streamed) {
            client.endings.abandon();
        }
    }

    /// Whether a client waits for the answer of an attempt in flight.
    pub fn listens(&self, request: Request) -> bool {
        self.in_flight(request).any(|attempt| !attempt.client_gone)
    }

    /// Whether a client has nothing to wait for: nothing of it is in flight, or only what it has left and not come back to.
    pub(super) fn is_patient(&self, request: Request) -> bool {
        let in_flight = self.in_flight(request).next().is_some();
        !in_flight || self.clients[request.index()].reconnects && !self.listens(request)
    }

    /// The client or the provider breaks a stream off.
    pub(super) fn break_stream(
        &mut self,
        setup: &Setup,
        actor: Actor,
        step: Step,
        who: Failure,
        did: &mut Occurrence,
    ) -> Result<(), Impossible> {
        let call = self.asks(setup, actor, step, did)?;
        let Effect::Local(LocalOp::Receive { request, .. }) = call.effect else {
            return Err(Impossible::NoStream(step));
        };
        self.touch(actor);
        if let (Actor::Gateway(n), Failure::ClientGone) = (actor, who)
            && let Some(attempt) = &mut self.gateways[usize::from(n)]
        {
            attempt.client_gone = true;
            self.clients[request.index()].reconnects = true;
        }
        let cut = self.streaming(actor).unwrap_or(Cut::Nothing);
        self.end_stream(actor, request, cut);
        self.deliver(setup, actor, call, Reply::Failed(who), did);
        Ok(())
    }

    /// Story: 1. a worker is done and says so; 2. the queue does not hear it; 3. it delivers the errand once more.
    pub(super) fn not_hear(
        &mut self,
        setup: &Setup,
        actor: Actor,
        step: Step,
        did: &mut Occurrence,
    ) -> Result<(), Impossible> {
        let call = self.asks(setup, actor, step, did)?;
        if !matches!(call.effect, Effect::Local(LocalOp::Acknowledge(_))) {
            return Err(Impossible::NoErrand(step));
        }
        self.deliver(setup, actor, call, Reply::Ok, did);
        Ok(())
    }

    /// A delivery ends while its errand is still in the queue: one of those that a job has, where they are counted.
    pub(super) fn count_failed_delivery(&mut self, setup: &Setup, place: usize) {
        if setup.met.stream != Stream::B || self.jobs[place].running.is_none() {
            return;
        }
        let errands = &mut self.jobs[place].errands;
        if let Some(Queued { errand: Errand::Charge { .. }, failed, .. }) = errands.first_mut() {
            *failed += 1;
            if *failed == DELIVERIES {
                errands.remove(0);
            }
        }
    }

    /// Every errand in the queue is gone; what a worker has taken out it still does.
    pub(super) fn lose_the_queue(&mut self, setup: &Setup) {
        for (actor, job) in setup.jobs().iter().zip(&mut self.jobs) {
            if matches!(actor, Actor::Worker(_)) {
                job.errands.clear();
            }
        }
    }

    /// Whether the queue holds anything.
    pub(super) fn has_queued(&self, setup: &Setup) -> bool {
        let jobs = setup.jobs().iter().zip(&self.jobs);
        jobs.filter(|(actor, _)| matches!(actor, Actor::Worker(_))).any(|(_, job)| !job.errands.is_empty())
    }
}
