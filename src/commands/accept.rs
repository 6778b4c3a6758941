//! `trial check --accept`: pins the findings of check in the lock files, to be reviewed as a diff.

use model::invariant;
use sim::suite::capsules::Capsules;
use sim::suite::lock::{self, Entry, Lock};
use sim::suite::scenario::{Case, Scenario};
use sim::suite::verdict::{Expected, Findings, Verdict};

use crate::commands::engines::{self, Bounds};
use crate::failure::Failure;
use crate::output;
use crate::progress;
use crate::workspace::Workspace;

/// Checks every world of the chosen scenarios and writes their lock files. The lock file of a scenario is not changed
/// if a search was cut (exit code 2) or if a verdict contradicts what the scenario argues (exit code 1).
pub fn accept(workspace: &Workspace, scenarios: &[Scenario], bounds: &Bounds) -> Result<u8, Failure> {
    workspace.try_to_write("scenarios", "--accept")?;
    let (mut exit, mut lost) = (0, None);
    let bar = progress::bar(scenarios.iter().map(|scenario| scenario.cases.len()).sum());
    for scenario in scenarios {
        match found(scenario, bounds, &bar)? {
            Accepted::Lock(lock) => {
                if let Err(failure) = workspace.write(&relative(scenario), &lock::text(&scenario.id, &lock)) {
                    output::line(&format!("{}: accepted, but {failure}", scenario.id));
                    lost = lost.or(Some(failure));
                }
            }
            Accepted::Not { why, code } => {
                output::line(&format!("{}: not accepted, {} stays as it is: {why}", scenario.id, relative(scenario)));
                exit = if exit == 1 { 1 } else { code };
            }
        }
    }
    bar.finish_and_clear();
    // A scenario that was not accepted matters more than a file that was not written.
    match lost {
        Some(failure) if exit == 0 => Err(failure),
        _ => Ok(exit),
    }
}

/// The lock file of a scenario, relative to the workspace.
pub fn relative(scenario: &Scenario) -> String {
    format!("scenarios/{}.{}", scenario.id, lock::EXTENSION)
}

enum Accepted {
    Lock(Lock),
    Not { why: String, code: u8 },
}

fn found(scenario: &Scenario, bounds: &Bounds, bar: &indicatif::ProgressBar) -> Result<Accepted, Failure> {
    let mut lock = Lock::default();
    for case in &scenario.cases {
        let design = case.setup.design.to_string();
        bar.set_message(format!("{} {design}", scenario.id));
        let found = engines::check(scenario, case, bounds, &mut Capsules::new())?;
        bar.inc(1);
        let entry = found.explored.first().and_then(|explored| Entry::of(explored, &found));
        let Some(entry) = entry else {
            let why = cut(&found);
            return Ok(Accepted::Not { why: format!("{design}: the search was cut: {why}"), code: 2 });
        };
        if let Some(why) = contradicted(case, &entry, &found) {
            return Ok(Accepted::Not { why: format!("{design}: {why}"), code: 1 });
        }
        lock.entries.push((design, entry));
    }
    let nowhere = |id: &&String| lock.entries.iter().all(|(_, entry)| entry.never.contains(*id));
    if let Some(id) = scenario.seen.iter().find(nowhere) {
        let why = format!("`seen` names the situation {id}, which arises under no design");
        return Ok(Accepted::Not { why, code: 1 });
    }
    Ok(Accepted::Lock(lock))
}

fn cut(found: &Findings) -> String {
    let unknown = found.findings.iter().find(|finding| finding.verdict == Verdict::Unknown);
    unknown.map_or_else(|| "not complete".to_owned(), |finding| finding.why.clone())
}

/// A verdict that contradicts what is argued in the scenario.
fn contradicted(case: &Case, entry: &Entry, found: &Findings) -> Option<String> {
    let missing = found.explored.iter().flat_map(|explored| &explored.never);
    let argued_seen = |id: &&&str| case.argued_seen.iter().any(|argued| argued == **id);
    if let Some(id) = missing.into_iter().find(argued_seen) {
        return Some(format!("the situation {id} never arises, but `expect` argues that it must be seen"));
    }
    invariant::ALL.iter().zip(&case.expected).find_map(|(invariant, expected)| {
        let reason = case.reasons.get(invariant.id)?;
        let (breaks, idle) = (entry.broken.contains_key(invariant.id), entry.could_not_fail.contains(invariant.id));
        let otherwise = match expected {
            Expected::Holds if breaks => "breaks, but `expect` argues that it holds",
            Expected::Holds if idle => "could not fail in any state, but `expect` argues that it holds",
            Expected::Broken if !breaks => "does not break, but `expect` argues that it does",
            Expected::Holds | Expected::Broken | Expected::Any | Expected::Nothing => return None,
        };
        Some(format!("{} {otherwise}: {reason}", invariant.id))
    })
}
