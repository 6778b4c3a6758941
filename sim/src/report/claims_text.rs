//! The claims and the fixes as text in a stable order, so that its diff shows which answer changed.

use model::invariant::Concern;

use crate::report::claims_page::{before_and_after, risks, where_seen};
use crate::report::labels::Labels;
use crate::report::phrases::{claims_in_words, fixes_in_words};
use crate::report::text::{WIDTH, ascii, counted, pad, paragraph, width};
use crate::suite::claims::{ClaimAnswer, Place};
use crate::suite::explain;
use crate::suite::fixes::Fix;

/// Width of the column with the value of a fix.
const WORTH: usize = 13;
/// Width of a column with the breaches of a kind, before and after.
const KIND: usize = 17;
/// What the cells of the fixes mean.
pub(super) const KINDS: &str = "Breaches of each kind under as-reported and under the fix, in every scenario of its risk, and in those \
                                of others in which the fix changes the world.";
/// Indentation of a claim's text.
const INDENT: &str = "          ";

/// Every claim with its answer, then every fix with its conclusion.
pub(super) fn claims(answers: &[ClaimAnswer], fixes: &[Fix]) -> String {
    let mut out = "Trial Balance: the claims and the fixes\n\n".to_owned();
    out.push_str(&paragraph("", &claims_in_words(answers)));
    out.push_str(&paragraph("", &fixes_in_words(fixes)));
    let mut labels = Labels::new();
    for risk in risks(answers) {
        out.push_str(&format!("\n{risk}  {}\n{}\n", risk.title(), "-".repeat(WIDTH)));
        for it in answers.iter().filter(|it| it.claim.risk == risk) {
            out.push_str(&claim(it, &mut labels));
        }
    }
    out.push_str(&format!("\nThe fixes\n{}\n", "-".repeat(WIDTH)));
    out.push_str(&paragraph("", KINDS));
    out.push_str(&table(fixes));
    ascii(&out)
}

fn claim(it: &ClaimAnswer, labels: &mut Labels) -> String {
    let ClaimAnswer { claim, answer, as_expected, evidence, why } = it;
    let words = answer.words().to_uppercase();
    let surprise = if *as_expected { String::new() } else { format!(" ! expected {}", claim.expect.words()) };
    let mut out = format!("{}{words}{surprise}\n", pad(&claim.id, width(INDENT)));
    out.push_str(&paragraph(INDENT, &labels.explained(&claim.says)));
    out.push_str(&paragraph(&format!("{INDENT}because: "), &labels.explained(&claim.because)));
    let seen = paragraph(&format!("{INDENT}see: "), &format!("{}: {why}", where_seen(evidence)));
    out.push_str(&seen);
    let Place { scenario, invariant, route } = &evidence.place;
    if evidence.steps.is_some() {
        out.push_str(&format!("{INDENT}{}\n", explain::command_by(scenario, &evidence.design, invariant, route)));
    }
    out
}

fn table(fixes: &[Fix]) -> String {
    let name = fixes.iter().map(|fix| width(fix.preset.name)).max().unwrap_or(0);
    let kinds = Concern::ALL.map(|kind| format!("{:>KIND$}", kind.words())).join("  ");
    let mut out = format!("{}  {}  {kinds}\n", pad("fix", name), pad("", WORTH));
    for fix in fixes {
        let counts = Concern::ALL.map(|kind| format!("{:>KIND$}", before_and_after(fix, kind))).join("  ");
        out.push_str(&format!("{}  {}  {counts}\n", pad(fix.preset.name, name), pad(fix.worth().word(), WORTH)));
        out.push_str(&paragraph("    ", &fix.conclusion()));
        for spot in fix.worst() {
            let steps = spot.steps.map_or(String::new(), |steps| format!(", {}", counted(steps as u64, "move")));
            out.push_str(&paragraph("    new: ", &format!("{} in {}{steps}", spot.invariant, spot.scenario)));
            if spot.shown {
                out.push_str(&format!("    {}\n", explain::command(&spot.scenario, &spot.design, spot.invariant)));
            }
        }
    }
    out
}
