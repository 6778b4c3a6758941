//! One request from its arrival to the answer: auth, quota_check, upstream, billing, usage, reply ("The request path").

use crate::design::Design;
use crate::effect::LocalOp;
use crate::flow::deduct::Deducted;
use crate::flow::{
    Asking, Charge, Flows, Rider, auth, billing, cache_sync, errand, limit_change, quota_check, recharge,
};
use crate::flow::{reverse, stream, sweep, usage};
use crate::io::{Flow, Io, caught};
use crate::reply::Answer;
use crate::step::Step;

impl Design {
    /// What the design runs.
    pub fn flows(self) -> Flows {
        Flows {
            attempt,
            sync: cache_sync::background_sync(self),
            copy_back: cache_sync::copy_back(self),
            sweep: sweep::job(self),
            errand: errand::run,
        }
    }
}

/// What a gateway does with whatever a client asks.
pub fn attempt(io: &mut Io<'_>, charge: &Charge) -> Flow<Answer> {
    match charge.asking {
        Asking::Charge | Asking::Stream => call(io, charge),
        Asking::Recharge => recharge::recharge(io, charge),
        Asking::Reverse { of } => reverse::reverse(io, charge, of),
        Asking::DailyQuota(quota) => limit_change::daily_quota(io, charge, quota),
    }
}

/// A call of the provider. An exception outside the deduct's own handler ends the attempt with an error.
fn call(io: &mut Io<'_>, charge: &Charge) -> Flow<Answer> {
    if charge.path.auth
        && let Some(limit) = io.phase(|io| auth::authenticate(io, charge))?
    {
        return Ok(Answer::Refused(limit));
    }
    if charge.path.quota_check
        && let Some(limit) = io.phase(|io| quota_check::check(io, charge))?
    {
        return Ok(Answer::Refused(limit));
    }
    if charge.asking == Asking::Stream {
        return stream::streamed(io, charge);
    }
    if charge.path.upstream {
        io.local(Step::U1, LocalOp::Upstream(charge.request))?;
    }
    bill_and_commit(io, charge)
}

/// Billing, the usage step, the caller's commit where it is the caller's, and what follows it.
pub fn bill_and_commit(io: &mut Io<'_>, charge: &Charge) -> Flow<Answer> {
    let (deducted, rides) = match charge.rider {
        Some(rider) => {
            let deducted = io.phase(|io| billing::bill(io, charge))?;
            (deducted, io.phase(|io| charge_rider(io, charge, &rider))?)
        }
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

/// Another request is charged in the same transaction, by the same deduct. Reading: what becomes of it is told to
/// whoever asked for it, and is nothing to the first; the caller commits what is open, whoever's it is. Whether the rider's is.
fn charge_rider(io: &mut Io<'_>, charge: &Charge, rider: &Rider) -> Flow<bool> {
    let Rider { request, trace, key, amount } = *rider;
    let its = Charge { request, trace, key, amount, commits: false, rider: None, ..*charge };
    io.on_behalf(trace, |io| {
        let told_elsewhere = caught(billing::take(io, &its))?;
        Ok(matches!(told_elsewhere, Ok(Deducted::Open(_))))
    })
}

/// C2, the commit of the caller; if it fails the caller rolls back and the client gets an error.
fn callers_commit(io: &mut Io<'_>) -> Flow<()> {
    match caught(io.pg(Step::C2, crate::effect::PgOp::Commit))? {
        Ok(_) => Ok(()),
        Err(failure) => {
            let _rolled_back = caught(io.pg(Step::C3, crate::effect::PgOp::Rollback))?;
            crate::io::fail(failure)
        }
    }
}
