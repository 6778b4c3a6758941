//! Looking findings up, and which of several is the worst.

use model::invariant;

use crate::scenario::{Case, Scenario};
use crate::verdict::{Counterexample, Engine, Explored, Finding, Findings, Verdict};

/// The name of a case's design.
pub(super) fn design(case: &Case) -> &'static str {
    case.setup.design.preset().name
}

/// How bad a finding is; what nobody expected is worst.
pub(super) fn gravity(finding: &Finding) -> u8 {
    match (finding.verdict, finding.as_expected) {
        (Verdict::Broken, false) => 5,
        (Verdict::Holds | Verdict::HoldsWithinBound, false) => 4,
        (Verdict::Unknown, _) => 3,
        (Verdict::Broken, true) => 2,
        (Verdict::HoldsWithinBound, true) => 1,
        (Verdict::Holds, true) => 0,
    }
}

fn rank(verdict: Verdict) -> u8 {
    match verdict {
        Verdict::Broken => 3,
        Verdict::Unknown => 2,
        Verdict::HoldsWithinBound => 1,
        Verdict::Holds => 0,
    }
}

/// What all engines together know of each invariant asked for. A sample without a breach takes nothing from what was
/// exhausted.
pub(super) fn together(findings: &Findings, scenario: &str, design: &str) -> Vec<Verdict> {
    let of_invariant = |id: &str| {
        let said = of(findings, scenario, design).filter(|finding| finding.invariant == id);
        let said: Vec<Verdict> = said.map(|finding| finding.verdict).collect();
        let exhausted = said.contains(&Verdict::Holds);
        let telling = said.into_iter().filter(|verdict| !(exhausted && *verdict == Verdict::HoldsWithinBound));
        telling.max_by_key(|verdict| rank(*verdict))
    };
    invariant::ALL.iter().filter_map(|invariant| of_invariant(invariant.id)).collect()
}

/// The worst of what is known of a scenario and design.
pub(super) fn worst(findings: &Findings, scenario: &str, design: &str) -> Option<Verdict> {
    together(findings, scenario, design).into_iter().max_by_key(|verdict| rank(*verdict))
}

/// The findings of one scenario and design.
pub(super) fn of<'a>(findings: &'a Findings, scenario: &'a str, design: &'a str) -> impl Iterator<Item = &'a Finding> {
    findings.findings.iter().filter(move |finding| finding.scenario == scenario && finding.design == design)
}

/// One finding.
pub(super) fn one<'a>(
    findings: &'a Findings,
    scenario: &'a Scenario,
    case: &Case,
    engine: Engine,
    invariant: &str,
) -> Option<&'a Finding> {
    of(findings, &scenario.id, design(case)).find(|finding| finding.engine == engine && finding.invariant == invariant)
}

/// How much was looked at in one scenario and design.
pub(super) fn explored<'a>(
    findings: &'a Findings,
    scenario: &'a str,
    design: &'a str,
) -> impl Iterator<Item = &'a Explored> {
    findings.explored.iter().filter(move |explored| explored.scenario == scenario && explored.design == design)
}

/// The counterexamples of one scenario and design.
pub(super) fn counterexamples<'a>(
    findings: &'a Findings,
    scenario: &'a str,
    design: &'a str,
) -> impl Iterator<Item = &'a Counterexample> {
    findings.counterexamples.iter().filter(move |found| found.scenario == scenario && found.design == design)
}

/// A verdict in a word that fits a cell.
pub(super) fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Holds => "holds",
        Verdict::HoldsWithinBound => "within-bound",
        Verdict::Broken => "BROKEN",
        Verdict::Unknown => "unknown",
    }
}

/// What was looked at and did not go as expected or is not known, worst first.
pub(super) fn unexpected(findings: &Findings) -> Vec<&Finding> {
    let mut unexpected: Vec<&Finding> = findings.findings.iter().filter(|finding| !finding.as_expected).collect();
    unexpected.sort_by_key(|finding| std::cmp::Reverse(gravity(finding)));
    unexpected
}

/// What was expected where it is not what was found, and why.
pub(super) fn instead(finding: &Finding) -> String {
    let colon = if finding.why.is_empty() { "" } else { ": " };
    format!("expected {}{colon}{}", finding.expected.words(), finding.why)
}
