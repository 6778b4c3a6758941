//! P0-1 C: the PENDING row commits when the stream starts; the charge settles the row when the stream is over.

use crate::design::Stream;
use crate::effect::PgOp;
use crate::flow::AttemptInput;
use crate::flow::deduct::ledger_lookup::{lock_row, select_row};
use crate::flow::deduct::transaction::{check_and_charge, read_quota};
use crate::flow::deduct::{after_commit, fix_b};
use crate::flow::deducted::Taken;
use crate::flow::stream::deliver::{answer, answer_unless, deliver, known_price};
use crate::flow::stream::{known_trace, swallowed, usage_record};
use crate::flow::{Io, budget, cache_sync, usage};
use crate::io::{FlowResult, caught, fail, ignoring};
use crate::money::Money;
use crate::reply::{Answer, Failure};
use crate::row::{LedgerRow, Limit, Status};
use crate::step::Step;

/// P0-1 C as written.
///
/// Readings where the review leaves a gap: the row's amount is the estimate until it is settled; a trace whose row
/// exists already is an exception before the provider is called; the callback stays in the API layer, so its exceptions
/// are swallowed and the usage record follows; nothing is checked before the stream, and the balance is not checked at
/// its end either.
pub fn as_written(io: &mut Io<'_>, input: &AttemptInput) -> FlowResult<Answer> {
    start(io, input)?;
    let over = deliver(io, input)?;
    let bill = AttemptInput { amount: input.stream.guessed(over.cut), negative: true, ..*input };
    swallowed(io, |io| at_the_end(io, &bill))?;
    usage_record::append(io, &bill)?;
    Ok(answer(input, &over))
}

/// T2, T3 and T3e, with the estimate.
fn start(io: &mut Io<'_>, input: &AttemptInput) -> FlowResult<()> {
    io.phase(|io| match caught(fix_b::pending_alone(io, &AttemptInput { amount: input.estimate, ..*input }))? {
        Ok(_after) => Ok(()),
        Err(failure) => {
            ignoring(io.pg(Step::T3c, PgOp::Rollback))?;
            fail(failure)
        }
    })
}

/// T1b the lookup without a lock, then the charge of a row that is PENDING.
fn at_the_end(io: &mut Io<'_>, bill: &AttemptInput) -> FlowResult<()> {
    match select_row(io, Step::T1b, bill.trace)? {
        Some(row) if row.status == Status::Pending && row.tenant == bill.tenant => {}
        _ => return Ok(()),
    }
    io.pg(Step::T3f, PgOp::Begin)?;
    match caught(charge_and_commit(io, bill))? {
        Ok(taken) => after_commit(io, bill, &taken),
        Err(failure) => {
            ignoring(io.pg(Step::E1, PgOp::Rollback))?;
            fail(failure)
        }
    }
}

/// T4 to T6: the money, the row with its amount, and what the design keeps in the same transaction.
fn charge_and_commit(io: &mut Io<'_>, bill: &AttemptInput) -> FlowResult<Taken> {
    let snapshot = check_and_charge(io, bill)?;
    let taken = Taken { snapshot, row_after: snapshot.balance };
    settle(io, bill, snapshot.balance)?;
    io.pg(Step::T6, PgOp::Commit)?;
    Ok(taken)
}

fn settle(io: &mut Io<'_>, bill: &AttemptInput, after: Money) -> FlowResult<()> {
    let (trace, amount) = (bill.trace, bill.amount);
    io.phase(|io| {
        io.pg(Step::T5, PgOp::SettleRow { trace, amount, before: after + amount, after })?;
        budget::add_in_transaction(io, bill)?;
        if bill.design.stream == Stream::CFixed {
            return usage_record::keep_in_transaction(io, bill);
        }
        usage::add_in_transaction(io, bill)
    })
}

/// P0-1 C repaired: a known trace is answered from its row; balance and counts are checked before the stream; the row
/// is settled under its lock by the provider's count; a stream that cost nothing, or that the provider never began, is
/// settled with the amount 0 and not counted; a failed charge is not answered as success. The sweeper finishes leftover
/// rows.
pub fn repaired(io: &mut Io<'_>, input: &AttemptInput) -> FlowResult<Answer> {
    if let Some(answer) = known_trace(io, input)? {
        return Ok(answer);
    }
    if let Some(limit) = forbidden(io, input)? {
        return Ok(Answer::Refused(limit));
    }
    match caught(start(io, input))? {
        Ok(()) => {}
        Err(Failure::UniqueViolation) => return Ok(Answer::Error(Failure::UnderWay)),
        Err(failure) => return Ok(Answer::Error(failure)),
    }
    let over = match caught(deliver(io, input))? {
        Ok(over) => over,
        Err(failure) => {
            // Nothing was served.
            swallowed(io, |io| under_the_lock(io, &AttemptInput { amount: Money::ZERO, ..*input }))?;
            return fail(failure);
        }
    };
    let amount = known_price(io, input, &over)?;
    let settled = caught(under_the_lock(io, &AttemptInput { amount, negative: true, ..*input }))?;
    Ok(answer_unless(input, &over, settled.err()))
}

/// U0b, the quota before the stream: returns the limit that refuses it if balance and credit do not cover the estimate
/// or a count is used up.
fn forbidden(io: &mut Io<'_>, input: &AttemptInput) -> FlowResult<Option<Limit>> {
    io.phase(|io| {
        let quota = read_quota(io, Step::U0b, input.tenant)?;
        let limit = quota.binding_limit(input.estimate, input.day);
        Ok(limit.filter(|&limit| limit == Limit::Balance || input.billing_counts()))
    })
}

fn under_the_lock(io: &mut Io<'_>, bill: &AttemptInput) -> FlowResult<()> {
    let taken = match caught(locked(io, bill))? {
        Ok(taken) => taken,
        Err(failure) => {
            ignoring(io.pg(Step::E1, PgOp::Rollback))?;
            return fail(failure);
        }
    };
    // The hash is a cache: its failure is not a failure of the charge.
    match taken {
        // What quota_check has counted there is given back (ST-1).
        Some(taken) if bill.amount == Money::ZERO => swallowed(io, |io| cache_sync::write(io, bill, &taken)),
        Some(taken) => swallowed(io, |io| after_commit(io, bill, &taken)),
        None => Ok(()),
    }
}

/// What was taken, if the row was not settled yet.
fn locked(io: &mut Io<'_>, bill: &AttemptInput) -> FlowResult<Option<Taken>> {
    io.pg(Step::T3f, PgOp::Begin)?;
    let row: Option<LedgerRow> = lock_row(io, Step::T3g, bill)?;
    if row.is_none_or(|row| row.effective()) {
        ignoring(io.pg(Step::E1, PgOp::Rollback))?;
        return Ok(None);
    }
    if bill.amount == Money::ZERO {
        let snapshot = read_quota(io, Step::T4a, bill.tenant)?;
        let (trace, balance) = (bill.trace, snapshot.balance);
        io.pg(Step::T5, PgOp::SettleRow { trace, amount: Money::ZERO, before: balance, after: balance })?;
        io.pg(Step::T6, PgOp::Commit)?;
        return Ok(Some(Taken { snapshot, row_after: balance }));
    }
    charge_and_commit(io, bill).map(Some)
}
