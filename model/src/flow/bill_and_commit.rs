//! Billing and what follows it up to the reply, with the caller's commit where the deduct does not commit.

use crate::effect::PgOp;
use crate::flow::deducted::Deducted;
use crate::flow::{AttemptInput, Io, JoinedCharge, billing, cache_sync, usage};
use crate::io::{FlowResult, caught, fail, ignoring};
use crate::reply::Answer;
use crate::step::Step;

/// Billing, the usage step, the caller's commit where the deduct does not commit, and what follows it.
pub fn bill_and_commit(io: &mut Io<'_>, input: &AttemptInput) -> FlowResult<Answer> {
    let (deducted, rides) = match input.joined {
        Some(joined) => (bill_before_another(io, input)?, charge_joined(io, input, &joined)?),
        None => (billing::bill(io, input)?, false),
    };
    if let Deducted::Answered(answer) = deducted {
        if rides {
            callers_commit(io)?;
        }
        if !matches!(answer, Answer::Ok(_)) {
            return Ok(answer);
        }
    }
    usage::send_before_commit(io, input)?;
    if let Deducted::Open(taken) = deducted {
        callers_commit(io)?;
        usage::send_by_hook(io, input)?;
        cache_sync::hook(io, input, &taken)?;
    }
    usage::send_in_audit(io, input)?;
    Ok(match deducted {
        Deducted::Answered(answer) => answer,
        Deducted::Charged | Deducted::Open(_) => Answer::Ok(input.trace),
    })
}

/// Billing as a phase, since another deduct follows; without one its replies are kept to the end of the request.
fn bill_before_another(io: &mut Io<'_>, input: &AttemptInput) -> FlowResult<Deducted> {
    io.phase(|io| billing::bill(io, input))
}

/// Charges another request in the same transaction, by the same deduct. Reading: its result is reported to its own
/// client and does not affect the first request; the caller commits what is open, of either request. Returns whether
/// the other request's charge is open.
fn charge_joined(io: &mut Io<'_>, input: &AttemptInput, joined: &JoinedCharge) -> FlowResult<bool> {
    let JoinedCharge { request, trace, key, amount } = *joined;
    let its = AttemptInput { request, trace, key, amount, commits: false, joined: None, ..*input };
    io.phase(|io| {
        io.on_behalf(trace, |io| {
            let told_elsewhere = caught(billing::take(io, &its))?;
            Ok(matches!(told_elsewhere, Ok(Deducted::Open(_))))
        })
    })
}

/// C2, the commit of the caller; if it fails the caller rolls back and the client gets an error.
fn callers_commit(io: &mut Io<'_>) -> FlowResult<()> {
    match caught(io.pg(Step::C2, PgOp::Commit))? {
        Ok(_) => Ok(()),
        Err(failure) => {
            ignoring(io.pg(Step::C3, PgOp::Rollback))?;
            fail(failure)
        }
    }
}
