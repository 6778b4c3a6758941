//! The page of one scenario: its reason, its bounds, what each design does in it, and every counterexample.

use std::collections::BTreeMap;

use maud::{Markup, html};
use model::flow::Asking;
use model::invariant::{self, Invariant};
use model::row::Request;
use model::setup::{Account, Requested, Setup};

use crate::report::counterexamples::counterexamples;
use crate::report::labels::Labels;
use crate::report::page::{anchor, badge, counterexample_anchor, design_anchor, page, path_of};
use crate::report::phrases::{also, looked};
use crate::report::text::{counted, grouped};
use crate::suite::findings_index::{FindingsIndex, design};
use crate::suite::scenario::Scenario;
use crate::suite::verdict::{Engine, Expected, Finding, Verdict};

/// Path and text of the page.
pub(super) fn scenario(scenario: &Scenario, index: &FindingsIndex<'_>) -> (String, String) {
    let mut labels = Labels::new();
    let (telling, quiet): (Vec<_>, Vec<_>) = invariant::ALL.iter().partition(|it| tells(scenario, it, index));
    let body = html! {
        nav { a href="../index.html" { "Trial Balance" } a href="#matrix" { "Verdicts" }
            a href="#counterexamples" { "Counterexamples" } a href="#looked-at" { "Looked at" } a href="#invariants" { "Invariants" } }
        header id=(anchor(&scenario.id)) {
            h1 { (scenario.title) }
            p.from { code { (scenario.id) } " · " a href={ "../index.html#" (scenario.risk) } { (scenario.risk) " " (scenario.risk.title()) } }
            p.lead { (labels.explained(&scenario.why)) }
        }
        @if let Some(case) = scenario.cases.first() { (bounds(&case.setup)) }
        @if !scenario.folded.is_empty() { p.note { "Left out: " (scenario.folded.join("; ")) "." } }
        section id="matrix" {
            h2 { "Verdicts" }
            (verdicts(scenario, &telling, index))
            (holds(scenario, &quiet, index))
            (reasons(scenario, index, &mut labels))
        }
        section id="counterexamples" {
            h2 { "Counterexamples" }
            (counterexamples(scenario, index, &mut labels))
        }
        (looked_at(scenario, index))
        section id="invariants" {
            h2 { "Invariants" }
            dl { @for invariant in invariant::ALL {
                dt id={ "invariant-" (invariant.id) } { (invariant.id) small { " judged " (invariant.when.words()) } }
                dd { (invariant.sentence) }
            } }
        }
    };
    (path_of(&scenario.id), page(&format!("{}: Trial Balance", scenario.title), "../", &body))
}

/// Whether an invariant is broken or unknown under any design.
pub(super) fn tells(scenario: &Scenario, invariant: &Invariant, index: &FindingsIndex<'_>) -> bool {
    scenario.cases.iter().any(|case| {
        let said = index.of(&scenario.id, &design(case)).iter().filter(|finding| finding.invariant == invariant.id);
        said.into_iter()
            .any(|finding| matches!(finding.verdict, Verdict::Broken | Verdict::Unknown) || !finding.as_expected)
    })
}

fn bounds(setup: &Setup) -> Markup {
    let budgets = setup.faults.budgets().into_iter().filter(|(_, n)| *n > 0);
    let faults: Vec<String> = budgets.map(|(id, budget)| format!("{id}, up to {budget}")).collect();
    let path = setup.path;
    let parts = [
        (path.auth, "auth"),
        (path.quota_check, "quota_check"),
        (path.upstream, "upstream"),
        (true, "billing"),
        (path.usage, "usage"),
        (true, "reply"),
    ];
    let parts: Vec<&str> = parts.into_iter().filter(|(walked, _)| *walked).map(|(_, part)| part).collect();
    html! {
        dl.bounds {
            dt { "path" } dd { (parts.join(", ")) }
            dt { "accounts" }
            dd { @for account in &setup.accounts { span.item { (opened(account)) } } }
            dt { "requests" }
            dd { @for request in setup.all_requests() { span.item { (asked(setup, request)) } } }
            dt { "gateways" } dd { (setup.gateways) ", from " (setup.today) }
            dt { "faults" }
            dd { @if faults.is_empty() { "none" } @else { @for fault in &faults { span.item { (fault) } } } }
        }
    }
}

fn opened(account: &Account) -> String {
    let mut said = format!("{} with {}", account.name, account.balance.money());
    if let Some(budget) = account.budget {
        said.push_str(&format!(", budget {}", budget.money()));
    }
    if account.used > 0 {
        said.push_str(&format!(", {} used", account.used));
    }
    if let Some(zone) = &account.zone {
        said.push_str(&format!(", in {}", zone.name));
    }
    for (is, words) in [(account.new, ", new"), (account.cold, ", no hash yet")] {
        said.push_str(if is { words } else { "" });
    }
    said
}

fn asked(setup: &Setup, request: Request) -> String {
    let (asked, charge) = (&setup.requests[request.index()], setup.input(request));
    let Requested { trace, account, attempts, .. } = asked;
    let what = match charge.asking {
        Asking::Charge if charge.commits => format!("charge {} of {account}", charge.amount),
        Asking::Charge => format!("charge {} of {account}, commit=False", charge.amount),
        Asking::Stream => streamed(setup, request),
        Asking::Recharge => format!("recharge {} for {account}", charge.amount),
        Asking::Reverse { of } => format!("reverse {} of {account}", setup.traces[of.index()]),
        Asking::DailyQuota(quota) => format!("daily quota of {account} := {quota}"),
    };
    format!("{trace}: {what}, {}", counted(u64::from(*attempts), "attempt"))
}

