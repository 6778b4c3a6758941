//! Reports for three readers: text whose diff shows which verdict changed, a terminal, and pages for a browser.
//!
//! Every output depends only on its arguments, byte for byte.

mod cell_totals;
mod claims_page;
mod claims_text;
mod counterexample_page;
mod counterexamples;
mod denied;
mod diagram;
mod index_page;
mod labels;
mod matrix;
mod overview;
mod page;
mod phrases;
mod reasoned;
mod row;
mod scenario_page;
mod short_index;
mod storyboard;
mod summary;
mod terminal;
mod text;
mod unexpected;
mod verdicts;

use std::collections::BTreeMap;

use crate::suite::claims::{Claim, ClaimAnswer};
use crate::suite::findings_index::FindingsIndex;
use crate::suite::fixes;
use crate::suite::scenario::Scenario;
use crate::suite::verdict::Findings;

pub use denied::denied;
pub use labels::Labels;
pub use overview::overview;
pub use reasoned::{reasoned, reasoned_in_words};
pub use storyboard::storyboard;
pub use summary::summary;
pub use terminal::terminal;
pub use text::paragraph;
pub use unexpected::{unexpected, unexpected_boards};
pub use verdicts::verdicts;

/// The files of the whole site, by path: the index, one page per scenario, the style sheet. They need neither scripts
/// nor a network.
pub fn pages(scenarios: &[Scenario], answers: &[ClaimAnswer], findings: &Findings) -> BTreeMap<String, String> {
    let index = FindingsIndex::new(findings);
    let fixes = fixes::compare(scenarios, &claims_of(answers), findings);
    let mut pages: BTreeMap<String, String> =
        scenarios.iter().map(|scenario| scenario_page::scenario(scenario, &index)).collect();
    pages.extend([index_page::index(scenarios, answers, &fixes, findings, &index)]);
    pages.insert(page::STYLE.to_owned(), include_str!("style.css").to_owned());
    pages
}

/// The index that is committed, a single page: the claims with their counterexamples, the fixes, how much was explored.
pub fn short_index(scenarios: &[Scenario], answers: &[ClaimAnswer], findings: &Findings) -> String {
    let fixes = fixes::compare(scenarios, &claims_of(answers), findings);
    short_index::index(scenarios, answers, &fixes, findings)
}

/// The claims and the fixes as text: `claims.txt`.
pub fn claims(scenarios: &[Scenario], answers: &[ClaimAnswer], findings: &Findings) -> String {
    claims_text::claims(answers, &fixes::compare(scenarios, &claims_of(answers), findings))
}

fn claims_of(answers: &[ClaimAnswer]) -> Vec<Claim> {
    answers.iter().map(|it| it.claim.clone()).collect()
}
