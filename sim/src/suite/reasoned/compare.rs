//! Compares the reasoned lines with what the lock files pin, which is what check finds.

use crate::suite::findings_index::case_of;
use crate::suite::lock::Entry;
use crate::suite::reasoned::{Agreement, Compared, Must, Reasoned};
use crate::suite::scenario::Scenario;

/// How many scenarios are named at most.
const NAMED: usize = 3;

/// Compares each line with what is pinned for its design in the scenarios it means.
pub fn compare(lines: &[Reasoned], scenarios: &[Scenario]) -> Vec<Compared> {
    lines.iter().map(|line| one(line, scenarios)).collect()
}

/// 1 if a line is contradicted, 2 if the comparison is not possible for one, else 0.
pub fn exit_code(compared: &[Compared]) -> u8 {
    let any = |agreement| compared.iter().any(|it| it.agreement == agreement);
    if any(Agreement::Contradicts) { 1 } else { u8::from(any(Agreement::Unknown)) * 2 }
}

fn one(line: &Reasoned, scenarios: &[Scenario]) -> Compared {
    let meant = scenarios.iter().filter(|scenario| line.scenario.as_ref().is_none_or(|id| *id == scenario.id));
    let asked: Vec<(&Scenario, Option<&Entry>)> =
        meant.filter_map(|scenario| Some((scenario, case_of(scenario, &line.design)?.pinned.as_ref()))).collect();
    let pinned: Vec<(&str, &Entry)> =
        asked.iter().filter_map(|(scenario, entry)| Some((scenario.id.as_str(), (*entry)?))).collect();
    let broken: Vec<(&str, u64)> =
        pinned.iter().filter_map(|(id, entry)| Some((*id, entry.broken.get(line.invariant)?.moves))).collect();
    let could_fail = pinned.iter().filter(|(_, entry)| !entry.could_not_fail.contains(line.invariant)).count();
    let complete = !asked.is_empty() && pinned.len() == asked.len();
    let (agreement, found) = match (line.must, broken.is_empty()) {
        (Must::Break, false) => (Agreement::Agrees, in_words(&broken)),
        (Must::Hold, false) => (Agreement::Contradicts, in_words(&broken)),
        (_, true) if !complete => (Agreement::Unknown, not_pinned(&asked)),
        (Must::Break, true) => (Agreement::Contradicts, holds(asked.len(), could_fail)),
        (Must::Hold, true) if could_fail == 0 => (Agreement::Unknown, holds(asked.len(), could_fail)),
        (Must::Hold, true) => (Agreement::Agrees, holds(asked.len(), could_fail)),
    };
    Compared { line: line.clone(), agreement, found }
}

fn in_words(broken: &[(&str, u64)]) -> String {
    let mut shortest = broken.to_vec();
    shortest.sort_by_key(|(id, moves)| (*moves, *id));
    let named: Vec<String> =
        shortest.iter().take(NAMED).map(|(id, moves)| format!("{id} after {moves} moves")).collect();
    let more = shortest.len().saturating_sub(NAMED);
    let more = if more == 0 { String::new() } else { format!(" and in {more} more") };
    format!("broken in {}{more}", named.join(", "))
}

fn holds(scenarios: usize, could_fail: usize) -> String {
    match (scenarios, could_fail) {
        (_, 0) => "it could not fail in any scenario".to_owned(),
        (1, _) => "it holds".to_owned(),
        _ => format!("it holds in all {scenarios} scenarios, and could fail in {could_fail}"),
    }
}

fn not_pinned(asked: &[(&Scenario, Option<&Entry>)]) -> String {
    let missing = asked.iter().find(|(_, entry)| entry.is_none()).map(|(scenario, _)| scenario.id.as_str());
    match missing {
        Some(id) => format!("the lock file of {id} has no line for this design"),
        None => "no scenario checks this design".to_owned(),
    }
}
