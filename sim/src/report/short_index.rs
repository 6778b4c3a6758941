//! The index that is committed: one page that needs no other, small enough to be reviewed. A run writes the whole site,
//! with a page for each scenario.

use maud::{DOCTYPE, Markup, PreEscaped, html};
use model::design::PRESETS;

use crate::report::claims_page::{risks, shown, where_seen};
use crate::report::labels::Labels;
use crate::report::page::{answered, safe, valued};
use crate::report::phrases::{as_expected_in_words, claims_in_words, fixes_in_words};
use crate::report::text::grouped;
use crate::report::{cell_totals, overview};
use crate::suite::claims::ClaimAnswer;
use crate::suite::explain;
use crate::suite::findings_index::FindingsIndex;
use crate::suite::fixes::Fix;
use crate::suite::scenario::Scenario;
use crate::suite::verdict::Findings;

/// The text of the page.
pub(super) fn index(scenarios: &[Scenario], answers: &[ClaimAnswer], fixes: &[Fix], findings: &Findings) -> String {
    let index = FindingsIndex::new(findings);
    let mut labels = Labels::new();
    let body = html! {
        (lead(scenarios, answers, fixes, findings))
        section id="claims" {
            h2 { "The claims, one by one" }
            p.note { "What the review says about causes and effects, in our words, put to the test in a scenario. Open a \
                counterexample to see its moves." }
            @for risk in risks(answers) {
                h3 id=(risk) { (risk) " " (risk.title()) }
                @for it in answers.iter().filter(|it| it.claim.risk == risk) {
                    (claim(it, &index, &mut labels))
                }
            }
        }
        section id="fixes" {
            h2 { "The fixes" }
            p.note { "Each is compared with the original, invariant by invariant, in every scenario in which both are known." }
            (of_fixes(fixes))
        }
        section id="matrix" {
            h2 { "Matrix" }
            pre.board tabindex="0" { (overview::matrix(scenarios, &index)) }
        }
        section id="designs" {
            h2 { "Designs" }
            dl { @for preset in PRESETS { dt { (preset.name) } dd { (preset.title) "." } } }
        }
    };
    page(&body)
}

fn lead(scenarios: &[Scenario], answers: &[ClaimAnswer], fixes: &[Fix], findings: &Findings) -> Markup {
    let unexpected = cell_totals::unexpected(&findings.findings).len();
    let unexpected = unexpected + answers.iter().filter(|it| !it.as_expected).count();
    html! {
        header {
            h1 { "Trial Balance" }
            p.lead {
                "A gateway charges its customers per call, and the money is written in two stores, either of which can fail \
                 between two writes. A review of it found risks and proposed fixes. Here each claim is put to the test, and \
                 where it comes true the shortest run that shows it is given, with the command that finds it again. "
                b { (claims_in_words(answers)) } " " b { (fixes_in_words(fixes)) }
            }
            p.tally {
                span { b { (scenarios.len()) } " scenarios" }
                span { b { (grouped(findings.findings.len() as u64)) } " verdicts" }
                @if unexpected == 0 { span { b { (as_expected_in_words(findings)) } } }
                @else { span { b.unexpected { "! " (unexpected) " not as expected or not known" } } }
            }
            p.note { code { "cargo run --release" } " writes the whole site, with a page for each scenario, to "
                code { "target/trial/index.html" } "." }
            nav { @for (id, name) in [("claims", "Claims"), ("fixes", "Fixes"), ("matrix", "Matrix"), ("designs", "Designs")] {
                a href={ "#" (id) } { (name) } } }
        }
    }
}

fn claim(it: &ClaimAnswer, index: &FindingsIndex<'_>, labels: &mut Labels) -> Markup {
    let ClaimAnswer { claim, answer, as_expected, evidence, why } = it;
    let all = index.counterexamples(&evidence.place.scenario, &evidence.design).iter();
    let found =
        all.copied().find(|found| evidence.steps.is_some() && found.breach.invariant == evidence.place.invariant);
    let found = evidence.run.as_deref().or(found);
    html! {
        div.claim id={ "claim-" (claim.id) } {
            p.answer { (answered(*answer)) @if !as_expected { b.unexpected { " ! expected " (claim.expect.words()) } } }
            div {
                p.says { (labels.explained(&claim.says)) }
                p.because { (labels.explained(&claim.because)) }
                p.note { (claim.id) ": " (where_seen(evidence)) ": " (why) }
                @if let Some(found) = found { (shown(found, labels)) }
            }
        }
    }
}

fn of_fixes(fixes: &[Fix]) -> Markup {
    html! {
        div.wide tabindex="0" {
            table.fixes {
                thead { tr { th { "fix" } th { "conclusion" } th.num { "cures" } th.num { "keeps" } th.num { "new" }
                    th { "worst of what it breaks" } } }
                tbody {
                    @for fix in fixes {
                        tr {
                            th { (fix.preset.name) small { (fix.preset.title) } }
                            td { (valued(fix.worth())) p.note { (fix.conclusion()) } }
                            td.num { (fix.cured.len()) } td.num { (fix.kept.len()) } td.num { (fix.new.len()) }
                            td { @if let Some(spot) = fix.worst().first() {
                                    code { (explain::command(&spot.scenario, &spot.design, spot.invariant)) }
                                } @else { span.none { "nothing" } } }
                        }
                    }
                }
            }
        }
    }
}

fn page(body: &Markup) -> String {
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { "Trial Balance" }
                style { (PreEscaped(include_str!("style.css"))) }
            }
            body { (body) }
        }
    };
    safe(&page.into_string()) + "\n"
}
