//! Our own breadth-first search: one thread, deterministic, and the traces it gives are truly the shortest.
//!
//! States are expanded level by level in the order in which they were found, and moves in the machine's order. The first edge that
//! breaks a property therefore ends a shortest trace, and among those the one whose moves come earliest.

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::error::{ExploreError, panic_message};
use super::limits::{Counts, Ended, Limits};
use super::machine::{MAX_PROPERTIES, Machine};
use super::search::Search;
use super::seen::{Exact, Fingerprints, Seen};

/// What the search found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shortest<Mv> {
    /// Why it ended.
    pub ended: Ended,
    /// What it counted.
    pub counts: Counts,
    /// The levels after the initial state: how many moves the farthest state is away.
    pub depth: u64,
    /// One entry per property.
    pub properties: Vec<ShortestProperty<Mv>>,
    /// A shortest trace to a state that is stuck.
    pub stuck: Option<Vec<Mv>>,
    /// The most memory it held.
    pub bytes: u64,
}

/// What the search says of one property. The initial state counts as one edge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShortestProperty<Mv> {
    /// The edges on which it was judged.
    pub judged: u64,
    /// The edges on which it could have failed, or did.
    pub failable: u64,
    /// The edges that broke it.
    pub broken: u64,
    /// The states whose first edge broke it: for a property of states alone, the distinct states that break it.
    pub broken_states: u64,
    /// The shortest trace to a breach, the breaking move last.
    pub trace: Option<Vec<Mv>>,
}

/// Searches by 64-bit fingerprint.
pub fn shortest<M: Machine>(machine: &M, limits: &Limits) -> Result<Shortest<M::Move>, ExploreError> {
    search::<M, Fingerprints>(machine, limits)
}

/// Searches by whole states: slower and larger, and right even where a `Hash` or a fingerprint confuses two states.
pub fn shortest_exact<M: Machine>(machine: &M, limits: &Limits) -> Result<Shortest<M::Move>, ExploreError> {
    search::<M, Exact<M::State>>(machine, limits)
}

fn search<M: Machine, V: Seen<M::State> + Default>(
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
