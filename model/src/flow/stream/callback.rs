//! The callback in the API layer, which runs when a stream is over, however it ended: as reported it deducts, under
//! P0-1 B it hands the charge over to a queue.

use crate::effect::{DeferredJob, LocalOp};
use crate::flow::billing;
use crate::flow::stream::deliver::{answer, deliver, known_price};
use crate::flow::stream::{known_trace, swallowed, usage_record};
use crate::flow::{AttemptInput, Io};
use crate::io::FlowResult;
use crate::money::Money;
use crate::reply::Answer;
use crate::step::Step;

/// P0-1 as reported, and trace-plus-timestamp, whose charge differs only in its trace: the deduct with
/// `allow_negative`, any exception swallowed, then the usage record.
///
/// Readings where the review leaves a gap: the price is the usage block's if it came, else that of three tokens per
/// chunk; a stream that sent nothing is charged like any other; the client's connection ends after the callback. In the
/// code the deduct leaves its commit to a caller, which has ended by then: the session is returned with its transaction
/// open.
pub fn deducts(io: &mut Io<'_>, input: &AttemptInput) -> FlowResult<Answer> {
    let over = deliver(io, input)?;
    let bill = AttemptInput { amount: input.stream.guessed(over.cut), negative: true, commits: true, ..*input };
    swallowed(io, |io| billing::take(io, &bill))?;
    usage_record::append(io, &bill)?;
    Ok(answer(input, &over))
}

/// P0-1 B as written: trace id, tenant, tokens and pricing go to a queue. Reading where the review leaves a gap: the
/// usage record stays where it was; the broker takes every job.
pub fn hands_over(io: &mut Io<'_>, input: &AttemptInput) -> FlowResult<Answer> {
    let over = deliver(io, input)?;
    let bill = AttemptInput { amount: input.stream.guessed(over.cut), ..*input };
    let deferred = DeferredJob::Charge { request: input.request, amount: bill.amount, day: None };
    io.local(Step::B5, LocalOp::Send(deferred))?;
    usage_record::append(io, &bill)?;
    Ok(answer(input, &over))
}

/// P0-1 B repaired: a trace that the ledger knows is not served again; the job carries the provider's count and the day
/// of the stream; a stream that cost nothing gets no job. The worker records the usage.
pub fn hands_over_what_is_known(io: &mut Io<'_>, input: &AttemptInput) -> FlowResult<Answer> {
    if let Some(answer) = known_trace(io, input)? {
        return Ok(answer);
    }
    let over = deliver(io, input)?;
    let amount = known_price(io, input, &over)?;
    if amount != Money::ZERO {
        let deferred = DeferredJob::Charge { request: input.request, amount, day: Some(input.day) };
        io.local(Step::B5, LocalOp::Send(deferred))?;
    }
    Ok(answer(input, &over))
}
