//! Scenarios: one question each, in a TOML file whose name is its id. A file registers itself by being there.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use model::design::{Design, PRESETS};
use model::invariant;
use model::setup::{Account, Asked, Faults, Setup};
use model::situation;
use serde::Deserialize;

use crate::verdict::Expected;

/// A question: who asks for what, what may go wrong, and what is expected of each design.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// The file's name without `.toml`; begins with its risk.
    pub id: String,
    /// What it is about, in a line.
    pub title: String,
    /// Why it is asked, in prose.
    pub why: String,
    /// What is left out, each in a line.
    pub folded: Vec<String>,
    /// Per design, in the order of the presets: its world and what is expected.
    pub cases: Vec<Case>,
}

/// One design under one scenario.
#[derive(Clone, Debug)]
pub struct Case {
    /// The world.
    pub setup: Setup,
    /// By place in [`invariant::ALL`].
    pub expected: Vec<Expected>,
    /// For each `any`: why either is right, by invariant id.
    pub reasons: BTreeMap<String, String>,
    /// Ids of situations that must have been seen.
    pub seen: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    title: String,
    why: String,
    #[serde(default)]
    folded: Vec<String>,
    gateways: u8,
    accounts: Vec<Account>,
    requests: Vec<Asked>,
    faults: Faults,
    #[serde(default)]
    seen: Vec<String>,
    expect: BTreeMap<String, ExpectedOfDesign>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ExpectedOfDesign {
    #[serde(default)]
    broken: Vec<String>,
    #[serde(default)]
    any: BTreeMap<String, String>,
    #[serde(default)]
    seen: Vec<String>,
}

/// A scenario that cannot be read, with file, line and what would be valid.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ScenarioError {
    /// The file cannot be read.
    #[error("{file}: {why}")]
    Unreadable {
        /// Which file.
        file: String,
        /// What the system says.
        why: String,
    },
    /// Its text is wrong.
    #[error("{file}:{line}: {why}")]
    Wrong {
        /// Which file.
        file: String,
        /// Which line, from 1.
        line: usize,
        /// The key, what it says, and what would be valid.
        why: String,
    },
    /// No scenario of that id.
    #[error("`{id}` is no scenario: valid are {valid}")]
    Unknown {
        /// What was asked for.
        id: String,
        /// The ids there are.
        valid: String,
    },
}

/// Reads every scenario of a folder, by id.
///
/// # Errors
/// The first file that is wrong.
pub fn load_all(folder: &Path) -> Result<Vec<Scenario>, ScenarioError> {
    let unreadable = |why: std::io::Error| ScenarioError::Unreadable { file: shown(folder), why: why.to_string() };
    let mut files: Vec<PathBuf> = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        if path.extension().is_some_and(|extension| extension == "toml") {
            files.push(path);
        }
    }
    files.sort();
    files.iter().map(|path| load(path)).collect()
}

fn load(path: &Path) -> Result<Scenario, ScenarioError> {
    let file = shown(path);
    let text = std::fs::read_to_string(path)
        .map_err(|why| ScenarioError::Unreadable { file: file.clone(), why: why.to_string() })?;
    let id = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    parse(&id, &file, &text)
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}

/// Reads one scenario from its text; `file` is what errors name.
///
/// # Errors
/// File, line, key and what would be valid.
pub fn parse(id: &str, file: &str, text: &str) -> Result<Scenario, ScenarioError> {
    let wrong = |needle: &str, why: String| {
        let line = text.lines().position(|line| line.contains(needle)).map_or(1, |place| place + 1);
        ScenarioError::Wrong { file: file.to_owned(), line, why }
    };
    if !["p0-", "p1-", "p2-", "st-"].iter().any(|risk| id.starts_with(risk)) {
        return Err(wrong("title", format!("the file's name `{id}` must begin with its risk, such as p0-3-")));
    }
    let parsed: File = toml::from_str(text).map_err(|error| {
        let before = error.span().map_or(0, |span| span.start);
        let line = text.get(..before).map_or(1, |part| part.matches('\n').count() + 1);
        ScenarioError::Wrong { file: file.to_owned(), line, why: error.message().to_owned() }
    })?;
    for (key, text) in [("title", &parsed.title), ("why", &parsed.why)] {
        if text.trim().is_empty() {
            return Err(wrong(key, format!("`{key}` is blank: it must say in words what is asked")));
        }
    }
    for name in parsed.expect.keys() {
        let known = PRESETS.iter().any(|preset| preset.name == name);
        if !known {
            let valid = PRESETS.iter().map(|preset| preset.name).collect::<Vec<_>>().join(", ");
            return Err(wrong(name, format!("`expect.{name}` names no design: valid are {valid}")));
        }
    }
    let mut cases = Vec::new();
    for preset in PRESETS {
        if let Some(expect) = parsed.expect.get(preset.name) {
            cases.push(case(&parsed, preset.design, expect, &wrong)?);
        }
    }
    if cases.is_empty() {
        return Err(wrong("expect", "`expect` names no design: write at least `[expect.as-reported]`".to_owned()));
    }
    Ok(Scenario {
        id: id.to_owned(),
        title: parsed.title,
        why: parsed.why.trim().to_owned(),
        folded: parsed.folded,
        cases,
    })
}

fn case(
    file: &File,
    design: Design,
    expect: &ExpectedOfDesign,
    wrong: &dyn Fn(&str, String) -> ScenarioError,
) -> Result<Case, ScenarioError> {
    let (accounts, requests) = (file.accounts.clone(), file.requests.clone());
    let setup = Setup::new(accounts, requests, file.gateways, file.faults, design).map_err(|error| {
        let why = error.to_string();
        let quoted: Vec<&str> = why.split('`').skip(1).step_by(2).collect();
        let needle = quoted.last().copied().unwrap_or("requests").to_owned();
        wrong(&needle, why)
    })?;
    if let Some(id) = expect.broken.iter().find(|id| expect.any.contains_key(*id)) {
        return Err(wrong(
            id,
            format!("`expect.{design}` names `{id}` under both `broken` and `any`: one of them is valid"),
        ));
    }
    if let Some((id, _)) = expect.any.iter().find(|(_, reason)| reason.trim().is_empty()) {
        return Err(wrong(
            "any",
            format!("`expect.{design}.any.{id}` is blank: it must say why either verdict is right"),
        ));
    }
    let mut expected = vec![Expected::Holds; invariant::ALL.len()];
    let broken = expect.broken.iter().map(|id| (id, Expected::Broken));
    for (id, expectation) in broken.chain(expect.any.keys().map(|id| (id, Expected::Any))) {
        let place = invariant::place(id).ok_or_else(|| {
            let valid = invariant::ALL.iter().map(|invariant| invariant.id).collect::<Vec<_>>().join(", ");
            wrong(id, format!("`expect.{design}` names the invariant `{id}`: valid are {valid}"))
        })?;
        expected[place] = expectation;
    }
    let seen: Vec<String> = file.seen.iter().chain(&expect.seen).cloned().collect();
    for id in &seen {
        if situation::find(id).is_none() {
            let valid = situation::ALL.iter().map(|situation| situation.id).collect::<Vec<_>>().join(", ");
            return Err(wrong(id, format!("`seen` names the situation `{id}`: valid are {valid}")));
        }
    }
    Ok(Case { setup, expected, reasons: expect.any.clone(), seen })
}
