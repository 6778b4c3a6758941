//! What the threads of [`exhaust`](super::exhaust()) see, judge and count together.

use std::hash::{Hash, Hasher};
use std::mem::size_of;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, AtomicUsize, Ordering};

use super::error::ExploreError;
use super::found::{Exhausted, ExhaustedProperty};
use super::limits::{Counts, Ended, Limits};
use super::machine::{EdgeEvaluations, Machine, members};

/// A state as stateright handles it. How it was reached first is stored with it and is not a part of its identity.
#[derive(Clone, Debug)]
pub(super) struct Reached<S> {
    pub(super) state: S,
    pub(super) after: u32,
    /// The properties that the edge to here broke, one bit each.
    broken: u64,
}

impl<S: PartialEq> PartialEq for Reached<S> {
    fn eq(&self, other: &Self) -> bool {
        self.state == other.state
    }
}

impl<S: Hash> Hash for Reached<S> {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        self.state.hash(hasher);
    }
}

/// No breach was seen.
const NOT_BROKEN: u32 = u32::MAX;
/// How many expansions pass between two checks of the clock and the stop flag.
const LOOK_UP_EVERY: u64 = 128;

/// What the walking threads have seen together.
pub(super) struct Walk<S> {
    limits: Limits,
    properties: usize,
    expanded: AtomicU64,
    at_rest: AtomicU64,
    stuck: AtomicU64,
    first_stuck: OnceLock<S>,
    /// The fewest moves to a breach, or [`NOT_BROKEN`], for each property.
    broken_after: Vec<AtomicU32>,
    broken_states: Vec<AtomicU64>,
    largest_heap: AtomicUsize,
    /// The first limit that was met.
    halt: OnceLock<Ended>,
    /// Whether a state was left unexpanded because of that limit.
    cut: AtomicBool,
}

impl<S: Clone> Walk<S> {
    pub(super) fn new(limits: Limits, properties: usize) -> Self {
        Self {
            limits,
            properties,
            expanded: AtomicU64::new(0),
            at_rest: AtomicU64::new(0),
            stuck: AtomicU64::new(0),
            first_stuck: OnceLock::new(),
            broken_after: (0..properties).map(|_| AtomicU32::new(NOT_BROKEN)).collect(),
            broken_states: (0..properties).map(|_| AtomicU64::new(0)).collect(),
            largest_heap: AtomicUsize::new(0),
            halt: OnceLock::new(),
            cut: AtomicBool::new(false),
        }
    }

    /// Counts one expansion, unless a limit forbids it. It is called for every state, so a complete walk was never
    /// forbidden one.
    pub(super) fn may_expand(&self) -> bool {
        let before = self.expanded.fetch_add(1, Ordering::Relaxed);
        if self.limits.max_states.is_some_and(|max| before >= max) {
            self.halt(Ended::States);
        } else if before.is_multiple_of(LOOK_UP_EVERY)
            && let Some(ended) = self.limits.called_off().or_else(|| {
                // The number of waiting states is not known here, so this is a lower bound.
                self.limits.too_many_bytes(bytes_held::<S>(before, 0, 0, self.largest_heap.load(Ordering::Relaxed)))
            })
        {
            self.halt(ended);
        }
        let forbidden = self.halt.get().is_some();
        if forbidden {
            self.cut.store(true, Ordering::Relaxed);
        }
        !forbidden
    }

    /// Forbids all further expansions; the first reason is kept.
    pub(super) fn halt(&self, ended: Ended) {
        self.halt.get_or_init(|| ended);
    }

    pub(super) fn expand<M: Machine<State = S>>(&self, machine: &M, reached: &Reached<S>, no_moves: bool) {
        if machine.at_rest(&reached.state) {
            self.at_rest.fetch_add(1, Ordering::Relaxed);
        } else if no_moves {
            self.stuck.fetch_add(1, Ordering::Relaxed);
            self.first_stuck.get_or_init(|| reached.state.clone());
        }
        for property in members(reached.broken) {
            self.broken_states[property].fetch_add(1, Ordering::Relaxed);
        }
        let heap = machine.heap_bytes(&reached.state);
        if heap > self.largest_heap.load(Ordering::Relaxed) {
            self.largest_heap.fetch_max(heap, Ordering::Relaxed);
        }
    }

    pub(super) fn reach<M: Machine<State = S>>(
        &self,
        machine: &M,
        prev: Option<(&S, &M::Move)>,
        state: S,
        after: u32,
    ) -> Reached<S> {
        let broken = EdgeEvaluations::of(machine, self.properties, prev, &state).broken(self.properties);
        for property in members(broken) {
            let fewest = &self.broken_after[property];
            if after < fewest.load(Ordering::Relaxed) {
                fewest.fetch_min(after, Ordering::Relaxed);
            }
        }
        Reached { state, after, broken }
    }

    pub(super) fn bytes(&self, unique: u64, depth: usize) -> u64 {
        let waiting = unique.saturating_sub(self.expanded.load(Ordering::Relaxed));
        bytes_held::<S>(unique, waiting, depth, self.largest_heap.load(Ordering::Relaxed))
    }

    pub(super) fn result(&self, unique: u64, generated: u64, bytes: u64) -> Result<Exhausted<S>, ExploreError> {
        let load = |count: &AtomicU64| count.load(Ordering::Relaxed);
        let halt = self.halt.get().filter(|_| self.cut.load(Ordering::Relaxed));
        let expanded = load(&self.expanded);
        if halt.is_none() && expanded != unique {
            return Err(ExploreError::Unexpanded { states: unique, expanded });
        }
        Ok(Exhausted {
            ended: halt.copied().unwrap_or(Ended::Complete),
            counts: Counts {
                states: unique,
                // The initial state counts as generated too.
                edges: generated.saturating_sub(1),
                at_rest: load(&self.at_rest),
                stuck: load(&self.stuck),
            },
            properties: (self.broken_after.iter().zip(&self.broken_states))
                .map(|(after, states)| ExhaustedProperty {
                    broken_after: Some(after.load(Ordering::Relaxed)).filter(|after| *after != NOT_BROKEN),
                    broken_states: load(states),
                })
                .collect(),
            stuck: self.first_stuck.get().cloned(),
            bytes,
        })
    }
}

/// What stateright's table and queue hold: a key and a parent for each distinct state, and for each waiting one also
/// the state and its whole path from the initial state, in vectors that double.
fn bytes_held<S>(unique: u64, waiting: u64, depth: usize, heap: usize) -> u64 {
    const BOOKKEEPING: usize = size_of::<(u64, Vec<usize>, Vec<usize>, usize)>();
    const ALLOCATION: usize = 16;
    let table = (unique / 7 * 8 + 8).next_power_of_two() * 17;
    let queue = waiting.next_power_of_two() * (size_of::<Reached<S>>() + BOOKKEEPING) as u64;
    table + queue + waiting * (2 * depth * size_of::<usize>() + ALLOCATION + heap) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_walk_that_ends_by_itself_must_have_expanded_every_state() {
        let walk = Walk::<u8>::new(Limits::default(), 0);
        assert!(walk.may_expand());
        assert!(walk.result(1, 1, 0).is_ok_and(|found| found.ended.is_complete()));
        assert_eq!(walk.result(2, 2, 0), Err(ExploreError::Unexpanded { states: 2, expanded: 1 }));
    }
}
