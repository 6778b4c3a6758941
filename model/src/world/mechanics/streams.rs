//! Streams and the queue: how a stream breaks, and what happens to deliveries.

use crate::design::Stream;
use crate::effect::{DeferredJob, Effect, LocalOp};
use crate::moves::Actor;
use crate::reply::{Failure, Reply};
use crate::row::Request;
use crate::setup::{Fault, Setup};
use crate::step::Step;
use crate::world::impossible::{Impossible, Possible};
use crate::world::mechanics::{Mechanics, Queued, Watch};

/// A job of a stream's charge is delivered once and then up to three more times (P0-1 B).
const DELIVERIES: u8 = 4;

impl Mechanics {
    /// Whether a client waits for the answer of an attempt in flight.
    pub fn listens(&self, request: Request) -> bool {
        self.in_flight(request).any(|attempt| !attempt.client_gone)
    }

    /// Whether a client has nothing to wait for: nothing of it is in flight, or only what it has left and has not come
    /// back to.
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
        watch: Watch,
    ) -> Possible {
        let call = self.asks(setup, actor, step, watch)?;
        let Effect::Local(LocalOp::Receive { request, .. }) = call.effect else {
            let fault = if who == Failure::ClientGone { Fault::ClientAbort } else { Fault::ProviderAbort };
            return Err(Impossible::Unfit { fault, step });
        };
        self.touch(actor);
        if let (Actor::Gateway(n), Failure::ClientGone) = (actor, who)
            && let Some(attempt) = &mut self.gateways[usize::from(n)]
        {
            attempt.client_gone = true;
            self.clients[request.index()].reconnects = true;
        }
        self.deliver(setup, actor, call, Reply::Failed(who), watch);
        Ok(())
    }

    /// Story: 1. a worker is done and says so; 2. the queue does not hear it; 3. it delivers the deferred job once
    /// more.
    pub(super) fn not_hear(&mut self, setup: &Setup, actor: Actor, step: Step, watch: Watch) -> Possible {
        let call = self.asks(setup, actor, step, watch)?;
        if !matches!(call.effect, Effect::Local(LocalOp::Acknowledge(_))) {
            return Err(Impossible::Unfit { fault: Fault::Redelivery, step });
        }
        self.deliver(setup, actor, call, Reply::Ok, watch);
        Ok(())
    }

    /// A delivery ends while its deferred job is still in the queue: it uses up one of the job's deliveries, if they
    /// are counted.
    pub(super) fn count_failed_delivery(&mut self, setup: &Setup, place: usize) {
        if setup.effective.stream != Stream::B || self.jobs[place].running.is_none() {
            return;
        }
        let queued = &mut self.jobs[place].queued;
        if let Some(Queued { deferred: DeferredJob::Charge { .. }, failed, .. }) = queued.first_mut() {
            *failed += 1;
            if *failed == DELIVERIES {
                queued.remove(0);
            }
        }
    }

    /// Every deferred job in the queue is gone; a worker still finishes the one it has taken out.
    pub(super) fn lose_the_queue(&mut self, setup: &Setup) {
        for (actor, job) in setup.jobs().iter().zip(&mut self.jobs) {
            if matches!(actor, Actor::Worker(_)) {
                job.queued.clear();
            }
        }
    }

    /// Whether the queue holds anything.
    pub(super) fn has_queued(&self, setup: &Setup) -> bool {
        let jobs = setup.jobs().iter().zip(&self.jobs);
        jobs.filter(|(actor, _)| matches!(actor, Actor::Worker(_))).any(|(_, job)| !job.queued.is_empty())
    }
}
