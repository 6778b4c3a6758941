//! Looking a trace up in the ledger, and finishing a PENDING row that somebody left.

use crate::effect::PgOp;
use crate::flow::Charge;
use crate::flow::transaction::{charge_quota, read_quota};
use crate::io::{Flow, Io, fail};
use crate::reply::{Answer, Failure, Reply};
use crate::row::{LedgerRow, Status};
use crate::step::Step;

/// A plain SELECT of the row by trace.
///
/// # Errors
/// [`Failure::ForeignRow`] when the trace's row is another tenant's: trace ids are unique across tenants in the ledger.
pub fn look_up(io: &mut Io<'_>, step: Step, charge: &Charge) -> Flow<Option<LedgerRow>> {
    own_row(io.pg(step, PgOp::SelectRow { trace: charge.trace, lock: false })?, charge)
}

/// Like [`look_up`], but FOR UPDATE.
pub fn lock_row(io: &mut Io<'_>, step: Step, charge: &Charge) -> Flow<Option<LedgerRow>> {
    own_row(io.pg(step, PgOp::SelectRow { trace: charge.trace, lock: true })?, charge)
}

fn own_row(reply: Reply, charge: &Charge) -> Flow<Option<LedgerRow>> {
    match reply {
        Reply::Row(Some(row)) if row.tenant != charge.tenant => fail(Failure::ForeignRow),
        Reply::Row(row) => Ok(row),
        _ => Ok(None),
    }
}

/// "Key held: P lookup by trace, answer what is found; nothing -> error to the client".
pub fn answer_what_is_found(found: Flow<Option<LedgerRow>>) -> Flow<Answer> {
    match crate::io::caught(found)? {
        Ok(Some(row)) if row.status == Status::Pending => Ok(Answer::Duplicate),
        Ok(Some(row)) => Ok(Answer::Ok(row.trace)),
        Ok(None) => Ok(Answer::Error(Failure::KeyWithoutRow)),
        Err(failure) => Ok(Answer::Error(failure)),
    }
}

/// Finishing a PENDING row, from the code: if `balance <= row.after` the money is assumed to be taken and the row is
/// marked COMMITTED; else the money is taken. No row lock either way.
///
/// Reading where the review leaves a gap: the money is taken with the same optimistic UPDATE as in T4b, once.
pub fn finish_pending(io: &mut Io<'_>, charge: &Charge, row: LedgerRow) -> Flow<Answer> {
    let quota = read_quota(io, Step::F1, charge.tenant)?;
    if quota.balance <= row.after {
        io.pg(Step::F4, PgOp::MarkCommitted(charge.trace))?;
        return Ok(Answer::Ok(charge.trace));
    }
    if let Some(limit) = quota.binding_limit(row.amount) {
        return fail(Failure::Refused(limit));
    }
    io.pg(Step::F2, PgOp::Begin)?;
    if !charge_quota(io, Step::F3, charge, quota.version)? {
        return fail(Failure::Conflict);
    }
    io.pg(Step::F4, PgOp::MarkCommitted(charge.trace))?;
    io.pg(Step::F5, PgOp::Commit)?;
    Ok(Answer::Ok(charge.trace))
}
