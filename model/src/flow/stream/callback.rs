//! The callback in the API layer, which runs when a stream is over, whatever became of it: as reported it deducts, under P0-1 B it
//! hands the charge over to a queue.

use crate::effect::{Errand, LocalOp};
use crate::flow::billing;
use crate::flow::stream::deliver::{answer, deliver, known_price};
use crate::flow::stream::{known_trace, swallowed, usage_record};
use crate::flow::{Charge, Io};
use crate::io::Flow;
use crate::money::Money;
use crate::reply::Answer;
use crate::step::Step;

/// P0-1 as reported, and trace-plus-timestamp, whose charge differs in its trace alone: the deduct with `allow_negative`, any
/// exception swallowed, then the usage record.
///
/// Readings where the review leaves a gap: the price is the usage block's if it came, else by three tokens a chunk; a
/// stream that sent nothing is charged like any other; the client's connection ends after the callback. In the code the
/// deduct leaves its commit to a caller, who is gone by then: the session goes back with the transaction open.
pub fn deducts(io: &mut Io<'_>, charge: &Charge) -> Flow<Answer> {
    let over = deliver(io, charge)?;
    let bill = Charge { amount: charge.stream.guessed(over.cut), negative: true, commits: true, ..*charge };
    swallowed(io, |io| billing::take(io, &bill))?;
    usage_record::append(io, &bill)?;
    Ok(answer(charge, &over))
}

/// P0-1 B as written: trace id, tenant, tokens and pricing go to a queue. Reading where the review leaves a gap: the
/// usage record stays where it was; the broker takes every job.
pub fn hands_over(io: &mut Io<'_>, charge: &Charge) -> Flow<Answer> {
    let over = deliver(io, charge)?;
    let bill = Charge { amount: charge.stream.guessed(over.cut), ..*charge };
    let errand = Errand::Charge { request: charge.request, amount: bill.amount, day: None };
    io.local(Step::B5, LocalOp::Send(errand))?;
    usage_record::append(io, &bill)?;
    Ok(answer(charge, &over))
}

/// P0-1 B repaired: a trace that the ledger knows is not served again; the job carries the provider's count and the day of the
/// stream; of a stream that cost nothing there is none. The worker keeps the usage.
pub fn hands_over_what_is_known(io: &mut Io<'_>, charge: &Charge) -> Flow<Answer> {
    if let Some(answer) = known_trace(io, charge)? {
        return Ok(answer);
    }
    let over = deliver(io, charge)?;
    let amount = known_price(io, charge, &over)?;
    if amount != Money::ZERO {
        let errand = Errand::Charge { request: charge.request, amount, day: Some(charge.day) };
        io.local(Step::B5, LocalOp::Send(errand))?;
    }
    Ok(answer(charge, &over))
}
