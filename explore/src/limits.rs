//! How long an exploration may go on, why it ended, and what every engine counts.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

/// When to give up. An exploration that was cut says so in [`Ended`]; it is never reported as complete.
#[derive(Clone, Debug)]
pub struct Limits {
    /// How many threads may work at once; 0 counts as 1.
    pub threads: usize,
    /// The most distinct states that each engine expands.
    pub max_states: Option<u64>,
    /// When to stop.
    pub deadline: Option<Instant>,
    /// The most memory that all engines together may hold, as they count it themselves.
    pub max_bytes: Option<u64>,
    /// Set from outside, for example by Ctrl-C, to stop at once.
    pub stop: Option<Arc<AtomicBool>>,
    /// Whether our own search ends at the first breach of any property.
    pub first_breach: bool,
}

impl Default for Limits {
    fn default() -> Self {
        Self { threads: 1, max_states: None, deadline: None, max_bytes: None, stop: None, first_breach: false }
    }
}

impl Limits {
    /// Whether the stop flag or the deadline asks to end.
    pub(super) fn called_off(&self) -> Option<Ended> {
        if self.stop.as_ref().is_some_and(|stop| stop.load(Ordering::Relaxed)) {
            return Some(Ended::Interrupted);
        }
        self.deadline.is_some_and(|deadline| Instant::now() >= deadline).then_some(Ended::Time)
    }

    pub(super) fn too_many_bytes(&self, bytes: u64) -> Option<Ended> {
        self.max_bytes.is_some_and(|max| bytes > max).then_some(Ended::Memory)
    }
}

/// Why an exploration ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// Every reachable state was expanded.
    Complete,
    /// The deadline passed.
    Time,
    /// There are more states than allowed.
    States,
    /// It would have taken more memory than allowed.
    Memory,
    /// The stop flag was set.
    Interrupted,
    /// A breach was found, and only the first one was asked for.
    Breach,
}

impl Ended {
    /// Whether every reachable state was expanded and every edge evaluated.
    pub fn is_complete(self) -> bool {
        self == Self::Complete
    }
}

/// What every complete engine counts the same, whatever its search order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Distinct states.
    pub states: u64,
    /// Moves applied: every move of every state.
    pub edges: u64,
    /// Distinct states that are at rest.
    pub at_rest: u64,
    /// Distinct states that have no move and are not at rest.
    pub stuck: u64,
}
