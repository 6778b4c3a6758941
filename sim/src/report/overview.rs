//! The matrix of a whole run on one screen: scenarios by designs.

use crate::report::matrix;
use crate::report::text::{WIDTH, pad, paragraph, width};
use crate::scenario::Scenario;
use crate::verdict::{Engine, Finding, Findings, Verdict};

/// Per scenario and design how many invariants break, on whatever engine, and what else is to be known; then what did not
/// go as expected, worst first; then how much was looked at.
pub fn overview(scenarios: &[Scenario], findings: &Findings) -> String {
    let mut designs: Vec<&str> = Vec::new();
    for case in scenarios.iter().flat_map(|scenario| &scenario.cases) {
        if !designs.contains(&matrix::design(case)) {
            designs.push(matrix::design(case));
        }
    }
    let label = scenarios.iter().map(|scenario| width(&scenario.id)).max().unwrap_or(0);
    let room = designs.iter().map(|design| width(design)).max().unwrap_or(0).max(WORST);
    let mut out = row("", designs.iter().map(|design| (*design).to_owned()), label, room);
    for scenario in scenarios {
        let cells = designs.iter().map(|design| cell(findings, &scenario.id, design));
        out.push_str(&row(&scenario.id, cells, label, room));
    }
    out.push('\n');
    for finding in matrix::unexpected(findings) {
        let Finding { scenario, design, invariant, engine, .. } = finding;
        let lead = format!("! {:<12}  ", matrix::word(finding.verdict));
        let what = format!("{scenario}, {design}, {invariant}, {}; {}", engine.name(), matrix::instead(finding));
        out.push_str(&paragraph(&lead, &what));
    }
    out.push_str(&looked_at(findings));
    out
}

/// Room for the longest cell.
const WORST: usize = "12 broken !".len();

fn cell(findings: &Findings, scenario: &str, design: &str) -> String {
    let found: Vec<&Finding> = matrix::of(findings, scenario, design).collect();
    let mut broken: Vec<&str> =
        found.iter().filter(|finding| finding.verdict == Verdict::Broken).map(|finding| finding.invariant).collect();
    broken.sort_unstable();
    broken.dedup();
    let surprise = if found.iter().all(|finding| finding.as_expected) { "" } else { " !" };
    match matrix::worst(findings, scenario, design) {
        None => "-".to_owned(),
        Some(Verdict::Broken) => format!("{} broken{surprise}", broken.len()),
        Some(Verdict::Unknown) => format!("unknown{surprise}"),
        Some(Verdict::Holds | Verdict::HoldsWithinBound) => format!("holds{surprise}"),
    }
}

fn row(name: &str, cells: impl Iterator<Item = String>, label: usize, room: usize) -> String {
    let cells: String = cells.map(|cell| format!("  {}", pad(&cell, room))).collect();
    let line = format!("{}{cells}", pad(name, label));
    debug_assert!(width(line.trim_end()) <= WIDTH, "a design too many for one screen");
    format!("{}\n", line.trim_end())
}

fn looked_at(findings: &Findings) -> String {
    let mut out = String::new();
    for engine in Engine::ALL {
        let parts = || findings.explored.iter().filter(|explored| explored.engine == engine);
        let verdicts = || findings.findings.iter().filter(|finding| finding.engine == engine);
        if parts().next().is_none() {
            continue;
        }
        let amount = match engine {
            Engine::Check => {
                let states: u64 = parts().filter_map(|explored| explored.states).sum();
                let moves: u64 = parts().filter_map(|explored| explored.generated).sum();
                let complete = parts().filter(|explored| explored.complete).count();
                format!("{states} states, {moves} moves, {complete} of {} searches complete", parts().count())
            }
            Engine::Sim | Engine::Real => {
                let runs: u64 = parts().filter_map(|explored| explored.runs).sum();
                format!("{runs} {}", if engine == Engine::Sim { "seeds" } else { "scheduled runs" })
            }
        };
        let broken = verdicts().filter(|finding| finding.verdict == Verdict::Broken).count();
        let expected = verdicts().filter(|finding| finding.as_expected).count();
        let lead = format!("{:6} ", engine.name());
        let total = verdicts().count();
        out.push_str(&paragraph(
            &lead,
            &format!("{amount}; {total} verdicts, {broken} broken, {expected} as expected"),
        ));
    }
    out
}
