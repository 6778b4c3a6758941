//! How each state was reached first: the state before it, and which of that state's moves led here. This takes six
//! bytes per state; replaying the choices from the initial state gives the trace.

use std::mem::size_of;

use super::error::ExploreError;
use super::machine::Machine;

/// The most states that links can number.
pub(super) const MAX_STATES: u64 = u32::MAX as u64;

/// One edge: the number of the state it leaves, and which of its moves it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Edge {
    pub(super) parent: u32,
    pub(super) ordinal: u16,
}

/// The first edge into each state; states are numbered from 0, the initial one, in the order in which they were found.
#[derive(Default)]
pub(super) struct Links {
    parents: Vec<u32>,
    ordinals: Vec<u16>,
}

impl Links {
    pub(super) fn push(&mut self, edge: Edge) {
        self.parents.push(edge.parent);
        self.ordinals.push(edge.ordinal);
    }

    pub(super) fn len(&self) -> usize {
        self.parents.len()
    }

    pub(super) fn bytes(&self) -> u64 {
        (self.parents.capacity() * size_of::<u32>() + self.ordinals.capacity() * size_of::<u16>()) as u64
    }

    /// The choices that lead to state number `index`, first choice first.
    pub(super) fn choices(&self, mut index: u32) -> Vec<u16> {
        let mut choices = Vec::new();
        while index != 0 {
            choices.push(self.ordinals[index as usize]);
            index = self.parents[index as usize];
        }
        choices.reverse();
        choices
    }

    /// The choices that lead to `edge`, and `edge` itself.
    pub(super) fn choices_over(&self, edge: Edge) -> Vec<u16> {
        let mut choices = self.choices(edge.parent);
        choices.push(edge.ordinal);
        choices
    }
}

/// A trace, replayed.
pub(super) struct Replayed<M: Machine> {
    pub(super) moves: Vec<M::Move>,
    /// The state before the last move, if there is a move.
    pub(super) before: Option<M::State>,
    pub(super) last: M::State,
}

impl<M: Machine> Replayed<M> {
    /// Follows `choices`; `reached` names their end in the error if the machine does not offer one of them again.
    pub(super) fn of(machine: &M, choices: &[u16], reached: &str) -> Result<Self, ExploreError> {
        let mut replayed = Self { moves: Vec::with_capacity(choices.len()), before: None, last: machine.initial() };
        let mut offered = Vec::new();
        for choice in choices {
            offered.clear();
            machine.moves(&replayed.last, &mut offered);
            let Some(mv) = offered.get(usize::from(*choice)).cloned() else {
                return Err(ExploreError::NotRepeatable { length: choices.len(), reached: reached.to_owned() });
            };
            let next = machine.apply(&replayed.last, &mv);
            replayed.before = Some(std::mem::replace(&mut replayed.last, next));
            replayed.moves.push(mv);
        }
        Ok(replayed)
    }

    /// The last edge, as [`Machine::judge`] takes it.
    pub(super) fn prev(&self) -> Option<(&M::State, &M::Move)> {
        self.before.as_ref().zip(self.moves.last())
    }
}
