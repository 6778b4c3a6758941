//! T7 as reported: the snapshot of the transaction goes into the hash.

use crate::effect::{DAY, Fields, RedisOp};
use crate::flow::deducted::Taken;
use crate::flow::{AttemptInput, Io};
use crate::io::FlowResult;
use crate::step::Step;

/// T7a HSET of every field, T7b EXPIRE. Reading where the review leaves a gap: the snapshot is what the transaction
/// computed, not a fresh read.
pub fn write(io: &mut Io<'_>, input: &AttemptInput, taken: &Taken) -> FlowResult<()> {
    write_fields(io, input, taken, Fields::ALL)
}

/// P0-5 C repaired: the counters of the hash, which quota_check keeps, are left alone.
pub fn write_but_counts(io: &mut Io<'_>, input: &AttemptInput, taken: &Taken) -> FlowResult<()> {
    write_fields(io, input, taken, Fields::ALL.without(Fields::COUNTS))
}

fn write_fields(io: &mut Io<'_>, input: &AttemptInput, taken: &Taken, fields: Fields) -> FlowResult<()> {
    io.redis(Step::T7a, RedisOp::HSet { tenant: input.tenant, row: taken.snapshot, fields })?;
    io.redis(Step::T7b, RedisOp::Expire { tenant: input.tenant, ttl: DAY })?;
    Ok(())
}
