//! quota_check deducts in Redis (P0-4 A).

use crate::design::Cache;
use crate::effect::{Arithmetic, Script};
use crate::flow::{Charge, Io};
use crate::io::Flow;
use crate::reply::Reply;
use crate::row::Limit;
use crate::step::Step;

/// Q8: `quota_deduct` of the estimate, the only price that is known here. Repaired (`A+fixed`) it reckons exactly.
pub fn deduct(io: &mut Io<'_>, charge: &Charge) -> Flow<Option<Limit>> {
    let arithmetic = if charge.design.cache == Cache::A { Arithmetic::Lua } else { Arithmetic::Exact };
    let script = Script::Deduct { amount: charge.estimate, negative: false, counts: true, day: charge.day, arithmetic };
    let reply = io.redis(Step::Q8, charge.eval(script))?;
    if let Reply::Denied(limit) = reply { Ok(Some(limit)) } else { Ok(None) }
}
