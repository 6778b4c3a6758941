//! The deduct as the review reports it: a Redis key first, then one Postgres transaction, then the Redis hash.

use crate::effect::{DAY, PgOp, RedisOp};
use crate::flow::deduct::after_commit;
use crate::flow::deduct::ledger_lookup::{answer_what_is_found, look_up};
use crate::flow::deduct::transaction::{check_and_charge, insert_pending, mark_committed};
use crate::flow::deducted::{Deducted, Taken};
use crate::flow::{AttemptInput, Io};
use crate::io::{FlowResult, caught, ignoring};
use crate::reply::{Answer, Failure, Reply};
use crate::step::Step;

/// T1 to T7 of "The deduct, as reported" (P0-3).
///
/// Reading where the review leaves a gap: a refusal at T4a is an exception like any other and so deletes the key.
pub fn deduct(io: &mut Io<'_>, input: &AttemptInput) -> FlowResult<Deducted> {
    match caught(io.redis(Step::T1, RedisOp::SetNx { key: input.key, ttl: DAY }))? {
        Ok(Reply::Taken) => {}
        Ok(_held) => {
            let found = look_up(io, Step::T1b, input);
            return answer_what_is_found(found).map(Deducted::Answered);
        }
        Err(failure) => return Ok(Deducted::Answered(Answer::Error(failure))),
    }
    let taken = match caught(transaction(io, input))? {
        Ok(taken) => taken,
        Err(failure) => return on_exception(io, input, failure).map(Deducted::Answered),
    };
    if !input.commits {
        return Ok(Deducted::Open(taken));
    }
    // T7, and the hooks of designs that have hooks.
    match caught(after_commit(io, input, &taken))? {
        Ok(()) => Ok(Deducted::Charged),
        // The charge stays: "charged but shown as failed".
        Err(failure) => Ok(Deducted::Answered(Answer::Error(failure))),
    }
}

fn transaction(io: &mut Io<'_>, input: &AttemptInput) -> FlowResult<Taken> {
    io.pg(Step::T2, PgOp::Begin)?;
    // T3a, T3b
    let row_after = insert_pending(io, input)?;
    // T4a, T4b
    let snapshot = check_and_charge(io, input)?;
    // T5
    mark_committed(io, input)?;
    if input.commits {
        io.pg(Step::T6, PgOp::Commit)?;
    }
    Ok(Taken { snapshot, row_after })
}

/// The handler of T2..T6: ROLLBACK, DEL of the key, error to the client. Neither a crash nor a cancellation reaches it.
pub(super) fn on_exception(io: &mut Io<'_>, input: &AttemptInput, failure: Failure) -> FlowResult<Answer> {
    ignoring(io.pg(Step::E1, PgOp::Rollback))?;
    ignoring(io.redis(Step::E2, RedisOp::Del(input.key)))?;
    Ok(answer_of(failure))
}

/// What a failed attempt answers its client: a refusal with its limit, anything else as an error.
pub fn answer_of(failure: Failure) -> Answer {
    if let Failure::Refused(limit) = failure { Answer::Refused(limit) } else { Answer::Error(failure) }
}
