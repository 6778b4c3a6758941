//! quota_check counts in Redis (as reported, P0-5 C).

use crate::effect::{RedisOp, Script};
use crate::flow::{AttemptInput, Io};
use crate::io::FlowResult;
use crate::reply::Reply;
use crate::row::Limit;
use crate::step::Step;

/// Q5 EVAL daily +1, Q6 EVAL monthly +1, Q7 HGET balance, which is only checked. Two scripts: what the first counted
/// stays when the second refuses.
pub fn count(io: &mut Io<'_>, input: &AttemptInput) -> FlowResult<Option<Limit>> {
    let tenant = input.tenant;
    let daily = Script::CountDaily(input.day);
    if let Reply::Denied(limit) = io.redis(Step::Q5, input.eval(daily))? {
        return Ok(Some(limit));
    }
    let monthly = Script::CountMonthly(input.day.month());
    if let Reply::Denied(limit) = io.redis(Step::Q6, input.eval(monthly))? {
        return Ok(Some(limit));
    }
    io.redis(Step::Q7, RedisOp::ReadBalance(tenant))?;
    Ok(None)
}
