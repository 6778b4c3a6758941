//! Writes a lock file as text: what is equal under several designs is one line that names them.

use std::collections::BTreeMap;

use model::{invariant, situation};
use toml::Value;

use crate::suite::explain;
use crate::suite::lock::table::{AS_ABOVE, BROKEN, COULD_NOT_FAIL, EXPLORED, NEVER};
use crate::suite::lock::{Entry, Lock};

/// One line of a lock file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The line as it is in the file.
    pub text: String,
    /// The design to look at first if the line is not as expected.
    pub design: String,
    /// The invariant that it is about, if any.
    pub invariant: Option<String>,
}

/// The text of the file; `id` is that of the scenario.
pub fn text(id: &str, lock: &Lock) -> String {
    let mut out = format!(
        "# `trial check {} --accept` wrote this after complete searches. An invariant without a line holds.\n",
        explain::quoted(id)
    );
    for (head, lines) in sections(lock) {
        if !lines.is_empty() {
            let lines: String = lines.iter().map(|line| format!("{}\n", line.text)).collect();
            out.push_str(&format!("\n{head}{lines}]\n"));
        }
    }
    out
}

/// Every line that contains a result.
pub fn lines(lock: &Lock) -> Vec<Line> {
    sections(lock).into_iter().flat_map(|(_, lines)| lines).collect()
}

fn sections(lock: &Lock) -> [(String, Vec<Line>); 4] {
    [
        (EXPLORED.head(), explored(lock)),
        (BROKEN.head(), broken(lock)),
        (COULD_NOT_FAIL.head(), could_not_fail(lock)),
        (NEVER.head(), never(lock)),
    ]
}

/// Groups the designs by what `of` gives for them, in the order of the lock; a group comes where its first design does.
fn shared<'a, T: Ord + Clone>(lock: &'a Lock, of: impl Fn(&'a Entry) -> Option<T>) -> Vec<(T, Vec<&'a str>)> {
    let mut groups: Vec<(T, Vec<&str>)> = Vec::new();
    let mut places: BTreeMap<T, usize> = BTreeMap::new();
    for (name, entry) in &lock.entries {
        let Some(it) = of(entry) else { continue };
        let place = *places.entry(it.clone()).or_insert(groups.len());
        if place == groups.len() {
            groups.push((it, Vec::new()));
        }
        groups[place].1.push(name);
    }
    groups
}

fn explored(lock: &Lock) -> Vec<Line> {
    let groups = shared(lock, |entry| Some((entry.states, entry.moves, entry.depth)));
    let line = |((states, moves, depth), designs): ((u64, u64, u64), Vec<&str>)| {
        line(format!("{states}, {moves}, {depth}, {}", list(&designs)), &designs, None)
    };
    groups.into_iter().map(line).collect()
}

fn broken(lock: &Lock) -> Vec<Line> {
    invariant::ALL.iter().flat_map(|invariant| breaches(lock, invariant.id)).collect()
}

/// The lines of one invariant. Those with equal figures follow each other, so that only the first has to have them.
fn breaches(lock: &Lock, id: &str) -> Vec<Line> {
    let mut lines = Vec::new();
    for (figures, _) in shared(lock, |entry| Some(&entry.broken.get(id)?.figures)) {
        let alike = |entry: &Entry| entry.broken.get(id).filter(|pin| pin.figures == *figures).map(|pin| pin.moves);
        for (place, (moves, designs)) in shared(lock, alike).into_iter().enumerate() {
            let figures = quoted(if place == 0 { figures } else { AS_ABOVE });
            // Names all designs, even if they are the majority: the diff must show what a new design breaks.
            let inside = format!("{}, {moves}, {}, {figures}", quoted(id), list(&designs));
            lines.push(line(inside, &designs, Some(id)));
        }
    }
    lines
}

fn could_not_fail(lock: &Lock) -> Vec<Line> {
    // Invariants that could not fail under the same designs share a line.
    let mut groups: Vec<(Vec<&str>, Vec<&str>)> = Vec::new();
    for invariant in invariant::ALL {
        let could_not = lock.entries.iter().filter(|(_, entry)| entry.could_not_fail.contains(invariant.id));
        let designs: Vec<&str> = could_not.map(|(name, _)| name.as_str()).collect();
        match groups.iter_mut().find(|(others, _)| *others == designs) {
            _ if designs.is_empty() => {}
            Some((_, ids)) => ids.push(invariant.id),
            None => groups.push((designs, vec![invariant.id])),
        }
    }
    let line = |(designs, ids): (Vec<&str>, Vec<&str>)| {
        line(format!("{}, {}", list(&ids), whose(lock, &designs)), &designs, ids.first().copied())
    };
    groups.into_iter().map(line).collect()
}

fn never(lock: &Lock) -> Vec<Line> {
    let of = |id: &'static str| {
        let groups = shared(lock, move |entry| entry.never.contains(id).then_some(()));
        groups
            .into_iter()
            .map(move |((), designs)| line(format!("{}, {}", quoted(id), whose(lock, &designs)), &designs, None))
    };
    situation::ALL.iter().flat_map(|situation| of(situation.id)).collect()
}

fn line(inside: String, designs: &[&str], invariant: Option<&str>) -> Line {
    Line {
        text: format!("[{inside}],"),
        design: designs.first().copied().unwrap_or_default().to_owned(),
        invariant: invariant.map(str::to_owned),
    }
}

/// The designs, or the exceptions if these are fewer.
fn whose(lock: &Lock, designs: &[&str]) -> String {
    let others = lock.entries.iter().map(|(name, _)| name.as_str()).filter(|name| !designs.contains(name));
    let others: Vec<&str> = others.collect();
    match others.as_slice() {
        [] => quoted("all"),
        others if others.len() < designs.len() => list(&[&["all", "but"], others].concat()),
        _ => list(designs),
    }
}

/// Names, none of which has a space, as one text.
fn list(names: &[&str]) -> String {
    quoted(&names.join(" "))
}

fn quoted(text: &str) -> String {
    Value::String(text.to_owned()).to_string()
}
