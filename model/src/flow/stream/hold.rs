//! Hold-then-settle: the estimate is deducted before the stream, the difference is made up when it is over.

use std::cmp::Ordering;

use crate::effect::PgOp;
use crate::flow::deduct::deduct;
use crate::flow::deduct::ledger_lookup::lock_row;
use crate::flow::deduct::transaction::read_quota;
use crate::flow::deducted::{Deducted, Taken};
use crate::flow::stream::deliver::{answer, answer_unless, deliver, known_price};
use crate::flow::stream::{by_ledger, known_trace, swallowed, usage_record};
use crate::flow::{AttemptInput, Io, cache_sync};
use crate::io::{FlowResult, caught, fail, ignoring};
use crate::money::Money;
use crate::reply::{Answer, Failure};
use crate::row::{Kind, QuotaRow, Status, TraceId};
use crate::step::Step;

/// Hold-then-settle as seen.
///
/// Readings where the text leaves a gap: the hold is the design's deduct, of the estimate; a hold that exists already
/// lets the stream through, since its charge is made; the callback stays in the API layer, so exceptions while the
/// difference is made up are swallowed; a refund has the two-commit shape of every other one, the rest is one more
/// deduct.
pub fn as_written(io: &mut Io<'_>, input: &AttemptInput) -> FlowResult<Answer> {
    if let Some(answer) = not_held(io, input)? {
        return Ok(answer);
    }
    let over = deliver(io, input)?;
    let amount = input.stream.guessed(over.cut);
    swallowed(io, |io| make_up(io, input, amount))?;
    usage_record::append(io, &AttemptInput { amount, ..*input })?;
    Ok(answer(input, &over))
}

/// Makes the hold; returns the answer where there is none.
fn not_held(io: &mut Io<'_>, input: &AttemptInput) -> FlowResult<Option<Answer>> {
    let hold = AttemptInput { amount: input.estimate, commits: true, ..*input };
    io.phase(|io| {
        Ok(match deduct(io, &hold)? {
            Deducted::Charged | Deducted::Open(_) | Deducted::Answered(Answer::Ok(_)) => None,
            Deducted::Answered(answer) => Some(answer),
        })
    })
}

/// Refunds the difference under `<trace>-refund`, or charges the rest under `<trace>-rest`.
fn make_up(io: &mut Io<'_>, input: &AttemptInput, amount: Money) -> FlowResult<()> {
    match amount.cmp(&input.estimate) {
        Ordering::Equal => Ok(()),
        Ordering::Less => match caught(refund(io, input, input.estimate - amount))? {
            Ok(()) => Ok(()),
            Err(failure) => {
                ignoring(io.pg(Step::M9, PgOp::Rollback))?;
                fail(failure)
            }
        },
        Ordering::Greater => {
            let (trace, key) = (input.suffixes.rest, input.suffixes.rest_key);
            let amount = amount - input.estimate;
            deduct(io, &AttemptInput { amount, trace, key, negative: true, commits: true, ..*input }).map(drop)
        }
    }
}

/// M1 to M7, the two commits of a refund.
fn refund(io: &mut Io<'_>, input: &AttemptInput, amount: Money) -> FlowResult<()> {
    io.pg(Step::M1, PgOp::Begin)?;
    let (tenant, trace, kind, status) = (input.tenant, input.suffixes.refund, Kind::Refund, Status::Pending);
    let before = read_quota(io, Step::M3, tenant)?.balance;
    io.pg(Step::M4, PgOp::InsertRow { tenant, trace, kind, status, amount, before, after: before + amount })?;
    io.pg(Step::M5, PgOp::AddBalance { tenant: input.tenant, amount })?;
    io.pg(Step::M6, PgOp::Commit)?;
    io.pg(Step::M7, PgOp::MarkCommitted(input.suffixes.refund))?;
    Ok(())
}

/// M5, M3 and M4, repaired: the balance is moved first, which locks its row, so that the row of the difference states
/// the balance that is read then.
fn difference_row(
    io: &mut Io<'_>,
    of: &AttemptInput,
    trace: TraceId,
    (kind, amount): (Kind, Money),
) -> FlowResult<QuotaRow> {
    let (tenant, effect) = (of.tenant, kind.effect(amount));
    io.phase(|io| {
        io.pg(Step::M5, PgOp::AddBalance { tenant, amount: effect })?;
        let moved = read_quota(io, Step::M3, tenant)?;
        let (before, after, status) = (moved.balance - effect, moved.balance, Status::Committed);
        io.pg(Step::M4, PgOp::InsertRow { tenant, trace, kind, status, amount, before, after })?;
        Ok(moved)
    })
}

