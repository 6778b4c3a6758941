//! Reads a scenario's text strictly, as TOML.

use model::day::Day;
use model::risk::Risk;
use model::setup::SetupError;
use model::situation;

use crate::suite::input;
use crate::suite::lock::Lock;
use crate::suite::scenario::cases::cases;
use crate::suite::scenario::written::File;
use crate::suite::scenario::zones::{self, UnknownZone};
use crate::suite::scenario::{Scenario, ScenarioError};

/// Reads one scenario from its text, with what its lock file pins; `file` is the file name for errors.
///
/// # Errors
/// File, line, key and what would be valid.
pub fn parse(id: &str, file: &str, text: &str, lock: Option<Lock>) -> Result<Scenario, ScenarioError> {
    let wrong =
        |needle: &str, why: String| ScenarioError::Wrong { file: file.to_owned(), line: line_of(text, needle), why };
    let mut parsed: File = toml::from_str(text).map_err(|error| {
        let (line, why) = input::wrong_toml(text, &error);
        ScenarioError::Wrong { file: file.to_owned(), line, why }
    })?;
    // Checked before the zones: they have dates only for the days that a run can have.
    if !Day::FIRST_OF_A_RUN.contains(&parsed.today) {
        return Err(wrong("today", SetupError::FirstDay(parsed.today).to_string()));
    }
    zones::resolve(&mut parsed.accounts, parsed.today, parsed.faults.midnight).map_err(|UnknownZone(name)| {
        let why = format!("`zone` is `{name}`: it must be the IANA name of a time zone, such as \"Europe/Berlin\"");
        wrong(&name, why)
    })?;
    if let Some((name, why)) = input::wrong_account(&parsed.accounts) {
        return Err(wrong(&name, why));
    }
    for text in [&mut parsed.title, &mut parsed.why].into_iter().chain(&mut parsed.folded) {
        *text = input::prose(text);
    }
    for id in parsed.seen.iter_mut().chain(parsed.expect.iter_mut().flat_map(|argued| &mut argued.seen)) {
        if let Some(situation) = situation::find(id) {
            situation.id.clone_into(id);
        }
    }
    parsed.expect.iter_mut().for_each(|argued| argued.because = input::prose(&argued.because));
    for (key, text) in [("title", &parsed.title), ("why", &parsed.why)] {
        if text.trim().is_empty() {
            return Err(wrong(key, format!("`{key}` is blank: it must say in words what is asked")));
        }
    }
    let Some(risk) = &parsed.risk else {
        return Err(wrong("title", format!("`risk` is missing: expected one of {}", Risk::ids())));
    };
    let risk = risk.parse::<Risk>().map_err(|error| wrong("risk", format!("`risk`: {error}")))?;
    let cases = cases(risk, &parsed, lock.as_ref(), &wrong)?;
    let premises = parsed.premises();
    Ok(Scenario {
        id: id.to_owned(),
        risk,
        title: parsed.title,
        why: parsed.why.trim().to_owned(),
        premises,
        seen: parsed.seen,
        faults: parsed.faults,
        folded: parsed.folded,
        cases,
        locked: lock.is_some(),
    })
}

/// The line, from 1, of a wrong key or value: the first where it is a key or names a table, else where it is a whole
/// string, else where it occurs at all, so that prose is searched last.
fn line_of(text: &str, needle: &str) -> usize {
    let key = |line: &str| line.strip_prefix(needle).is_some_and(|rest| rest.trim_start().starts_with('='));
    let table = |line: &str| {
        let name = line.trim_matches(['[', ']']);
        line.starts_with('[') && name == needle
    };
    let place = text.lines().position(|line| key(line) || table(line));
    let place = place.or_else(|| text.lines().position(|line| line.contains(&format!("\"{needle}\""))));
    place.or_else(|| text.lines().position(|line| line.contains(needle))).map_or(1, |place| place + 1)
}
