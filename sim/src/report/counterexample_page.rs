//! The section of one counterexample: its story in a line, the diagram with the books beside it, the broken equation,
//! what happens without each fault, and the command that replays it.

use maud::{Markup, html};
use model::invariant;

use crate::report::diagram::Lanes;
use crate::report::labels::Labels;
use crate::report::page::{anchor, badge, counterexample_anchor};
use crate::report::row::{self, MONEY, Row};
use crate::report::text::{counted, width};
use crate::suite::story;
use crate::suite::verdict::{Counterexample, Finding, Verdict};

/// The section; `told` is the finding it belongs to, `labels` are those that the page has explained so far.
pub(super) fn section(found: &Counterexample, finding: Option<&Finding>, labels: &mut Labels) -> Markup {
    let names = labels.new_ones(Labels::of_story(found));
    let breach = &found.breach;
    let sentence = invariant::find(breach.invariant).map_or("", |invariant| invariant.sentence);
    html! {
        article.counterexample id=(counterexample_anchor(&found.scenario, &found.design, breach.invariant)) {
            h3 { (badge(Verdict::Broken)) " " (breach.invariant) " in " (found.design) }
            p.from {
                a href={ "#" (anchor(&found.scenario)) } { (found.scenario) }
                " · " (counted(found.run.entries.len() as u64, "move"))
                " · " a href="#matrix" { "back to the matrix" }
            }
            p.story { (row::in_a_line(found)) }
            p.rule { a href={ "#invariant-" (breach.invariant) } { (breach.invariant) } ": " (sentence) }
            (diagram(found))
            @if !names.is_empty() {
                p.legend { @for step in &names { span.item { b { (step) } " " (step.title()) } } }
            }
            div.after {
                (equation(found, finding))
                (without(found))
            }
            p.replay-lead { "Find it again, and replay it on real servers:" }
            pre.replay { code { (row::explain(found)) "\n" (row::replay(found)) } }
        }
    }
}

fn diagram(found: &Counterexample) -> Markup {
    let lanes = Lanes(story::lanes(&found.setup, &found.run));
    let opening = row::opening(found);
    let rows = row::rows(found);
    html! {
        table.diagram style=(lanes.lines()) {
            thead {
                tr { th.n { "#" } th.lanes { (lanes.heads()) }
                    @for (column, head) in MONEY.iter().enumerate() {
                        th.money style={ "width:" (room(column, &opening, &rows)) "ch" } { (head) }
                    } }
            }
            tbody {
                tr.opening {
                    td.n { "0" }
                    td.lanes { div.label { span { "before the first move" } } }
                    @for cell in &opening { td.money { (values(cell, cell)) } }
                }
                @for row in &rows { (of_move(&lanes, row, row.number == found.breach.after)) }
            }
        }
        p.legend {
            "Money after each move: balance and ledger in postgres (pending rows in brackets), hash and key in redis. "
            b { "◆" } " marks what the move changed."
        }
    }
}

fn of_move(lanes: &Lanes, row: &Row<'_>, breaks: bool) -> Markup {
    html! {
        tr.fault-row[row.did.mv.is_fault()].breach-row[breaks] {
            td.n { (row.number) }
            td.lanes {
                (lanes.segment(row))
                @if breaks { div.breaks { span { "✕ broken after this move" } } }
            }
            @for column in 0..MONEY.len() {
                td.money.changed[row.changed[column]] {
                    (values(&row.money[column], &row.before[column]))
                }
            }
        }
    }
}

/// The values of a cell, each on its own line; what changed is bold and marked.
fn values(now: &str, before: &str) -> Markup {
    html! {
        @for value in now.split(' ') {
            @if row::is_news(value, now, before) { b.value { span.mark { "◆" } " " (value) } }
            @else { span.value { (value) } }
        }
    }
}

/// Width for the longest number of a money column and its mark; keys, which have no numbers, may wrap.
fn room(column: usize, opening: &[String; 4], rows: &[Row<'_>]) -> usize {
    let cells = std::iter::once(&opening[column]).chain(rows.iter().map(|row| &row.money[column]));
    let longest = cells.flat_map(|cell| cell.split(' ')).map(width).max().unwrap_or(0);
    let most = if column == 3 { 14 } else { usize::MAX };
    longest.min(most).max(width(MONEY[column])) + 4
}

fn equation(found: &Counterexample, finding: Option<&Finding>) -> Markup {
    html! {
        div.equation {
            h4 { "What does not add up" }
            @if let Some(finding) = finding.filter(|finding| finding.why != story::sentence(&found.breach)) { p { (finding.why) } }
            table.figures {
                @for figure in &found.breach.figures { tr { th { (figure.name) } td { (figure.value) } } }
            }
        }
    }
}

fn without(found: &Counterexample) -> Markup {
    html! {
        @if !found.without.is_empty() {
            div.without {
                h4 { "Without each fault" }
                ul {
                    @for (fault, breaks) in &found.without {
                        li { "without " b { (fault) } ": " @if *breaks { "still broken" } @else { "passes" } }
                    }
                }
            }
        }
    }
}
