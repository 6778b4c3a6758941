//! The rows of a counterexample: each move in words, with the money after it and what changed.

use model::books::Occurrence;

use crate::suite::explain;
use crate::suite::story::{self, Lane, Line};
use crate::suite::verdict::Counterexample;

/// The headings of the money columns.
pub(super) const MONEY: [&str; 4] = ["balance", "ledger", "hash", "key"];

/// One move.
pub(super) struct Row<'a> {
    /// Its number, from 1.
    pub number: usize,
    /// What it did.
    pub did: &'a Occurrence,
    /// The move in words.
    pub line: Line,
    /// The money after it.
    pub money: [String; 4],
    /// The money before it.
    pub before: [String; 4],
    /// Which of the money columns it changed.
    pub changed: [bool; 4],
}

/// The money before the first move.
pub(super) fn opening(counterexample: &Counterexample) -> [String; 4] {
    story::money(&counterexample.setup, &counterexample.run.opening)
}

/// Every move, in order.
pub(super) fn rows(counterexample: &Counterexample) -> Vec<Row<'_>> {
    let setup = &counterexample.setup;
    let mut before = opening(counterexample);
    let mut rows = Vec::new();
    for (place, entry) in counterexample.run.entries.iter().enumerate() {
        let money = story::money(setup, &entry.books);
        let changed = std::array::from_fn(|column| money[column] != before[column]);
        let line = story::tell(setup, entry);
        rows.push(Row { number: place + 1, did: &entry.did, line, money: money.clone(), before, changed });
        before = money;
    }
    rows
}

/// Whether to mark a value of a changed cell: it was not there before, or the cell only lost values.
pub(super) fn is_news(value: &str, now: &str, before: &str) -> bool {
    let there = |value: &str| before.split(' ').any(|other| other == value);
    now != before && (!there(value) || now.split(' ').all(there))
}

/// What went wrong and what the clients saw of it, in one line.
pub(super) fn in_a_line(counterexample: &Counterexample) -> String {
    let rows = rows(counterexample);
    let telling = rows.iter().filter(|row| row.did.mv.is_fault() || row.did.again || row.did.client_answer.is_some());
    let answers: Vec<String> = telling.map(by_whom).collect();
    let faults = rows.iter().any(|row| row.did.mv.is_fault());
    if answers.is_empty() {
        let end = rows.last().map_or(String::new(), by_whom);
        return format!("No fault is needed and no client gets an answer: it breaks with \"{end}\".");
    }
    let lead = if faults { "" } else { "No fault is needed, only this order: " };
    format!("{lead}{}.", answers.join("; "))
}

fn by_whom(row: &Row<'_>) -> String {
    match row.line.to {
        Lane::Postgres | Lane::Redis if row.line.from != row.line.to => {
            format!("{} {}", row.line.from.name(), row.line.what)
        }
        _ => row.line.what.clone(),
    }
}

/// The command that replays the counterexample's capsule.
pub(super) fn replay(counterexample: &Counterexample) -> String {
    replay_of(&counterexample.capsule)
}

/// The command that replays a capsule.
pub(super) fn replay_of(capsule: &str) -> String {
    format!("trial replay {} --on real", explain::quoted(capsule))
}

/// The command that finds the counterexample again, shows it and writes its capsule.
pub(super) fn explain(counterexample: &Counterexample) -> String {
    let Counterexample { scenario, design, breach, route, .. } = counterexample;
    explain::command_by(scenario, design, breach.invariant, route)
}

/// What happens without each kind of fault.
pub(super) fn without(counterexample: &Counterexample) -> Vec<String> {
    let said = |(fault, breaks): &(String, bool)| {
        format!("without {fault}: {}", if *breaks { "still broken" } else { "passes" })
    };
    counterexample.without.iter().map(said).collect()
}
