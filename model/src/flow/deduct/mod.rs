//! The deduct, once per choice of the idempotency risk (P0-3), each in a file that reads from T1 to T7; and the variant
//! where Redis is the only truth (P0-4 C).

pub mod as_reported;
pub mod as_reported_code;
pub mod fix_a;
pub mod fix_b;
pub mod ledger_lookup;
pub mod redis_truth;
pub mod transaction;

use crate::design::{Base, Idempotency};
use crate::flow::deducted::{Deducted, Taken};
use crate::flow::{AttemptInput, Io, cache_sync, usage};
use crate::io::FlowResult;

/// The design's deduct.
pub fn deduct(io: &mut Io<'_>, input: &AttemptInput) -> FlowResult<Deducted> {
    let design = input.design;
    if design.cache.takes_in_redis() {
        return redis_truth::deduct(io, input);
    }
    match (design.base, design.idempotency) {
        (Base::Code, _) => as_reported_code::deduct(io, input),
        (_, Idempotency::AsReported) => as_reported::deduct(io, input),
        (_, Idempotency::A) => fix_a::as_written(io, input),
        (_, Idempotency::AFixed) => fix_a::repaired(io, input),
        (_, Idempotency::B) => fix_b::as_written(io, input),
        (_, Idempotency::BFixed) => fix_b::repaired(io, input),
    }
}

/// What follows the deduct's own commit: the hooks, then T7.
pub fn after_commit(io: &mut Io<'_>, input: &AttemptInput, taken: &Taken) -> FlowResult<()> {
    usage::send_by_hook(io, input)?;
    cache_sync::hook(io, input, taken)?;
    cache_sync::write(io, input, taken)
}
