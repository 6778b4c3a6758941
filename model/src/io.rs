//! How straight-line code becomes data: a flow asks through [`Io`], which answers from the recorded replies and
//! otherwise suspends the flow with its request.
//!
//! Carrying out a step means: append its reply and run the flow again from its start. The flow is a pure function of
//! its input and its replies, so it reaches the same point and continues from there. A process can thus be cloned,
//! hashed, compared, crashed between any two steps and replayed, while its code reads from top to bottom.
//!
//! `C` is the one type that holds the result of any phase; the code that defines the flows chooses it.

use arrayvec::ArrayVec;
use serde::{Deserialize, Serialize};

use crate::effect::{Call, Effect, LocalOp, PgOp, RedisOp};
use crate::reply::{Failure, Reply};
use crate::row::TraceId;
use crate::step::Step;

/// The most entries that one flow may have on record at a time: replies that still matter, carried values, a round.
pub const MAX_ENTRIES: usize = 24;

/// The replies to a suspended flow so far: the whole state of a process.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Recorded<C> {
    entries: ArrayVec<Entry<C>, MAX_ENTRIES>,
    last: Option<Step>,
}

/// One entry of the record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
enum Entry<C> {
    /// The reply to the step with this label.
    Reply(Step, Reply),
    /// This many rounds of the loop that begins here gave no value.
    Round(u8),
    /// The value returned by a completed phase, at this depth of nesting.
    Carried(u8, C),
}

impl<C> Default for Recorded<C> {
    fn default() -> Self {
        Recorded { entries: ArrayVec::new(), last: None }
    }
}

impl<C> Recorded<C> {
    /// Puts the reply to a step on record. There is room for it: a flow never asks when there is none.
    pub fn answer(&mut self, step: Step, reply: Reply) {
        self.entries.push(Entry::Reply(step, reply));
        self.last = Some(step);
    }

    /// The step that was answered last.
    pub fn last(&self) -> Option<Step> {
        self.last
    }
}

/// A flow asked for something that has no reply so far. Only [`Io`] can create one, and no handler can catch it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Suspension(Call);

/// Why a flow stopped before its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// It waits for a reply.
    Suspended(Suspension),
    /// A step failed and no handler caught it.
    Failed(Failure),
    /// Internal error: when run again, the flow asked for a different step than the one on record.
    Diverged {
        /// The step that the record answers.
        recorded: Step,
        /// The step requested instead.
        asked: Step,
    },
    /// Internal error: the flow must put more than [`MAX_ENTRIES`] on record.
    RecordFull,
}

/// The result of a flow or of a part of one: ask with `?`.
pub type FlowResult<T> = Result<T, Stop>;

/// How far a run of a flow got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FlowState<T> {
    /// It waits for the reply to this call.
    Asks(Call),
    /// It ended with this value.
    Ended(T),
    /// It ended in a failure that it does not handle.
    Failed(Failure),
    /// Internal error, see [`Stop::Diverged`].
    Diverged {
        /// The step that the record answers.
        recorded: Step,
        /// The step requested instead.
        asked: Step,
    },
    /// Internal error, see [`Stop::RecordFull`].
    RecordFull,
}

/// A flow's only access to the world.
#[derive(Debug)]
pub struct Io<'a, C> {
    recorded: &'a mut Recorded<C>,
    next: usize,
    depth: u8,
    behalf: Option<TraceId>,
}

