//! The counterexamples of one scenario, in more or less detail.

use std::collections::BTreeMap;

use maud::{Markup, html};
use model::presets::AS_REPORTED;

use crate::report::labels::Labels;
use crate::report::page::{badge, counterexample_anchor};
use crate::report::text::counted;
use crate::report::{counterexample_page, row, storyboard};
use crate::suite::findings_index::{FindingsIndex, design};
use crate::suite::scenario::Scenario;
use crate::suite::story;
use crate::suite::verdict::{Counterexample, Verdict};

/// A diagram is shown for each breach of the original, and for what one of the risk's own designs breaks and the
/// original does not; what both break gets a storyboard. A design of another risk gets a storyboard where it breaks
/// what the original holds, and a line where the original breaks it too. Equal moves are shown only once.
pub(super) fn counterexamples(scenario: &Scenario, index: &FindingsIndex<'_>, labels: &mut Labels) -> Markup {
    let mut shown: BTreeMap<String, &Counterexample> = BTreeMap::new();
    let mut sections = Vec::new();
    for case in &scenario.cases {
        for &found in index.counterexamples(&scenario.id, &design(case)) {
            let invariant = found.breach.invariant;
            let original = index.verdict(&scenario.id, AS_REPORTED, invariant) == Some(Verdict::Broken);
            let alike = likeness(found);
            sections.push(if let Some(first) = shown.get(&alike) {
                like(found, first)
            } else if case.own && (found.design == AS_REPORTED || !original) {
                shown.insert(alike, found);
                counterexample_page::section(found, index.breach(&scenario.id, &found.design, invariant), labels)
            } else if original && !case.own {
                entry(found)
            } else {
                shown.insert(alike, found);
                board(found, labels)
            });
        }
    }
    html! {
        @if sections.is_empty() { p { "None." } }
        @for section in sections { (section) }
    }
}

/// A key that is equal for two counterexamples whose sections would be equal except for the design.
fn likeness(found: &Counterexample) -> String {
    let rows = row::rows(found).into_iter().map(|row| format!("{:?}{:?}", row.line, row.money));
    let rows: String = rows.collect();
    format!("{:?}{:?}{:?}{rows}", found.breach, found.without, row::opening(found))
}

/// A counterexample without its diagram: its heading, then `rest`.
fn brief(found: &Counterexample, rest: &Markup) -> Markup {
    let Counterexample { scenario, design, breach, .. } = found;
    html! {
        article.brief id=(counterexample_anchor(scenario, design, breach.invariant)) {
            h3 { (badge(Verdict::Broken)) " " (breach.invariant) " in " (design) }
            (rest)
        }
    }
}

fn like(found: &Counterexample, first: &Counterexample) -> Markup {
    let to = counterexample_anchor(&first.scenario, &first.design, first.breach.invariant);
    brief(
        found,
        &html! {
            p.from { "The same moves and the same money as in " a href={ "#" (to) } { (first.design) } ". "
                code { (row::explain(found)) } }
        },
    )
}

fn entry(found: &Counterexample) -> Markup {
    brief(
        found,
        &html! {
            p.from { "Also broken as reported; here after " (counted(found.run.entries.len() as u64, "move")) ": "
                (story::sentence(&found.breach)) ". " code { (row::explain(found)) } }
        },
    )
}

fn board(found: &Counterexample, labels: &mut Labels) -> Markup {
    brief(
        found,
        &html! {
            p.story { (row::in_a_line(found)) }
            pre.board tabindex="0" { (storyboard::board(found, labels)) "again: " (row::explain(found)) }
        },
    )
}
