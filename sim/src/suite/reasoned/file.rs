//! Reads the file of the reasoned lines, as TOML, and reports errors by file, line and key.

use std::collections::BTreeSet;
use std::path::Path;

use model::design::Design;
use model::invariant;
use serde::Deserialize;

use crate::suite::input;
use crate::suite::reasoned::{Must, Reasoned};
use crate::suite::scenario::ScenarioError;

/// The name of the file of the reasoned lines, in the folder of the scenarios.
pub const FILE: &str = "reasoned.toml";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    reasoned: Vec<toml::Spanned<Written>>,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    design: String,
    invariant: String,
    must: Must,
    scenario: Option<String>,
    because: String,
}

/// Reads the lines of a folder of scenarios; `scenarios` are the ids that a line can name. Without the file there are
/// none.
///
/// # Errors
/// File, line, key and what would be valid.
pub fn load(folder: &Path, scenarios: &[&str]) -> Result<Vec<Reasoned>, ScenarioError> {
    let path = folder.join(FILE);
    if !path.exists() {
        return Ok(Vec::new());
    }
    let file = path.display().to_string();
    let text = input::read(&path).map_err(|why| ScenarioError::Unreadable { file: file.clone(), why })?;
    parse(&file, &text, scenarios)
}

/// Reads the lines from their text; `file` is the file name for errors.
///
/// # Errors
/// As [`load`].
pub fn parse(file: &str, text: &str, scenarios: &[&str]) -> Result<Vec<Reasoned>, ScenarioError> {
    let wrong = |line: usize, why: String| ScenarioError::Wrong { file: file.to_owned(), line, why };
    let parsed: File = toml::from_str(text).map_err(|error| {
        let (line, why) = input::wrong_toml(text, &error);
        wrong(line, why)
    })?;
    let mut seen = BTreeSet::new();
    let mut lines = Vec::new();
    for written in parsed.reasoned {
        let begin = written.span().start;
        let line = resolve(written.into_inner(), scenarios);
        let line = line.map_err(|(key, why)| wrong(line_of(text, begin, key), why))?;
        if !seen.insert((line.design.clone(), line.invariant, line.scenario.clone())) {
            let why = format!("{} and {} are reasoned about twice", line.design, line.invariant);
            return Err(wrong(line_of(text, begin, "design"), why));
        }
        lines.push(line);
    }
    Ok(lines)
}

/// The line of a key in the table that begins at this byte, or of the table if the key is not there.
fn line_of(text: &str, begin: usize, key: &str) -> usize {
    let first = text[..begin].matches('\n').count();
    let inside = text.lines().enumerate().skip(first).take_while(|(at, line)| *at == first || *line != "[[reasoned]]");
    let of_key = |line: &str| line.strip_prefix(key).is_some_and(|rest| rest.trim_start().starts_with('='));
    inside.into_iter().find(|(_, line)| of_key(line)).map_or(first, |(at, _)| at) + 1
}

/// Checks that the values of the keys exist; an error names the key.
fn resolve(written: Written, scenarios: &[&str]) -> Result<Reasoned, (&'static str, String)> {
    let Written { design, invariant, must, scenario, because } = written;
    let design = design.parse::<Design>().map_err(|why| ("design", format!("`design`: {why}")))?.to_string();
    let Some(invariant) = invariant::find(&invariant).map(|found| found.id) else {
        let ids: Vec<&str> = invariant::ALL.iter().map(|invariant| invariant.id).collect();
        return Err((
            "invariant",
            format!("`invariant`: unknown invariant `{invariant}`; expected one of {}", ids.join(", ")),
        ));
    };
    if let Some(id) = scenario.as_deref().filter(|id| !scenarios.contains(id)) {
        return Err((
            "scenario",
            format!("`scenario`: unknown scenario `{id}`; expected one of {}", scenarios.join(", ")),
        ));
    }
    let because = because.split_whitespace().collect::<Vec<_>>().join(" ");
    if because.is_empty() {
        return Err(("because", "`because` is blank: it must say by which steps".to_owned()));
    }
    Ok(Reasoned { design, invariant, must, scenario, because })
}
