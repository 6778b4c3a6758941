//! P0-3 A: no Redis key. The ledger is asked first, and the row, the money and its commit are one savepoint.

use crate::design::{Cache, Idempotency};
use crate::effect::{Fields, PgOp, RedisOp};
use crate::flow::deduct::after_commit;
use crate::flow::deduct::as_reported::answer_of;
use crate::flow::deduct::ledger_lookup::{answer_or_finish, look_up};
use crate::flow::deduct::transaction::{check_and_charge, insert_pending, mark_committed};
use crate::flow::deducted::{Deducted, Taken};
use crate::flow::{Charge, Io};
use crate::io::{Flow, caught, fail, ignoring};
use crate::money::Money;
use crate::reply::Failure;
use crate::row::LedgerRow;
use crate::step::Step;

/// What the savepoint came to.
enum Inside {
    Charged(Taken),
    FoundThere(LedgerRow),
}

/// P0-3 A as written: a unique violation is handled by looking the row up again inside the failed savepoint, which
/// Postgres refuses (25P02).
///
/// Readings where the review leaves a gap: "HSET best effort" is the HSET alone, without EXPIRE, and its failure is
/// swallowed.
pub fn as_written(io: &mut Io<'_>, charge: &Charge) -> Flow<Deducted> {
    deduct(io, charge, false)
}

/// P0-3 A with that defect repaired: ROLLBACK TO the savepoint comes before the lookup. The lookups look at the tenant too,
/// and the hash gets its lifetime with the HSET.
pub fn repaired(io: &mut Io<'_>, charge: &Charge) -> Flow<Deducted> {
    deduct(io, charge, true)
}

fn deduct(io: &mut Io<'_>, charge: &Charge, repaired: bool) -> Flow<Deducted> {
    match caught(whole(io, charge, repaired))? {
        Ok(deducted) => Ok(deducted),
        Err(failure) => {
            // Of a caller's transaction only the part since the savepoint is ours.
            let back = if repaired && !charge.commits { PgOp::RollbackToSavepoint } else { PgOp::Rollback };
            ignoring(io.pg(Step::E1, back))?;
            Ok(Deducted::Answered(answer_of(failure)))
        }
    }
}

fn whole(io: &mut Io<'_>, charge: &Charge, repaired: bool) -> Flow<Deducted> {
    if let Some(row) = look_up(io, Step::T1, charge)? {
        return answer_or_finish(io, charge, row).map(Deducted::Answered);
    }
    io.pg(Step::T2, PgOp::Begin)?;
    io.pg(Step::T2b, PgOp::Savepoint)?;
    let taken = match savepoint(io, charge, repaired)? {
        Inside::Charged(taken) => taken,
        Inside::FoundThere(row) => {
            // Nothing was written: what becomes of the ROLLBACK changes no answer.
            if charge.commits || !repaired {
                ignoring(io.pg(Step::E1, PgOp::Rollback))?;
            }
            return answer_or_finish(io, charge, row).map(Deducted::Answered);
        }
    };
    io.pg(Step::T5b, PgOp::ReleaseSavepoint)?;
    if !charge.commits {
        return Ok(Deducted::Open(taken));
    }
    io.pg(Step::T6, PgOp::Commit)?;
    ignoring(best_effort(io, charge, &taken))?;
    Ok(Deducted::Charged)
}

/// As written T7a alone where the hash is written as reported, repaired T7a and T7b; what another choice of the cache risk
/// writes, as that one has it.
fn best_effort(io: &mut Io<'_>, charge: &Charge, taken: &Taken) -> Flow<()> {
    if charge.design.cache != Cache::AsReported {
        return after_commit(io, charge, taken);
    }
    if charge.design.idempotency == Idempotency::AFixed {
        return after_commit(io, charge, taken);
    }
    crate::flow::usage::send_by_hook(io, charge)?;
    let hset = RedisOp::HSet { tenant: charge.tenant, row: taken.snapshot, fields: Fields::ALL };
    io.redis(Step::T7a, hset)?;
    Ok(())
}

fn savepoint(io: &mut Io<'_>, charge: &Charge, repaired: bool) -> Flow<Inside> {
    let row_after: Money = match caught(insert_pending(io, charge))? {
        Ok(row_after) => row_after,
        Err(Failure::UniqueViolation) => {
            if repaired {
                io.pg(Step::T3c, PgOp::RollbackToSavepoint)?;
            }
            return match look_up(io, Step::T3d, charge)? {
                Some(row) => Ok(Inside::FoundThere(row)),
                None => fail(Failure::UniqueViolation),
            };
        }
        Err(other) => return fail(other),
    };
    let snapshot = check_and_charge(io, charge)?;
    mark_committed(io, charge)?;
    Ok(Inside::Charged(Taken { snapshot, row_after }))
}
