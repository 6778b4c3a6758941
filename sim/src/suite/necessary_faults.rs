//! Which faults of a counterexample are necessary: does the invariant still break if that kind of fault cannot happen?

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use explore::{Limits, shortest};
use model::invariant;
use model::run::Entry;

use crate::suite::check::CaseMachine;
use crate::suite::fault_kinds::{kind_of, lacking};
use crate::suite::scenario::Case;
use crate::suite::verdict::Counterexample;

/// Fills [`Counterexample::without`] by exploring the case again for each kind of fault that occurs, with that kind
/// disallowed. If an exploration is cut short, its kind is left out.
pub fn compare(case: &Case, counterexamples: &mut [Counterexample], stop: &Arc<AtomicBool>) {
    for (kind, budget) in case.setup.faults.budgets() {
        let strikes = |entry: &Entry| kind_of(&entry.did, &entry.books) == Some(kind);
        let concerns = |shown: &Counterexample| shown.run.entries.iter().any(strikes);
        if budget == 0 || !counterexamples.iter().any(concerns) {
            continue;
        }
        let mut setup = case.setup.clone();
        setup.faults = lacking(setup.faults, kind);
        let limits = Limits { stop: Some(Arc::clone(stop)), ..Limits::default() };
        let Ok(explored) = shortest(&CaseMachine::new(&setup), &limits) else { continue };
        if !explored.ended.is_complete() {
            continue;
        }
        for shown in counterexamples.iter_mut().filter(|shown| concerns(shown)) {
            let place = invariant::place(shown.breach.invariant);
            let breaks = place.is_some_and(|place| explored.properties[place].trace.is_some());
            shown.without.push((kind.to_owned(), breaks));
        }
    }
}
