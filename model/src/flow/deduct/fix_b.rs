//! P0-3 B: the PENDING row commits alone; the money and COMMITTED follow in a second transaction; Redis is synced in
//! the background.

use crate::design::Cache;
use crate::effect::{DAY, PgOp, RedisOp};
use crate::flow::deduct::after_commit;
use crate::flow::deduct::as_reported::{answer_of, on_exception};
use crate::flow::deduct::ledger_lookup::{answer_or_finish, lock_row, look_up};
use crate::flow::deduct::transaction::{check_and_charge, insert_pending, mark_committed};
use crate::flow::deducted::{Deducted, Taken};
use crate::flow::usage;
use crate::flow::{AttemptInput, Io};
use crate::io::{FlowResult, caught, fail, ignoring};
use crate::money::Money;
use crate::reply::{Answer, Failure, Reply};
use crate::step::Step;

/// P0-3 B as written.
///
/// Readings where the review leaves a gap: B describes the transaction and the sync only, so the Redis key of T1 and
/// its deletion in the exception handler stay; a row found by its trace is answered or finished as in the code; the
/// background task is periodic.
pub fn as_written(io: &mut Io<'_>, input: &AttemptInput) -> FlowResult<Deducted> {
    match caught(io.redis(Step::T1, RedisOp::SetNx { key: input.key, ttl: DAY }))? {
        Ok(Reply::Taken) => match caught(holding_the_key(io, input))? {
            Ok(deducted) => Ok(deducted),
            Err(failure) => on_exception(io, input, failure).map(Deducted::Answered),
        },
        Ok(_held) => match caught(after_key_held(io, input))? {
            Ok(answer) => Ok(Deducted::Answered(answer)),
            Err(failure) => {
                ignoring(io.pg(Step::E1, PgOp::Rollback))?;
                Ok(Deducted::Answered(answer_of(failure)))
            }
        },
        Err(failure) => Ok(Deducted::Answered(Answer::Error(failure))),
    }
}

fn after_key_held(io: &mut Io<'_>, input: &AttemptInput) -> FlowResult<Answer> {
    match look_up(io, Step::T1b, input)? {
        Some(row) => answer_or_finish(io, input, row),
        None => fail(Failure::KeyWithoutRow),
    }
}

fn holding_the_key(io: &mut Io<'_>, input: &AttemptInput) -> FlowResult<Deducted> {
    if let Some(row) = look_up(io, Step::T1c, input)? {
        return answer_or_finish(io, input, row).map(Deducted::Answered);
    }
    let row_after = pending_alone(io, input)?;
    io.pg(Step::T3f, PgOp::Begin)?;
    take_and_commit(io, input, row_after)
}

/// T4 to T6 of the second transaction, then what the other choices of the design do after a commit.
fn take_and_commit(io: &mut Io<'_>, input: &AttemptInput, row_after: Money) -> FlowResult<Deducted> {
    let snapshot = check_and_charge(io, input)?;
    mark_committed(io, input)?;
    let taken = Taken { snapshot, row_after };
    if !input.commits {
        return Ok(Deducted::Open(taken));
    }
    io.pg(Step::T6, PgOp::Commit)?;
    let followed = if input.design.cache == Cache::AsReported {
        // The background sync writes the hash.
        caught(usage::send_by_hook(io, input))?
    } else {
        caught(after_commit(io, input, &taken))?
    };
    match followed {
        Ok(()) => Ok(Deducted::Charged),
        Err(failure) => Ok(Deducted::Answered(Answer::Error(failure))),
    }
}

/// T2, T3 and T3e: the PENDING row commits alone; returns its `balance_after`.
pub fn pending_alone(io: &mut Io<'_>, input: &AttemptInput) -> FlowResult<Money> {
    io.pg(Step::T2, PgOp::Begin)?;
    let row_after = insert_pending(io, input)?;
    io.pg(Step::T3e, PgOp::Commit)?;
    Ok(row_after)
}

/// P0-3 B repaired: no Redis key, the ledger row alone decides; whoever settles the row, at first or later, holds it
/// FOR UPDATE and checks its status, so that nothing is guessed from the balance.
pub fn repaired(io: &mut Io<'_>, input: &AttemptInput) -> FlowResult<Deducted> {
    match caught(repaired_whole(io, input))? {
        Ok(deducted) => Ok(deducted),
        Err(failure) => {
            ignoring(io.pg(Step::E1, PgOp::Rollback))?;
            Ok(Deducted::Answered(answer_of(failure)))
        }
    }
}

fn repaired_whole(io: &mut Io<'_>, input: &AttemptInput) -> FlowResult<Deducted> {
    match look_up(io, Step::T1, input)? {
        Some(row) if row.effective() => return Ok(Deducted::Answered(Answer::Ok(row.trace))),
        Some(_pending) => {}
        None => match caught(pending_alone(io, input))? {
            Ok(_row_after) => {}
            // Another attempt was faster: whoever locks the row first settles it.
            Err(Failure::UniqueViolation) => {
                io.pg(Step::T3c, PgOp::Rollback)?;
            }
            Err(other) => return fail(other),
        },
    }
    settle(io, input)
}

fn settle(io: &mut Io<'_>, input: &AttemptInput) -> FlowResult<Deducted> {
    io.pg(Step::T3f, PgOp::Begin)?;
    let row = match lock_row(io, Step::T3g, input)? {
        Some(row) if row.effective() => {
            // Nothing was written: the result of the ROLLBACK changes no answer.
            ignoring(io.pg(Step::E1, PgOp::Rollback))?;
            return Ok(Deducted::Answered(Answer::Ok(row.trace)));
        }
        Some(pending) => pending,
        None => return fail(Failure::UniqueViolation),
    };
    take_and_commit(io, input, row.after)
}
