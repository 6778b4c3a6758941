//! Looking a trace up in the ledger, and finishing a PENDING row that was left behind.

use crate::design::Idempotency;
use crate::effect::PgOp;
use crate::flow::deduct::transaction::{binding, charge_quota, read_quota};
use crate::flow::{AttemptInput, Io, budget, usage};
use crate::io::{FlowResult, caught, fail};
use crate::reply::{Answer, Failure, Reply};
use crate::row::{LedgerRow, Status, TraceId};
use crate::step::Step;

/// A plain SELECT of the row by trace, of any tenant: the trace alone is unique in the original.
pub fn select_row(io: &mut Io<'_>, step: Step, trace: TraceId) -> FlowResult<Option<LedgerRow>> {
    let reply = io.pg(step, PgOp::SelectRow { trace, lock: false })?;
    if let Reply::Row(row) = reply { Ok(row) } else { Ok(None) }
}

/// The row of the charge's trace. As written the lookup is by trace alone; the repaired readings compare the tenant
/// too.
///
/// # Errors
/// [`Failure::ForeignRow`], in repaired readings, when the row is another tenant's.
pub fn look_up(io: &mut Io<'_>, step: Step, input: &AttemptInput) -> FlowResult<Option<LedgerRow>> {
    let row = select_row(io, step, input.trace)?;
    own_row(row, input)
}

/// Like [`look_up`], but FOR UPDATE.
pub fn lock_row(io: &mut Io<'_>, step: Step, input: &AttemptInput) -> FlowResult<Option<LedgerRow>> {
    let reply = io.pg(step, PgOp::SelectRow { trace: input.trace, lock: true })?;
    if let Reply::Row(row) = reply { own_row(row, input) } else { Ok(None) }
}

fn own_row(row: Option<LedgerRow>, input: &AttemptInput) -> FlowResult<Option<LedgerRow>> {
    let looks = matches!(input.design.idempotency, Idempotency::AFixed | Idempotency::BFixed);
    match row {
        Some(row) if looks && row.tenant != input.tenant => fail(Failure::ForeignRow),
        row => Ok(row),
    }
}

/// "Key held: P lookup by trace, answer what is found; nothing -> error to the client".
pub fn answer_what_is_found(found: FlowResult<Option<LedgerRow>>) -> FlowResult<Answer> {
    match caught(found)? {
        Ok(Some(row)) if row.status == Status::Pending => Ok(Answer::Duplicate),
        Ok(Some(row)) => Ok(Answer::Ok(row.trace)),
        Ok(None) => Ok(Answer::Error(Failure::KeyWithoutRow)),
        Err(failure) => Ok(Answer::Error(failure)),
    }
}

/// COMMITTED -> return it, PENDING -> finish it.
pub fn answer_or_finish(io: &mut Io<'_>, input: &AttemptInput, row: LedgerRow) -> FlowResult<Answer> {
    match row.status {
        Status::Pending => finish_pending(io, input, row),
        Status::Committed | Status::Reversed => Ok(Answer::Ok(row.trace)),
    }
}

/// Finishing a PENDING row, from the code: if `balance <= row.after` the money is assumed to be taken and the row is
/// marked COMMITTED; else the money is taken. No row lock either way.
///
/// Reading where the review leaves a gap: the money is taken with the same optimistic UPDATE as in T4b, once, and with
/// it whatever the design keeps in the charge's transaction.
pub fn finish_pending(io: &mut Io<'_>, input: &AttemptInput, row: LedgerRow) -> FlowResult<Answer> {
    let quota = read_quota(io, Step::F1, input.tenant)?;
    if quota.balance <= row.after {
        io.pg(Step::F4, PgOp::MarkCommitted(input.trace))?;
        return Ok(Answer::Ok(input.trace));
    }
    if let Some(limit) = binding(input, &quota) {
        return fail(Failure::Refused(limit));
    }
    io.pg(Step::F2, PgOp::Begin)?;
    if !charge_quota(io, Step::F3, input, quota.version)? {
        return fail(Failure::Conflict);
    }
    io.pg(Step::F4, PgOp::MarkCommitted(input.trace))?;
    budget::add_in_transaction(io, input)?;
    usage::add_in_transaction(io, input)?;
    io.pg(Step::F5, PgOp::Commit)?;
    Ok(Answer::Ok(input.trace))
}
