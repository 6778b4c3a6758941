//! Billing and what follows it up to the reply, with the caller's commit where the deduct does not commit.

use crate::effect::PgOp;
use crate::flow::deducted::Deducted;
use crate::flow::{AttemptInput, Io, billing, cache_sync, usage};
use crate::io::{FlowResult, caught, fail, ignoring};
use crate::reply::Answer;
use crate::step::Step;

/// Billing, the usage step, the caller's commit where the deduct does not commit, and what follows it.
pub fn bill_and_commit(io: &mut Io<'_>, input: &AttemptInput) -> FlowResult<Answer> {
    let deducted = billing::bill(io, input)?;
    let joined_is_open = billing::bill_joined(io, input)?;
    if let Deducted::Answered(answer) = deducted {
        if joined_is_open {
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
