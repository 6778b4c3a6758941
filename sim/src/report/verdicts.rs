//! Every verdict of all three engines side by side: plain text in a stable order, one line per invariant and design
//! that breaks it. It contains only what is equal on every machine.

use std::collections::BTreeMap;

use model::invariant::{self, Invariant};

use crate::report::cell_totals::{differing, instead, unexpected, word};
use crate::report::phrases::also;
use crate::report::row;
use crate::report::scenario_page::tells;
use crate::report::text::{WIDTH, ascii, counted, grouped, pad, paragraph, width};
use crate::suite::findings_index::{FindingsIndex, design};
use crate::suite::scenario::Scenario;
use crate::suite::verdict::{Engine, Finding, Findings, Verdict};

const LEGEND: &str = "BROKEN n: a counterexample of n moves. holds: everything within the bounds was looked at. within-bound: \
                      nothing found in what was looked at. unknown: see why. ! not as expected. `-` not asked. What check \
                      breaks is shown again by `trial explain SCENARIO --design DESIGN --invariant INVARIANT`.";
/// Width of a verdict.
const CELL: usize = 14;

/// The verdicts of every scenario, with what is not as expected first.
pub fn verdicts(scenarios: &[Scenario], findings: &Findings) -> String {
    let index = FindingsIndex::new(findings);
    let mut out = "Trial Balance: every verdict\n\n".to_owned();
    out.push_str(&paragraph("", LEGEND));
    out.push('\n');
    out.push_str(&not_as_expected(findings));
    for not_run in &findings.not_run {
        out.push_str(&paragraph(&format!("not run: {}: ", not_run.engine.name()), &not_run.why));
    }
    for scenario in scenarios {
        out.push('\n');
        out.push_str(&section(scenario, &index));
    }
    ascii(&out)
}

/// What is not as expected or not known; or that all is as expected.
pub(super) fn not_as_expected(findings: &Findings) -> String {
    let unexpected = unexpected(&findings.findings);
    let mut out = differing(findings);
    if unexpected.is_empty() && out.is_empty() {
        let all = counted(findings.findings.len() as u64, "verdict");
        return match findings.expected_nothing() {
            0 => format!("All {all} as expected.\n"),
            nothing => format!("Of {all} none is unexpected; nothing is expected of {nothing} of them.\n"),
        };
    }
    out += &format!("{} not as expected or not known:\n", counted(unexpected.len() as u64, "verdict"));
    for finding in unexpected {
        let Finding { scenario, design, invariant, engine, .. } = finding;
        let what = format!("{scenario}, {design}, {invariant}, {}", engine.name());
        let lead = format!("  ! {:<12}  ", word(finding.verdict));
        out.push_str(&paragraph(&lead, &format!("{what}; {}", instead(finding))));
    }
    out
}

fn section(scenario: &Scenario, index: &FindingsIndex<'_>) -> String {
    let mut out = paragraph(&format!("{}  ", scenario.id), &scenario.title);
    out.push_str(&format!("{}\n", "-".repeat(WIDTH)));
    for case in scenario.cases.iter().filter(|case| !case.also.is_empty()) {
        out.push_str(&paragraph(&format!("{} is also ", design(case)), &also(case)));
    }
    let (telling, quiet): (Vec<_>, Vec<_>) = invariant::ALL.iter().partition(|it| tells(scenario, it, index));
    out.push_str(&table(scenario, &telling, index));
    out.push_str(&holds(scenario, &quiet, index));
    out.push_str(&unknown(scenario, index));
    out.push_str(&looked_at(scenario, index));
    out
}

fn table(scenario: &Scenario, telling: &[&Invariant], index: &FindingsIndex<'_>) -> String {
    if telling.is_empty() {
        return String::new();
    }
    let names: Vec<String> = scenario.cases.iter().map(design).collect();
    let label = names.iter().map(|name| width(name)).max().unwrap_or(0).min(WIDTH - 3 * (CELL + 2) - 4);
    let engines = Engine::ALL.map(|engine| pad(engine.name(), CELL)).join("  ");
    let mut out = format!("{}  {engines}", pad("", label + 2)).trim_end().to_owned() + "\n";
    for invariant in telling {
        out.push_str(&format!("{}\n", invariant.id));
        let (mut holding, mut idle) = (Vec::new(), Vec::new());
        for name in &names {
            let said = Engine::ALL.map(|engine| index.one(&scenario.id, name, engine, invariant.id));
            let calm = |finding: &&Finding| {
                finding.as_expected && matches!(finding.verdict, Verdict::Holds | Verdict::HoldsWithinBound)
            };
            if said.iter().all(Option::is_none) {
                idle.push(name.as_str());
                continue;
            }
            if said.iter().flatten().all(calm) {
                holding.push(name.as_str());
                continue;
            }
            let cells = said.map(|finding| pad(&cell(finding), CELL)).join("  ");
            // A name that is too long for its column gets a line above its verdicts.
            let lead = if width(name) > label {
                format!("  {name}\n  {}", pad("", label))
            } else {
                format!("  {}", pad(name, label))
            };
            out.push_str(&format!("{lead}  {}\n", cells.trim_end()));
            out.push_str(&elsewhere(scenario, name, invariant, index));
        }
        for (lead, names) in [("  holds: ", holding), ("  vacuous: ", idle)] {
            if !names.is_empty() {
                out.push_str(&paragraph(lead, &names.join(", ")));
            }
        }
    }
    out
}

