//! The walk of [`shortest`](super::shortest()), level by level.

use std::mem::size_of;

use super::error::ExploreError;
use super::limits::{Counts, Ended, Limits};
use super::links::{Edge, Links, MAX_STATES};
use super::machine::{EdgeEvaluation, EdgeEvaluations, Machine, members};
use super::visited::Visited;

/// How many generated states wait before they are looked up together.
const BATCH: usize = 256;

/// A generated state that was not looked up yet.
struct Found<S> {
    key: u64,
    edge: Edge,
    /// The properties that the edge broke, one bit each.
    broken: u64,
    state: S,
}

/// The tallies of one property.
#[derive(Clone, Copy, Default)]
pub(super) struct PropertyCounts {
    pub(super) evaluated: u64,
    pub(super) non_vacuous: u64,
    pub(super) broken: u64,
    pub(super) broken_states: u64,
}

/// Where a property was broken first.
#[derive(Clone, Copy)]
pub(super) enum FirstBreach {
    Initially,
    Over(Edge),
}

pub(super) struct Search<'a, M: Machine, V> {
    pub(super) machine: &'a M,
    limits: &'a Limits,
    pub(super) properties: usize,
    max_states: u64,
    visited: V,
    pub(super) links: Links,
    /// The states of the current level; they are numbered from `level_start`.
    level: Vec<M::State>,
    level_start: u32,
    next: Vec<M::State>,
    next_heap_bytes: u64,
    level_heap_bytes: u64,
    batch: Vec<Found<M::State>>,
    pub(super) counts: Counts,
    pub(super) depth: u64,
    pub(super) by_property: Vec<PropertyCounts>,
    pub(super) breaches: Vec<Option<FirstBreach>>,
    pub(super) first_stuck: Option<u32>,
    pub(super) most_bytes: u64,
    /// The state and move that the machine is working on, in case it panics.
    pub(super) asked: (u32, Option<u16>),
}

impl<'a, M: Machine, V: Visited<M::State> + Default> Search<'a, M, V> {
    pub(super) fn new(machine: &'a M, limits: &'a Limits, properties: usize) -> Self {
        Self {
            machine,
            limits,
            properties,
            max_states: limits.max_states.unwrap_or(MAX_STATES).min(MAX_STATES),
            visited: V::default(),
            links: Links::default(),
            level: Vec::new(),
            level_start: 0,
            next: Vec::new(),
            next_heap_bytes: 0,
            level_heap_bytes: 0,
            batch: Vec::with_capacity(2 * BATCH),
            counts: Counts::default(),
            depth: 0,
            by_property: vec![PropertyCounts::default(); properties],
            breaches: vec![None; properties],
            first_stuck: None,
            most_bytes: 0,
            asked: (0, None),
        }
    }

    pub(super) fn run(&mut self) -> Result<Ended, ExploreError> {
        let initial = self.machine.initial();
        let broken = self.judge(None, &initial, FirstBreach::Initially);
        let start = Found { key: V::key(&initial), edge: Edge { parent: 0, ordinal: 0 }, broken, state: initial };
        self.batch.push(start);
        if self.has_enough() {
            return Ok(Ended::Breach);
        }
        let mut moves = Vec::new();
        loop {
            if let Some(ended) = self.flush() {
                return Ok(ended);
            }
            if self.next.is_empty() {
                return Ok(Ended::Complete);
            }
            self.level_start = (self.links.len() - self.next.len()) as u32;
            std::mem::swap(&mut self.level, &mut self.next);
            self.next.clear();
            self.level_heap_bytes = std::mem::take(&mut self.next_heap_bytes);
            self.depth += u64::from(self.level_start > 0);
            let level = std::mem::take(&mut self.level);
            for (parent, state) in (self.level_start..).zip(&level) {
                self.expand(parent, state, &mut moves)?;
                if self.has_enough() {
                    return Ok(Ended::Breach);
                }
                if self.batch.len() >= BATCH
                    && let Some(ended) = self.flush()
                {
                    return Ok(ended);
                }
            }
            self.level = level;
        }
    }

