//! A scenario's text: TOML, read strictly.

use std::collections::BTreeMap;

use model::day::Day;
use model::design::Design;
use model::flow::Path as RequestPath;
use model::setup::{Account, Asked, Faults, Premises};
use serde::Deserialize;

use crate::scenario::cases::expected_cases;
use crate::scenario::zones::{self, UnknownZone};
use crate::scenario::{Scenario, ScenarioError};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    pub(super) title: String,
    pub(super) why: String,
    #[serde(default)]
    pub(super) folded: Vec<String>,
    pub(super) gateways: u8,
    #[serde(default = "Premises::first_day")]
    pub(super) today: Day,
    #[serde(default)]
    pub(super) path: Vec<Part>,
    pub(super) accounts: Vec<Account>,
    pub(super) requests: Vec<Asked>,
    #[serde(default)]
    pub(super) faults: Faults,
    #[serde(default)]
    pub(super) seen: Vec<String>,
    pub(super) expect: BTreeMap<String, ExpectedOfDesign>,
}

/// A part of the request path that is walked; billing and the reply always are.
#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Part {
    Auth,
    QuotaCheck,
    Upstream,
    Usage,
}

impl File {
    pub(super) fn premises(&self) -> Premises {
        let has = |part: Part| self.path.contains(&part);
        Premises {
            accounts: self.accounts.clone(),
            requests: self.requests.clone(),
            gateways: self.gateways,
            today: self.today,
            path: RequestPath {
                auth: has(Part::Auth),
                quota_check: has(Part::QuotaCheck),
                upstream: has(Part::Upstream),
                usage: has(Part::Usage),
                stream: false,
            },
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ExpectedOfDesign {
    #[serde(default)]
    pub(super) broken: Vec<String>,
    #[serde(default)]
    pub(super) any: BTreeMap<String, String>,
    /// Situations of the file that cannot arise under this design.
    #[serde(default)]
    pub(super) never: Vec<String>,
    #[serde(default)]
    pub(super) seen: Vec<String>,
}

/// Reads one scenario from its text; `file` is what errors name.
///
/// # Errors
/// File, line, key and what would be valid.
pub fn parse(id: &str, file: &str, text: &str) -> Result<Scenario, ScenarioError> {
    let wrong =
        |needle: &str, why: String| ScenarioError::Wrong { file: file.to_owned(), line: line_of(text, needle), why };
    if !["p0-", "p1-", "p2-", "st-"].iter().any(|risk| id.starts_with(risk)) {
        return Err(wrong("title", format!("the file's name `{id}` must begin with its risk, such as p0-3-")));
    }
    let mut parsed: File = toml::from_str(text).map_err(|error| {
        let before = error.span().map_or(0, |span| span.start);
        let line = text.get(..before).map_or(1, |part| part.matches('\n').count() + 1);
        ScenarioError::Wrong { file: file.to_owned(), line, why: error.message().to_owned() }
    })?;
    zones::resolve(&mut parsed.accounts, parsed.today, parsed.faults.midnight).map_err(|UnknownZone(name)| {
        let why = format!("`zone` is `{name}`: it must be the IANA name of a time zone, such as \"Europe/Berlin\"");
        wrong(&name, why)
    })?;
    for (key, text) in [("title", &parsed.title), ("why", &parsed.why)] {
        if text.trim().is_empty() {
            return Err(wrong(key, format!("`{key}` is blank: it must say in words what is asked")));
        }
    }
    for name in parsed.expect.keys() {
        name.parse::<Design>().map_err(|error| wrong(name, format!("`expect.{name}`: {error}")))?;
    }
    let cases = expected_cases(id, &parsed, &wrong)?;
    if cases.is_empty() {
        return Err(wrong("expect", "`expect` names no design: write at least `[expect.as-reported]`".to_owned()));
    }
    let premises = parsed.premises();
    Ok(Scenario {
        id: id.to_owned(),
        title: parsed.title,
        why: parsed.why.trim().to_owned(),
        premises,
        seen: parsed.seen,
        faults: parsed.faults,
        folded: parsed.folded,
        cases,
    })
}

/// The line, from 1, that a wrong key or value stands in: the first one where it is a key or names a table, else where it
/// is a whole text, else where it occurs at all, so that prose is looked at last.
fn line_of(text: &str, needle: &str) -> usize {
    let key = |line: &str| line.strip_prefix(needle).is_some_and(|rest| rest.trim_start().starts_with('='));
    let table = |line: &str| {
        let name = line.trim_matches(['[', ']']);
        let name = name.strip_prefix("expect.").unwrap_or(name);
        line.starts_with('[') && name.trim_matches('"') == needle
    };
    let place = text.lines().position(|line| key(line) || table(line));
    let place = place.or_else(|| text.lines().position(|line| line.contains(&format!("\"{needle}\""))));
    place.or_else(|| text.lines().position(|line| line.contains(needle))).map_or(1, |place| place + 1)
}
