//! What a table cell says of a design in some scenarios: the worst verdict, how many are broken, how many are
//! unexpected.

use model::risk::Risk;

use crate::report::text::paragraph;
use crate::suite::explain;
use crate::suite::findings_index::{FindingsIndex, case_of, design, rank};
use crate::suite::scenario::Scenario;
use crate::suite::verdict::{Finding, Findings, Verdict};

/// Some scenarios under one design, counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct CellTotals {
    /// The worst verdict of any of them; `None` if none was explored.
    pub worst: Option<Verdict>,
    /// Breaches: an invariant counts once per scenario, whichever engines find it.
    pub broken: usize,
    /// Unknown verdicts.
    pub unknown: usize,
    /// Verdicts that were not expected or are not known.
    pub surprises: usize,
    /// All scenarios.
    pub of: usize,
    /// Those of them in which the design was explored.
    pub asked: usize,
    /// Those of these in which it makes the same world as another design.
    pub same: usize,
}

impl CellTotals {
    /// Counts; where a design makes the same world as another one, it has the verdicts of that one.
    pub fn of<'a>(index: &FindingsIndex<'_>, scenarios: impl Iterator<Item = &'a Scenario>, name: &str) -> CellTotals {
        let mut totals = CellTotals::default();
        for scenario in scenarios {
            totals.of += 1;
            let Some(case) = case_of(scenario, name) else { continue };
            let speaks = design(case);
            let verdicts = index.together(&scenario.id, &speaks);
            if verdicts.is_empty() {
                continue;
            }
            totals.asked += 1;
            totals.same += usize::from(speaks != name);
            let count = |wanted: Verdict| verdicts.iter().filter(|(_, verdict)| *verdict == wanted).count();
            totals.broken += count(Verdict::Broken);
            totals.unknown += count(Verdict::Unknown);
            totals.surprises += surprises(index.of(&scenario.id, &speaks));
            let worst = verdicts.iter().map(|(_, verdict)| *verdict).max_by_key(|verdict| rank(*verdict));
            totals.worst = totals.worst.into_iter().chain(worst).max_by_key(|verdict| rank(*verdict));
        }
        totals
    }

    /// Whether it was explored somewhere, but only as the same world as another design.
    pub fn is_another(&self) -> bool {
        self.asked > 0 && self.same == self.asked
    }

    /// ` in 1 of 14` if the sum covers only some of the scenarios, so that it is not comparable with sums over others.
    pub fn in_part(&self) -> String {
        if self.asked == 0 || self.asked == self.of {
            return String::new();
        }
        format!(" in {} of {}", self.asked, self.of)
    }

    /// `12 broken`, `3 unknown`, `holds`, `within bound`, or `-`.
    pub fn words(&self) -> String {
        match self.worst {
            None => "-".to_owned(),
            Some(Verdict::Broken) => format!("{} broken", self.broken),
            Some(Verdict::Unknown) => format!("{} unknown", self.unknown),
            Some(Verdict::HoldsWithinBound) => "within bound".to_owned(),
            Some(Verdict::Holds) => "holds".to_owned(),
        }
    }
}

fn surprises(findings: &[&Finding]) -> usize {
    findings.iter().filter(|finding| !finding.as_expected).count()
}

/// The risks of some scenarios, in the order of the table of risks.
pub(super) fn risks(scenarios: &[Scenario]) -> Vec<Risk> {
    let asked = |risk: &Risk| scenarios.iter().any(|scenario| scenario.risk == *risk);
    Risk::ALL.iter().copied().filter(asked).collect()
}

/// The scenarios of one risk.
pub(super) fn of_risk(scenarios: &[Scenario], risk: Risk) -> impl Iterator<Item = &Scenario> {
    scenarios.iter().filter(move |scenario| scenario.risk == risk)
}

/// How bad a finding is; an unexpected breach is worst.
pub(super) fn severity(finding: &Finding) -> u8 {
    match (finding.verdict, finding.as_expected) {
        (Verdict::Broken, false) => 5,
        (Verdict::Holds | Verdict::HoldsWithinBound, false) => 4,
        (Verdict::Unknown, _) => 3,
        (Verdict::Broken, true) => 2,
        (Verdict::HoldsWithinBound, true) => 1,
        (Verdict::Holds, true) => 0,
    }
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

/// Findings that are not as expected or not known, worst first.
pub(super) fn unexpected(findings: &[Finding]) -> Vec<&Finding> {
    let mut unexpected: Vec<&Finding> = findings.iter().filter(|finding| !finding.as_expected).collect();
    unexpected.sort_by_key(|finding| std::cmp::Reverse(severity(finding)));
    unexpected
}

/// A paragraph for each difference from a lock file, and for each scenario without one.
pub(super) fn differing(findings: &Findings) -> String {
    let lines = findings.explored.iter().flat_map(|it| {
        let both = [("! lock file     ", &it.differs), ("! not seen      ", &it.unseen)];
        let lines = both.into_iter().filter(|(_, what)| !what.is_empty());
        lines.map(|(lead, what)| paragraph(lead, &format!("{}, {}: {}", it.scenario, it.design, what.join(", "))))
    });
    let unlocked = findings.unlocked.iter().map(|id| {
        let accept = format!("trial check {} --accept", explain::quoted(id));
        paragraph("! no lock file  ", &format!("{id}: nothing is expected of it; `{accept}` writes what is found"))
    });
    lines.chain(unlocked).collect()
}

/// For an unexpected finding: what was expected, and why the finding is what it is.
pub(super) fn instead(finding: &Finding) -> String {
    let colon = if finding.why.is_empty() { "" } else { ": " };
    format!("expected {}{colon}{}", finding.expected.words(), finding.why)
}
