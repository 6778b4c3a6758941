//! Every clause of every invariant by itself: the last move of an undisturbed run, in which nothing is broken, and one
//! thing changed in it by hand that this clause alone forbids, or that only an exception in it allows.

mod answers;
mod caches;
mod counts;
mod ledger;
mod money;
mod others;
mod requests;
mod served;
mod suffixes;
mod windows;

use expect_test::Expect;
use model::books::{Books, Edge, Occurrence};
use model::invariant::{self, Evaluation};
use model::money::Money;
use model::row::LedgerRow;
use model::run::Run;
use model::schedule::single_disturbances;
use model::setup::Setup;

/// A move that can be changed.
struct Made {
    before: Books,
    did: Occurrence,
    after: Books,
}

impl Made {
    fn last_of(setup: &Setup) -> Made {
        let run = Run::replay(setup, &single_disturbances(setup)[0].moves).unwrap();
        let edge = run.edges().last().unwrap();
        Made { before: edge.before.unwrap().clone(), did: edge.did.unwrap().clone(), after: edge.after.clone() }
    }

    /// A move by which nothing becomes another.
    fn unmoved(setup: &Setup) -> Made {
        let made = Made::last_of(setup);
        Made { before: made.after.clone(), ..made }
    }

    fn both(&mut self, change: impl Fn(&mut Books)) {
        change(&mut self.before);
        change(&mut self.after);
    }

    fn evaluation(&self, id: &str, setup: &Setup) -> (Evaluation, String) {
        let edge = Edge { before: Some(&self.before), did: Some(&self.did), after: &self.after };
        let invariant = invariant::find(id).unwrap();
        let evaluation = invariant.judge(&edge);
        let Evaluation::Broken(subject) = evaluation else { return (evaluation, String::new()) };
        let figures = (invariant.figures)(&edge, subject, setup);
        let figures = figures.iter().map(|figure| format!("{} = {}", figure.name, figure.value));
        (evaluation, figures.collect::<Vec<_>>().join(", "))
    }
}

/// An invariant, what is changed, where, and how.
type Case = (&'static str, &'static str, fn() -> Setup, fn(&mut Made));

/// Nothing is broken before the change, and this by it.
fn broken_by(cases: &[Case], expected: &Expect) {
    let mut lines = Vec::new();
    for (id, what, world, change) in cases {
        let setup = world();
        let mut made = Made::unmoved(&setup);
        let (before, figures) = made.evaluation(id, &setup);
        assert!(!matches!(before, Evaluation::Broken(_)), "{id} is broken before this: {what}: {figures}");
        change(&mut made);
        let (evaluation, figures) = made.evaluation(id, &setup);
        assert!(matches!(evaluation, Evaluation::Broken(_)), "{id} does not see: {what}");
        lines.push(format!("{id}, {what}: {figures}"));
    }
    expected.assert_eq(&lines.join("\n"));
}

/// Not broken by what is changed.
fn not_broken_by(cases: &[Case]) {
    for (id, what, world, change) in cases {
        let setup = world();
        let mut made = Made::unmoved(&setup);
        change(&mut made);
        let (evaluation, figures) = made.evaluation(id, &setup);
        assert!(!matches!(evaluation, Evaluation::Broken(_)), "{id} is broken by: {what}: {figures}");
    }
}

fn money(text: &str) -> Money {
    text.parse().unwrap()
}

/// The row at a place of the ledger.
fn row(books: &mut Books, place: usize) -> &mut LedgerRow {
    books.rows[place].as_mut().unwrap()
}
