//! The index: what is known in plain words, the claims, the fixes, the matrix, what is not known, what was explored.

use maud::{Markup, html};
use model::design::PRESETS;
use model::invariant;
use model::risk::Risk;

use crate::report::cell_totals::{instead, of_risk, risks, unexpected};
use crate::report::page::{INDEX, badge, design_anchor, page, path_of};
use crate::report::phrases::{as_expected_in_words, claims_in_words, fixes_in_words};
use crate::report::text::grouped;
use crate::report::{claims_page, claims_text, matrix};
use crate::suite::claims::ClaimAnswer;
use crate::suite::findings_index::{FindingsIndex, design};
use crate::suite::fixes::Fix;
use crate::suite::scenario::Scenario;
use crate::suite::verdict::{Engine, Explored, Findings, Verdict};

/// The most items listed; the summary has the others.
const LISTED: usize = 100;

/// Path and text of the index.
pub(super) fn index(
    scenarios: &[Scenario],
    answers: &[ClaimAnswer],
    fixes: &[Fix],
    findings: &Findings,
    index: &FindingsIndex<'_>,
) -> (String, String) {
    let body = html! {
        (lead(scenarios, answers, fixes, findings))
        section id="claims" {
            h2 { "The claims, one by one" }
            p.note { "What the review says about causes and effects, in our words, put to the test in a scenario." }
            (claims_page::claims(answers))
        }
        section id="fixes" {
            h2 { "The fixes" }
            p.note { "Each is compared with the original, invariant by invariant, in every scenario in which both are known. A \
                fix was proposed for what the claims of its risk are about, in the scenarios of its risk. " (claims_text::KINDS) }
            (claims_page::fixes(fixes))
        }
        section id="matrix" {
            h2 { "Matrix" }
            p.note { "Breaches of each design in the scenarios of each risk; an invariant counts once per scenario. Its own risk \
                is framed. \"= as-reported\": there the design is the same world as that one. \"in 1 of 2\": over 1 of the risk's 2 scenarios \
                only, not to be compared with the others." }
            (matrix::of_risks(scenarios, index))
            p.note { (badge(Verdict::Broken)) " a counterexample exists. " (badge(Verdict::Holds)) " everything within the \
                bounds was looked at. " (badge(Verdict::HoldsWithinBound)) " nothing found in what was looked at. "
                (badge(Verdict::Unknown)) " not known, the reason is given." }
        }
        section id="scenarios" {
            h2 { "Scenarios" }
            @for risk in risks(scenarios) { (of_one_risk(scenarios, risk, index)) }
        }
        (not_known(answers, findings))
        (provenance(scenarios, index))
        (invariants())
        (designs())
    };
    (INDEX.to_owned(), page("Trial Balance", "", &body))
}

fn lead(scenarios: &[Scenario], answers: &[ClaimAnswer], fixes: &[Fix], findings: &Findings) -> Markup {
    let sections = [
        ("claims", "Claims"),
        ("fixes", "Fixes"),
        ("matrix", "Matrix"),
        ("scenarios", "Scenarios"),
        ("unknown", "Not known"),
        ("provenance", "How much was looked at"),
        ("invariants", "Invariants"),
        ("designs", "Designs"),
    ];
    let unexpected = unexpected(&findings.findings).len() + answers.iter().filter(|it| !it.as_expected).count();
    html! {
        header {
            h1 { "Trial Balance" }
            p.lead {
                "A gateway charges its customers per call, and the money is written in two stores, either of which can fail \
                 between two writes. A review of it found risks and proposed fixes. Here each is put to the test: is there any \
                 order of events, with crashes, lost replies and retries, that takes the wrong amount, loses a charge, or \
                 tells a customer what is not so? Where there is one, the shortest is shown, step by step, with a command \
                 that repeats it on real servers. " b { (claims_in_words(answers)) } " " b { (fixes_in_words(fixes)) }
            }
            p.tally {
                span { b { (scenarios.len()) } " scenarios" }
                span { b { (grouped(findings.findings.len() as u64)) } " verdicts" }
                span { b { (grouped(findings.counterexamples.len() as u64)) } " counterexamples" }
                @if unexpected == 0 { span { b { (as_expected_in_words(findings)) } } }
                @else { a href="#unknown" { b.unexpected { "! " (unexpected) " not as expected or not known" } } }
            }
            nav { @for (id, name) in sections { a href={ "#" (id) } { (name) } } }
        }
    }
}

