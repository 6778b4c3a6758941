//! The claims with their answers, and the value of each fix.

use maud::{Markup, html};
use model::invariant::Concern;
use model::risk::Risk;

use crate::report::labels::Labels;
use crate::report::page::{answered, counterexample_anchor, design_anchor, path_of, valued};
use crate::report::text::counted;
use crate::report::{row, storyboard};
use crate::suite::claims::{ClaimAnswer, Evidence};
use crate::suite::fixes::{Fix, Spot};
use crate::suite::verdict::Counterexample;

/// Every claim: what the review says, what is known, why, and where to see it.
pub(super) fn claims(answers: &[ClaimAnswer]) -> Markup {
    let mut labels = Labels::new();
    html! {
        @for risk in risks(answers) {
            h3 id={ "claims-" (risk) } { (risk) " " (risk.title()) }
            @for it in answers.iter().filter(|it| it.claim.risk == risk) { (claim(it, &mut labels)) }
        }
    }
}

/// The risks of the claims, in order.
pub(super) fn risks(answers: &[ClaimAnswer]) -> Vec<Risk> {
    let mut risks: Vec<Risk> = answers.iter().map(|it| it.claim.risk).collect();
    risks.dedup();
    risks
}

fn claim(it: &ClaimAnswer, labels: &mut Labels) -> Markup {
    let ClaimAnswer { claim, answer, as_expected, evidence, why } = it;
    // The page of the scenario shows the shortest breach; a run of the claim's own is shown here.
    let in_the_site = evidence.steps.is_some() && evidence.run.is_none();
    html! {
        div.claim id={ "claim-" (claim.id) } {
            p.answer { (answered(*answer)) @if !as_expected { b.unexpected { " ! expected " (claim.expect.words()) } } }
            div {
                p.says { (labels.explained(&claim.says)) }
                p.because { (labels.explained(&claim.because)) }
                p.note {
                    a href=(link(&evidence.place.scenario, &evidence.place.invariant, &evidence.design, in_the_site)) {
                        (where_seen(evidence))
                    }
                    ": " (why)
                }
                @if let Some(run) = &evidence.run { (shown(run, labels)) }
            }
        }
    }
}

/// Where the evidence is, in words; for a run of the claim's own also what must occur in it.
pub(super) fn where_seen(evidence: &Evidence) -> String {
    let Evidence { place, design, steps, .. } = evidence;
    let steps = steps.map_or(String::new(), |steps| format!(", {}", counted(steps as u64, "move")));
    let way = if steps.is_empty() { String::new() } else { place.route.words() };
    let way = if way.is_empty() { way } else { format!(" {way}") };
    format!("{} in {}, {design}{steps}{way}", place.invariant, place.scenario)
}

/// A counterexample that the section of a claim shows itself.
pub(super) fn shown(found: &Counterexample, labels: &mut Labels) -> Markup {
    html! {
        details {
            summary { "counterexample: " (row::in_a_line(found)) }
            pre.board tabindex="0" { (storyboard::board(found, labels)) }
        }
        pre.replay { code { (row::explain(found)) } }
    }
}

fn link(scenario: &str, invariant: &str, design: &str, shown: bool) -> String {
    let anchor = if shown { counterexample_anchor(scenario, design, invariant) } else { design_anchor(design) };
    format!("{}#{anchor}", path_of(scenario))
}

/// Every fix: a line of conclusion, its breaches of each kind before and after, and the worst of what is new.
pub(super) fn fixes(fixes: &[Fix]) -> Markup {
    html! {
        div.wide tabindex="0" {
            table.fixes {
                thead { tr { th { "fix" } th { "conclusion" }
                    @for kind in Concern::ALL { th.num { (kind.words()) } }
                    th { "worst of what it breaks" } } }
                tbody {
                    @for fix in fixes {
                        tr {
                            th { a href={ "#" (design_anchor(fix.preset.name)) } { (fix.preset.name) } small { (fix.preset.title) } }
                            td { (valued(fix.worth())) p.note { (fix.conclusion()) } }
                            @for kind in Concern::ALL { td.num { (before_and_after(fix, kind)) } }
                            td { @if fix.new.is_empty() { span.none { "nothing" } }
                                @for spot in fix.worst() { (to(spot)) } }
                        }
                    }
                }
            }
        }
    }
}

/// Number of breaches of one kind under the original, and under the fix.
pub(super) fn before_and_after(fix: &Fix, kind: Concern) -> String {
    let (before, after) = fix.breaches(kind);
    format!("{before} to {after}")
}

fn to(spot: &Spot) -> Markup {
    let Spot { scenario, invariant, design, steps, shown, .. } = spot;
    html! {
        a.cx href=(link(scenario, invariant, design, *shown)) {
            (invariant) " in " (scenario) @if let Some(steps) = steps { ", " (counted(*steps as u64, "move")) }
        }
    }
}
