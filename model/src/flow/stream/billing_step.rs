//! P0-1 A: the stream is charged where every other call is, with one deferred commit.

use crate::flow::bill_and_commit::bill_and_commit;
use crate::flow::stream::deliver::{answer, answer_unless, deliver, known_price};
use crate::flow::stream::known_trace;
use crate::flow::{AttemptInput, Io};
use crate::io::FlowResult;
use crate::money::Money;
use crate::reply::Answer;

/// P0-1 A as written: tokens are collected; billing, the usage step and the caller's commit follow as for any other
/// call.
///
/// Readings where the review leaves a gap: a stream that breaks is an exception, so that its billing step is never
/// reached; the deferred commit is `commit=False`, after which nothing writes the hash (P0-4 scenario 3); tokens are
/// those of the usage block if it came, else three per chunk.
pub fn as_written(io: &mut Io<'_>, input: &AttemptInput) -> FlowResult<Answer> {
    let over = deliver(io, input)?;
    if over.broken.is_some() {
        return Ok(answer(input, &over));
    }
    let amount = input.stream.guessed(over.cut);
    bill_and_commit(io, &AttemptInput { amount, negative: true, commits: false, ..*input })
}

/// P0-1 A repaired: a broken stream is billed too, by the provider's count; a trace that the ledger knows is not served
/// again; the hash is written after the commit.
pub fn repaired(io: &mut Io<'_>, input: &AttemptInput) -> FlowResult<Answer> {
    if let Some(answer) = known_trace(io, input)? {
        return Ok(answer);
    }
    let over = deliver(io, input)?;
    let amount = known_price(io, input, &over)?;
    if amount == Money::ZERO {
        return Ok(answer(input, &over));
    }
    match bill_and_commit(io, &AttemptInput { amount, negative: true, commits: true, ..*input })? {
        Answer::Error(failure) => Ok(answer_unless(input, &over, Some(failure))),
        Answer::Ok(_) => Ok(answer(input, &over)),
        other @ (Answer::Refused(_) | Answer::Duplicate) => Ok(other),
    }
}