fn of_one_risk(scenarios: &[Scenario], risk: Risk, index: &FindingsIndex<'_>) -> Markup {
    html! {
        h3 id=(risk) { (risk) " " (risk.title()) }
        (matrix::of_scenarios(scenarios, risk, index))
        ul.questions {
            @for scenario in of_risk(scenarios, risk) {
                li { a href=(path_of(&scenario.id)) { (scenario.title) } " " small { (scenario.id) } }
            }
        }
    }
}

fn not_known(answers: &[ClaimAnswer], findings: &Findings) -> Markup {
    let unexpected = unexpected(&findings.findings);
    let claims: Vec<&ClaimAnswer> = answers.iter().filter(|it| !it.as_expected).collect();
    html! {
        section id="unknown" {
            h2 { "Not as expected, not known, not run" }
            @if unexpected.is_empty() && claims.is_empty() {
                @match findings.expected_nothing() {
                    0 => p { "Every verdict that was asked for is known and as expected." },
                    nothing => p { "No verdict is unexpected or unknown; of " (grouped(nothing as u64)) " nothing is expected." },
                }
            }
            ul.why {
                @for it in claims {
                    li { "claim " a href={ "#claim-" (it.claim.id) } { (it.claim.id) } ": " (it.answer.words())
                        ", expected " (it.claim.expect.words()) ": " (it.why) }
                }
                @for finding in unexpected.iter().take(LISTED) {
                    li { (badge(finding.verdict)) " " a href=(path_of(&finding.scenario)) { (finding.scenario) } ", "
                        (finding.design) ", " b { (finding.invariant) } ", " (finding.engine.name()) "; " (instead(finding)) }
                }
                @if unexpected.len() > LISTED { li { "and " (unexpected.len() - LISTED) " more, on the pages of the scenarios" } }
                @for not_run in &findings.not_run { li { b { (not_run.engine.name()) } " did not run: " (not_run.why) } }
            }
        }
    }
}

fn provenance(scenarios: &[Scenario], index: &FindingsIndex<'_>) -> Markup {
    html! {
        section id="provenance" {
            h2 { "How much was looked at" }
            p.note { "Every verdict is about these bounds and no more. Each scenario's page lists its accounts, requests and \
                faults, what it leaves out, and the numbers of each design." }
            div.wide tabindex="0" {
                table.counts {
                    thead { tr { th { "scenario" } th.num { "worlds" } th.num { "complete" } th.num { "states" } th.num { "moves" }
                        th.num { "deepest" } th.num { "sim seeds" } th.num { "real runs" } } }
                    tbody { @for scenario in scenarios { (looked_at(scenario, index)) } }
                }
            }
        }
    }
}

fn looked_at(scenario: &Scenario, index: &FindingsIndex<'_>) -> Markup {
    let of = |engine: Engine| {
        let all = scenario.cases.iter().flat_map(|case| index.explored(&scenario.id, &design(case)));
        all.copied().filter(|explored| explored.engine == engine).collect::<Vec<&Explored>>()
    };
    let (check, sim, real) = (of(Engine::Check), of(Engine::Sim), of(Engine::Real));
    let runs = |explored: &[&Explored]| explored.iter().filter_map(|explored| explored.runs).sum::<u64>();
    let complete: Vec<_> = check.iter().filter(|explored| explored.complete).collect();
    html! {
        tr {
            th { a href=(path_of(&scenario.id)) { (scenario.id) } }
            td.num { (scenario.cases.len()) }
            td.num { (complete.len()) " of " (check.len()) }
            td.num { (grouped(complete.iter().filter_map(|explored| explored.states).sum())) }
            td.num { (grouped(complete.iter().filter_map(|explored| explored.moves).sum())) }
            td.num { (complete.iter().filter_map(|explored| explored.depth).max().unwrap_or(0)) }
            td.num { (grouped(runs(&sim))) }
            td.num { (grouped(runs(&real))) }
        }
    }
}

fn invariants() -> Markup {
    html! {
        section id="invariants" {
            h2 { "Invariants" }
            dl {
                @for invariant in invariant::ALL {
                    dt id={ "invariant-" (invariant.id) } { (invariant.id) small { " " (invariant.concerns.words()) ", judged " (invariant.when.words()) } }
                    dd { (invariant.sentence) " " span.reason { (invariant.reason) } }
                }
            }
        }
    }
}

fn designs() -> Markup {
    html! {
        section id="designs" {
            h2 { "Designs" }
            dl { @for preset in PRESETS { dt id=(design_anchor(preset.name)) { (preset.name) } dd { (preset.title) "." } } }
        }
    }
}
