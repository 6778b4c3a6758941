//! Why a move cannot happen in the current state.

use crate::io::MAX_ENTRIES;
use crate::setup::Fault;
use crate::step::Step;

/// Why a move cannot happen.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Impossible {
    /// The actor has nothing in flight.
    #[error("{0} has nothing in flight")]
    Idle(String),
    /// The actor is at another step of its flow.
    #[error("{actor} is at {at}, not at {wanted}")]
    Elsewhere {
        /// Who.
        actor: String,
        /// Where it is.
        at: Step,
        /// The step that the move needs.
        wanted: Step,
    },
    /// The actor waits for a lock.
    #[error("{0} waits for a lock")]
    Waiting(String),
    /// The gateway has an attempt in flight.
    #[error("{0} is busy")]
    Busy(String),
    /// The client has its answer or has given up.
    #[error("the client has its answer or no retries left")]
    ClientDone,
    /// There is no such actor in this design or scenario.
    #[error("there is no {0} here")]
    NoSuchActor(String),
    /// This step does not go to Redis.
    #[error("{0} is not a step of redis")]
    NotRedis(Step),
    /// A fault of this kind strikes other steps.
    #[error("{} does not strike {step}", fault.id())]
    Unfit {
        /// Which kind.
        fault: Fault,
        /// Which step.
        step: Step,
    },
    /// The clock is wrong already, or the attempt in flight has its date.
    #[error("the clock of {0} cannot change here")]
    Clock(String),
    /// The dates after this instant are not known.
    #[error("the calendar of this run ends here")]
    EndOfCalendar,
    /// The session is not idle in a transaction that the server still has.
    #[error("the session of {0} is not idle in a transaction")]
    NoTransaction(String),
    /// There is nothing to evict.
    #[error("there is no such key in redis")]
    NothingThere,
    /// No command is on its way, or one is already.
    #[error("{0}")]
    Late(&'static str),
    /// Internal error: a flow asked for another step when it was run again.
    #[error("internal error: {0} did not repeat itself")]
    Diverged(String),
    /// Internal error: a flow has more to put on record than fits.
    #[error("internal error: {0} has more to put on record than the {max} entries that fit", max = MAX_ENTRIES)]
    RecordFull(String),
    /// The actor does not wait for a lock at this step.
    #[error("{actor} does not wait for a lock at {step}")]
    NotWaiting {
        /// Who.
        actor: String,
        /// The step at which it should wait.
        step: Step,
    },
}

/// The result of a move, if it can happen.
pub(super) type Possible<T = ()> = Result<T, Impossible>;