    /// Applies and judges every move of `state`.
    #[inline]
    fn expand(&mut self, parent: u32, state: &M::State, moves: &mut Vec<M::Move>) -> Result<(), ExploreError> {
        self.asked = (parent, None);
        moves.clear();
        self.machine.moves(state, moves);
        if moves.len() > 1 << 16 {
            return Err(ExploreError::TooManyMoves { moves: moves.len(), state: format!("{state:?}") });
        }
        if self.machine.at_rest(state) {
            self.counts.at_rest += 1;
        } else if moves.is_empty() {
            self.counts.stuck += 1;
            self.first_stuck.get_or_insert(parent);
        }
        self.counts.edges += moves.len() as u64;
        for (ordinal, mv) in moves.iter().enumerate() {
            let edge = Edge { parent, ordinal: ordinal as u16 };
            self.asked = (parent, Some(edge.ordinal));
            let next = self.machine.apply(state, mv);
            let broken = self.judge(Some((state, mv)), &next, FirstBreach::Over(edge));
            self.batch.push(Found { key: V::key(&next), edge, broken, state: next });
        }
        Ok(())
    }

    /// Tallies the evaluations of one edge and returns the properties it broke.
    #[inline]
    fn judge(&mut self, prev: Option<(&M::State, &M::Move)>, state: &M::State, breach: FirstBreach) -> u64 {
        let mut broken = 0;
        for (property, evaluation) in
            EdgeEvaluations::of(self.machine, self.properties, prev, state).each(self.properties)
        {
            if evaluation == EdgeEvaluation::NotEvaluated {
                continue;
            }
            let counts = &mut self.by_property[property];
            counts.evaluated += 1;
            counts.non_vacuous += u64::from(evaluation != EdgeEvaluation::Vacuous);
            if evaluation == EdgeEvaluation::Broken {
                counts.broken += 1;
                self.breaches[property].get_or_insert(breach);
                broken |= 1 << property;
            }
        }
        broken
    }

    /// Looks up the generated states, keeps the new ones, and says whether a limit ends the search.
    fn flush(&mut self) -> Option<Ended> {
        let bytes = self.bytes();
        self.most_bytes = self.most_bytes.max(bytes);
        if let Some(ended) = self.limits.called_off().or_else(|| self.limits.too_many_bytes(bytes)) {
            return Some(ended);
        }
        let mut batch = std::mem::take(&mut self.batch);
        std::hint::black_box(batch.iter().fold(0, |read, found| read ^ self.visited.touch(found.key)));
        let mut ended = None;
        for found in batch.drain(..) {
            let heap_bytes = self.machine.heap_bytes(&found.state);
            if !self.visited.insert(found.key, &found.state, heap_bytes) {
                continue;
            }
            if self.counts.states == self.max_states {
                ended = Some(Ended::States);
                break;
            }
            self.counts.states += 1;
            self.links.push(found.edge);
            for property in members(found.broken) {
                self.by_property[property].broken_states += 1;
            }
            self.next_heap_bytes += heap_bytes as u64;
            self.next.push(found.state);
        }
        self.batch = batch;
        ended
    }

    /// States are expanded in the order of their distance, so that the first breach is a nearest one.
    fn has_enough(&self) -> bool {
        self.limits.first_breach && self.breaches.iter().any(Option::is_some)
    }

    fn bytes(&self) -> u64 {
        let states = self.level.capacity() + self.next.capacity();
        self.visited.bytes(self.batch.len())
            + self.links.bytes()
            + (states * size_of::<M::State>() + self.batch.capacity() * size_of::<Found<M::State>>()) as u64
            + self.level_heap_bytes
            + self.next_heap_bytes
    }
}
