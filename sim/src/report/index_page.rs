//! The HTML report: one file with everything, which needs neither script nor network.

use maud::{DOCTYPE, Markup, PreEscaped, html};
use model::design::PRESETS;
use model::invariant;

use crate::report::style::STYLE;
use crate::report::text::grouped;
use crate::report::{counterexample_page, matrix, scenario_page};
use crate::scenario::Scenario;
use crate::verdict::{Engine, Findings, Verdict};

/// The whole report.
pub fn index_html(scenarios: &[Scenario], findings: &Findings) -> String {
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { "Trial Balance" }
                style { (PreEscaped(STYLE)) }
            }
            body {
                (lead(scenarios, findings))
                (overview(scenarios, findings))
                (unknown(findings))
                (provenance(scenarios, findings))
                section id="counterexamples" {
                    h2 { "Counterexamples" }
                    @if findings.counterexamples.is_empty() { p { "None." } }
                    @for found in &findings.counterexamples { (counterexample_page::section(found, findings)) }
                }
                section id="scenarios" {
                    h2 { "Scenarios" }
                    @for scenario in scenarios { (scenario_page::section(scenario, findings)) }
                }
                (invariants())
                (designs())
            }
        }
    };
    page.into_string()
}

fn lead(scenarios: &[Scenario], findings: &Findings) -> Markup {
    let unexpected = matrix::unexpected(findings).len();
    html! {
        header {
            h1 { "Trial Balance" }
            p.lead {
                "When a gateway charges a customer for a call, the money is written in two stores, and either can fail \
                 between two writes. This report asks of each design of that charge whether any order of events, with \
                 crashes, lost replies and retries, takes the wrong amount, loses a charge, or tells a customer what is \
                 not so. Where the answer is yes, it shows the shortest way there, step by step, with a command that \
                 repeats it on real servers."
            }
            p.tally {
                @for verdict in [Verdict::Broken, Verdict::Unknown, Verdict::HoldsWithinBound, Verdict::Holds] {
                    span { b { (count(scenarios, findings, verdict)) } " " (badge(verdict)) }
                }
                span { "in " b { (scenarios.len()) } " scenarios; "
                    @if unexpected == 0 { b { "all as expected" } }
                    @else { b.unexpected { "! " (unexpected) " not as expected or not known" } } }
            }
            nav {
                @for (id, name) in [("matrix", "Matrix"), ("unknown", "Not known"), ("provenance", "How much was looked at"),
                    ("counterexamples", "Counterexamples"), ("scenarios", "Scenarios"), ("invariants", "Invariants"),
                    ("designs", "Designs")] { a href={ "#" (id) } { (name) } }
            }
        }
    }
}

fn count(scenarios: &[Scenario], findings: &Findings, verdict: Verdict) -> String {
    let known = |scenario: &Scenario| -> usize {
        let of = |case| matrix::together(findings, &scenario.id, matrix::design(case));
        scenario.cases.iter().flat_map(of).filter(|known| *known == verdict).count()
    };
    grouped(scenarios.iter().map(known).sum::<usize>() as u64)
}

fn overview(scenarios: &[Scenario], findings: &Findings) -> Markup {
    let asked = |name: &str| scenarios.iter().any(|s| s.cases.iter().any(|case| matrix::design(case) == name));
    let designs: Vec<&str> = PRESETS.iter().map(|preset| preset.name).filter(|name| asked(name)).collect();
    html! {
        section id="matrix" {
            h2 { "Matrix" }
            p.note { "The worst verdict of each scenario under each design, with the invariants that break." }
            table.stack.overview {
                thead { tr { th { "scenario" } @for design in &designs { th { a href="#designs" { (design) } } } } }
                tbody {
                    @for scenario in scenarios {
                        tr {
                            th { a href={ "#" (anchor(&scenario.id)) } { (scenario.title) } small { (scenario.id) } }
                            @for design in &designs { td data-label=(design) { (overview_cell(scenario, design, findings)) } }
                        }
                    }
                }
            }
            p.note { (badge(Verdict::Broken)) " a counterexample exists. " (badge(Verdict::Holds)) " everything within the \
                bounds was looked at. " (badge(Verdict::HoldsWithinBound)) " nothing found in what was looked at. "
                (badge(Verdict::Unknown)) " not known, the reason is given." }
        }
    }
}

