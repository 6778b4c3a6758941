//! The deduct as the quoted code does it ("code:" in "The deduct, T1 to T7").

use crate::effect::{DAY, PgOp, RedisOp};
use crate::flow::deduct::as_reported::{answer_of, on_exception};
use crate::flow::deduct::ledger_lookup::{answer_or_finish, look_up};
use crate::flow::deduct::transaction::{charge_round, check_and_charge_once, insert_pending, mark_committed};
use crate::flow::deducted::{Deducted, Taken};
use crate::flow::{AttemptInput, Io, cache_sync};
use crate::io::{FlowResult, caught, ignoring};
use crate::money::Money;
use crate::reply::{Answer, Failure, Reply};
use crate::row::QuotaRow;
use crate::step::Step;

/// T1 to T7 with a savepoint in the caller's transaction: T7 comes before the caller's commit.
///
/// Readings where the text leaves a gap: lookups before the savepoint are outside the transaction, which READ COMMITTED
/// cannot tell apart; "held" from the wrapper is treated as held; where `commit=False`, T7 is skipped (P0-4 scenario
/// 3).
pub fn deduct(io: &mut Io<'_>, input: &AttemptInput) -> FlowResult<Deducted> {
    // T1: the wrapper answers "held" when Redis is unreachable.
    let taken = caught(io.redis(Step::T1, RedisOp::SetNx { key: input.key, ttl: DAY }))?;
    let held = taken != Ok(Reply::Taken);
    let lookup = if held { Step::T1b } else { Step::T1c };
    match caught(known_trace(io, lookup, input))? {
        Ok(Some(answer)) => return Ok(Deducted::Answered(answer)),
        Ok(None) if held => return Ok(Deducted::Answered(Answer::Error(Failure::KeyWithoutRow))),
        Ok(None) => {}
        // Both lookups are before the `try`: the handler does not run, and a key that was taken stays.
        Err(failure) => {
            ignoring(io.pg(Step::E1, PgOp::Rollback))?;
            return Ok(Deducted::Answered(answer_of(failure)));
        }
    }
    let taken = match caught(in_callers_transaction(io, input))? {
        Ok(taken) => taken,
        Err(failure) => return on_exception(io, input, failure).map(Deducted::Answered),
    };
    if input.commits
        && let Err(failure) = caught(cache_sync::write(io, input, &taken))?
    {
        // The exception reaches the caller, which rolls back.
        ignoring(io.pg(Step::C3, PgOp::Rollback))?;
        return Ok(Deducted::Answered(Answer::Error(failure)));
    }
    Ok(Deducted::Open(taken))
}

/// P lookup by trace first: COMMITTED -> return it, PENDING -> finish it.
fn known_trace(io: &mut Io<'_>, step: Step, input: &AttemptInput) -> FlowResult<Option<Answer>> {
    match look_up(io, step, input)? {
        Some(row) => answer_or_finish(io, input, row).map(Some),
        None => Ok(None),
    }
}

fn in_callers_transaction(io: &mut Io<'_>, input: &AttemptInput) -> FlowResult<Taken> {
    io.pg(Step::C1, PgOp::Begin)?;
    io.pg(Step::T2b, PgOp::Savepoint)?;
    let row_after: Money = insert_pending(io, input)?;
    let (snapshot, savepoint) = charge_or_roll_back_all(io, input)?;
    mark_committed(io, input)?;
    if savepoint {
        io.pg(Step::T5b, PgOp::ReleaseSavepoint)?;
    }
    Ok(Taken { snapshot, row_after })
}

/// T4 in the code, step by step:
/// 1. T4b finds another version.
/// 2. T4c rolls everything back, the PENDING row and the savepoint included.
/// 3. The driver begins a transaction by itself (T4d), T4a reads again, T4b takes the money.
/// 4. T5 finds no row to mark, which nothing checks; there is no savepoint left to release.
fn charge_or_roll_back_all(io: &mut Io<'_>, input: &AttemptInput) -> FlowResult<(QuotaRow, bool)> {
    if let Some(snapshot) = check_and_charge_once(io, input)? {
        return Ok((snapshot, true));
    }
    let snapshot = charge_after_rollback(io, input)?;
    Ok((snapshot, false))
}

/// T4c, T4d and T4 again, until T4b finds its version or the rounds end.
fn charge_after_rollback(io: &mut Io<'_>, input: &AttemptInput) -> FlowResult<QuotaRow> {
    io.phase(|io| {
        io.repeat(3, |io| {
            io.pg(Step::T4c, PgOp::Rollback)?;
            io.pg(Step::T4d, PgOp::Begin)?;
            charge_round(io, input)
        })
    })
}
