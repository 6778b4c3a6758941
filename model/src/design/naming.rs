//! Designs as text: a preset's name or a list of choices.

use std::fmt;
use std::str::FromStr;

use crate::design::{Choice, Design, PRESETS, Preset};

/// A text that does not name a valid design.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnknownDesign {
    /// Neither a preset nor a list of choices.
    #[error("unknown design `{text}`; expected one of {}, or choices such as idempotency=A,cache=D", preset_names())]
    Name {
        /// What was written.
        text: String,
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

fn preset_names() -> String {
    PRESETS.iter().map(|preset| preset.name).collect::<Vec<_>>().join(", ")
}

impl fmt::Display for Choice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}={}", self.key(), self.text())
    }
}

impl FromStr for Design {
    type Err = UnknownDesign;
    /// Reads a preset's name, or choices such as `idempotency=A,cache=D`; an option that is not named is as reported.
    fn from_str(text: &str) -> Result<Design, UnknownDesign> {
        if let Some(preset) = Preset::named(text) {
            return Ok(preset.design);
        }
        if !text.contains('=') {
            return Err(UnknownDesign::Name { text: text.to_owned() });
        }
        let mut design = Design::AS_REPORTED;
        let mut chosen: Vec<&str> = Vec::new();
        for choice in text.split(',') {
            let (key, value) =
                choice.trim().split_once('=').ok_or_else(|| UnknownDesign::Name { text: text.to_owned() })?;
            if chosen.contains(&key) {
                return Err(UnknownDesign::Twice { key: key.to_owned() });
            }
            chosen.push(key);
            design.set(key, value)?;
        }
        design.consistent()
    }
}

impl fmt::Display for Design {
    /// The preset's name, or the choices that are not as reported.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(preset) = self.preset() {
            return f.pad(preset.name);
        }
        f.pad(&self.chosen().map(|choice| choice.to_string()).collect::<Vec<_>>().join(","))
    }
}

as_text!(Design);
