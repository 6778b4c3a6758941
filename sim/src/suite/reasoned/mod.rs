//! Results that are reasoned from the steps of the flows and not taken from a search: an oracle independent of the
//! program's own output. Lock files pin what check finds; a line here that they contradict fails.

mod compare;
mod file;

pub use compare::{compare, exit_code};
pub use file::{FILE, load, parse};

/// The required result.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Must {
    /// Some scenario breaks the invariant.
    Break,
    /// No scenario breaks it, and it could fail in some.
    Hold,
}

impl Must {
    /// The verb phrase for a sentence, after the design.
    pub fn words(self) -> &'static str {
        match self {
            Must::Break => "must break",
            Must::Hold => "must hold",
        }
    }
}

/// One line: what a design must do to an invariant, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reasoned {
    /// The design, by its name.
    pub design: String,
    /// Id of the invariant.
    pub invariant: &'static str,
    /// The required result.
    pub must: Must,
    /// The id of the only scenario that is meant; `None` means all of them together.
    pub scenario: Option<String>,
    /// The mechanism, in a sentence or two.
    pub because: String,
}

/// Whether what check finds agrees with a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Agreement {
    /// It does.
    Agrees,
    /// It does not: one of the two is wrong.
    Contradicts,
    /// It is not known.
    Unknown,
}

impl Agreement {
    /// The word, as a table has it.
    pub fn word(self) -> &'static str {
        match self {
            Agreement::Agrees => "agrees",
            Agreement::Contradicts => "CONTRADICTED",
            Agreement::Unknown => "UNKNOWN",
        }
    }
}

/// A line compared with what check finds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Compared {
    /// The line.
    pub line: Reasoned,
    /// Whether they agree.
    pub agreement: Agreement,
    /// What check finds, in words.
    pub found: String,
}
