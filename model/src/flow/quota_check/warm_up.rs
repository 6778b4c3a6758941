//! Filling an absent hash (P1-9).

use crate::design::WarmUp;
use crate::effect::{DAY, Fields, LocalOp, RedisOp, Script, WARM_LOCK_TTL};
use crate::flow::deduct::transaction::read_quota;
use crate::flow::{AttemptInput, Io};
use crate::io::FlowResult;
use crate::reply::Reply;
use crate::step::Step;

/// Q1 to Q4. As reported: EXISTS, SELECT, an unconditional HSET, EXPIRE.
///
/// P1-9, readings where the note leaves a gap: the lock is taken after EXISTS answered no, it is left to expire, and an
/// attempt that does not get it waits once and continues without checking again. Repaired (`warm-lock+fixed`): such an
/// attempt checks again after each wait, at most three times, and the HSET is one script that does not replace a newer
/// version and sets the TTL with it.
pub fn warm_up(io: &mut Io<'_>, input: &AttemptInput) -> FlowResult<()> {
    io.phase(|io| {
        if input.design.warm_up != WarmUp::WarmLockFixed {
            return look_and_fill(io, input).map(|_warm| ());
        }
        io.repeat(3, |io| look_and_fill(io, input))
    })
}

/// `None` where another attempt is filling the hash.
fn look_and_fill(io: &mut Io<'_>, input: &AttemptInput) -> FlowResult<Option<()>> {
    let tenant = input.tenant;
    if io.redis(Step::Q1, RedisOp::Exists(tenant))? == Reply::Exists(true) {
        return Ok(Some(()));
    }
    let locked = input.design.warm_up != WarmUp::AsReported;
    if locked && io.redis(Step::Q1b, RedisOp::TakeWarmLock { tenant, ttl: WARM_LOCK_TTL })? == Reply::Held {
        io.local(Step::Q1c, LocalOp::Wait)?;
        return Ok(None);
    }
    let row = read_quota(io, Step::Q2, tenant)?;
    if input.design.warm_up == WarmUp::WarmLockFixed {
        let script = Script::WriteIfNewer { row, fields: Fields::ALL, ttl: DAY };
        io.redis(Step::Q3, input.eval(script))?;
        return Ok(Some(()));
    }
    io.redis(Step::Q3, RedisOp::HSet { tenant, row, fields: Fields::ALL })?;
    io.redis(Step::Q4, RedisOp::Expire { tenant, ttl: DAY })?;
    Ok(Some(()))
}
