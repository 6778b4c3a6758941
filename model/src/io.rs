//! How straight-line code becomes data: a flow asks through [`Io`], which answers from the replies so far and otherwise
//! suspends the flow with what it asked.
//!
//! Carrying out a step means: append its reply and run the flow again from its start. The flow is a pure function of
//! its input and its replies, so it comes to the same place and goes on from there. A process can thus be cloned,
//! hashed, compared, crashed between any two steps and replayed, while its code reads from top to bottom.

use arrayvec::ArrayVec;
use serde::{Deserialize, Serialize};

use crate::effect::{Call, Effect, PgOp, RedisOp};
use crate::reply::{Failure, Reply};
use crate::step::Step;

/// The most replies one flow may wait for between two `repeat`s.
pub const MAX_REPLIES: usize = 16;

/// What a suspended flow has been told so far: all there is to know of a process.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Recorded {
    /// The replies, each with the label it answers, in the order in which they were asked for.
    pub replies: ArrayVec<(Step, Reply), MAX_REPLIES>,
    /// Which round of [`Io::repeat`] is running.
    pub round: u8,
}

/// A flow asked for something that has no reply so far. Only [`Io`] can make one, and no handler can catch it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Suspension(Call);

/// Why a flow stopped short of its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// It waits for a reply.
    Suspended(Suspension),
    /// A step failed and nobody handled it.
    Failed(Failure),
    /// Internal error: run again, the flow asked for another step than the one its reply was recorded for.
    Diverged {
        /// What the reply on record answers.
        recorded: Step,
        /// What was asked instead.
        asked: Step,
    },
}

/// The result of a flow or of a part of one: ask with `?`.
pub type Flow<T> = Result<T, Stop>;

/// Where a run of a flow got to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ran<T> {
    /// It waits for the reply to this call.
    Asks(Call),
    /// It ended with this.
    Ended(T),
    /// It ended in a failure that it does not handle.
    Failed(Failure),
    /// Internal error, see [`Stop::Diverged`].
    Diverged {
        /// What the reply on record answers.
        recorded: Step,
        /// What was asked instead.
        asked: Step,
    },
}

/// A flow's only way to the world.
#[derive(Debug)]
pub struct Io<'a> {
    recorded: &'a mut Recorded,
    next: usize,
}

/// Runs a flow from its start against what it has been told so far.
pub fn run<T>(recorded: &mut Recorded, flow: impl FnOnce(&mut Io<'_>) -> Flow<T>) -> Ran<T> {
    match flow(&mut Io { recorded, next: 0 }) {
        Ok(value) => Ran::Ended(value),
        Err(Stop::Suspended(Suspension(call))) => Ran::Asks(call),
        Err(Stop::Failed(failure)) => Ran::Failed(failure),
        Err(Stop::Diverged { recorded, asked }) => Ran::Diverged { recorded, asked },
    }
}

/// Lets a handler look at a failure. A suspension passes through untouched, so code after `caught(..)?` runs only once
/// the guarded part has really ended.
pub fn caught<T>(part: Flow<T>) -> Flow<Result<T, Failure>> {
    match part {
        Ok(value) => Ok(Ok(value)),
        Err(Stop::Failed(failure)) => Ok(Err(failure)),
        Err(stop) => Err(stop),
    }
}

impl Io<'_> {
    /// Asks Postgres. A refusal is a failure of the flow unless [`caught`].
    pub fn pg(&mut self, step: Step, op: PgOp) -> Flow<Reply> {
        self.call(Call { step, effect: Effect::Pg(op) })
    }

    /// Asks Redis. An outage is a failure of the flow unless [`caught`].
    pub fn redis(&mut self, step: Step, op: RedisOp) -> Flow<Reply> {
        self.call(Call { step, effect: Effect::Redis(op) })
    }

    /// Runs `body` until it gives a value, at most `rounds` times, and forgets the replies of a round that gave none:
    /// two processes that differ only in replies of rounds gone by are one state. A flow has one such loop at most.
    ///
    /// # Errors
    /// [`Failure::Conflict`] when every round gave nothing.
    pub fn repeat<T>(&mut self, rounds: u8, mut body: impl FnMut(&mut Self) -> Flow<Option<T>>) -> Flow<T> {
        let mark = self.next;
        while self.recorded.round < rounds {
            if let Some(value) = body(self)? {
                return Ok(value);
            }
            self.recorded.replies.truncate(mark);
            self.next = mark;
            self.recorded.round += 1;
        }
        fail(Failure::Conflict)
    }

    fn call(&mut self, call: Call) -> Flow<Reply> {
        let Some(&(recorded, reply)) = self.recorded.replies.get(self.next) else {
            return Err(Stop::Suspended(Suspension(call)));
        };
        if recorded != call.step {
            return Err(Stop::Diverged { recorded, asked: call.step });
        }
        self.next += 1;
        match reply {
            Reply::Failed(failure) => Err(Stop::Failed(failure)),
            answer => Ok(answer),
        }
    }
}

/// Stops the flow with a failure of its own.
pub fn fail<T>(failure: Failure) -> Flow<T> {
    Err(Stop::Failed(failure))
}
