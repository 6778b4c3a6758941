//! Reads the file of the reasoned lines, as TOML, and reports errors by file, line and key.

use std::collections::BTreeSet;
use std::path::Path;

use model::design::Design;
use model::invariant;
use serde::Deserialize;

use crate::suite::reasoned::{Must, Reasoned};
use crate::suite::scenario::ScenarioError;
use crate::suite::tables::{self, Tables};

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
    let (file, text) = tables::read(&path)?;
    parse(&file, &text, scenarios)
}

/// Reads the lines from their text; `file` is the file name for errors.
///
/// # Errors
/// As [`load`].
pub fn parse(file: &str, text: &str, scenarios: &[&str]) -> Result<Vec<Reasoned>, ScenarioError> {
    let tables = Tables { file, text };
    let mut seen = BTreeSet::new();
    let mut lines = Vec::new();
    for written in tables.parse::<File>()?.reasoned {
        let begin = written.span().start;
        let line = resolve(written.into_inner(), scenarios).map_err(|(key, why)| tables.wrong(begin, key, why))?;
        if !seen.insert((line.design.clone(), line.invariant, line.scenario.clone())) {
            let why = format!("{} and {} are reasoned about twice", line.design, line.invariant);
            return Err(tables.wrong(begin, "design", why));
        }
        lines.push(line);
    }
    Ok(lines)
}

/// Checks that the values of the keys exist; an error names the key.
fn resolve(written: Written, scenarios: &[&str]) -> Result<Reasoned, (&'static str, String)> {
    let Written { design, invariant, must, scenario, because } = written;
    let design = design.parse::<Design>().map_err(|why| ("design", format!("`design`: {why}")))?.to_string();
    let invariant = invariant::known(&invariant).map_err(|why| ("invariant", format!("`invariant`: {why}")))?.id;
    if let Some(id) = &scenario {
        tables::known_scenario(id, scenarios).map_err(|why| ("scenario", format!("`scenario`: {why}")))?;
    }
    let because = because.split_whitespace().collect::<Vec<_>>().join(" ");
    if because.is_empty() {
        return Err(("because", "`because` is blank: it must say by which steps".to_owned()));
    }
    Ok(Reasoned { design, invariant, must, scenario, because })
}
