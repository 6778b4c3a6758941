//! P0-3 A: no Redis key. The ledger is queried first, and the row, the money and its commit are one savepoint.

use crate::design::{Cache, Idempotency};
use crate::effect::{Fields, PgOp, RedisOp};
use crate::flow::deduct::after_commit;
use crate::flow::deduct::as_reported::answer_of;
use crate::flow::deduct::ledger_lookup::{answer_or_finish, look_up};
use crate::flow::deduct::transaction::{check_and_charge, insert_pending, mark_committed};
use crate::flow::deducted::{Deducted, Taken};
use crate::flow::{AttemptInput, Io};
use crate::io::{FlowResult, caught, fail, ignoring};
use crate::money::Money;
use crate::reply::Failure;
use crate::row::LedgerRow;
use crate::step::Step;

/// The result of the savepoint.
enum Inside {
    Charged(Taken),
    FoundThere(LedgerRow),
}

/// P0-3 A as written: a unique violation is handled by looking the row up again inside the failed savepoint, which
/// Postgres refuses (25P02).
///
/// Readings where the review leaves a gap: "HSET best effort" is the HSET alone, without EXPIRE, and its failure is
/// swallowed.
pub fn as_written(io: &mut Io<'_>, input: &AttemptInput) -> FlowResult<Deducted> {
    deduct(io, input, false)
}

/// P0-3 A with that defect repaired: ROLLBACK TO the savepoint comes before the lookup. The lookups compare the tenant
/// too, and the hash gets its TTL with the HSET.
pub fn repaired(io: &mut Io<'_>, input: &AttemptInput) -> FlowResult<Deducted> {
    deduct(io, input, true)
}

fn deduct(io: &mut Io<'_>, input: &AttemptInput, repaired: bool) -> FlowResult<Deducted> {
    match caught(whole(io, input, repaired))? {
        Ok(deducted) => Ok(deducted),
        Err(failure) => {
            // In a caller's transaction only the part since the savepoint is ours.
            let back = if repaired && !input.commits { PgOp::RollbackToSavepoint } else { PgOp::Rollback };
            ignoring(io.pg(Step::E1, back))?;
            Ok(Deducted::Answered(answer_of(failure)))
        }
    }
}

fn whole(io: &mut Io<'_>, input: &AttemptInput, repaired: bool) -> FlowResult<Deducted> {
    if let Some(row) = look_up(io, Step::T1, input)? {
        return answer_or_finish(io, input, row).map(Deducted::Answered);
    }
    io.pg(Step::T2, PgOp::Begin)?;
    io.pg(Step::T2b, PgOp::Savepoint)?;
    let taken = match savepoint(io, input, repaired)? {
        Inside::Charged(taken) => taken,
        Inside::FoundThere(row) => {
            // Nothing was written: the result of the ROLLBACK changes no answer.
            if input.commits || !repaired {
                ignoring(io.pg(Step::E1, PgOp::Rollback))?;
            }
            return answer_or_finish(io, input, row).map(Deducted::Answered);
        }
    };
    io.pg(Step::T5b, PgOp::ReleaseSavepoint)?;
    if !input.commits {
        return Ok(Deducted::Open(taken));
    }
    io.pg(Step::T6, PgOp::Commit)?;
    ignoring(best_effort(io, input, &taken))?;
    Ok(Deducted::Charged)
}

/// Where the hash is written as reported: T7a alone as written, T7a and T7b repaired. With another choice of the cache
/// risk: what that choice writes.
fn best_effort(io: &mut Io<'_>, input: &AttemptInput, taken: &Taken) -> FlowResult<()> {
    if input.design.cache != Cache::AsReported {
        return after_commit(io, input, taken);
    }
    if input.design.idempotency == Idempotency::AFixed {
        return after_commit(io, input, taken);
    }
    crate::flow::usage::send_by_hook(io, input)?;
    let hset = RedisOp::HSet { tenant: input.tenant, row: taken.snapshot, fields: Fields::ALL };
    io.redis(Step::T7a, hset)?;
    Ok(())
}

fn savepoint(io: &mut Io<'_>, input: &AttemptInput, repaired: bool) -> FlowResult<Inside> {
    let row_after: Money = match caught(insert_pending(io, input))? {
        Ok(row_after) => row_after,
        Err(Failure::UniqueViolation) => {
            if repaired {
                io.pg(Step::T3c, PgOp::RollbackToSavepoint)?;
            }
            return match look_up(io, Step::T3d, input)? {
                Some(row) => Ok(Inside::FoundThere(row)),
                None => fail(Failure::UniqueViolation),
            };
        }
        Err(other) => return fail(other),
    };
    let snapshot = check_and_charge(io, input)?;
    mark_committed(io, input)?;
    Ok(Inside::Charged(Taken { snapshot, row_after }))
}