/// Hold-then-settle repaired: the row says that it is a hold; a known trace is answered from its row; the difference to
/// the provider's count, the row of it and the end of the hold are one transaction under the hold's lock; a failure is
/// not answered as success. The hold queries the ledger instead of the key (P0-3 A+fixed). The sweeper turns a leftover
/// hold into a charge of its estimate.
pub fn repaired(io: &mut Io<'_>, input: &AttemptInput) -> FlowResult<Answer> {
    if let Some(answer) = known_trace(io, input)? {
        return Ok(answer);
    }
    let hold = AttemptInput {
        amount: input.estimate,
        kind: Kind::Hold,
        commits: true,
        design: by_ledger(input.design),
        ..*input
    };
    if let Some(answer) = answered(io, &hold)? {
        return Ok(answer);
    }
    let over = match caught(deliver(io, input))? {
        Ok(over) => over,
        Err(failure) => {
            // Nothing was served: the whole hold is returned.
            settle_and_follow(io, input, Money::ZERO)?;
            return fail(failure);
        }
    };
    let amount = known_price(io, input, &over)?;
    let settled = settle_and_follow(io, input, amount)?;
    Ok(answer_unless(input, &over, settled))
}

/// Ends the hold with the usage of the stream, then writes the hash; returns the failure of the former, if any.
fn settle_and_follow(io: &mut Io<'_>, input: &AttemptInput, amount: Money) -> FlowResult<Option<Failure>> {
    let settled = match caught(settle(io, input, amount))? {
        Ok(snapshot) => snapshot,
        Err(failure) => {
            ignoring(io.pg(Step::M9, PgOp::Rollback))?;
            return Ok(Some(failure));
        }
    };
    if let Some(snapshot) = settled {
        let taken = Taken { snapshot, row_after: snapshot.balance };
        swallowed(io, |io| cache_sync::write(io, input, &taken))?;
    }
    Ok(None)
}

/// The answer where this attempt has no hold of its own.
fn answered(io: &mut Io<'_>, hold: &AttemptInput) -> FlowResult<Option<Answer>> {
    io.phase(|io| {
        Ok(match deduct(io, hold)? {
            Deducted::Charged | Deducted::Open(_) => None,
            // Another attempt was faster.
            Deducted::Answered(Answer::Ok(_)) => Some(Answer::Error(Failure::UnderWay)),
            Deducted::Answered(answer) => Some(answer),
        })
    })
}

/// Ends the hold; returns the quota row after it, where there was a difference.
fn settle(io: &mut Io<'_>, input: &AttemptInput, amount: Money) -> FlowResult<Option<QuotaRow>> {
    io.phase(|io| settle_locked(io, input, amount))
}

fn settle_locked(io: &mut Io<'_>, input: &AttemptInput, amount: Money) -> FlowResult<Option<QuotaRow>> {
    io.pg(Step::M1, PgOp::Begin)?;
    let row = lock_row(io, Step::M2, input)?;
    if row.is_none_or(|row| row.kind != Kind::Hold) {
        io.pg(Step::M9, PgOp::Rollback)?;
        return Ok(None);
    }
    let mut snapshot = None;
    let difference = match amount.cmp(&input.estimate) {
        Ordering::Equal => None,
        Ordering::Less => Some((input.suffixes.refund, Kind::Refund, input.estimate - amount)),
        Ordering::Greater => Some((input.suffixes.rest, Kind::Deduct, amount - input.estimate)),
    };
    if let Some((trace, kind, by)) = difference {
        snapshot = Some(difference_row(io, input, trace, (kind, by))?);
    }
    usage_record::keep_in_transaction(io, &AttemptInput { amount, ..*input })?;
    io.pg(Step::M7, PgOp::MarkSettled(input.trace))?;
    io.pg(Step::M8, PgOp::Commit)?;
    Ok(snapshot)
}
