//! What all pages share: the shell, anchors, links, and verdicts as a shape and a word.

use maud::{DOCTYPE, Markup, html};
use model::shown::is_hidden;

use crate::suite::claims::Answer;
use crate::suite::fixes::Worth;
use crate::suite::verdict::Verdict;

/// Where the style sheet is, in the site.
pub(super) const STYLE: &str = "style.css";
/// Where the index is, in the site.
pub(super) const INDEX: &str = "index.html";

/// A page; `root` is the path from its folder to that of the index.
pub(super) fn page(title: &str, root: &str, body: &Markup) -> String {
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) }
                link rel="stylesheet" href={ (root) (STYLE) };
            }
            body { (body) }
        }
    };
    safe(&page.into_string()) + "\n"
}

/// The page with invisible characters escaped, such as those that reverse the direction of text.
pub(super) fn safe(page: &str) -> String {
    let hidden = |c: char| is_hidden(c) && !matches!(c, '\n' | '\t');
    page.chars().map(|c| if hidden(c) { c.escape_default().to_string() } else { c.to_string() }).collect()
}

/// Where the page of a scenario is, in the site.
pub(super) fn path_of(scenario: &str) -> String {
    format!("scenarios/{}.html", plain(scenario))
}

/// The anchor of a scenario; letters, digits and hyphens only.
pub(super) fn anchor(id: &str) -> String {
    format!("scenario-{}", plain(id))
}

/// The anchor of a design's row on the page of a scenario, and of its entry in the index.
pub(super) fn design_anchor(design: &str) -> String {
    format!("design-{}", plain(design))
}

/// The anchor of a counterexample.
pub(super) fn counterexample_anchor(scenario: &str, design: &str, invariant: &str) -> String {
    format!("counterexample-{}--{}--{}", plain(scenario), plain(design), plain(invariant))
}

fn plain(id: &str) -> String {
    let spelled = id.replace('+', "-and-").replace('=', "-is-");
    spelled.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect()
}

/// A verdict as a shape and a word; the colour repeats them.
pub(super) fn badge(verdict: Verdict) -> Markup {
    let word = match verdict {
        Verdict::Broken => "BROKEN",
        Verdict::Unknown => "unknown",
        Verdict::Holds => "holds",
        Verdict::HoldsWithinBound => "within bound",
    };
    mark(verdict, word)
}

/// The shape and the colour of a verdict with another word.
pub(super) fn mark(verdict: Verdict, word: &str) -> Markup {
    let (class, shape) = match verdict {
        Verdict::Broken => ("broken", "cross"),
        Verdict::Unknown => ("unknown", "diamond"),
        Verdict::Holds => ("holds", "disc"),
        Verdict::HoldsWithinBound => ("holds", "half"),
    };
    drawn(class, shape, word)
}

/// The answer to a claim, as a shape and words. A confirmed claim is bad news.
pub(super) fn answered(answer: Answer) -> Markup {
    let (class, shape) = match answer {
        Answer::Confirmed => ("broken", "cross"),
        Answer::OnlyInTheCode => ("partly", "square"),
        Answer::NeedsAnotherFault => ("partly", "triangle"),
        Answer::Refuted => ("holds", "disc"),
        Answer::RefutedHere => ("partly", "half"),
        Answer::Unknown => ("unknown", "diamond"),
    };
    drawn(class, shape, answer.words())
}

/// The value of a fix, as a shape and a word.
pub(super) fn valued(worth: Worth) -> Markup {
    let (class, shape) = match worth {
        Worth::Works => ("holds", "disc"),
        Worth::Partly => ("partly", "square"),
        Worth::Useless => ("partly", "triangle"),
        Worth::Harms(_) => ("broken", "cross"),
        Worth::Unknown => ("unknown", "diamond"),
    };
    drawn(class, shape, worth.word())
}

fn drawn(class: &str, shape: &str, words: &str) -> Markup {
    html! {
        span.verdict.(class) {
            svg width="12" height="12" aria-hidden="true" {
                @match shape {
                    "cross" => path d="M1.5 1.5l9 9M10.5 1.5l-9 9" fill="none" stroke-width="2.6" {},
                    "diamond" => path d="M6 .9L11.1 6 6 11.1.9 6z" fill="none" stroke-width="1.6" {},
                    "square" => path d="M1.6 1.6h8.8v8.8H1.6z" fill="none" stroke-width="1.6" {},
                    "triangle" => path d="M6 1.4l5 9.2H1z" fill="none" stroke-width="1.6" {},
                    "half" => {
                        circle cx="6" cy="6" r="4.4" fill="none" stroke-width="1.4" {}
                        path d="M6 1.6a4.4 4.4 0 0 0 0 8.8z" stroke="none" {}
                    },
                    _ => circle cx="6" cy="6" r="5" stroke="none" {},
                }
            }
            " " (words)
        }
    }
}
