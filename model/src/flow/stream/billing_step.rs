//! P0-1 A: the stream is charged where every other call is, with one deferred commit.

use crate::flow::bill_and_commit::bill_and_commit;
use crate::flow::stream::deliver::{answer, answer_unless, deliver, known_price};
use crate::flow::stream::known_trace;
use crate::flow::{Charge, Io};
use crate::io::Flow;
use crate::money::Money;
use crate::reply::Answer;

/// P0-1 A as written: tokens are collected; billing, the usage step and the caller's commit follow as for any other call.
///
/// Readings where the review leaves a gap: a stream that breaks is an exception, so that its billing step is never
/// reached; the deferred commit is `commit=False`, after which nobody writes the hash (P0-4 scenario 3); tokens are the
/// usage block's if it came, else three a chunk.
pub fn as_written(io: &mut Io<'_>, charge: &Charge) -> Flow<Answer> {
    let over = deliver(io, charge)?;
    if over.broken.is_some() {
        return Ok(answer(charge, &over));
    }
    let amount = charge.stream.guessed(over.cut);
    bill_and_commit(io, &Charge { amount, negative: true, commits: false, ..*charge })
}

/// P0-1 A repaired: a broken stream is billed too, by the provider's count; a trace that the ledger knows is not served again; the
/// hash is written after the commit.
pub fn repaired(io: &mut Io<'_>, charge: &Charge) -> Flow<Answer> {
    if let Some(answer) = known_trace(io, charge)? {
        return Ok(answer);
    }
    let over = deliver(io, charge)?;
    let amount = known_price(io, charge, &over)?;
    if amount == Money::ZERO {
        return Ok(answer(charge, &over));
    }
    match bill_and_commit(io, &Charge { amount, negative: true, commits: true, ..*charge })? {
        Answer::Error(failure) => Ok(answer_unless(charge, &over, Some(failure))),
        Answer::Ok(_) => Ok(answer(charge, &over)),
        other @ (Answer::Refused(_) | Answer::Duplicate) => Ok(other),
    }
}
