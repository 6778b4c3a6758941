//! Our own breadth-first search: one thread, deterministic, and the traces it gives are truly the shortest.
//!
//! States are expanded level by level in the order in which they were found, and moves in the machine's order. The first edge that
//! breaks a property therefore ends a shortest trace, and among those the one whose moves come earliest.

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::error::{ExploreError, panic_message};
use super::found::Shortest;
use super::limits::Limits;
use super::machine::{MAX_PROPERTIES, Machine};
use super::search::Search;
use super::visited::{Exact, Fingerprints, Visited};

/// Searches by 64-bit fingerprint.
pub fn shortest<M: Machine>(machine: &M, limits: &Limits) -> Result<Shortest<M::Move>, ExploreError> {
    search::<M, Fingerprints>(machine, limits)
}

/// Searches by whole states: slower and larger, and right even where a `Hash` or a fingerprint confuses two states.
pub fn shortest_exact<M: Machine>(machine: &M, limits: &Limits) -> Result<Shortest<M::Move>, ExploreError> {
    search::<M, Exact<M::State>>(machine, limits)
}

fn search<M: Machine, V: Visited<M::State> + Default>(
    machine: &M,
    limits: &Limits,
) -> Result<Shortest<M::Move>, ExploreError> {
    let properties = machine.properties();
    if properties > MAX_PROPERTIES {
        return Err(ExploreError::TooManyProperties { properties, max: MAX_PROPERTIES });
    }
    let mut search = Search::<M, V>::new(machine, limits, properties);
    match catch_unwind(AssertUnwindSafe(|| search.run())) {
        Ok(ended) => search.result(ended?),
        Err(payload) => Err(search.panicked(panic_message(payload.as_ref()))),
    }
}
