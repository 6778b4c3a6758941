//! The sequence diagram, one SVG segment per move. Positions are percentages and sizes are pixels, so that a segment
//! fits any width without scaling its strokes, and the label is text of the page, which wraps and is never cut.

use maud::{Markup, html};
use model::moves::Move;

use crate::report::row::Row;
use crate::suite::story::{Lane, Outcome};

/// With more lanes than this, their short names are used.
const ROOMY: usize = 6;
/// Height of one arrow with its head.
const STEP: usize = 13;

/// The lanes of one diagram.
pub(super) struct Lanes(pub Vec<Lane>);

impl Lanes {
    /// Where a lane's line is, in percent of the width.
    fn x(&self, lane: Lane) -> f64 {
        let place = self.0.iter().position(|&other| other == lane).unwrap_or(0);
        (place as f64 + 0.5) * 100.0 / self.0.len() as f64
    }

    /// The names, each above its line.
    pub(super) fn heads(&self) -> Markup {
        let each = 100.0 / self.0.len() as f64;
        let name = if self.0.len() > ROOMY { Lane::short_name } else { Lane::name };
        html! {
            div.lane-names {
                @for lane in &self.0 { span style={ "width:" (percent(each)) } { (name(*lane)) } }
            }
        }
    }

    /// The lines behind every row, as a background: drawn once for the whole diagram, since there are many lanes and
    /// rows.
    pub(super) fn lines(&self) -> String {
        let line = |&lane: &Lane| {
            let x = percent(self.x(lane));
            format!("linear-gradient(var(--lane),var(--lane)) {x} 0/1px 100% no-repeat")
        };
        format!("--lanes:{}", self.0.iter().map(line).collect::<Vec<_>>().join(","))
    }

    /// One move: its label in full, and the arrow or bar below it.
    pub(super) fn segment(&self, row: &Row<'_>) -> Markup {
        let (from, to) = (self.x(row.line.from), self.x(row.line.to));
        let (left, right) = (from.min(to), 100.0 - from.max(to));
        let place =
            if left > 55.0 { format!("--r:{};--a:right", percent(right)) } else { format!("--l:{}", percent(left)) };
        html! {
            div.label style=(place) { span { (row.line.what) } }
            (self.drawing(row))
        }
    }

    fn drawing(&self, row: &Row<'_>) -> Markup {
        let (from, to) = (self.x(row.line.from), self.x(row.line.to));
        if from == to {
            return bar(from, row.did.mv);
        }
        let said = end_in_words(row);
        let answered = row.line.outcome == Outcome::Arrived && row.line.to != Lane::Client && row.did.call.is_some();
        let back = answered || row.line.outcome == Outcome::Lost || refused_by_store(row);
        let height = STEP * (1 + usize::from(back) + row.did.woke.len()) + 4;
        html! {
            svg.arrow height=(height) role="img" aria-label={ (row.line.from.name()) " to " (row.line.to.name()) ", " (said) } {
                (self.there(row, from, to))
                @if row.line.outcome == Outcome::Lost && ran(row) {
                    @let middle = on_the_way(to, from);
                    line.lost x1=(percent(to)) x2=(percent(middle)) y1=(2 * STEP - 4) y2=(2 * STEP - 4) {}
                    (mark(middle, 2 * STEP, "?"))
                } @else if answered || refused_by_store(row) {
                    (arrow(to, from, 2 * STEP - 4, if answered { "answer" } else { "refusal" }))
                }
                @for (place, (actor, _, _)) in row.did.woke.iter().enumerate() {
                    (arrow(to, self.x(Lane::Process(*actor)), STEP * (2 + usize::from(back) + place) - 4, "answer"))
                }
            }
        }
    }

    fn there(&self, row: &Row<'_>, from: f64, to: f64) -> Markup {
        let y = STEP - 4;
        match row.line.outcome {
            Outcome::Lost if !ran(row) => {
                let middle = on_the_way(from, to);
                html! {
                    line.lost x1=(percent(from)) x2=(percent(middle)) y1=(y) y2=(y) {}
                    (mark(middle, STEP, "?"))
                }
            }
            Outcome::Refused if row.did.mv.is_fault() => html! {
                (arrow(from, to, y, "refusal"))
                svg x=(percent(to)) y=(y) overflow="visible" { rect.fault x="0" y="-8" width="7" height="16" {} }
            },
            Outcome::Waits => html! {
                (arrow(from, to, y, "ask"))
                svg x=(percent(to)) y=(y) overflow="visible" {
                    rect.wait x="-21" y="-9" width="42" height="18" rx="3" {}
                    text.wait x="0" y="4" { "waits" }
                }
            },
            _ => arrow(from, to, y, "ask"),
        }
    }
}

/// Where a message gets lost: past the middle, so that it is not on a lane between the two.
fn on_the_way(from: f64, to: f64) -> f64 {
    from + (to - from) * 0.58
}

fn ran(row: &Row<'_>) -> bool {
    matches!(row.did.mv, Move::Lost { ran: true, .. })
}

fn refused_by_store(row: &Row<'_>) -> bool {
    row.line.outcome == Outcome::Refused && !row.did.mv.is_fault()
}

fn end_in_words(row: &Row<'_>) -> &'static str {
    match row.line.outcome {
        Outcome::Arrived => "arrives",
        Outcome::Lost => "lost",
        Outcome::Refused => "refused",
        Outcome::Waits => "waits",
        Outcome::Struck => "fault",
    }
}

fn arrow(from: f64, to: f64, y: usize, class: &str) -> Markup {
    let head = if to > from { "M0 0l-8-4v8z" } else { "M0 0l8-4v8z" };
    html! {
        line.(class) x1=(percent(from)) x2=(percent(to)) y1=(y) y2=(y) {}
        svg x=(percent(to)) y=(y) overflow="visible" { path.(class) d=(head) {} }
    }
}

fn mark(x: f64, y: usize, text: &str) -> Markup {
    html! {
        svg x=(percent(x)) y=(y) overflow="visible" {
            circle.mark cx="0" cy="-4" r="8" {}
            text.mark x="0" y="1" { (text) }
        }
    }
}

/// A fault across the lane it hits.
fn bar(x: f64, mv: Move) -> Markup {
    let word = mv.mark();
    html! {
        svg.arrow height="24" role="img" aria-label=(word) {
            svg x=(percent(x)) y="12" overflow="visible" {
                @if word.is_empty() {
                    circle.dot cx="0" cy="0" r="4" {}
                } @else {
                    rect.fault x="-36" y="-9" width="72" height="18" {}
                    text.fault x="0" y="4" { (word) }
                }
            }
        }
    }
}

fn percent(value: f64) -> String {
    format!("{value:.2}%")
}
