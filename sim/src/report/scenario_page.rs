//! The section of one scenario: why it is asked, its bounds, and what each design does in it.

use maud::{Markup, html};
use model::invariant;
use model::setup::Setup;

use crate::report::index_page::{anchor, badge, counterexample_anchor};
use crate::report::matrix;
use crate::report::terminal::looked;
use crate::report::text::{counted, grouped};
use crate::scenario::{Case, Scenario};
use crate::verdict::{Engine, Expected, Finding, Findings, Verdict};

/// The section.
pub(super) fn section(scenario: &Scenario, findings: &Findings) -> Markup {
    html! {
        article.scenario id=(anchor(&scenario.id)) {
            h3 { (scenario.title) }
            p.from { code { (scenario.id) } " · " a href="#matrix" { "back to the matrix" } }
            p { (scenario.why) }
            @if let Some(case) = scenario.cases.first() { (bounds(&case.setup)) }
            @if !scenario.folded.is_empty() {
                h4 { "Left out" }
                ul { @for line in &scenario.folded { li { (line) } } }
            }
            (verdicts(scenario, findings))
            (reasons(scenario, findings))
            (explored(scenario, findings))
        }
    }
}

fn bounds(setup: &Setup) -> Markup {
    let faults: Vec<String> = setup.faults.budgets().into_iter().filter(|(_, n)| *n > 0).map(fault).collect();
    html! {
        dl.bounds {
            dt { "accounts" }
            dd { @for account in &setup.accounts { span.item { (account.name) " with " (account.balance.money()) } } }
            dt { "requests" }
            dd {
                @for asked in &setup.requests {
                    span.item {
                        (asked.trace) ": " (asked.amount.money()) " of " (asked.account) ", "
                        (counted(u64::from(asked.attempts), "attempt"))
                    }
                }
            }
            dt { "gateways" } dd { (setup.gateways) }
            dt { "faults" }
            dd { @if faults.is_empty() { "none" } @else { @for fault in &faults { span.item { (fault) } } } }
        }
    }
}

fn fault((id, budget): (&'static str, u8)) -> String {
    format!("{id}, up to {budget}")
}

fn verdicts(scenario: &Scenario, findings: &Findings) -> Markup {
    html! {
        table.stack {
            thead {
                tr { th { "invariant" } @for case in &scenario.cases { th { (matrix::design(case)) } } }
            }
            tbody {
                @for invariant in invariant::ALL {
                    tr {
                        th { a href={ "#invariant-" (invariant.id) } { (invariant.id) } }
                        @for case in &scenario.cases {
                            td data-label=(matrix::design(case)) { (cell(scenario, case, invariant.id, findings)) }
                        }
                    }
                }
            }
        }
    }
}

/// What each engine says; one that adds nothing to the first is only named.
fn cell(scenario: &Scenario, case: &Case, invariant: &'static str, findings: &Findings) -> Markup {
    let found = |engine| matrix::one(findings, scenario, case, engine, invariant).map(|finding| (engine, finding));
    let found: Vec<(Engine, &Finding)> = Engine::ALL.into_iter().filter_map(found).collect();
    html! {
        @if found.is_empty() { span.none { "not asked" } }
        @for (engine, finding) in found {
            div.says {
                @if shown(findings, finding) {
                    a href={ "#" (counterexample_anchor(&scenario.id, matrix::design(case), invariant)) } {
                        (badge(finding.verdict))
                    }
                } @else { (badge(finding.verdict)) }
                @if !finding.as_expected { b.unexpected { " ! not as expected" } }
                small {
                    (engine.name()) @if let Some(steps) = finding.steps { ", " (counted(steps as u64, "step")) }
                    @if engine == Engine::Check { ", could have failed " (grouped(finding.could_have_failed)) "×" }
                }
            }
        }
    }
}

fn shown(findings: &Findings, finding: &Finding) -> bool {
    finding.verdict == Verdict::Broken
        && matrix::counterexamples(findings, &finding.scenario, &finding.design)
            .any(|found| found.breach.invariant == finding.invariant)
}

fn reasons(scenario: &Scenario, findings: &Findings) -> Markup {
    let told = |finding: &&Finding| matches!(finding.verdict, Verdict::Broken | Verdict::Unknown);
    let told: Vec<&Finding> =
        findings.findings.iter().filter(|finding| finding.scenario == scenario.id).filter(told).collect();
    let mut either = Vec::new();
    for case in &scenario.cases {
        either.extend(case.reasons.iter().map(|(invariant, reason)| (matrix::design(case), invariant, reason)));
    }
    html! {
        @if !told.is_empty() || !either.is_empty() {
            h4 { "Why" }
            ul.why {
                @for finding in told {
                    li { (badge(finding.verdict)) " " b { (finding.invariant) " in " (finding.design) } ", "
                        (finding.engine.name()) ": " (finding.why)
                        @if let Some(capsule) = &finding.capsule { " " code { (capsule) } } }
                }
                @for (design, invariant, reason) in either {
                    li { b { (invariant) " in " (design) } ", expected " (Expected::Any.words()) ": " (reason) }
                }
            }
        }
    }
}

fn explored(scenario: &Scenario, findings: &Findings) -> Markup {
    let of = |case: &Case| -> Vec<String> {
        matrix::explored(findings, &scenario.id, matrix::design(case)).map(looked).collect()
    };
    html! {
        h4 { "Looked at" }
        ul.why {
            @for case in &scenario.cases {
                @let looked = of(case);
                li { b { (matrix::design(case)) } ": "
                    @if looked.is_empty() { "nothing in this run" } @else { (looked.join("; ")) } }
            }
        }
    }
}
