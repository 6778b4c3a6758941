//! The names of the system's tables, columns and keys. Every name has a default, that of the data model; a file states
//! the differences, and `false` for what does not exist.

mod tables;
mod values;

use std::ops::Range;

use crate::cache::Hole;

pub use tables::{ApiKey, Budget, KeyFields, Ledger, Mapping, Quota, QuotaFields, Redis, Usage};
pub use values::{BudgetUnit, ColumnName, Keys, Name, SchemaName, Word};

/// A mapping that cannot be used: which line, which key, what would be valid.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{line}: {why}")]
pub struct MappingError {
    /// The file, as the user named it.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// The key, its value and what would be valid.
    pub why: String,
}

impl Mapping {
    /// Reads a mapping from its text; errors refer to it as `file`.
    ///
    /// # Errors
    /// [`MappingError`].
    pub fn parse(file: &str, text: &str) -> Result<Mapping, MappingError> {
        let mapping: Mapping = toml::from_str(text).map_err(|error| {
            let (line, key) = place(text, error.span());
            let named = error.message().contains('`') && error.message().starts_with("unknown field");
            let why = match key {
                Some(key) if !named => format!("`{key}`: {}", error.message()),
                _ => error.message().to_owned(),
            };
            MappingError { file: file.to_owned(), line, why }
        })?;
        mapping.consistent().map_err(|(key, why)| {
            let line = text.lines().position(|line| key_of(line) == Some(key)).map_or(1, |place| place + 1);
            MappingError { file: file.to_owned(), line, why: format!("`{key}`: {why}") }
        })?;
        Ok(mapping)
    }

    /// Checks conditions between several keys; otherwise returns the key and the reason.
    fn consistent(&self) -> Result<(), (&'static str, String)> {
        let Ledger { effective, pending, void, takes, gives, signed, .. } = &self.ledger;
        let statuses = [("effective", effective), ("pending", pending), ("void", void)];
        let kinds = [("takes", takes), ("gives", gives), ("signed", signed)];
        for lists in [statuses, kinds] {
            for (place, (key, list)) in lists.iter().enumerate() {
                for (other, earlier) in &lists[..place] {
                    if let Some(word) = list.iter().find(|word| earlier.contains(word)) {
                        return Err((key, format!("`{}` is in `{other}` too: each word has one meaning", word.0)));
                    }
                }
            }
        }
        if effective.is_empty() {
            return Err(("effective", "at least one status must count, such as \"committed\"".to_owned()));
        }
        if takes.is_empty() {
            return Err(("takes", "at least one kind must be a charge, such as \"deduct\"".to_owned()));
        }
        let at = &self.redis;
        let templates: [(&str, &Keys, &[Hole], &str); 4] = [
            ("quota", &at.quota, &[Hole::Tenant], "{tenant}"),
            ("warming", &at.warming, &[Hole::Tenant], "{tenant}"),
            ("idempotency", &at.idempotency, &[Hole::Tenant, Hole::Trace], "{tenant} and then {trace}"),
            ("key", &at.key, &[Hole::Key], "{key}"),
        ];
        for (key, keys, holes, valid) in templates {
            if keys.0.as_ref().is_some_and(|template| template.holes() != holes) {
                return Err((key, format!("such a key is recognised by {valid}")));
            }
        }
        Ok(())
    }
}

/// The line, from 1, that contains an error, and the key on that line.
fn place(text: &str, span: Option<Range<usize>>) -> (usize, Option<&str>) {
    let before = text.get(..span.map_or(0, |span| span.start)).unwrap_or("");
    let line = before.matches('\n').count();
    (line + 1, text.lines().nth(line).and_then(key_of))
}

fn key_of(line: &str) -> Option<&str> {
    line.split_once('=').map(|(key, _)| key.trim()).filter(|key| !key.is_empty() && !key.starts_with('#'))
}
