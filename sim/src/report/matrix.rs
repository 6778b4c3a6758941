//! The matrix in two steps: designs by risks, and for each risk the designs that differ there by its scenarios.

use maud::{Markup, html};
use model::risk::Risk;

use crate::report::cell_totals::{CellTotals, of_risk, risks};
use crate::report::page::{design_anchor, mark, path_of};
use crate::suite::findings_index::{FindingsIndex, case_of, design, designs};
use crate::suite::scenario::{Scenario, is_fix_of};
use crate::suite::verdict::Verdict;

/// Every design by every risk.
pub(super) fn of_risks(scenarios: &[Scenario], index: &FindingsIndex<'_>) -> Markup {
    let risks = risks(scenarios);
    html! {
        div.wide tabindex="0" {
            table.matrix {
                thead { tr { th { "design" } @for risk in &risks { th { a href={ "#" (risk) } title=(risk.title()) { (risk) } } } } }
                tbody {
                    @for name in designs(scenarios) {
                        tr {
                            th { a href={ "#" (design_anchor(&name)) } { (name) } }
                            @for risk in &risks {
                                @let totals = CellTotals::of(index, of_risk(scenarios, *risk), &name);
                                td.own[is_fix_of(&name, *risk)] {
                                    @if totals.is_another() { a.none href={ "#" (risk) } { "= " (twin(scenarios, *risk, &name)) } }
                                    @else { (cell(totals, &format!("#{risk}"))) }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// One risk's scenarios as columns; a row for each design that has a case of its own in one of them.
pub(super) fn of_scenarios(scenarios: &[Scenario], risk: Risk, index: &FindingsIndex<'_>) -> Markup {
    let columns: Vec<&Scenario> = of_risk(scenarios, risk).collect();
    let own = |name: &String| columns.iter().any(|s| s.cases.iter().any(|case| design(case) == *name));
    html! {
        div.wide tabindex="0" {
            table.matrix.scenarios {
                thead { tr { th { "design" } @for scenario in &columns {
                    th { a href=(path_of(&scenario.id)) title=(scenario.title) { (short(scenario)) } } } } }
                tbody {
                    @for name in designs(scenarios).into_iter().filter(own) {
                        tr {
                            th { (name) }
                            @for scenario in &columns { td.own[is_fix_of(&name, risk)] { (of_one(scenario, &name, index)) } }
                        }
                    }
                }
            }
        }
    }
}

fn of_one(scenario: &Scenario, name: &str, index: &FindingsIndex<'_>) -> Markup {
    let Some(case) = case_of(scenario, name) else { return html! { span.none { "not asked" } } };
    let speaks = design(case);
    let link = format!("{}#{}", path_of(&scenario.id), design_anchor(&speaks));
    if speaks != name {
        return html! { a.none href=(link) { "= " (speaks) } };
    }
    cell(CellTotals::of(index, std::iter::once(scenario), name), &link)
}

/// A cell: the shape and the words of its worst verdict, and the number of unexpected ones.
fn cell(totals: CellTotals, link: &str) -> Markup {
    html! {
        @match totals.worst {
            None => span.none { "not asked" },
            Some(worst) => {
                a href=(link) { (mark(worst, &format!("{}{}", totals.words(), totals.in_part()))) }
                @if worst == Verdict::Broken && totals.unknown > 0 { small { " + " (totals.unknown) " unknown" } }
                @if totals.surprises > 0 { b.unexpected { " ! " (totals.surprises) } }
            }
        }
    }
}

/// The designs that make the same world in the scenarios of a risk.
fn twin(scenarios: &[Scenario], risk: Risk, name: &str) -> String {
    let mut twins: Vec<String> = Vec::new();
    for case in of_risk(scenarios, risk).filter_map(|scenario| case_of(scenario, name)) {
        if !twins.contains(&design(case)) {
            twins.push(design(case));
        }
    }
    twins.join(", ")
}

/// A scenario's id without its risk, which is in the heading.
fn short(scenario: &Scenario) -> &str {
    let id = scenario.id.as_str();
    id.strip_prefix(scenario.risk.id()).and_then(|rest| rest.strip_prefix('-')).unwrap_or(id)
}
