//! What is done with an errand that was handed over.

use crate::effect::{Errand, LocalOp};
use crate::flow::deduct::deduct;
use crate::flow::deducted::Deducted;
use crate::flow::{Charge, Io, cache_sync, stream, usage};
use crate::io::{Flow, fail};
use crate::reply::Answer;
use crate::step::Step;

/// One delivery of an errand. The queue forgets it only when it is told so (J2): a worker that dies before is followed
/// by another delivery. A task has no queue behind it and is gone with its process.
pub fn run(io: &mut Io<'_>, charge: &Charge, errand: Errand) -> Flow<()> {
    match errand {
        Errand::Usage { cost, .. } => usage::record(io, &Charge { amount: cost, ..*charge })?,
        Errand::Settle(_) => settle(io, charge)?,
        Errand::Charge { amount, day, .. } => stream::job::charge(io, charge, amount, day)?,
        Errand::Snapshot { row, .. } => return cache_sync::write_by_task(io, charge, row),
    }
    io.local(Step::J2, LocalOp::Acknowledge(errand))?;
    Ok(())
}

/// P0-4 A: the true cost, by the deduct of the design, in a transaction of the worker's own. A charge or a refusal ends the
/// errand; trouble with a store gives the delivery up, and the queue delivers again.
fn settle(io: &mut Io<'_>, charge: &Charge) -> Flow<()> {
    match deduct(io, &Charge { commits: true, ..*charge })? {
        Deducted::Answered(Answer::Error(failure)) if failure.is_trouble() => fail(failure),
        Deducted::Answered(_) | Deducted::Charged | Deducted::Open(_) => Ok(()),
    }
}