fn overview_cell(scenario: &Scenario, design: &str, findings: &Findings) -> Markup {
    let worst = matrix::worst(findings, &scenario.id, design);
    let unexpected = matrix::of(findings, &scenario.id, design).filter(|finding| !finding.as_expected).count();
    html! {
        @if let Some(worst) = worst {
            a href={ "#" (anchor(&scenario.id)) } { (badge(worst)) }
            @if unexpected > 0 { b.unexpected { " ! " (unexpected) " not as expected" } }
            @for found in matrix::counterexamples(findings, &scenario.id, design) {
                a.cx href={ "#" (counterexample_anchor(&scenario.id, design, found.breach.invariant)) } {
                    (found.breach.invariant)
                }
            }
        } @else { span.none { "not asked" } }
    }
}

fn unknown(findings: &Findings) -> Markup {
    let unexpected = matrix::unexpected(findings);
    html! {
        section id="unknown" {
            h2 { "Not as expected, not known, not run" }
            @if unexpected.is_empty() { p { "Every verdict that was asked for is known and as expected." } }
            ul.why {
                @for finding in unexpected {
                    li { (badge(finding.verdict)) " " a href={ "#" (anchor(&finding.scenario)) } { (finding.scenario) } ", "
                        (finding.design) ", " b { (finding.invariant) } ", " (finding.engine.name()) "; "
                        (matrix::instead(finding)) }
                }
                @for not_run in &findings.not_run { li { b { (not_run.engine.name()) } " did not run: " (not_run.why) } }
            }
        }
    }
}

fn provenance(scenarios: &[Scenario], findings: &Findings) -> Markup {
    let n = |n: Option<u64>| n.map_or("-".to_owned(), grouped);
    html! {
        section id="provenance" {
            h2 { "How much was looked at" }
            p.note { "Every verdict is about these bounds and no more. Each scenario lists its accounts, requests and faults, \
                and what it leaves out." }
            div.scroll {
                table.counts {
                    thead { tr { th { "scenario" } th { "design" } th { "engine" } th.num { "states" } th.num { "edges" }
                        th.num { "depth" } th.num { "runs" } th { "complete" } } }
                    tbody {
                        @for scenario in scenarios {
                            @for explored in findings.explored.iter().filter(|explored| explored.scenario == scenario.id) {
                                tr {
                                    td { a href={ "#" (anchor(&scenario.id)) } { (scenario.id) } }
                                    td { (explored.design) } td { (explored.engine.name()) }
                                    td.num { (n(explored.states)) } td.num { (n(explored.generated)) }
                                    td.num { (n(explored.depth)) } td.num { (n(explored.runs)) }
                                    td { @if explored.engine != Engine::Check { "samples" } @else if explored.complete { "yes" }
                                        @else { "no" } }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn invariants() -> Markup {
    html! {
        section id="invariants" {
            h2 { "Invariants" }
            dl {
                @for invariant in invariant::ALL {
                    dt id={ "invariant-" (invariant.id) } { (invariant.id) small { " judged " (invariant.when.words()) } }
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
            dl { @for preset in PRESETS { dt { (preset.name) } dd { (preset.title) "." } } }
        }
    }
}

/// The anchor of a scenario; letters, digits and hyphens only.
pub(super) fn anchor(id: &str) -> String {
    format!("scenario-{}", plain(id))
}

/// The anchor of a counterexample.
pub(super) fn counterexample_anchor(scenario: &str, design: &str, invariant: &str) -> String {
    format!("counterexample-{}--{}--{}", plain(scenario), plain(design), plain(invariant))
}

fn plain(id: &str) -> String {
    id.replace('+', "-and-").chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect()
}

/// A verdict as a shape and a word; the colour repeats them.
pub(super) fn badge(verdict: Verdict) -> Markup {
    let (class, word) = match verdict {
        Verdict::Broken => ("broken", "BROKEN"),
        Verdict::Unknown => ("unknown", "unknown"),
        Verdict::Holds => ("holds", "holds"),
        Verdict::HoldsWithinBound => ("holds", "within bound"),
    };
    html! {
        span.verdict.(class) {
            svg width="12" height="12" aria-hidden="true" {
                @match verdict {
                    Verdict::Broken => path d="M1.5 1.5l9 9M10.5 1.5l-9 9" fill="none" stroke-width="2.6" {},
                    Verdict::Unknown => path d="M6 .9L11.1 6 6 11.1.9 6z" fill="none" stroke-width="1.6" {},
                    Verdict::Holds => circle cx="6" cy="6" r="5" stroke="none" {},
                    Verdict::HoldsWithinBound => {
                        circle cx="6" cy="6" r="4.4" fill="none" stroke-width="1.4" {}
                        path d="M6 1.6a4.4 4.4 0 0 0 0 8.8z" stroke="none" {}
                    },
                }
            }
            " " (word)
        }
    }
}
