//! The worker that charges a stream (P0-1 B), in its own transaction.

use crate::day::Day;
use crate::design::Stream;
use crate::flow::deduct::deduct;
use crate::flow::deducted::Deducted;
use crate::flow::stream::by_ledger;
use crate::flow::{AttemptInput, Io};
use crate::io::{FlowResult, fail};
use crate::money::Money;
use crate::reply::{Answer, Failure};

/// One delivery. Any result but a charge fails it, and the queue delivers again: as written up to three times, after
/// which the job is lost. Where deliveries are not counted, one that can never charge is the last.
///
/// Readings where the review leaves a gap: the job's day is the day of its delivery. Repaired, the deduct queries the
/// ledger instead of the key (P0-3 A+fixed), the day is the stream's, the queue delivers until it is done, and the
/// usage is a row in the charge's transaction.
pub fn charge(io: &mut Io<'_>, of: &AttemptInput, amount: Money, day: Option<Day>) -> FlowResult<()> {
    let repaired = of.design.stream == Stream::BFixed;
    let design = if repaired { by_ledger(of.design) } else { of.design };
    let bill = AttemptInput { amount, negative: true, commits: true, day: day.unwrap_or(of.day), design, ..*of };
    let failure = match deduct(io, &bill)? {
        Deducted::Charged | Deducted::Open(_) | Deducted::Answered(Answer::Ok(_)) => None,
        Deducted::Answered(Answer::Error(failure)) => Some(failure),
        Deducted::Answered(Answer::Refused(limit)) => Some(Failure::Refused(limit)),
        Deducted::Answered(Answer::Duplicate) => Some(Failure::Conflict),
    };
    match failure {
        None => {}
        Some(failure) if failure.is_outage() || of.design.stream == Stream::B => return fail(failure),
        Some(_for_good) => return Ok(()),
    }
    Ok(())
}
