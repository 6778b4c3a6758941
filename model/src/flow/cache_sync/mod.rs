//! When the Redis hash is written (P0-4), and the jobs that carry one store's state to the other.

mod background_sync;
mod balance_only;
mod copy_back;
mod hook;
mod snapshot;

pub use hook::write_by_task;

use crate::design::{Cache, Counting, Design, Idempotency};
use crate::flow::deducted::Taken;
use crate::flow::{AttemptInput, Io, Job};
use crate::io::FlowResult;

/// T7, at its place in the deduct: writes what the design's choice prescribes. The deduct handles a failure.
pub fn write(io: &mut Io<'_>, input: &AttemptInput, taken: &Taken) -> FlowResult<()> {
    match input.design.cache {
        Cache::AsReported if input.design.counting == Counting::CFixed => snapshot::write_but_counts(io, input, taken),
        Cache::AsReported => snapshot::write(io, input, taken),
        Cache::D => balance_only::write(io, input, taken),
        Cache::DFixed => balance_only::write_if_newer(io, input, taken),
        Cache::A | Cache::AFixed | Cache::B | Cache::BFixed | Cache::C | Cache::CFixed => Ok(()),
    }
}

/// H0, after the commit, be it the deduct's or its caller's.
pub fn hook(io: &mut Io<'_>, input: &AttemptInput, taken: &Taken) -> FlowResult<()> {
    match input.design.cache {
        Cache::B | Cache::BFixed => hook::start_task(io, input, taken),
        Cache::AsReported | Cache::A | Cache::AFixed | Cache::C | Cache::CFixed | Cache::D | Cache::DFixed => Ok(()),
    }
}

/// The job from Postgres to Redis, where the design has one (P0-3 B).
pub fn background_sync(design: Design) -> Option<Job> {
    matches!(design.idempotency, Idempotency::B | Idempotency::BFixed).then_some(background_sync::sync)
}

/// The job from Redis to Postgres, where the design has one (P0-4 C).
pub fn copy_back(design: Design) -> Option<Job> {
    matches!(design.cache, Cache::C | Cache::CFixed).then_some(copy_back::copy)
}
