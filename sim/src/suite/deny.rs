//! `--deny`: what makes a command fail whatever is expected, as a gate that lets no known breach pass.

use std::fmt;
use std::str::FromStr;

use model::invariant::{self, Concern};

use crate::suite::verdict::{Finding, Findings, Verdict};

/// What is denied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deny {
    /// Every broken invariant.
    Broken,
    /// Every broken invariant that is about money.
    Money,
}

/// Whether an invariant is about money.
pub fn is_money(invariant: &str) -> bool {
    invariant::find(invariant).is_some_and(|invariant| invariant.concerns == Concern::Money)
}

impl Deny {
    /// All that can be denied.
    pub const ALL: [Deny; 2] = [Deny::Broken, Deny::Money];

    /// The word for it, as commands spell it.
    pub fn word(self) -> &'static str {
        match self {
            Deny::Broken => "broken",
            Deny::Money => "money",
        }
    }

    /// The findings that it denies.
    pub fn of(self, findings: &Findings) -> Vec<&Finding> {
        let denied = |it: &&Finding| {
            it.verdict == Verdict::Broken
                && match self {
                    Deny::Broken => true,
                    Deny::Money => is_money(it.invariant),
                }
        };
        findings.findings.iter().filter(denied).collect()
    }
}

impl fmt::Display for Deny {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// A word that names nothing that can be denied.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` cannot be denied; expected one of broken, money")]
pub struct NothingToDeny(String);

impl FromStr for Deny {
    type Err = NothingToDeny;

    fn from_str(text: &str) -> Result<Deny, NothingToDeny> {
        Deny::ALL.into_iter().find(|deny| deny.word() == text).ok_or_else(|| NothingToDeny(text.to_owned()))
    }
}
