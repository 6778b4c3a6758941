//! The file of the claims: TOML to claims, with what is wrong told by file, line and key.

use std::path::Path;

use model::design::Design;
use model::invariant;
use model::risk::Risk;
use serde::Deserialize;

use crate::claims::{AS_REPORTED, Answer, Claim, Place};
use crate::input;
use crate::scenario::ScenarioError;

/// The file of the claims, in the folder of the scenarios.
pub const FILE: &str = "claims.toml";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    claim: Vec<Written>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    id: String,
    risk: String,
    says: String,
    scenario: String,
    invariant: String,
    elsewhere: Option<Place>,
    #[serde(default = "as_reported")]
    design: String,
    #[serde(default = "yes")]
    aimed: bool,
    because: String,
    expect: Answer,
}

fn yes() -> bool {
    true
}

fn as_reported() -> String {
    AS_REPORTED.to_owned()
}

/// Reads the claims of a folder of scenarios; `scenarios` are the ids a claim can name.
///
/// # Errors
/// File, line, key and what would be valid.
pub fn load(folder: &Path, scenarios: &[&str]) -> Result<Vec<Claim>, ScenarioError> {
    let path = folder.join(FILE);
    let file = path.display().to_string();
    let text = input::read(&path).map_err(|why| ScenarioError::Unreadable { file: file.clone(), why })?;
    parse(&file, &text, scenarios)
}

/// Reads the claims from their text; `file` is what errors name.
///
/// # Errors
/// As [`load`].
pub fn parse(file: &str, text: &str, scenarios: &[&str]) -> Result<Vec<Claim>, ScenarioError> {
    let wrong = |line: usize, why: String| ScenarioError::Wrong { file: file.to_owned(), line, why };
    let parsed: File = toml::from_str(text).map_err(|error| {
        let (line, why) = input::wrong_toml(text, &error);
        wrong(line, why)
    })?;
    let mut claims: Vec<Claim> = Vec::new();
    for written in parsed.claim {
        let id = written.id.clone();
        if claims.iter().any(|other| other.id == id) {
            let line = text.lines().enumerate().filter(|(_, line)| names(line, "id", &id)).nth(1);
            return Err(wrong(line.map_or(1, |(place, _)| place + 1), format!("the claim `{id}` appears twice")));
        }
        let claim = resolve(written, scenarios).map_err(|(key, why)| wrong(line_of(text, &id, key), why))?;
        claims.push(claim);
    }
    Ok(claims)
}

fn names(line: &str, key: &str, value: &str) -> bool {
    line.trim_start().starts_with(key) && line.contains(&format!("\"{value}\""))
}

/// The line of a claim's key, else the one of its id.
fn line_of(text: &str, id: &str, key: &str) -> usize {
    let begin = text.lines().position(|line| names(line, "id", id)).unwrap_or(0);
    let inside =
        text.lines().enumerate().skip(begin).take_while(|(place, line)| *place == begin || *line != "[[claim]]");
    let line = inside
        .into_iter()
        .find(|(_, line)| line.strip_prefix(key).is_some_and(|rest| rest.trim_start().starts_with('=')));
    line.map_or(begin, |(place, _)| place) + 1
}

/// Checks a claim's keys against what there is; an error names the key.
fn resolve(written: Written, scenarios: &[&str]) -> Result<Claim, (&'static str, String)> {
    let Written { id, risk, says, scenario, invariant, elsewhere, design, aimed, because, expect } = written;
    if id.strip_prefix(&risk).and_then(|rest| rest.strip_prefix('-')).is_none_or(str::is_empty) {
        return Err(("id", format!("`id` is `{id}`: it must be the risk and a number, such as {risk}-1")));
    }
    for (key, text) in [("says", &says), ("because", &because)] {
        if text.trim().is_empty() {
            return Err((key, format!("`{key}` of `{id}` is blank: it must say something")));
        }
    }
    let at = Place { scenario, invariant };
    known_place(&at, scenarios)?;
    if let Some(place) = &elsewhere {
        known_place(place, scenarios).map_err(|(key, why)| ("elsewhere", format!("`elsewhere.{key}`: {why}")))?;
    }
    design.parse::<Design>().map_err(|why| ("design", format!("`design` of `{id}`: {why}")))?;
    let valid: &[Answer] = match (&elsewhere, design.as_str()) {
        (Some(_), AS_REPORTED) => {
            &[Answer::Confirmed, Answer::Refuted, Answer::OnlyInTheCode, Answer::NeedsAnotherFault]
        }
        (Some(_), _) => &[Answer::Confirmed, Answer::Refuted, Answer::NeedsAnotherFault],
        (None, AS_REPORTED) => &[Answer::Confirmed, Answer::Refuted, Answer::OnlyInTheCode],
        (None, _) => &[Answer::Confirmed, Answer::Refuted],
    };
    if !valid.contains(&expect) {
        let valid: Vec<&str> = valid.iter().map(|answer| answer.words()).collect();
        let why = format!(
            "`expect` of `{id}` is `{}`, which cannot come out: valid are {}",
            expect.words(),
            valid.join(", ")
        );
        return Err(("expect", why));
    }
    let risk = risk.parse::<Risk>().map_err(|why| ("risk", format!("`risk` of `{id}`: {why}")))?;
    let (says, because) = (one_line(&says), one_line(&because));
    let aimed = aimed && design == AS_REPORTED;
    Ok(Claim { id, risk, says, at, elsewhere, design, aimed, because, expect })
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn known_place(place: &Place, scenarios: &[&str]) -> Result<(), (&'static str, String)> {
    if !scenarios.contains(&place.scenario.as_str()) {
        return Err(("scenario", format!("`{}` is no scenario: valid are {}", place.scenario, scenarios.join(", "))));
    }
    if invariant::find(&place.invariant).is_none() {
        let valid: Vec<&str> = invariant::ALL.iter().map(|invariant| invariant.id).collect();
        return Err(("invariant", format!("`{}` is no invariant: valid are {}", place.invariant, valid.join(", "))));
    }
    Ok(())
}
