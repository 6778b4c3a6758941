//! A trace: the moves of one run, what each did, and the books after it. Every engine emits one, and the same function
//! judges it.

use crate::books::{Books, Edge, Occurrence};
use crate::invariant::{self, Evaluation, Figure, Invariant, Subject};
use crate::moves::Move;
use crate::setup::Setup;
use crate::situation;
use crate::world::{Impossible, World};

/// One move of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// What it did.
    pub did: Occurrence,
    /// The books after it.
    pub books: Books,
}

/// One run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    /// The books before the first move.
    pub opening: Books,
    /// The moves.
    pub entries: Vec<Entry>,
}

/// The first breach of an invariant in a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Breach {
    /// Its id.
    pub invariant: &'static str,
    /// The number of moves after which it is broken.
    pub after: usize,
    /// The broken equation.
    pub figures: Vec<Figure>,
}

/// What judging a run found about one invariant.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct InvariantResult {
    /// How many moves it was evaluated on.
    pub evaluated: u64,
    /// How many of these evaluations could have broken it.
    pub non_vacuous: u64,
    /// Its first breach.
    pub breach: Option<Breach>,
}

/// The judgement of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judgement {
    /// By invariant, in the order of [`invariant::ALL`].
    pub results: Vec<InvariantResult>,
    /// Whether each of [`situation::ALL`] arose.
    pub seen: Vec<bool>,
}

/// A move in a list that cannot happen at its position.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("move {number} is not reachable: {why}")]
pub struct Unreachable {
    /// Which move, from 1.
    pub number: usize,
    /// Why not.
    pub why: Impossible,
}

impl Run {
    /// Runs a list of moves on the built-in store models.
    ///
    /// # Errors
    /// Names the first move that cannot happen.
    pub fn replay(setup: &Setup, moves: &[Move]) -> Result<Run, Unreachable> {
        let mut world = World::new(setup);
        let mut run = Run { opening: world.books(setup), entries: Vec::with_capacity(moves.len()) };
        for (place, &mv) in moves.iter().enumerate() {
            let did = world.apply(setup, mv).map_err(|why| Unreachable { number: place + 1, why })?;
            run.entries.push(Entry { did, books: world.books(setup) });
        }
        Ok(run)
    }

    /// Each move with the books on both sides, the opening books first.
    pub fn edges(&self) -> impl Iterator<Item = Edge<'_>> {
        let before = std::iter::once(&self.opening).chain(self.entries.iter().map(|entry| &entry.books));
        let opening = Edge { before: None, did: None, after: &self.opening };
        let moves = before.zip(&self.entries);
        std::iter::once(opening).chain(moves.map(|(before, entry)| Edge {
            before: Some(before),
            did: Some(&entry.did),
            after: &entry.books,
        }))
    }

    /// Judges every invariant on every move.
    pub fn judge(&self, setup: &Setup) -> Judgement {
        let mut results = vec![InvariantResult::default(); invariant::ALL.len()];
        let mut seen = vec![false; situation::ALL.len()];
        for (after, edge) in self.edges().enumerate() {
            for (invariant, result) in invariant::ALL.iter().zip(&mut results) {
                result.count(invariant, &edge, after, setup);
            }
            for (situation, seen) in situation::ALL.iter().zip(&mut seen) {
                *seen |= (situation.arose)(&edge);
            }
        }
        Judgement { results, seen }
    }

    /// The moves alone.
    pub fn moves(&self) -> Vec<Move> {
        self.entries.iter().map(|entry| entry.did.mv).collect()
    }
}

impl InvariantResult {
    fn count(&mut self, invariant: &Invariant, edge: &Edge<'_>, after: usize, setup: &Setup) {
        let evaluation = invariant.judge(edge);
        self.evaluated += u64::from(evaluation != Evaluation::NotEvaluated);
        self.non_vacuous += u64::from(matches!(evaluation, Evaluation::Held | Evaluation::Broken(_)));
        if let (Evaluation::Broken(subject), None) = (evaluation, &self.breach) {
            self.breach =
                Some(Breach { invariant: invariant.id, after, figures: figures(invariant, edge, subject, setup) });
        }
    }

    /// Adds the result of another run of the same scenario; the earlier breach is kept.
    pub fn add(&mut self, other: InvariantResult) {
        self.evaluated += other.evaluated;
        self.non_vacuous += other.non_vacuous;
        self.breach = self.breach.take().or(other.breach);
    }
}

fn figures(invariant: &Invariant, edge: &Edge<'_>, subject: Subject, setup: &Setup) -> Vec<Figure> {
    (invariant.figures)(edge, subject, setup)
}
