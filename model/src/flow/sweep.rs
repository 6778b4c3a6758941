//! The sweeper: it finishes abandoned ledger rows. The review names no process for this (P0-1 C).

use crate::design::{Design, Stream, Sweeper};
use crate::effect::PgOp;
use crate::flow::deduct::transaction::{charge_quota, read_quota};
use crate::flow::deducted::Taken;
use crate::flow::stream::usage_record;
use crate::flow::{AttemptInput, Days, Io, Sweep, budget, cache_sync, usage};
use crate::io::{FlowResult, ignoring};
use crate::reply::Reply;
use crate::row::{Kind, LedgerRow, QuotaRow, Status};
use crate::step::Step;

/// The job, where the design has it.
pub fn job(design: Design) -> Option<Sweep> {
    (design.sweeper == Sweeper::Periodic).then_some(sweep)
}

/// How often W5 is tried again where it found another version.
const ROUNDS: u8 = 4;

/// One run: row after row until none is left.
///
/// Readings: how a row ends depends on its kind alone. A PENDING charge has taken no money, since both are one
/// transaction: its amount, for a stream the estimate, is taken then, whatever the balance is, because the call was
/// made. The money of a PENDING recharge or refund has moved (commit 1). A hold becomes the charge. The bound after
/// which a row counts as left is the time until the job runs; `job-run` lets it run while attempts are in flight. The
/// hash is written as after any other charge.
fn sweep(io: &mut Io<'_>, any: &AttemptInput, days: &Days) -> FlowResult<()> {
    while finish_one(io, any, days)? {}
    Ok(())
}

/// Finishes one row; returns whether there was one.
fn finish_one(io: &mut Io<'_>, any: &AttemptInput, days: &Days) -> FlowResult<bool> {
    io.phase(|io| {
        let found = io.pg(Step::W1, PgOp::SelectUnfinished)?;
        let Reply::Row(Some(found)) = found else { return Ok(false) };
        io.on_behalf(found.trace, |io| finish_locked(io, any, days, &found))?;
        Ok(true)
    })
}

/// W2 to W8: finishes the row under its lock, if it is still unfinished by then, and writes the hash.
fn finish_locked(io: &mut Io<'_>, any: &AttemptInput, days: &Days, found: &LedgerRow) -> FlowResult<()> {
    io.pg(Step::W2, PgOp::Begin)?;
    let locked = io.pg(Step::W3, PgOp::SelectRow { trace: found.trace, lock: true })?;
    let row = if let Reply::Row(row) = locked { row } else { None };
    let Some(row) = row.filter(LedgerRow::unfinished) else {
        io.pg(Step::W8, PgOp::Rollback)?;
        return Ok(());
    };
    let taken = finish(io, &AttemptInput { day: days[row.tenant.index()], ..*any }, &row)?;
    io.pg(Step::W7, PgOp::Commit)?;
    if let Some(taken) = taken {
        // The hash is a cache: its failure is not a failure of the sweep.
        let bill = AttemptInput { tenant: found.tenant, ..*any };
        ignoring(cache_sync::write(io, &bill, &taken))?;
    }
    Ok(())
}

/// Finishes the row; returns what was taken for it, if anything was.
fn finish(io: &mut Io<'_>, any: &AttemptInput, row: &LedgerRow) -> FlowResult<Option<Taken>> {
    let LedgerRow { trace, tenant, amount, .. } = *row;
    let bill = AttemptInput { tenant, trace, amount, negative: true, ..*any };
    let mut taken = None;
    let end = match (row.kind, row.status) {
        (Kind::Deduct | Kind::Hold, Status::Pending) => {
            let snapshot = take(io, &bill)?;
            let after = snapshot.balance;
            taken = Some(Taken { snapshot, row_after: after });
            budget::add_in_transaction(io, &bill)?;
            keep_usage(io, &bill)?;
            PgOp::SettleRow { trace, amount, before: after + amount, after }
        }
        (Kind::Hold, _) => {
            keep_usage(io, &bill)?;
            PgOp::MarkSettled(trace)
        }
        _ => PgOp::MarkCommitted(trace),
    };
    io.pg(Step::W6, end)?;
    Ok(taken)
}

/// Where usage is a row in the charge's transaction, it is one here too.
fn keep_usage(io: &mut Io<'_>, bill: &AttemptInput) -> FlowResult<()> {
    match bill.design.stream {
        Stream::CFixed | Stream::HoldFixed => usage_record::keep_in_transaction(io, bill),
        Stream::AsReported
        | Stream::A
        | Stream::AFixed
        | Stream::B
        | Stream::BFixed
        | Stream::C
        | Stream::Hold
        | Stream::Stamped => usage::add_in_transaction(io, bill),
    }
}

/// W4 and W5, until W5 finds the version that W4 read.
fn take(io: &mut Io<'_>, bill: &AttemptInput) -> FlowResult<QuotaRow> {
    io.phase(|io| io.repeat(ROUNDS, |io| take_once(io, bill)))
}

/// One round of it; returns the quota after it, if the version was still the one read.
fn take_once(io: &mut Io<'_>, bill: &AttemptInput) -> FlowResult<Option<QuotaRow>> {
    let quota = read_quota(io, Step::W4, bill.tenant)?;
    let counts = bill.billing_counts().then_some(bill.day);
    let charged = charge_quota(io, Step::W5, bill, quota.version)?;
    Ok(charged.then(|| quota.charged(bill.amount, counts)))
}
