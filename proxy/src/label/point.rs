//! The identity of a request in a run: its label, and how many-th of its label it is.

use std::collections::BTreeMap;
use std::fmt::{self, Display, Formatter};

/// The columns that a short label takes at most.
const COLUMNS: usize = 60;

/// The name of a request.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Label {
    /// Everything that does not differ from run to run. Two requests are alike if this is equal.
    pub full: String,
    /// For a table in 80 columns. Labels that differ may share it.
    pub short: String,
}

impl Label {
    /// The label `full`, which tables show as `short`, cut to fit.
    #[must_use]
    pub fn new(full: String, short: &str) -> Self {
        Self { full, short: cut(short, "") }
    }
}

/// `text` cut, at a blank where it can be, so that it fits into a table with `end`, which is kept.
pub(super) fn cut(text: &str, end: &str) -> String {
    let room = COLUMNS.saturating_sub(end.chars().count());
    if text.chars().nth(room).is_none() {
        return format!("{text}{end}");
    }
    let limit = text.char_indices().nth(room.saturating_sub(2)).map_or(0, |(at, _)| at);
    let blank = if text[limit..].starts_with(' ') { Some(limit) } else { text[..limit].rfind(' ') };
    match blank.filter(|&at| at > limit / 2) {
        Some(at) => format!("{} …{end}", &text[..at]),
        None => format!("{}…{end}", &text[..limit]),
    }
}

/// A request in a run. It is found again in another run by this, and never by its ordinal among all requests.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Point {
    /// What is asked.
    pub label: Label,
    /// How many-th of its label it is in its run, from 1.
    pub occurrence: u32,
}

impl Display for Point {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self.occurrence {
            1 => write!(f, "{}", self.label.short),
            later => write!(f, "{} #{later}", self.label.short),
        }
    }
}

/// Counts the requests of each label in one run.
#[derive(Debug, Clone, Default)]
pub struct Occurrences {
    seen: BTreeMap<String, u32>,
}

impl Occurrences {
    /// The point of the next request, whose label is `label`.
    pub fn point(&mut self, label: Label) -> Point {
        let seen = self.seen.entry(label.full.clone()).or_default();
        *seen += 1;
        Point { label, occurrence: *seen }
    }
}
