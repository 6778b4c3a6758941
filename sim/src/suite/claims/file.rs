//! The file of the claims: reads TOML into claims and reports errors by file, line and key.

use std::path::Path;

use model::design::Design;
use model::invariant;
use model::presets::AS_REPORTED;
use model::risk::Risk;
use serde::Deserialize;

use crate::suite::claims::{Answer, Claim, Place};
use crate::suite::route::{Route, Waypoint};
use crate::suite::scenario::ScenarioError;
use crate::suite::tables::{self, Tables};

/// The name of the file of the claims, in the folder of the scenarios.
pub const FILE: &str = "claims.toml";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    claim: Vec<toml::Spanned<Written>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    id: String,
    risk: String,
    says: String,
    scenario: String,
    invariant: String,
    #[serde(default)]
    through: Vec<String>,
    #[serde(default)]
    without: Vec<String>,
    elsewhere: Option<WrittenPlace>,
    #[serde(default = "as_reported")]
    design: String,
    #[serde(default = "yes")]
    aimed: bool,
    because: String,
    expect: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenPlace {
    scenario: String,
    invariant: String,
    #[serde(default)]
    through: Vec<String>,
    #[serde(default)]
    without: Vec<String>,
}

fn yes() -> bool {
    true
}

fn as_reported() -> String {
    AS_REPORTED.to_owned()
}

/// Reads the claims from a folder of scenarios; `scenarios` are the ids that a claim can name.
///
/// # Errors
/// File, line, key and what would be valid.
pub fn load(folder: &Path, scenarios: &[&str]) -> Result<Vec<Claim>, ScenarioError> {
    let (file, text) = tables::read(&folder.join(FILE))?;
    parse(&file, &text, scenarios)
}

/// Reads the claims from their text; `file` is the file name for errors.
///
/// # Errors
/// As [`load`].
pub fn parse(file: &str, text: &str, scenarios: &[&str]) -> Result<Vec<Claim>, ScenarioError> {
    let tables = Tables { file, text };
    let mut claims: Vec<Claim> = Vec::new();
    for written in tables.parse::<File>()?.claim {
        let begin = written.span().start;
        let claim = resolve(written.into_inner(), scenarios).map_err(|(key, why)| tables.wrong(begin, key, why))?;
        if claims.iter().any(|other| other.id == claim.id) {
            return Err(tables.wrong(begin, "id", format!("the claim `{}` appears twice", claim.id)));
        }
        claims.push(claim);
    }
    Ok(claims)
}

/// Checks that the values of a claim's keys exist; an error names the key.
fn resolve(written: Written, scenarios: &[&str]) -> Result<Claim, (&'static str, String)> {
    let Written { id, risk, says, elsewhere, design, aimed, because, expect, .. } = written;
    let Written { scenario, invariant, through, without, .. } = written;
    let of = |key: &str| format!("`{key}` of `{id}`");
    let named = risk.parse::<Risk>().map_err(|why| ("risk", format!("{}: {why}", of("risk"))))?;
    if id.strip_prefix(&risk).and_then(|rest| rest.strip_prefix('-')).is_none_or(str::is_empty) {
        return Err(("id", format!("`id` is `{id}`: it must be the risk and a number, such as {risk}-1")));
    }
    for (key, text) in [("says", &says), ("because", &because)] {
        if text.trim().is_empty() {
            return Err((key, format!("{} is blank: it must say something", of(key))));
        }
    }
    let at = resolve_place(WrittenPlace { scenario, invariant, through, without }, scenarios);
    let at = at.map_err(|(key, why)| (key, format!("{}: {why}", of(key))))?;
    let elsewhere = elsewhere.map(|place| resolve_place(place, scenarios)).transpose();
    let elsewhere =
        elsewhere.map_err(|(key, why)| ("elsewhere", format!("{}: {why}", of(&format!("elsewhere.{key}")))))?;
    design.parse::<Design>().map_err(|why| ("design", format!("{}: {why}", of("design"))))?;
    let expect = answer(&expect, elsewhere.is_some(), &design)
        .map_err(|valid| ("expect", format!("{} is `{expect}`: expected one of {valid}", of("expect"))))?;
    let (says, because) = (one_line(&says), one_line(&because));
    let aimed = aimed && design == AS_REPORTED;
    Ok(Claim { id, risk: named, says, at, elsewhere, design, aimed, because, expect })
}

/// The answer with this name, if it is a possible one; else a list of the possible ones, as the file spells them.
fn answer(named: &str, elsewhere: bool, design: &str) -> Result<Answer, String> {
    let can = |answer: &Answer| match answer {
        Answer::Confirmed | Answer::Refuted | Answer::RefutedHere => true,
        Answer::OnlyInTheCode => design == AS_REPORTED,
        Answer::NeedsAnotherFault => elsewhere,
        Answer::Unknown => false,
    };
    let valid: Vec<Answer> = Answer::ALL.into_iter().filter(can).collect();
    let list = || valid.iter().map(|answer| answer.id()).collect::<Vec<_>>().join(", ");
    valid.iter().copied().find(|answer| answer.id() == named).ok_or_else(list)
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn resolve_place(written: WrittenPlace, scenarios: &[&str]) -> Result<Place, (&'static str, String)> {
    let WrittenPlace { scenario, invariant, through, without } = written;
    tables::known_scenario(&scenario, scenarios).map_err(|why| ("scenario", why))?;
    invariant::known(&invariant).map_err(|why| ("invariant", why.to_string()))?;
    let route = Route { through: waypoints("through", &through)?, without: waypoints("without", &without)? };
    Ok(Place { scenario, invariant, route })
}

fn waypoints(key: &'static str, named: &[String]) -> Result<Vec<Waypoint>, (&'static str, String)> {
    let named = named.iter().map(|name| name.parse::<Waypoint>().map_err(|why| (key, why.to_string())));
    named.collect()
}
