//! The machines that can be explored.

use std::fmt::Debug;
use std::hash::Hash;

/// The most properties one machine may have: a set of them is kept in one machine word with each waiting state.
pub const MAX_PROPERTIES: usize = 64;

/// A finite nondeterministic machine. Every method must be pure: traces are kept as choices and replayed.
pub trait Machine: Send + Sync {
    /// One state. Its `Hash` must cover every field that its `Eq` compares.
    type State: Clone + Eq + Hash + Debug + Send + Sync;
    /// One thing that can happen next.
    type Move: Clone + PartialEq + Debug + Send + Sync;

    /// Where every trace begins.
    fn initial(&self) -> Self::State;

    /// Appends the moves of `state`. Of equally short traces, the one with the earlier moves is reported.
    fn moves(&self, state: &Self::State, out: &mut Vec<Self::Move>);

    /// The state after `mv`, which is one of the moves of `state`.
    fn apply(&self, state: &Self::State, mv: &Self::Move) -> Self::State;

    /// Whether nothing remains to be done. A state without moves that is not at rest is stuck.
    fn at_rest(&self, state: &Self::State) -> bool;

    /// How many properties [`judge`](Self::judge) judges, at most [`MAX_PROPERTIES`].
    fn properties(&self) -> usize;

    /// Judges the edge that leads to `state`; `prev` is `None` for the initial state. `evaluations` has one entry per
    /// property, each [`EdgeEvaluation::NotEvaluated`] on entry.
    fn judge(&self, prev: Option<(&Self::State, &Self::Move)>, state: &Self::State, evaluations: &mut [EdgeEvaluation]);

    /// Bytes that `state` owns on the heap, so that memory limits can count them.
    fn heap_bytes(&self, _state: &Self::State) -> usize {
        0
    }
}

/// The judgement of one property on one edge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EdgeEvaluation {
    /// The property does not apply to this edge.
    NotEvaluated,
    /// Evaluated, but the edge could not have broken it.
    Vacuous,
    /// The edge could have broken it, and did not.
    Held,
    /// It failed.
    Broken,
}

/// The evaluations of one edge, on the stack.
pub(super) struct EdgeEvaluations([EdgeEvaluation; MAX_PROPERTIES]);

impl EdgeEvaluations {
    pub(super) fn of<M: Machine>(
        machine: &M,
        properties: usize,
        prev: Option<(&M::State, &M::Move)>,
        state: &M::State,
    ) -> Self {
        let mut evaluations = Self([EdgeEvaluation::NotEvaluated; MAX_PROPERTIES]);
        machine.judge(prev, state, &mut evaluations.0[..properties]);
        evaluations
    }

    pub(super) fn each(&self, properties: usize) -> impl Iterator<Item = (usize, EdgeEvaluation)> + '_ {
        self.0[..properties].iter().copied().enumerate()
    }

    /// The broken properties, one bit each.
    pub(super) fn broken(&self, properties: usize) -> u64 {
        self.each(properties)
            .filter(|(_, evaluation)| *evaluation == EdgeEvaluation::Broken)
            .fold(0, |set, (property, _)| set | 1 << property)
    }
}

/// The members of a set of properties, lowest first.
pub(super) fn members(mut set: u64) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        if set == 0 {
            return None;
        }
        let property = set.trailing_zeros() as usize;
        set &= set - 1;
        Some(property)
    })
}
