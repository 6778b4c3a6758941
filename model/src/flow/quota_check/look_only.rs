//! quota_check only checks (P0-5 A).

use crate::effect::RedisOp;
use crate::flow::{AttemptInput, Io};
use crate::io::FlowResult;
use crate::reply::Reply;
use crate::row::Limit;
use crate::step::Step;

/// Q5b: the counts in the hash are read and compared. Reading where the review leaves a gap: a hash that is gone since
/// the warm-up has no limits, as the script takes a missing limit as none.
pub fn look(io: &mut Io<'_>, input: &AttemptInput) -> FlowResult<Option<Limit>> {
    let reply = io.redis(Step::Q5b, RedisOp::ReadHash(input.tenant))?;
    if let Reply::Hash(Some(row)) = reply { Ok(row.binding_count(input.day)) } else { Ok(None) }
}
