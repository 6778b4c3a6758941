//! Choices as text, and what a text can be that names no design.

use std::fmt;

use crate::design::{Choice, Design};

/// A text that does not name a valid design.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnknownDesign {
    /// Neither a preset nor a list of choices.
    #[error("unknown design `{text}`; expected one of {valid}, or choices such as idempotency=A,cache=D")]
    Name {
        /// What was written.
        text: String,
        /// The presets.
        valid: String,
    },
    /// An option that does not exist.
    #[error("unknown option `{key}`; expected one of {}", Design::KEYS.join(", "))]
    Key {
        /// What was written.
        key: String,
    },
    /// A choice that does not exist.
    #[error("unknown choice `{key}={value}`; expected one of {valid}")]
    Value {
        /// The option.
        key: &'static str,
        /// What was written.
        value: String,
        /// The valid choices.
        valid: String,
    },
    /// The same option chosen twice.
    #[error("`{key}` is chosen twice")]
    Twice {
        /// The option.
        key: String,
    },
    /// Choices that exclude each other.
    #[error("{first} and {second} contradict each other: {why}")]
    Contradiction {
        /// One of them.
        first: Choice,
        /// The other.
        second: Choice,
        /// Why they exclude each other.
        why: &'static str,
    },
}

impl fmt::Display for Choice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}={}", self.key(), self.text())
    }
}
