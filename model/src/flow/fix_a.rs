//! P0-3 A: no Redis key. The ledger is asked first, and the row, the money and its commit are one savepoint.

use crate::effect::{Fields, PgOp, RedisOp};
use crate::flow::Charge;
use crate::flow::as_reported::answer_of;
use crate::flow::ledger_lookup::{finish_pending, look_up};
use crate::flow::transaction::{check_and_charge, insert_pending};
use crate::io::{Flow, Io, caught, fail};
use crate::reply::{Answer, Failure};
use crate::row::{LedgerRow, QuotaRow, Status};
use crate::step::Step;

/// What the savepoint came to.
enum Inside {
    Charged(QuotaRow),
    FoundThere(LedgerRow),
}

/// P0-3 A as written: a unique violation is handled by looking the row up again inside the failed savepoint, which
/// Postgres refuses (25P02).
///
/// Readings where the review leaves a gap: "HSET best effort" is the HSET alone, without EXPIRE, and its failure is
/// swallowed.
pub fn as_written(io: &mut Io<'_>, charge: &Charge) -> Flow<Answer> {
    deduct(io, charge, false)
}

/// P0-3 A with that defect repaired: ROLLBACK TO the savepoint comes before the lookup.
pub fn repaired(io: &mut Io<'_>, charge: &Charge) -> Flow<Answer> {
    deduct(io, charge, true)
}

fn deduct(io: &mut Io<'_>, charge: &Charge, repaired: bool) -> Flow<Answer> {
    match caught(whole(io, charge, repaired))? {
        Ok(answer) => Ok(answer),
        Err(failure) => {
            let _rolled_back = caught(io.pg(Step::E1, PgOp::Rollback))?;
            Ok(answer_of(failure))
        }
    }
}

fn whole(io: &mut Io<'_>, charge: &Charge, repaired: bool) -> Flow<Answer> {
    if let Some(row) = look_up(io, Step::T1, charge)? {
        return answer_from(io, charge, row);
    }
    io.pg(Step::T2, PgOp::Begin)?;
    io.pg(Step::T2b, PgOp::Savepoint)?;
    let snapshot = match savepoint(io, charge, repaired)? {
        Inside::Charged(snapshot) => snapshot,
        Inside::FoundThere(row) => {
            io.pg(Step::E1, PgOp::Rollback)?;
            return answer_from(io, charge, row);
        }
    };
    io.pg(Step::T5b, PgOp::ReleaseSavepoint)?;
    io.pg(Step::T6, PgOp::Commit)?;
    let hset = RedisOp::HSet { tenant: charge.tenant, row: snapshot, fields: Fields::ALL };
    let _best_effort = caught(io.redis(Step::T7a, hset))?;
    Ok(Answer::Ok(charge.trace))
}

fn savepoint(io: &mut Io<'_>, charge: &Charge, repaired: bool) -> Flow<Inside> {
    match caught(insert_pending(io, charge))? {
        Ok(()) => {}
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
    }
    let snapshot = check_and_charge(io, charge)?;
    io.pg(Step::T5, PgOp::MarkCommitted(charge.trace))?;
    Ok(Inside::Charged(snapshot))
}

fn answer_from(io: &mut Io<'_>, charge: &Charge, row: LedgerRow) -> Flow<Answer> {
    match row.status {
        Status::Pending => finish_pending(io, charge, row),
        Status::Committed | Status::Reversed => Ok(Answer::Ok(row.trace)),
    }
}
