//! The lock file of a scenario: what a complete check finds in it, one line per result with the designs that share it.
//! `trial check --accept` writes it; it pins every verdict, so that a diff of it shows which one changed.

mod file;
mod table;
mod text;

use std::collections::{BTreeMap, BTreeSet};

use model::situation;

pub use file::parse;
pub use text::{Line, lines, text};

use crate::suite::verdict::{Counterexample, Explored, Finding, Findings, Verdict};

/// The extension of lock files; their names begin with the id of the scenario.
pub const EXTENSION: &str = "lock";

/// What is pinned of one scenario.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lock {
    /// What check finds under each design that has its own world here, in the order of reports.
    pub entries: Vec<(String, Entry)>,
}

/// What a complete check finds under one design.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Entry {
    /// Distinct states.
    pub states: u64,
    /// Moves carried out, including those that led to known states.
    pub moves: u64,
    /// Length of the longest of the shortest paths to a state, in moves.
    pub depth: u64,
    /// The shortest breach of each broken invariant, by id. An invariant that is not in this list or the next holds.
    pub broken: BTreeMap<String, Pin>,
    /// Ids of invariants that could not fail in any state.
    pub could_not_fail: BTreeSet<String>,
    /// Ids of the scenario's situations that never arise.
    pub never: BTreeSet<String>,
}

/// The pinned shortest breach of an invariant.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Pin {
    /// Number of its moves.
    pub moves: u64,
    /// The figures of the broken equation, in a sentence.
    pub figures: String,
}

impl Pin {
    /// The breach of a counterexample that check found.
    pub fn of(found: &Counterexample) -> Pin {
        Pin { moves: found.run.entries.len() as u64, figures: crate::suite::story::sentence(&found.breach) }
    }

    /// The breach in words.
    pub fn words(&self) -> String {
        format!("after {} moves with {}", self.moves, model::shown::plain(&self.figures))
    }
}

impl Lock {
    /// What is pinned of a design.
    pub fn entry(&self, design: &str) -> Option<&Entry> {
        self.entries.iter().find(|(name, _)| name == design).map(|(_, entry)| entry)
    }
}

impl Entry {
    /// What check found in one scenario and design; `None` if the search was cut short.
    pub fn of(explored: &Explored, found: &Findings) -> Option<Entry> {
        let Explored { states: Some(states), moves: Some(moves), depth: Some(depth), complete: true, .. } = explored
        else {
            return None;
        };
        let own = |scenario: &str, design: &str| (scenario, design) == (&explored.scenario, &explored.design);
        let broken = found.counterexamples.iter().filter(|it| own(&it.scenario, &it.design));
        let judged = found.findings.iter().filter(|it| own(&it.scenario, &it.design) && it.engine == explored.engine);
        let could_fail = |it: &&Finding| it.non_vacuous > 0 || it.verdict == Verdict::Broken;
        let could_fail: BTreeSet<&str> = judged.filter(could_fail).map(|it| it.invariant).collect();
        let ids = model::invariant::ALL.iter().map(|invariant| invariant.id);
        Some(Entry {
            states: *states,
            moves: *moves,
            depth: *depth,
            broken: broken.map(|it| (it.breach.invariant.to_owned(), Pin::of(it))).collect(),
            could_not_fail: ids.filter(|id| !could_fail.contains(id)).map(str::to_owned).collect(),
            never: explored.never.iter().map(|id| (*id).to_owned()).collect(),
        })
    }

    /// How this entry differs from the pinned one, each difference in a few words. Verdicts are left out, since
    /// findings report them, except for the invariants `argued`: their findings are compared with what a person argues
    /// and not with what is pinned.
    pub fn differs_from(&self, pinned: &Entry, argued: impl Fn(&str) -> bool) -> Vec<String> {
        let mut differs = Vec::new();
        for (what, is, was) in [
            ("states", self.states, pinned.states),
            ("moves", self.moves, pinned.moves),
            ("depth", self.depth, pinned.depth),
        ] {
            if is != was {
                differs.push(format!("{what} {is} instead of {was}"));
            }
        }
        let ids = || model::invariant::ALL.iter().map(|invariant| invariant.id);
        for id in ids().filter(|id| argued(id)) {
            match (self.broken.get(id), pinned.broken.get(id)) {
                (Some(is), Some(was)) if is != was => {
                    differs.push(format!("{id} breaks {} instead of {}", is.words(), was.words()));
                }
                (Some(is), None) => differs.push(format!("{id} breaks {}", is.words())),
                (None, Some(was)) => {
                    differs.push(format!("`{id}` does not break; the lock file says that it breaks {}", was.words()));
                }
                (Some(_), Some(_)) | (None, None) => {}
            }
        }
        for id in ids().filter(|id| !self.broken.contains_key(*id) && !pinned.broken.contains_key(*id)) {
            match (self.could_not_fail.contains(id), pinned.could_not_fail.contains(id)) {
                (true, false) => differs.push(format!("{id} can no longer fail")),
                (false, true) => differs.push(format!("{id} could fail, and held")),
                _ => {}
            }
        }
        for situation in situation::ALL {
            match (self.never.contains(situation.id), pinned.never.contains(situation.id)) {
                (true, false) => differs.push(format!("{} never arises", situation.id)),
                (false, true) => differs.push(format!("{} arises", situation.id)),
                _ => {}
            }
        }
        differs
    }
}
