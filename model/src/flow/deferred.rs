//! What is done with a deferred job that was handed over.

use crate::effect::{DeferredJob, LocalOp};
use crate::flow::deduct::deduct;
use crate::flow::deducted::Deducted;
use crate::flow::{AttemptInput, Io, cache_sync, stream, usage};
use crate::io::{FlowResult, fail};
use crate::reply::Answer;
use crate::step::Step;

/// One delivery of a deferred job. The queue forgets it only when it is told so (J2): a worker that dies before is followed
/// by another delivery. A task has no queue behind it and is gone with its process.
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

/// P0-4 A: the true cost, by the deduct of the design, in a transaction of the worker's own. A charge or a refusal ends the
/// deferred job; trouble with a store gives the delivery up, and the queue delivers again.
fn settle(io: &mut Io<'_>, input: &AttemptInput) -> FlowResult<()> {
    match deduct(io, &AttemptInput { commits: true, ..*input })? {
        Deducted::Answered(Answer::Error(failure)) if failure.is_outage() => fail(failure),
        Deducted::Answered(_) | Deducted::Charged | Deducted::Open(_) => Ok(()),
    }
}
