//! What the two engines find.

use super::limits::{Counts, Ended};

/// What our own search found.
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

/// What our own search found about one property. The initial state counts as one edge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShortestProperty<Mv> {
    /// The edges on which it was evaluated.
    pub evaluated: u64,
    /// The edges that could have broken it, or did.
    pub non_vacuous: u64,
    /// The edges that broke it.
    pub broken: u64,
    /// The states whose first edge broke it: for a property of states alone, the distinct states that break it.
    pub broken_states: u64,
    /// The shortest trace to a breach, the breaking move last.
    pub trace: Option<Vec<Mv>>,
}

/// What stateright found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exhausted<S> {
    /// Why it ended.
    pub ended: Ended,
    /// What it counted. If it was cut, it may have found more states than it was allowed to expand.
    pub counts: Counts,
    /// One entry per property.
    pub properties: Vec<ExhaustedProperty>,
    /// A state that is stuck.
    pub stuck: Option<S>,
    /// The most memory it held at any measurement, as estimated from the outside.
    pub bytes: u64,
}

/// What stateright found about one property.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExhaustedProperty {
    /// The fewest moves in which it reached a breach, if there is one. With more than one thread it may miss the
    /// shortest trace.
    pub broken_after: Option<u32>,
    /// The states whose first edge broke it: for a property of states alone, the distinct states that break it.
    pub broken_states: u64,
}

impl ExhaustedProperty {
    /// Whether any edge broke it.
    pub fn is_broken(&self) -> bool {
        self.broken_after.is_some()
    }
}
