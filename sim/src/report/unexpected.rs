//! What is unexpected, at the end of an output: first one line each, then the moves of the counterexamples.

use crate::report::cell_totals::{differing, instead, unexpected as not_as_expected, word};
use crate::report::labels::Labels;
use crate::report::storyboard::storyboard;
use crate::report::text::paragraph;
use crate::suite::findings_index::FindingsIndex;
use crate::suite::verdict::{Counterexample, Finding, Findings, Verdict};

/// The most lines and storyboards; the others are in the text of all verdicts and in the capsules.
const LINES: usize = 20;
const BOARDS: usize = 3;

/// Whether the counterexample shows an unexpected breach.
pub(super) fn is_unexpected(found: &Counterexample, index: &FindingsIndex<'_>) -> bool {
    let said = index.of(&found.scenario, &found.design).iter();
    said.copied().any(|it| it.invariant == found.breach.invariant && it.verdict == Verdict::Broken && !it.as_expected)
}

/// Empty if all was as expected.
pub fn unexpected(findings: &Findings) -> String {
    let mut out = differing(findings);
    let all = not_as_expected(&findings.findings);
    for finding in all.iter().take(LINES) {
        let Finding { scenario, design, invariant, engine, .. } = finding;
        let capsule = finding.capsule.as_ref().map_or(String::new(), |capsule| format!("; {capsule}"));
        let what = format!("{scenario}, {design}, {invariant}, {}; {}{capsule}", engine.name(), instead(finding));
        out.push_str(&paragraph(&format!("! {:<12}  ", word(finding.verdict)), &what));
    }
    if all.len() > LINES {
        out.push_str(&format!("! and {} more\n", all.len() - LINES));
    }
    out.push_str(&unexpected_boards(findings));
    out
}

/// The moves of the first unexpected counterexamples.
pub fn unexpected_boards(findings: &Findings) -> String {
    let index = FindingsIndex::new(findings);
    let mut out = String::new();
    let mut labels = Labels::new();
    let shown: Vec<&Counterexample> = findings.counterexamples.iter().filter(|it| is_unexpected(it, &index)).collect();
    for found in shown.iter().take(BOARDS) {
        out.push_str(&format!("\nUNEXPECTED in {}, {}\n", found.scenario, found.design));
        out.push_str(&storyboard(found, &mut labels));
    }
    if shown.len() > BOARDS {
        out.push_str(&format!("\nand {} more unexpected counterexamples\n", shown.len() - BOARDS));
    }
    out
}
