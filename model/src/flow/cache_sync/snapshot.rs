//! T7 as reported: the snapshot of the transaction goes into the hash.

use crate::design::Counting;
use crate::effect::{DAY, Fields, RedisOp};
use crate::flow::deducted::Taken;
use crate::flow::{AttemptInput, Io};
use crate::io::FlowResult;
use crate::step::Step;

/// T7a HSET of every field, T7b EXPIRE. Reading where the review leaves a gap: the snapshot is what the transaction
/// computed, not a fresh read. P0-5 C repaired: the counters of the hash, which quota_check keeps, are left alone.
pub fn write(io: &mut Io<'_>, input: &AttemptInput, taken: &Taken) -> FlowResult<()> {
    let repaired = input.design.counting == Counting::CFixed;
    let fields = if repaired { Fields::ALL.without(Fields::COUNTS) } else { Fields::ALL };
    io.redis(Step::T7a, RedisOp::HSet { tenant: input.tenant, row: taken.snapshot, fields })?;
    io.redis(Step::T7b, RedisOp::Expire { tenant: input.tenant, ttl: DAY })?;
    Ok(())
}
