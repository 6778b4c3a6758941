//! Billing: the cost is known, the money is taken, the budget goes up.

use crate::design::Cache;
use crate::effect::{Arithmetic, DeferredJob, LocalOp, Script};
use crate::flow::deduct;
use crate::flow::deducted::Deducted;
use crate::flow::{Asking, AttemptInput, Io, JoinedCharge, budget};
use crate::io::{FlowResult, caught};
use crate::money::Money;
use crate::reply::Answer;
use crate::step::Step;

/// Takes the money of a stream, for which no step adds to a budget after the charge (P0-2).
pub fn take(io: &mut Io<'_>, input: &AttemptInput) -> FlowResult<Deducted> {
    if input.design.cache.takes_in_quota_check() { hand_over(io, input) } else { deduct::deduct(io, input) }
}

/// Takes the money by the design's deduct, or hands the charge over to a job where Redis has taken it already (P0-4 A).
/// It is a phase if another deduct follows; otherwise its replies are kept to the end of the request.
pub fn bill(io: &mut Io<'_>, input: &AttemptInput) -> FlowResult<Deducted> {
    if input.joined.is_some() { io.phase(|io| bill_one(io, input)) } else { bill_one(io, input) }
}

fn bill_one(io: &mut Io<'_>, input: &AttemptInput) -> FlowResult<Deducted> {
    let deducted = take(io, input)?;
    if !matches!(deducted, Deducted::Answered(answer) if !matches!(answer, Answer::Ok(_))) {
        budget::add_after_charge(io, input)?;
    }
    Ok(deducted)
}

/// Charges the other request in the same transaction, if there is one, by the same deduct. Reading: its result is
/// reported to its own client and does not affect the first request; the caller commits what is open, of either request.
/// Returns whether the other request's charge is open.
pub fn bill_joined(io: &mut Io<'_>, input: &AttemptInput) -> FlowResult<bool> {
    let Some(JoinedCharge { request, trace, key, amount }) = input.joined else { return Ok(false) };
    let its = AttemptInput { request, trace, key, amount, commits: false, joined: None, ..*input };
    io.phase(|io| {
        io.on_behalf(trace, |io| {
            let its_result = caught(take(io, &its))?;
            Ok(matches!(its_result, Ok(Deducted::Open(_))))
        })
    })
}

/// P0-4 A: billing writes the true cost to Postgres asynchronously, through the queue. As written the estimate remains
/// the charge in Redis; repaired (`A+fixed`), B4 corrects Redis by the difference first.
fn hand_over(io: &mut Io<'_>, input: &AttemptInput) -> FlowResult<Deducted> {
    let difference = input.estimate - input.amount;
    if input.design.cache == Cache::AFixed && difference != Money::ZERO {
        let script = Script::Adjust { by: difference, arithmetic: Arithmetic::Exact };
        io.redis(Step::B4, input.eval(script))?;
    }
    let deferred = match input.asking {
        Asking::Stream => DeferredJob::Charge { request: input.request, amount: input.amount, day: None },
        Asking::Charge | Asking::Recharge | Asking::Reverse { .. } | Asking::DailyQuota(_) => {
            DeferredJob::Settle(input.request)
        }
    };
    io.local(Step::B3, LocalOp::Send(deferred))?;
    Ok(Deducted::Answered(Answer::Ok(input.trace)))
}
