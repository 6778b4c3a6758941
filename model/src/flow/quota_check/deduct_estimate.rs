//! quota_check deducts in Redis (P0-4 A).

use crate::design::Cache;
use crate::effect::{Arithmetic, Script};
use crate::flow::{AttemptInput, Io};
use crate::io::FlowResult;
use crate::reply::Reply;
use crate::row::Limit;
use crate::step::Step;

/// Q8: `quota_deduct` of the estimate, the only price that is known here. Repaired (`A+fixed`) it calculates exactly.
pub fn deduct(io: &mut Io<'_>, input: &AttemptInput) -> FlowResult<Option<Limit>> {
    let arithmetic = if input.design.cache == Cache::A { Arithmetic::Lua } else { Arithmetic::Exact };
    let script = Script::Deduct { amount: input.estimate, negative: false, counts: true, day: input.day, arithmetic };
    let reply = io.redis(Step::Q8, input.eval(script))?;
    if let Reply::Denied(limit) = reply { Ok(Some(limit)) } else { Ok(None) }
}
