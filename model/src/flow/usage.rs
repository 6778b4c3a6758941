//! The usage job: when it is sent, and what it writes (P1-8).

use crate::design::{Stream, Usage};
use crate::effect::{DeferredJob, LocalOp, PgOp};
use crate::flow::{Asking, AttemptInput, Io};
use crate::io::FlowResult;
use crate::row::Kind;
use crate::step::Step;

/// J0 as reported: the usage step comes after billing and before the caller's commit, for every request that billing
/// answered ok, also one answered from its ledger row.
pub fn send_before_commit(io: &mut Io<'_>, input: &AttemptInput) -> FlowResult<()> {
    send(io, input, input.design.usage == Usage::AsReported)
}

/// J0 of P1-8 A: a hook after the commit, so only for what this attempt has charged.
pub fn send_by_hook(io: &mut Io<'_>, input: &AttemptInput) -> FlowResult<()> {
    send(io, input, matches!(input.design.usage, Usage::A | Usage::AFixed))
}

/// J0 of P1-8 B: in the audit step. Reading where the review leaves a gap: audit is the last step before the reply and
/// concerns requests that were answered ok.
pub fn send_in_audit(io: &mut Io<'_>, input: &AttemptInput) -> FlowResult<()> {
    send(io, input, matches!(input.design.usage, Usage::B | Usage::BFixed))
}

fn send(io: &mut Io<'_>, input: &AttemptInput, here: bool) -> FlowResult<()> {
    if input.path.usage && here {
        io.local(Step::J0, LocalOp::Send(DeferredJob::Usage { request: input.request, cost: input.amount }))?;
    }
    Ok(())
}

/// T5c of P1-8 C: the usage row in the charge's transaction, keyed by trace.
pub fn add_in_transaction(io: &mut Io<'_>, input: &AttemptInput) -> FlowResult<()> {
    // A hold is not a charge yet; with a repaired queue the worker records the usage in this way.
    let by_worker = input.asking == Asking::Stream && input.design.stream == Stream::BFixed;
    if input.path.usage && input.kind != Kind::Hold && (by_worker || input.design.usage == Usage::C) {
        io.pg(Step::T5c, add(input, true))?;
    }
    Ok(())
}

/// J1: the worker adds to the totals or, repaired (`A+fixed`, `B+fixed`), writes one row per trace.
pub fn record(io: &mut Io<'_>, input: &AttemptInput) -> FlowResult<()> {
    let keyed = matches!(input.design.usage, Usage::AFixed | Usage::BFixed | Usage::C);
    io.pg(Step::J1, add(input, keyed))?;
    Ok(())
}

/// One row per trace, which is written once.
pub fn keyed(input: &AttemptInput) -> PgOp {
    add(input, true)
}

fn add(input: &AttemptInput, keyed: bool) -> PgOp {
    PgOp::AddUsage { tenant: input.tenant, trace: input.trace, cost: input.amount, keyed }
}
