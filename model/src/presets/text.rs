//! Designs as text: a preset's name or a list of choices.

use std::fmt;
use std::str::FromStr;

use crate::design::{Design, UnknownDesign};
use crate::presets::{PRESETS, Preset};

impl FromStr for Design {
    type Err = UnknownDesign;
    /// Reads a preset's name, or choices such as `idempotency=A,cache=D`; an option that is not named is as reported.
    fn from_str(text: &str) -> Result<Design, UnknownDesign> {
        if let Some(preset) = Preset::named(text) {
            return Ok(preset.design);
        }
        let valid = || PRESETS.iter().map(|preset| preset.name).collect::<Vec<_>>().join(", ");
        let unknown = || UnknownDesign::Name { text: text.to_owned(), valid: valid() };
        if !text.contains('=') {
            return Err(unknown());
        }
        let mut design = Design::AS_REPORTED;
        let mut chosen: Vec<&str> = Vec::new();
        for choice in text.split(',') {
            let (key, value) = choice.trim().split_once('=').ok_or_else(unknown)?;
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
