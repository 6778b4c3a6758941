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
use crate::flow::{Charge, Io};
use crate::io::{Flow, caught, fail, ignoring};
use crate::money::Money;
use crate::reply::{Answer, Failure, Reply};
use crate::step::Step;

/// P0-3 B as written.
///
/// Readings where the review leaves a gap: B speaks of the transaction and of the sync only, so the Redis key of T1 and
/// its deletion in the exception handler stay; a row found by its trace is answered or finished as in the code; the
/// background task is periodic.
pub fn as_written(io: &mut Io<'_>, charge: &Charge) -> Flow<Deducted> {
    match caught(io.redis(Step::T1, RedisOp::SetNx { key: charge.key, ttl: DAY }))? {
        Ok(Reply::Taken) => match caught(holding_the_key(io, charge))? {
            Ok(deducted) => Ok(deducted),
            Err(failure) => on_exception(io, charge, failure).map(Deducted::Answered),
        },
        Ok(_held) => match caught(after_key_held(io, charge))? {
            Ok(answer) => Ok(Deducted::Answered(answer)),
            Err(failure) => {
                ignoring(io.pg(Step::E1, PgOp::Rollback))?;
                Ok(Deducted::Answered(answer_of(failure)))
            }
        },
        Err(failure) => Ok(Deducted::Answered(Answer::Error(failure))),
    }
}

fn after_key_held(io: &mut Io<'_>, charge: &Charge) -> Flow<Answer> {
    match look_up(io, Step::T1b, charge)? {
        Some(row) => answer_or_finish(io, charge, row),
        None => fail(Failure::KeyWithoutRow),
    }
}

fn holding_the_key(io: &mut Io<'_>, charge: &Charge) -> Flow<Deducted> {
    if let Some(row) = look_up(io, Step::T1c, charge)? {
        return answer_or_finish(io, charge, row).map(Deducted::Answered);
    }
    let row_after = pending_alone(io, charge)?;
    io.pg(Step::T3f, PgOp::Begin)?;
    take_and_commit(io, charge, row_after)
}

/// T4 to T6 of the second transaction, then what the other choices of the design do after a commit.
fn take_and_commit(io: &mut Io<'_>, charge: &Charge, row_after: Money) -> Flow<Deducted> {
    let snapshot = check_and_charge(io, charge)?;
    mark_committed(io, charge)?;
    let taken = Taken { snapshot, row_after };
    if !charge.commits {
        return Ok(Deducted::Open(taken));
    }
    io.pg(Step::T6, PgOp::Commit)?;
    let followed = if charge.design.cache == Cache::AsReported {
        // The background sync is what writes the hash.
        caught(usage::send_by_hook(io, charge))?
    } else {
        caught(after_commit(io, charge, &taken))?
    };
    match followed {
        Ok(()) => Ok(Deducted::Charged),
        Err(failure) => Ok(Deducted::Answered(Answer::Error(failure))),
    }
}

/// T2, T3 and T3e: the PENDING row commits alone; its `balance_after`.
pub fn pending_alone(io: &mut Io<'_>, charge: &Charge) -> Flow<Money> {
    io.pg(Step::T2, PgOp::Begin)?;
    let row_after = insert_pending(io, charge)?;
    io.pg(Step::T3e, PgOp::Commit)?;
    Ok(row_after)
}

/// P0-3 B repaired: no Redis key, the ledger row alone decides; whoever settles the row, first time or later, holds it
/// FOR UPDATE and looks at its status, so that the balance is never guessed from.
pub fn repaired(io: &mut Io<'_>, charge: &Charge) -> Flow<Deducted> {
    match caught(repaired_whole(io, charge))? {
        Ok(deducted) => Ok(deducted),
        Err(failure) => {
            ignoring(io.pg(Step::E1, PgOp::Rollback))?;
            Ok(Deducted::Answered(answer_of(failure)))
        }
    }
}

fn repaired_whole(io: &mut Io<'_>, charge: &Charge) -> Flow<Deducted> {
    match look_up(io, Step::T1, charge)? {
        Some(row) if row.effective() => return Ok(Deducted::Answered(Answer::Ok(row.trace))),
        Some(_pending) => {}
        None => match caught(pending_alone(io, charge))? {
            Ok(_row_after) => {}
            // Somebody was faster: whoever locks the row first settles it.
            Err(Failure::UniqueViolation) => {
                io.pg(Step::T3c, PgOp::Rollback)?;
            }
            Err(other) => return fail(other),
        },
    }
    settle(io, charge)
}

fn settle(io: &mut Io<'_>, charge: &Charge) -> Flow<Deducted> {
    io.pg(Step::T3f, PgOp::Begin)?;
    let row = match lock_row(io, Step::T3g, charge)? {
        Some(row) if row.effective() => {
            // Nothing was written: what becomes of the ROLLBACK changes no answer.
            ignoring(io.pg(Step::E1, PgOp::Rollback))?;
            return Ok(Deducted::Answered(Answer::Ok(row.trace)));
        }
        Some(pending) => pending,
        None => return fail(Failure::UniqueViolation),
    };
    take_and_commit(io, charge, row.after)
}
