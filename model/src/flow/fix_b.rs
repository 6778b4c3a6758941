//! P0-3 B: the PENDING row commits alone; the money and COMMITTED follow in a second transaction; Redis is synced in
//! the background.

use crate::effect::{DAY, PgOp, RedisOp};
use crate::flow::Charge;
use crate::flow::as_reported::{answer_of, on_exception};
use crate::flow::ledger_lookup::{finish_pending, lock_row, look_up};
use crate::flow::transaction::{check_and_charge, insert_pending};
use crate::io::{Flow, Io, caught, fail};
use crate::reply::{Answer, Failure, Reply};
use crate::row::{LedgerRow, Status};
use crate::step::Step;

/// P0-3 B as written.
///
/// Readings where the review leaves a gap: B speaks of the transaction and of the sync only, so the Redis key of T1 and
/// its deletion in the exception handler stay; a row found by its trace is answered or finished as in the code; the
/// background task is periodic.
pub fn as_written(io: &mut Io<'_>, charge: &Charge) -> Flow<Answer> {
    match caught(io.redis(Step::T1, RedisOp::SetNx { request: charge.request, ttl: DAY }))? {
        Ok(Reply::Taken) => match caught(holding_the_key(io, charge))? {
            Ok(answer) => Ok(answer),
            Err(failure) => on_exception(io, charge, failure),
        },
        Ok(_held) => match caught(after_key_held(io, charge))? {
            Ok(answer) => Ok(answer),
            Err(failure) => {
                let _rolled_back = caught(io.pg(Step::E1, PgOp::Rollback))?;
                Ok(answer_of(failure))
            }
        },
        Err(failure) => Ok(Answer::Error(failure)),
    }
}

fn after_key_held(io: &mut Io<'_>, charge: &Charge) -> Flow<Answer> {
    match look_up(io, Step::T1b, charge)? {
        Some(row) => answer_or_finish(io, charge, row),
        None => fail(Failure::KeyWithoutRow),
    }
}

fn holding_the_key(io: &mut Io<'_>, charge: &Charge) -> Flow<Answer> {
    if let Some(row) = look_up(io, Step::T1c, charge)? {
        return answer_or_finish(io, charge, row);
    }
    pending_alone(io, charge)?;
    io.pg(Step::T3f, PgOp::Begin)?;
    check_and_charge(io, charge)?;
    io.pg(Step::T5, PgOp::MarkCommitted(charge.trace))?;
    io.pg(Step::T6, PgOp::Commit)?;
    Ok(Answer::Ok(charge.trace))
}

fn pending_alone(io: &mut Io<'_>, charge: &Charge) -> Flow<()> {
    io.pg(Step::T2, PgOp::Begin)?;
    insert_pending(io, charge)?;
    io.pg(Step::T3e, PgOp::Commit)?;
    Ok(())
}

fn answer_or_finish(io: &mut Io<'_>, charge: &Charge, row: LedgerRow) -> Flow<Answer> {
    match row.status {
        Status::Pending => finish_pending(io, charge, row),
        Status::Committed | Status::Reversed => Ok(Answer::Ok(row.trace)),
    }
}

/// P0-3 B repaired: no Redis key, the ledger row alone decides; whoever settles the row, first time or later, holds it
/// FOR UPDATE and looks at its status, so that the balance is never guessed from.
pub fn repaired(io: &mut Io<'_>, charge: &Charge) -> Flow<Answer> {
    match caught(repaired_whole(io, charge))? {
        Ok(answer) => Ok(answer),
        Err(failure) => {
            let _rolled_back = caught(io.pg(Step::E1, PgOp::Rollback))?;
            Ok(answer_of(failure))
        }
    }
}

fn repaired_whole(io: &mut Io<'_>, charge: &Charge) -> Flow<Answer> {
    match look_up(io, Step::T1, charge)? {
        Some(row) if row.effective() => return Ok(Answer::Ok(row.trace)),
        Some(_pending) => {}
        None => match caught(pending_alone(io, charge))? {
            Ok(()) => {}
            // Somebody was faster: whoever locks the row first settles it.
            Err(Failure::UniqueViolation) => {
                io.pg(Step::T3c, PgOp::Rollback)?;
            }
            Err(other) => return fail(other),
        },
    }
    settle(io, charge)
}

fn settle(io: &mut Io<'_>, charge: &Charge) -> Flow<Answer> {
    io.pg(Step::T3f, PgOp::Begin)?;
    match lock_row(io, Step::T3g, charge)? {
        Some(row) if row.effective() => {
            io.pg(Step::E1, PgOp::Rollback)?;
            return Ok(Answer::Ok(row.trace));
        }
        Some(_pending) => {}
        None => return fail(Failure::UniqueViolation),
    }
    check_and_charge(io, charge)?;
    io.pg(Step::T5, PgOp::MarkCommitted(charge.trace))?;
    io.pg(Step::T6, PgOp::Commit)?;
    Ok(Answer::Ok(charge.trace))
}
