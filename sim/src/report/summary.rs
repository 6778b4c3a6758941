//! The summary that is committed: designs by risks on one screen, then a line per scenario. The lock files have the
//! results of each design in each scenario.

use crate::report::cell_totals::{of_risk, risks};
use crate::report::overview::matrix;
use crate::report::text::{WIDTH, ascii, counted, grouped, paragraph, width};
use crate::report::verdicts::not_as_expected;
use crate::suite::findings_index::{FindingsIndex, design};
use crate::suite::scenario::Scenario;
use crate::suite::verdict::{Engine, Findings, Verdict};

const LEGEND: &str = "worlds: designs that differ in the scenario. states: what check looked at under all of them together. broken: \
                      breaches that check found, an invariant once per world; then how many of those of the risk's own designs \
                      sim and real showed as well. Each line's verdicts are in scenarios/SCENARIO.lock.";

/// The summary, with what is not as expected first.
pub fn summary(scenarios: &[Scenario], findings: &Findings) -> String {
    let index = FindingsIndex::new(findings);
    let mut out = "Trial Balance: what is known\n\n".to_owned();
    out.push_str(&not_as_expected(findings));
    for not_run in &findings.not_run {
        out.push_str(&paragraph(&format!("not run: {}: ", not_run.engine.name()), &not_run.why));
    }
    out.push_str(&format!("\n{}{}", matrix(scenarios, &index), paragraph("", LEGEND)));
    let room = scenarios.iter().map(|scenario| width(&scenario.id)).max().unwrap_or(0).min(WIDTH / 2);
    for risk in risks(scenarios) {
        out.push_str(&format!("\n{risk}  {}\n{}\n", risk.title(), "-".repeat(WIDTH)));
        let head = ["worlds", "states", "broken", "own", "sim", "real"];
        out.push_str(&row("", room, head.map(str::to_owned)));
        for scenario in of_risk(scenarios, risk) {
            out.push_str(&line(scenario, room, &index));
        }
    }
    out.push_str(&format!("\n{}", totals(findings)));
    ascii(&out)
}

fn row(lead: &str, room: usize, [worlds, states, broken, own, sim, real]: [String; 6]) -> String {
    format!("{lead:room$}  {worlds:>6}  {states:>11}  {broken:>6}  {own:>4}  {sim:>4}  {real:>4}\n")
}

fn line(scenario: &Scenario, room: usize, index: &FindingsIndex<'_>) -> String {
    let breaches = |own_only: bool, engine: Engine| {
        let cases = scenario.cases.iter().filter(|case| case.own || !own_only);
        let all = cases.flat_map(|case| index.of(&scenario.id, &design(case)));
        all.filter(|finding| finding.engine == engine && finding.verdict == Verdict::Broken).count().to_string()
    };
    let explored = scenario.cases.iter().flat_map(|case| index.explored(&scenario.id, &design(case)));
    let complete = explored.filter(|it| it.engine == Engine::Check && it.complete);
    let cells = [
        scenario.cases.len().to_string(),
        grouped(complete.filter_map(|it| it.states).sum()),
        breaches(false, Engine::Check),
        breaches(true, Engine::Check),
        breaches(true, Engine::Sim),
        breaches(true, Engine::Real),
    ];
    row(&scenario.id, room, cells)
}

/// The totals of all searches.
fn totals(findings: &Findings) -> String {
    let checked = || findings.explored.iter().filter(|it| it.engine == Engine::Check);
    let complete = checked().filter(|it| it.complete).count();
    let states = checked().filter_map(|it| it.states).sum();
    let searches = checked().count();
    format!("{} in {complete} of {searches} complete searches\n", counted(states, "state"))
}
