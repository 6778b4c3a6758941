//! One request from its arrival to the answer: auth, quota_check, upstream, billing, usage, reply ("The request path").

use crate::design::Design;
use crate::effect::LocalOp;
use crate::flow::bill_and_commit::bill_and_commit;
use crate::flow::{Asking, Charge, Flows, Io, auth, cache_sync, errand, limit_change, quota_check, recharge};
use crate::flow::{reverse, stream, sweep};
use crate::io::Flow;
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
        && let Some(limit) = auth::authenticate(io, charge)?
    {
        return Ok(Answer::Refused(limit));
    }
    if charge.path.quota_check
        && let Some(limit) = quota_check::check(io, charge)?
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
