//! Runs a deferred job that was handed over.

use crate::effect::{DeferredJob, LocalOp};
use crate::flow::deduct::deduct;
use crate::flow::deducted::Deducted;
use crate::flow::{AttemptInput, Io, cache_sync, stream, usage};
use crate::io::{FlowResult, fail};
use crate::reply::Answer;
use crate::step::Step;

/// One delivery of a deferred job. The queue removes it only when it is acknowledged (J2): if the worker dies before,
/// another delivery follows. A task has no queue behind it and is lost with its process.
pub fn run(io: &mut Io<'_>, input: &AttemptInput, deferred: DeferredJob) -> FlowResult<()> {
    match deferred {
        DeferredJob::Usage { cost, .. } => usage::record(io, &AttemptInput { amount: cost, ..*input })?,
        DeferredJob::Settle(_) => settle(io, input)?,
        DeferredJob::Charge { amount, day, .. } => stream::job::charge(io, input, amount, day)?,
        DeferredJob::Snapshot { row, .. } => return cache_sync::write_by_task(io, input, row),
    }
    io.local(Step::J2, LocalOp::Acknowledge(deferred))?;
    Ok(())
}

/// P0-4 A: the true cost, by the deduct of the design, in the worker's own transaction. A charge or a refusal ends the
/// deferred job; an outage of a store ends the delivery, and the queue delivers again.
fn settle(io: &mut Io<'_>, input: &AttemptInput) -> FlowResult<()> {
    match deduct(io, &AttemptInput { commits: true, ..*input })? {
        Deducted::Answered(Answer::Error(failure)) if failure.is_outage() => fail(failure),
        Deducted::Answered(_) | Deducted::Charged | Deducted::Open(_) => Ok(()),
    }
}