fn cell(finding: Option<&Finding>) -> String {
    let Some(finding) = finding else { return "-".to_owned() };
    let steps = match (finding.verdict, finding.steps) {
        (Verdict::Broken, Some(steps)) => format!(" {steps}"),
        _ => String::new(),
    };
    format!("{}{steps}{}", word(finding.verdict), if finding.as_expected { "" } else { " !" })
}

/// How to replay a breach that check did not find.
fn elsewhere(scenario: &Scenario, name: &str, invariant: &Invariant, index: &FindingsIndex<'_>) -> String {
    match index.breach(&scenario.id, name, invariant.id) {
        Some(Finding { engine: Engine::Sim | Engine::Real, capsule: Some(capsule), .. }) => {
            format!("    {}\n", row::replay_of(capsule))
        }
        _ => String::new(),
    }
}

fn holds(scenario: &Scenario, quiet: &[&Invariant], index: &FindingsIndex<'_>) -> String {
    let could_fail = |invariant: &Invariant| {
        let said = |case| index.one(&scenario.id, &design(case), Engine::Check, invariant.id);
        scenario.cases.iter().filter_map(said).any(|finding| finding.non_vacuous > 0)
    };
    let (could, could_not): (Vec<&Invariant>, Vec<&Invariant>) = quiet.iter().partition(|it| could_fail(it));
    let mut out = String::new();
    for (lead, which) in [("holds everywhere: ", could), ("vacuous on this path: ", could_not)] {
        if !which.is_empty() {
            out.push_str(&paragraph(lead, &which.iter().map(|it| it.id).collect::<Vec<_>>().join(", ")));
        }
    }
    out
}

/// The reasons of the unknown verdicts, each once.
fn unknown(scenario: &Scenario, index: &FindingsIndex<'_>) -> String {
    let mut reasons: BTreeMap<(&str, &str), Vec<String>> = BTreeMap::new();
    for name in scenario.cases.iter().map(design) {
        for finding in index.of(&scenario.id, &name).iter().filter(|finding| finding.verdict == Verdict::Unknown) {
            let what = reasons.entry((finding.engine.name(), &finding.why)).or_default();
            what.push(format!("{} in {name}", finding.invariant));
        }
    }
    let line = |((engine, why), what): ((&str, &str), Vec<String>)| {
        paragraph(&format!("unknown ({engine}): "), &format!("{why}: {}", what.join(", ")))
    };
    reasons.into_iter().map(line).collect()
}

fn looked_at(scenario: &Scenario, index: &FindingsIndex<'_>) -> String {
    let rows: Vec<_> = scenario.cases.iter().map(design).collect();
    let checked = |name: &String| {
        let explored = index.explored(&scenario.id, name).iter().find(|explored| explored.engine == Engine::Check)?;
        let n = |n: Option<u64>| grouped(n.unwrap_or(0));
        // Where a search was cut short differs from machine to machine.
        Some(match explored.complete {
            true => {
                format!("{} states, {} moves, depth {}", n(explored.states), n(explored.moves), n(explored.depth))
            }
            false => "not complete".to_owned(),
        })
    };
    let counts: Vec<(String, &String)> = rows.iter().filter_map(|name| Some((checked(name)?, name))).collect();
    let mut by_count: Vec<(String, Vec<&str>)> = Vec::new();
    for (count, name) in &counts {
        match by_count.iter_mut().find(|(other, _)| other == count) {
            Some((_, names)) => names.push(name),
            None => by_count.push((count.clone(), vec![name])),
        }
    }
    by_count.into_iter().map(|(count, names)| paragraph(&format!("checked {count}: "), &names.join(", "))).collect()
}
