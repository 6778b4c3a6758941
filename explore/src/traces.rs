//! What a search has found, with its traces replayed: a replayed trace that does not lead to its first result is an
//! error.

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::error::ExploreError;
use super::found::{Shortest, ShortestProperty};
use super::limits::Ended;
use super::links::Replayed;
use super::machine::{EdgeEvaluations, Machine};
use super::search::{FirstBreach, Search};
use super::visited::Visited;

impl<M: Machine, V: Visited<M::State>> Search<'_, M, V> {
    pub(super) fn result(self, ended: Ended) -> Result<Shortest<M::Move>, ExploreError> {
        let mut properties = Vec::with_capacity(self.properties);
        for (property, counts) in self.by_property.iter().enumerate() {
            properties.push(ShortestProperty {
                evaluated: counts.evaluated,
                non_vacuous: counts.non_vacuous,
                broken: counts.broken,
                broken_states: counts.broken_states,
                trace: self.breaches[property].map(|breach| self.breaking_trace(property, breach)).transpose()?,
            });
        }
        let stuck = self.first_stuck.map(|index| self.stuck_trace(index)).transpose()?;
        Ok(Shortest { ended, counts: self.counts, depth: self.depth, properties, stuck, bytes: self.most_bytes })
    }

    /// The trace to a breach, replayed and judged again.
    fn breaking_trace(&self, property: usize, breach: FirstBreach) -> Result<Vec<M::Move>, ExploreError> {
        let choices = match breach {
            FirstBreach::Initially => Vec::new(),
            FirstBreach::Over(edge) => self.links.choices_over(edge),
        };
        let reached = format!("the breach of property {property}");
        let replayed = Replayed::of(self.machine, &choices, &reached)?;
        let evaluations = EdgeEvaluations::of(self.machine, self.properties, replayed.prev(), &replayed.last);
        if evaluations.broken(self.properties) & 1 << property == 0 {
            return Err(ExploreError::NotRepeatable { length: choices.len(), reached });
        }
        Ok(replayed.moves)
    }

    fn stuck_trace(&self, index: u32) -> Result<Vec<M::Move>, ExploreError> {
        let choices = self.links.choices(index);
        let replayed = Replayed::of(self.machine, &choices, "the stuck state")?;
        let mut moves = Vec::new();
        self.machine.moves(&replayed.last, &mut moves);
        if !moves.is_empty() || self.machine.at_rest(&replayed.last) {
            return Err(ExploreError::NotRepeatable { length: choices.len(), reached: "the stuck state".to_owned() });
        }
        Ok(replayed.moves)
    }

    /// The error for a panic. The trace is replayed only up to the state in which the machine panicked, because it
    /// would panic again.
    pub(super) fn panicked(&self, message: String) -> ExploreError {
        let (parent, ordinal) = self.asked;
        let replay = || {
            if self.links.len() == 0 {
                return Vec::new();
            }
            let Ok(replayed) = Replayed::of(self.machine, &self.links.choices(parent), "the panic") else {
                return Vec::new();
            };
            let mut trace: Vec<String> = replayed.moves.iter().map(|mv| format!("{mv:?}")).collect();
            if let Some(ordinal) = ordinal {
                let mut moves = Vec::new();
                self.machine.moves(&replayed.last, &mut moves);
                trace.extend(moves.get(usize::from(ordinal)).map(|mv| format!("{mv:?}")));
            }
            trace
        };
        let trace = catch_unwind(AssertUnwindSafe(replay)).unwrap_or_default();
        ExploreError::Panicked { message, trace }
    }
}
