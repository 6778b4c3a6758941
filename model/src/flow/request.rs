//! One request from its arrival to the answer: auth, quota_check, upstream, billing, usage, reply ("The request path").

use crate::design::Design;
use crate::effect::LocalOp;
use crate::flow::bill_and_commit::bill_and_commit;
use crate::flow::{Asking, AttemptInput, Flows, Io, auth, cache_sync, deferred, limit_change, quota_check, recharge};
use crate::flow::{reverse, stream, sweep};
use crate::io::FlowResult;
use crate::reply::Answer;
use crate::step::Step;

impl Design {
    /// The flows of the design.
    pub fn flows(self) -> Flows {
        Flows {
            attempt,
            sync: cache_sync::background_sync(self),
            copy_back: cache_sync::copy_back(self),
            sweep: sweep::job(self),
            deferred: deferred::run,
        }
    }
}

/// How a gateway handles any request of a client.
pub fn attempt(io: &mut Io<'_>, input: &AttemptInput) -> FlowResult<Answer> {
    match input.asking {
        Asking::Charge | Asking::Stream => call(io, input),
        Asking::Recharge => recharge::recharge(io, input),
        Asking::Reverse { of } => reverse::reverse(io, input, of),
        Asking::DailyQuota(quota) => limit_change::daily_quota(io, input, quota),
    }
}

/// A call of the provider. An exception outside the deduct's own handler ends the attempt with an error.
fn call(io: &mut Io<'_>, input: &AttemptInput) -> FlowResult<Answer> {
    if input.path.auth
        && let Some(limit) = auth::authenticate(io, input)?
    {
        return Ok(Answer::Refused(limit));
    }
    if input.path.quota_check
        && let Some(limit) = quota_check::check(io, input)?
    {
        return Ok(Answer::Refused(limit));
    }
    if input.asking == Asking::Stream {
        return stream::streamed(io, input);
    }
    if input.path.upstream {
        io.local(Step::U1, LocalOp::Upstream(input.request))?;
    }
    bill_and_commit(io, input)
}
