//! The JSON document that `--json` prints.

use audit::report::Report;
use model::invariant::Figure;
use model::shown::is_hidden;
use serde::Serialize;
use sim::suite::story;
use sim::suite::verdict::{Counterexample, Explored, Finding, Findings, NotRun};

/// Version of the document's shape.
pub const SCHEMA: u32 = 2;

#[derive(Serialize)]
struct FindingsDocument<'a> {
    schema: u32,
    command: &'a str,
    findings: &'a [Finding],
    not_run: &'a [NotRun],
    explorations: &'a [Explored],
    /// Scenarios without a lock file, so without expectations.
    unlocked: &'a [String],
    /// The number of verdicts that `--deny` denies, if it was given.
    #[serde(skip_serializing_if = "Option::is_none")]
    denied: Option<usize>,
    exit: u8,
}

/// One engine's part of a replay.
#[derive(Clone, Debug, Serialize)]
pub struct Replayed {
    /// The capsule, as the user named it.
    pub capsule: String,
    /// The engine.
    pub engine: sim::suite::verdict::Engine,
    /// Whether the capsule was edited after it was written; it is then judged by its present content.
    pub edited: bool,
    /// Whether the same invariant breaks.
    pub reproduced: bool,
    /// Whether it breaks with the same numbers.
    pub same_numbers: bool,
    /// An explanation in one sentence.
    pub why: String,
}

#[derive(Serialize)]
struct ReplayDocument<'a> {
    schema: u32,
    command: &'a str,
    findings: [Finding; 0],
    not_run: &'a [NotRun],
    explorations: [Explored; 0],
    replays: &'a [Replayed],
    exit: u8,
}

/// One item of a list.
#[derive(Clone, Debug, Serialize)]
pub struct Item {
    /// The spelling in commands.
    pub id: String,
    /// A description in one line.
    pub title: String,
    /// More detail, if any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

#[derive(Serialize)]
struct ItemsDocument<'a> {
    schema: u32,
    items: &'a [Item],
    exit: u8,
}

#[derive(Serialize)]
struct AuditDocument<'a> {
    schema: u32,
    command: &'a str,
    #[serde(flatten)]
    report: &'a Report,
    exit: u8,
}

#[derive(Serialize)]
struct ExplanationDocument<'a> {
    schema: u32,
    command: &'a str,
    scenario: &'a str,
    design: &'a str,
    invariant: &'a str,
    after: usize,
    figures: &'a [Figure],
    without: Vec<Without<'a>>,
    moves: Vec<String>,
    capsule: &'a str,
    states: u64,
    exit: u8,
}

#[derive(Serialize)]
struct Without<'a> {
    fault: &'a str,
    still_broken: bool,
}

#[derive(Serialize)]
struct ErrorDocument<'a> {
    schema: u32,
    error: &'a str,
    exit: u8,
}

/// The output of `run`, `check`, `sim` and `real`.
pub fn findings(command: &str, found: &Findings, denied: Option<usize>, exit: u8) -> String {
    let Findings { findings, not_run, explored: explorations, unlocked, .. } = found;
    text(&FindingsDocument { schema: SCHEMA, command, findings, not_run, explorations, unlocked, denied, exit })
}

/// The output of `replay`.
pub fn replays(replays: &[Replayed], not_run: &[NotRun], exit: u8) -> String {
    let document =
        ReplayDocument { schema: SCHEMA, command: "replay", findings: [], not_run, explorations: [], replays, exit };
    text(&document)
}

/// The output of `explain` if a run is found.
pub fn explanation(found: &Counterexample, states: u64, exit: u8) -> String {
    let Counterexample { scenario, design, capsule, setup, run, breach, without, .. } = found;
    let moves = run.entries.iter().map(|entry| story::tell(setup, entry).what).collect();
    let without = without.iter().map(|(fault, breaks)| Without { fault, still_broken: *breaks }).collect();
    let (invariant, after, figures) = (breach.invariant, breach.after, &breach.figures);
    text(&ExplanationDocument {
        schema: SCHEMA,
        command: "explain",
        scenario,
        design,
        invariant,
        after,
        figures,
        without,
        moves,
        capsule,
        states,
        exit,
    })
}

/// The output of `list` and `servers`.
pub fn items(items: &[Item], exit: u8) -> String {
    text(&ItemsDocument { schema: SCHEMA, items, exit })
}

/// The output of `audit`.
pub fn audit(report: &Report, exit: u8) -> String {
    text(&AuditDocument { schema: SCHEMA, command: "audit", report, exit })
}

/// The output of any command without a result.
pub fn error(error: &str, exit: u8) -> String {
    text(&ErrorDocument { schema: SCHEMA, error, exit })
}

/// The text of the document; hidden characters are escaped, since JSON allows some that reorder a terminal's text.
pub fn text(document: &impl Serialize) -> String {
    let text = serde_json::to_string_pretty(document).unwrap_or_default();
    let hidden = |c: char| is_hidden(c) && c != '\n';
    text.chars().map(|c| if hidden(c) { format!("\\u{:04x}", u32::from(c)) } else { c.to_string() }).collect()
}
