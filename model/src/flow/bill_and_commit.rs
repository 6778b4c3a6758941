//! Billing and what follows it up to the reply, with the commit of the caller where the deduct leaves it to one.

use crate::effect::PgOp;
use crate::flow::deducted::Deducted;
use crate::flow::{Charge, Io, Rider, billing, cache_sync, usage};
use crate::io::{Flow, caught, fail, ignoring};
use crate::reply::Answer;
use crate::step::Step;

/// Billing, the usage step, the caller's commit where it is the caller's, and what follows it.
pub fn bill_and_commit(io: &mut Io<'_>, charge: &Charge) -> Flow<Answer> {
    let (deducted, rides) = match charge.rider {
        Some(rider) => (bill_before_another(io, charge)?, charge_rider(io, charge, &rider)?),
        None => (billing::bill(io, charge)?, false),
    };
    if let Deducted::Answered(answer) = deducted {
        if rides {
            callers_commit(io)?;
        }
        if !matches!(answer, Answer::Ok(_)) {
            return Ok(answer);
        }
    }
    usage::send_before_commit(io, charge)?;
    if let Deducted::Open(taken) = deducted {
        callers_commit(io)?;
        usage::send_by_hook(io, charge)?;
        cache_sync::hook(io, charge, &taken)?;
    }
    usage::send_in_audit(io, charge)?;
    Ok(match deducted {
        Deducted::Answered(answer) => answer,
        Deducted::Charged | Deducted::Open(_) => Answer::Ok(charge.trace),
    })
}

/// Billing as a phase, since another deduct follows; by itself its replies stay on record to the end of the request.
fn bill_before_another(io: &mut Io<'_>, charge: &Charge) -> Flow<Deducted> {
    io.phase(|io| billing::bill(io, charge))
}

/// Another request is charged in the same transaction, by the same deduct. Reading: what becomes of it is told to
/// whoever asked for it, and is nothing to the first; the caller commits what is open, whoever's it is. Whether the rider's is.
fn charge_rider(io: &mut Io<'_>, charge: &Charge, rider: &Rider) -> Flow<bool> {
    let Rider { request, trace, key, amount } = *rider;
    let its = Charge { request, trace, key, amount, commits: false, rider: None, ..*charge };
    io.phase(|io| {
        io.on_behalf(trace, |io| {
            let told_elsewhere = caught(billing::take(io, &its))?;
            Ok(matches!(told_elsewhere, Ok(Deducted::Open(_))))
        })
    })
}

/// C2, the commit of the caller; if it fails the caller rolls back and the client gets an error.
fn callers_commit(io: &mut Io<'_>) -> Flow<()> {
    match caught(io.pg(Step::C2, PgOp::Commit))? {
        Ok(_) => Ok(()),
        Err(failure) => {
            ignoring(io.pg(Step::C3, PgOp::Rollback))?;
            fail(failure)
        }
    }
}
