//! What the lists in TOML share, each a file of tables that name scenarios and invariants: how one is read, and where it is
//! wrong.

use std::path::Path;

use serde::de::DeserializeOwned;

use crate::suite::input;
use crate::suite::scenario::ScenarioError;

/// Reads such a file: its name for errors, and its text.
///
/// # Errors
/// The file, and why it cannot be read.
pub fn read(path: &Path) -> Result<(String, String), ScenarioError> {
    let file = path.display().to_string();
    match input::read(path) {
        Ok(text) => Ok((file, text)),
        Err(why) => Err(ScenarioError::Unreadable { file, why }),
    }
}

/// A file whose errors are named by line.
#[derive(Clone, Copy, Debug)]
pub struct Tables<'a> {
    /// Its name.
    pub file: &'a str,
    /// Its text.
    pub text: &'a str,
}

impl Tables<'_> {
    /// The content of the file.
    ///
    /// # Errors
    /// File, line, key and what would be valid.
    pub fn parse<T: DeserializeOwned>(self) -> Result<T, ScenarioError> {
        toml::from_str(self.text).map_err(|error| {
            let (line, why) = input::wrong_toml(self.text, &error);
            ScenarioError::Wrong { file: self.file.to_owned(), line, why }
        })
    }

    /// The error of a key in the table that begins at this byte; that of the table's first line if the key is not there.
    pub fn wrong(self, begin: usize, key: &str, why: String) -> ScenarioError {
        let first = self.text[..begin].matches('\n').count();
        let lines = self.text.lines().enumerate().skip(first);
        let mut inside = lines.take_while(|(at, line)| *at == first || !line.starts_with("[["));
        let of_key = |line: &str| line.strip_prefix(key).is_some_and(|rest| rest.trim_start().starts_with('='));
        let line = inside.find(|(_, line)| of_key(line)).map_or(first, |(at, _)| at) + 1;
        ScenarioError::Wrong { file: self.file.to_owned(), line, why }
    }
}

/// Checks that there is a scenario with this id; otherwise says which ids there are.
///
/// # Errors
/// What would be valid.
pub fn known_scenario(id: &str, scenarios: &[&str]) -> Result<(), String> {
    if scenarios.contains(&id) {
        return Ok(());
    }
    Err(format!("unknown scenario `{id}`; expected one of {}", scenarios.join(", ")))
}