/// What a stream costs, depending on how far it gets.
fn streamed(setup: &Setup, request: Request) -> String {
    let charge = setup.input(request);
    let prices = &charge.stream;
    let usage = if prices.reports { "the provider reports usage" } else { "without a usage block" };
    format!(
        "stream for {}: {} in all, {} midway, by three tokens a chunk {} and {}, {usage}, estimate {}",
        setup.requests[request.index()].account,
        prices.whole,
        prices.midway,
        prices.guess_whole,
        prices.guess_midway,
        charge.estimate
    )
}

fn verdicts(scenario: &Scenario, telling: &[&Invariant], index: &FindingsIndex<'_>) -> Markup {
    html! {
        @if telling.is_empty() { p { "Every invariant holds under every design." } }
        div.wide tabindex="0" {
            table.matrix.verdicts {
                thead { tr { th { "design" } @for invariant in telling {
                    th { a href={ "#invariant-" (invariant.id) } title=(invariant.sentence) { (invariant.id) } } } } }
                tbody {
                    @for case in &scenario.cases {
                        @let name = design(case);
                        tr id=(design_anchor(&name)) {
                            th { (name) @if !case.also.is_empty() { small { "the same world: " (also(case)) } } }
                            @for invariant in telling { td.own[case.own] { (cell(scenario, &name, invariant.id, index)) } }
                        }
                    }
                }
            }
        }
    }
}

/// What all engines together know, then each engine's own verdict.
fn cell(scenario: &Scenario, name: &str, invariant: &'static str, index: &FindingsIndex<'_>) -> Markup {
    let Some(verdict) = index.verdict(&scenario.id, name, invariant) else {
        let looked = !index.of(&scenario.id, name).is_empty();
        return html! { span.none { @if looked { "vacuous" } @else { "not asked" } } };
    };
    let said = |engine| index.one(&scenario.id, name, engine, invariant).map(|finding| (engine, finding));
    let said: Vec<(Engine, &Finding)> = Engine::ALL.into_iter().filter_map(said).collect();
    let shown = index.counterexamples(&scenario.id, name).iter().any(|found| found.breach.invariant == invariant);
    html! {
        @if shown { a href={ "#" (counterexample_anchor(&scenario.id, name, invariant)) } { (badge(verdict)) } }
        @else { (badge(verdict)) }
        @for (engine, finding) in &said {
            small.engine { (engine.name()) " "
                @match (finding.verdict, finding.steps) {
                    (Verdict::Broken, Some(steps)) => (counted(steps as u64, "move")),
                    (Verdict::Broken, None) => "broken",
                    (Verdict::HoldsWithinBound, _) => "not seen",
                    (Verdict::Holds, _) => "holds",
                    (Verdict::Unknown, _) => "unknown",
                }
                @if !finding.as_expected { b.unexpected { " !" } }
            }
        }
    }
}

fn holds(scenario: &Scenario, quiet: &[&'static Invariant], index: &FindingsIndex<'_>) -> Markup {
    let occasions = |invariant: &Invariant| {
        let checked = scenario
            .cases
            .iter()
            .filter_map(|case| index.one(&scenario.id, &design(case), Engine::Check, invariant.id));
        checked.map(|finding| finding.non_vacuous).max().unwrap_or(0)
    };
    let (could, could_not): (Vec<_>, Vec<_>) = quiet.iter().map(|it| (it.id, occasions(it))).partition(|(_, n)| *n > 0);
    html! {
        @if !could.is_empty() {
            p { b { "Holds under every design: " } @for (id, n) in &could {
                span.item { a href={ "#invariant-" (id) } { (id) } " " small { "up to " (grouped(*n)) " non-vacuous evaluations" } } } }
        }
        @if !could_not.is_empty() {
            p.note { "Vacuous on this path: " @for (id, _) in &could_not { span.item { (id) } } }
        }
    }
}

fn reasons(scenario: &Scenario, index: &FindingsIndex<'_>, labels: &mut Labels) -> Markup {
    let mut unknown: BTreeMap<(&str, &str), Vec<String>> = BTreeMap::new();
    let mut either: Vec<(String, &String, Expected, String)> = Vec::new();
    for case in &scenario.cases {
        let name = design(case);
        for finding in index.of(&scenario.id, &name).iter().filter(|finding| finding.verdict == Verdict::Unknown) {
            let what = unknown.entry((finding.engine.name(), &finding.why)).or_default();
            what.push(format!("{} in {name}", finding.invariant));
        }
        let expected = |id: &str| invariant::place(id).map_or(Expected::Any, |place| case.expected[place]);
        either
            .extend(case.reasons.iter().map(|(id, reason)| (name.clone(), id, expected(id), labels.explained(reason))));
    }
    html! {
        @if !unknown.is_empty() || !either.is_empty() {
            h4 { "Why" }
            ul.why {
                @for ((engine, why), what) in &unknown {
                    li { (badge(Verdict::Unknown)) " (" (engine) ") " (why) ": " (what.join(", ")) }
                }
                @for (design, invariant, expected, reason) in either {
                    li { b { (invariant) " in " (design) } ", expected " (expected.words()) ": " (reason) }
                }
            }
        }
    }
}

fn looked_at(scenario: &Scenario, index: &FindingsIndex<'_>) -> Markup {
    html! {
        section id="looked-at" {
            h2 { "Looked at" }
            ul.why {
                @for case in &scenario.cases {
                    @let looked: Vec<String> = index.explored(&scenario.id, &design(case)).iter().map(|it| looked(it)).collect();
                    li { b { (design(case)) } ": "
                        @if looked.is_empty() { "nothing in this run" } @else { (looked.join("; ")) } }
                }
            }
        }
    }
}
