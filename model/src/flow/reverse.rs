//! Reverse, once per choice. As reported: a charge is given back in the two-commit shape of a recharge, without a lock
//! on the original ("From the code"). Locked: the original is read FOR UPDATE, and refund, balance and the original's
//! new status are one commit.

use crate::design::Reverse;
use crate::effect::PgOp;
use crate::flow::deduct::ledger_lookup::select_row;
use crate::flow::deduct::transaction::read_quota;
use crate::flow::recharge::answer;
use crate::flow::{AttemptInput, Io};
use crate::io::{FlowResult, fail};
use crate::money::Money;
use crate::reply::{Answer, Failure, Reply};
use crate::row::{Kind, LedgerRow, Status, TraceId};
use crate::step::Step;

impl Reverse {
    /// Whether a row can be committed unfinished.
    pub fn leaves_rows(self) -> bool {
        match self {
            Reverse::AsReported => true,
            Reverse::Locked => false,
        }
    }
}

/// A refund of the charge with the trace `of`, as a row of its own under the request's trace.
///
/// Readings where the text leaves a gap: only a COMMITTED charge is given back, whole; commit 2 makes the refund
/// COMMITTED and the charge REVERSED; a repeated trace is answered as in [`crate::flow::recharge`].
pub fn reverse(io: &mut Io<'_>, input: &AttemptInput, of: TraceId) -> FlowResult<Answer> {
    let given_back = match input.design.reverse {
        Reverse::AsReported => in_two_commits(io, input, of),
        Reverse::Locked => under_lock(io, input, of),
    };
    answer(io, input.trace, given_back, Step::V11, |io| select_row(io, Step::V12, input.trace))
}

/// The amount that can be given back: that of the row, if there is one and it is a COMMITTED charge.
fn reversible(row: Option<LedgerRow>) -> Option<Money> {
    row.filter(|row| row.kind == Kind::Deduct && row.status == Status::Committed).map(|row| row.amount)
}

fn in_two_commits(io: &mut Io<'_>, input: &AttemptInput, of: TraceId) -> FlowResult<()> {
    let Some(amount) = reversible(select_row(io, Step::V1, of)?) else { return fail(Failure::NotReversible) };
    io.pg(Step::V2, PgOp::Begin)?;
    insert_refund(io, input, amount, Status::Pending)?;
    io.pg(Step::V5, PgOp::AddBalance { tenant: input.tenant, amount })?;
    io.pg(Step::V6, PgOp::Commit)?;
    io.pg(Step::V7, PgOp::Begin)?;
    io.pg(Step::V8, PgOp::MarkCommitted(input.trace))?;
    io.pg(Step::V9, PgOp::MarkReversed(of))?;
    io.pg(Step::V10, PgOp::Commit)?;
    Ok(())
}

/// A repeated trace finds its refund at V4: the INSERT precedes the check of the charge, which is REVERSED by then.
fn under_lock(io: &mut Io<'_>, input: &AttemptInput, of: TraceId) -> FlowResult<()> {
    io.pg(Step::V2, PgOp::Begin)?;
    let Reply::Row(Some(original)) = io.pg(Step::V1, PgOp::SelectRow { trace: of, lock: true })? else {
        return fail(Failure::NotReversible);
    };
    insert_refund(io, input, original.amount, Status::Committed)?;
    let Some(amount) = reversible(Some(original)) else { return fail(Failure::NotReversible) };
    io.pg(Step::V5, PgOp::AddBalance { tenant: input.tenant, amount })?;
    io.pg(Step::V9, PgOp::MarkReversed(of))?;
    io.pg(Step::V6, PgOp::Commit)?;
    Ok(())
}

/// V3 and V4.
fn insert_refund(io: &mut Io<'_>, input: &AttemptInput, amount: Money, status: Status) -> FlowResult<()> {
    let (tenant, trace) = (input.tenant, input.trace);
    let before = read_quota(io, Step::V3, tenant)?.balance;
    let (kind, after) = (Kind::Refund, before + amount);
    io.pg(Step::V4, PgOp::InsertRow { tenant, trace, kind, status, amount, before, after })?;
    Ok(())
}
