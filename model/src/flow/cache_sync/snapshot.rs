//! T7 as reported: the snapshot of the transaction goes into the hash.

use crate::effect::{DAY, Fields, RedisOp};
use crate::flow::deducted::Taken;
use crate::flow::{Charge, Io};
use crate::io::Flow;
use crate::step::Step;

/// T7a HSET of every field, T7b EXPIRE. Reading where the review leaves a gap: the snapshot is what the transaction
/// computed, not a fresh read.
pub fn write(io: &mut Io<'_>, charge: &Charge, taken: &Taken) -> Flow<()> {
    write_fields(io, charge, taken, Fields::ALL)
}

/// P0-5 C repaired: the counters of the hash, which quota_check keeps, are left alone.
pub fn write_but_counts(io: &mut Io<'_>, charge: &Charge, taken: &Taken) -> Flow<()> {
    write_fields(io, charge, taken, Fields::ALL.without(Fields::COUNTS))
}

fn write_fields(io: &mut Io<'_>, charge: &Charge, taken: &Taken, fields: Fields) -> Flow<()> {
    io.redis(Step::T7a, RedisOp::HSet { tenant: charge.tenant, row: taken.snapshot, fields })?;
    io.redis(Step::T7b, RedisOp::Expire { tenant: charge.tenant, ttl: DAY })?;
    Ok(())
}