/// Runs a flow from its start against the replies so far.
pub fn run<C, T>(recorded: &mut Recorded<C>, flow: impl FnOnce(&mut Io<'_, C>) -> FlowResult<T>) -> FlowState<T> {
    match flow(&mut Io { recorded, next: 0, depth: 0, behalf: None }) {
        Ok(value) => FlowState::Ended(value),
        Err(Stop::Suspended(Suspension(call))) => FlowState::Asks(call),
        Err(Stop::Failed(failure)) => FlowState::Failed(failure),
        Err(Stop::Diverged { recorded, asked }) => FlowState::Diverged { recorded, asked },
        Err(Stop::RecordFull) => FlowState::RecordFull,
    }
}

/// Lets a handler look at a failure. A suspension passes through unchanged, so code after `caught(..)?` runs only once
/// the guarded part has really ended.
pub fn caught<T>(part: FlowResult<T>) -> FlowResult<Result<T, Failure>> {
    match part {
        Ok(value) => Ok(Ok(value)),
        Err(Stop::Failed(failure)) => Ok(Err(failure)),
        Err(stop) => Err(stop),
    }
}

/// Goes on however the guarded part ended: its result or failure is dropped. A suspension passes through unchanged,
/// since the part has not ended yet.
pub fn ignoring<T>(part: FlowResult<T>) -> FlowResult<()> {
    caught(part).map(drop)
}

impl<C: Copy> Io<'_, C> {
    /// Asks Postgres. A refusal fails the flow unless it is [`caught`].
    pub fn pg(&mut self, step: Step, op: PgOp) -> FlowResult<Reply> {
        self.call(Call { step, behalf: self.behalf, effect: Effect::Pg(op) })
    }

    /// Asks Redis. An outage fails the flow unless it is [`caught`].
    pub fn redis(&mut self, step: Step, op: RedisOp) -> FlowResult<Reply> {
        self.call(Call { step, behalf: self.behalf, effect: Effect::Redis(op) })
    }

    /// Does something outside both stores.
    pub fn local(&mut self, step: Step, op: LocalOp) -> FlowResult<Reply> {
        self.call(Call { step, behalf: self.behalf, effect: Effect::Local(op) })
    }

    /// Runs `body` for the row of a trace that is not the process's own.
    pub fn on_behalf<T>(&mut self, trace: TraceId, body: impl FnOnce(&mut Self) -> FlowResult<T>) -> FlowResult<T> {
        let whose = self.behalf.replace(trace);
        let ended = body(self);
        self.behalf = whose;
        ended
    }

    /// Runs `body` as a phase: once it has ended, only its result is kept and its replies are forgotten, so that two
    /// processes that reached the same result in different ways are one state. A phase that fails keeps its replies.
    pub fn phase<T: Copy + Into<C> + TryFrom<C>>(
        &mut self,
        body: impl FnOnce(&mut Self) -> FlowResult<T>,
    ) -> FlowResult<T> {
        let mark = self.next;
        if let Some(&Entry::Carried(depth, carried)) = self.recorded.entries.get(mark)
            && depth == self.depth
            && let Ok(value) = T::try_from(carried)
        {
            self.next += 1;
            return Ok(value);
        }
        self.depth += 1;
        let ended = body(self);
        self.depth -= 1;
        let value = ended?;
        self.keep_only(mark, Entry::Carried(self.depth, value.into()))?;
        Ok(value)
    }

    /// Runs `body` until it gives a value, at most `rounds` times, and forgets the replies of a round that gave none:
    /// two processes that differ only in replies of past rounds are one state.
    ///
    /// # Errors
    /// [`Failure::Conflict`] when every round gave nothing.
    pub fn repeat<T>(&mut self, rounds: u8, mut body: impl FnMut(&mut Self) -> FlowResult<Option<T>>) -> FlowResult<T> {
        let mark = self.next;
        let mut round = 0;
        if let Some(&Entry::Round(gone)) = self.recorded.entries.get(mark) {
            round = gone;
            self.next += 1;
        }
        while round < rounds {
            if let Some(value) = body(self)? {
                return Ok(value);
            }
            round += 1;
            self.keep_only(mark, Entry::Round(round))?;
        }
        fail(Failure::Conflict)
    }

    /// Replaces everything recorded since `mark` by this entry.
    fn keep_only(&mut self, mark: usize, entry: Entry<C>) -> FlowResult<()> {
        self.recorded.entries.truncate(mark);
        self.recorded.entries.try_push(entry).map_err(|_full| Stop::RecordFull)?;
        self.next = mark + 1;
        Ok(())
    }

    fn call(&mut self, call: Call) -> FlowResult<Reply> {
        let (recorded, reply) = match self.recorded.entries.get(self.next) {
            None if self.recorded.entries.is_full() => return Err(Stop::RecordFull),
            None => return Err(Stop::Suspended(Suspension(call))),
            Some(&Entry::Reply(step, reply)) => (step, reply),
            // The record has a phase or a loop where the flow asks for a step.
            Some(_) => return Err(Stop::Diverged { recorded: Step::Reply, asked: call.step }),
        };
        if recorded != call.step {
            return Err(Stop::Diverged { recorded, asked: call.step });
        }
        self.next += 1;
        if let Reply::Failed(failure) = reply { Err(Stop::Failed(failure)) } else { Ok(reply) }
    }
}

/// Stops the flow with a failure that the flow raises.
pub fn fail<T>(failure: Failure) -> FlowResult<T> {
    Err(Stop::Failed(failure))
}
