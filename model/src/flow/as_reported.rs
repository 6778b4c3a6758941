//! The deduct as the review reports it: a Redis key first, then one Postgres transaction, then the Redis hash.

use crate::effect::{DAY, Fields, PgOp, RedisOp};
use crate::flow::Charge;
use crate::flow::ledger_lookup::{answer_what_is_found, look_up};
use crate::flow::transaction::{check_and_charge, insert_pending};
use crate::io::{Flow, Io, caught};
use crate::reply::{Answer, Failure, Reply};
use crate::row::QuotaRow;
use crate::step::Step;

/// T1 to T7 of "The deduct, as reported" (P0-3).
///
/// Readings where the review leaves a gap: a refusal at T4a is an exception like any other and so deletes the key;
/// T7 writes the snapshot the transaction computed, not a fresh read.
pub fn deduct(io: &mut Io<'_>, charge: &Charge) -> Flow<Answer> {
    match caught(io.redis(Step::T1, RedisOp::SetNx { request: charge.request, ttl: DAY }))? {
        Ok(Reply::Taken) => {}
        Ok(_held) => {
            let found = look_up(io, Step::T1b, charge);
            return answer_what_is_found(found);
        }
        Err(failure) => return Ok(Answer::Error(failure)),
    }
    match caught(transaction(io, charge))? {
        Ok(snapshot) => match caught(sync_hash(io, charge, snapshot))? {
            Ok(()) => Ok(Answer::Ok(charge.trace)),
            // The charge stays: "charged but shown as failed".
            Err(failure) => Ok(Answer::Error(failure)),
        },
        Err(failure) => on_exception(io, charge, failure),
    }
}

fn transaction(io: &mut Io<'_>, charge: &Charge) -> Flow<QuotaRow> {
    io.pg(Step::T2, PgOp::Begin)?;
    insert_pending(io, charge)?;
    let snapshot = check_and_charge(io, charge)?;
    io.pg(Step::T5, PgOp::MarkCommitted(charge.trace))?;
    io.pg(Step::T6, PgOp::Commit)?;
    Ok(snapshot)
}

fn sync_hash(io: &mut Io<'_>, charge: &Charge, snapshot: QuotaRow) -> Flow<()> {
    io.redis(Step::T7a, RedisOp::HSet { tenant: charge.tenant, row: snapshot, fields: Fields::ALL })?;
    io.redis(Step::T7b, RedisOp::Expire { tenant: charge.tenant, ttl: DAY })?;
    Ok(())
}

/// The handler of T2..T6: ROLLBACK, DEL of the key, error to the client. Neither a crash nor a cancellation comes here.
pub(super) fn on_exception(io: &mut Io<'_>, charge: &Charge, failure: Failure) -> Flow<Answer> {
    let _rolled_back = caught(io.pg(Step::E1, PgOp::Rollback))?;
    let _deleted = caught(io.redis(Step::E2, RedisOp::Del(charge.request)))?;
    Ok(answer_of(failure))
}

/// What a failed attempt tells its client: a refusal by its limit, anything else as an error.
pub(super) fn answer_of(failure: Failure) -> Answer {
    match failure {
        Failure::Refused(limit) => Answer::Refused(limit),
        other => Answer::Error(other),
    }
}
