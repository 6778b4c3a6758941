//! Processes: what each runs, how far it has got, what it does next.

use serde::{Deserialize, Serialize};

use crate::day::Day;
use crate::effect::{Call, DeferredJob};
use crate::flow::{AttemptInput, Days, Recorded};
use crate::io::{FlowState, run};
use crate::reply::{Answer, Failure};
use crate::row::Request;
use crate::setup::Setup;
use crate::step::Step;

/// What a process runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Work {
    /// One try at a request.
    Attempt {
        /// Which.
        request: Request,
        /// The date that the gateway used when the attempt arrived.
        day: Day,
        /// The number of the attempt, from 0, if each attempt has its own trace; else 0.
        nth: u8,
    },
    /// The background sync from Postgres to Redis.
    Sync,
    /// The background copy from Redis to Postgres.
    CopyBack,
    /// The sweeper.
    Sweep {
        /// Its date, for each tenant.
        days: Days,
    },
    /// One delivery of a deferred job.
    Deferred {
        /// Which.
        deferred: DeferredJob,
        /// The date that the worker used when the job was delivered.
        day: Day,
    },
}

impl Work {
    /// The request it is about, if there is one.
    pub fn request(self) -> Option<Request> {
        match self {
            Work::Attempt { request, .. } => Some(request),
            Work::Deferred { deferred, .. } => Some(deferred.request()),
            Work::Sync | Work::CopyBack | Work::Sweep { .. } => None,
        }
    }
}

/// What a process does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Next {
    /// It asks for this.
    Ask(Call),
    /// It has asked and waits for a lock.
    Wait(Call),
    /// It answers its client.
    Answer(Answer),
    /// The job is finished.
    Done,
    /// The job has failed and is given up.
    GaveUp(Failure),
    /// Internal error: the flow did not repeat itself.
    Diverged,
    /// Internal error: the flow has more entries to record than fit.
    RecordFull,
}

/// A process between two steps.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Process {
    /// What it runs.
    pub work: Work,
    /// What it does next.
    pub next: Next,
    pub(super) recorded: Recorded,
}

impl Process {
    /// A new process, without any reply yet.
    pub fn begin(setup: &Setup, work: Work) -> Process {
        let mut recorded = Recorded::default();
        let next = run_on(setup, work, &mut recorded);
        Process { work, next, recorded }
    }

    /// The last step it completed.
    pub fn last(&self) -> Option<Step> {
        self.recorded.last()
    }
}

/// Runs the flow of a process as far as its replies allow.
pub fn run_on(setup: &Setup, work: Work, recorded: &mut Recorded) -> Next {
    match work {
        Work::Attempt { request, day, nth } => {
            let input = AttemptInput { day, ..setup.input(request).of_attempt(nth) };
            match run(recorded, |io| (setup.flows.attempt)(io, &input)) {
                FlowState::Asks(call) => Next::Ask(call),
                FlowState::Ended(answer) => Next::Answer(answer),
                FlowState::Failed(Failure::Refused(limit)) => Next::Answer(Answer::Refused(limit)),
                FlowState::Failed(failure) => Next::Answer(Answer::Error(failure)),
                FlowState::Diverged { .. } => Next::Diverged,
                FlowState::RecordFull => Next::RecordFull,
            }
        }
        Work::Sync | Work::CopyBack => {
            let job = if work == Work::Sync { setup.flows.sync } else { setup.flows.copy_back };
            let Some(job) = job else { return Next::Done };
            let tenants = setup.tenants().collect();
            job_next(run(recorded, |io| job(io, &tenants, setup.effective)))
        }
        Work::Sweep { days } => {
            let Some((sweep, any)) = setup.flows.sweep.zip(setup.any_input()) else { return Next::Done };
            job_next(run(recorded, |io| sweep(io, any, &days)))
        }
        Work::Deferred { deferred, day } => {
            let input = AttemptInput { day, ..*setup.input(deferred.request()) };
            job_next(run(recorded, |io| (setup.flows.deferred)(io, &input, deferred)))
        }
    }
}

fn job_next(ran: FlowState<()>) -> Next {
    match ran {
        FlowState::Asks(call) => Next::Ask(call),
        FlowState::Ended(()) => Next::Done,
        FlowState::Failed(failure) => Next::GaveUp(failure),
        FlowState::Diverged { .. } => Next::Diverged,
        FlowState::RecordFull => Next::RecordFull,
    }
}

/// The label of what comes next, for naming a crash.
pub fn label_of(next: Next) -> Step {
    match next {
        Next::Ask(call) | Next::Wait(call) => call.step,
        Next::Answer(_) | Next::Done | Next::GaveUp(_) | Next::Diverged | Next::RecordFull => Step::Reply,
    }
}
