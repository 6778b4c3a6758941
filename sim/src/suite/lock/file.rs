//! Reads the text of a lock file strictly, as TOML.

use std::path::Path;

use model::design::{Design, PRESETS};
use model::{invariant, situation};
use serde::Deserialize;
use toml::{Spanned, Value};

use crate::suite::lock::table::{AS_ABOVE, BROKEN, COULD_NOT_FAIL, EXPLORED, NEVER};
use crate::suite::lock::{Entry, Lock, Pin};
use crate::suite::scenario::ScenarioError;
use crate::suite::{explain, input};

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct File {
    explored: Vec<Line>,
    #[serde(default)]
    broken: Vec<Line>,
    #[serde(default)]
    could_not_fail: Vec<Line>,
    #[serde(default)]
    never: Vec<Line>,
}

type Line = Spanned<Value>;

/// Where in the text something is wrong, and what would be valid.
type Wrong = (usize, String);

/// Reads a lock file from its text; `file` is the file name for errors.
///
/// # Errors
/// File, line, column and what would be valid.
pub fn parse(file: &str, text: &str) -> Result<Lock, ScenarioError> {
    let wrong = |line: usize, why: String| ScenarioError::Wrong { file: file.to_owned(), line, why };
    let parsed: File = toml::from_str(text).map_err(|error| {
        let (line, why) = input::wrong_toml(text, &error);
        wrong(line, why)
    })?;
    if let Some(line) = parsed.explored.first().filter(|line| line.get_ref().is_table()) {
        let id = explain::quoted(&Path::new(file).file_stem().unwrap_or_default().to_string_lossy());
        let why = format!("this lock file has an older format: `trial check {id} --accept` writes it anew");
        return Err(wrong(input::line_at(text, line.span().start), why));
    }
    resolve(&parsed).map_err(|(place, why)| wrong(input::line_at(text, place), why))
}

fn resolve(file: &File) -> Result<Lock, Wrong> {
    let mut lock = Lock::default();
    each(&file.explored, &mut lock, explored)?;
    // A line comes where its first design does; this puts the designs back into the order of reports.
    lock.entries.sort_by_key(|(name, _)| PRESETS.iter().position(|preset| preset.name == name).unwrap_or(usize::MAX));
    let mut above = None;
    each(&file.broken, &mut lock, |line, lock| broken(line, &mut above, lock))?;
    each(&file.could_not_fail, &mut lock, could_not_fail)?;
    each(&file.never, &mut lock, never)?;
    Ok(lock)
}

fn each<'a>(
    lines: &'a [Line],
    lock: &mut Lock,
    mut read: impl FnMut(&'a Value, &mut Lock) -> Result<(), String>,
) -> Result<(), Wrong> {
    lines.iter().try_for_each(|line| read(line.get_ref(), lock).map_err(|why| (line.span().start, why)))
}

fn explored(line: &Value, lock: &mut Lock) -> Result<(), String> {
    let [states, moves, depth, designs] = EXPLORED.columns(line)?;
    let (states, moves, depth) = (states.number()?, moves.number()?, depth.number()?);
    for name in designs.names()? {
        name.parse::<Design>().map_err(|why| format!("`explored` names a design: {why}"))?;
        if lock.entry(name).is_some() {
            return Err(format!("`explored` names the design `{name}` twice: once is valid"));
        }
        lock.entries.push((name.to_owned(), Entry { states, moves, depth, ..Entry::default() }));
    }
    Ok(())
}

/// Reads a line; `above` is the invariant of the line above it and the figures that it has or stands for.
fn broken<'a>(line: &'a Value, above: &mut Option<(&'a str, &'a str)>, lock: &mut Lock) -> Result<(), String> {
    let [invariant, moves, designs, figures] = BROKEN.columns(line)?;
    let id = invariant.text()?;
    known(BROKEN.key, id)?;
    let figures = match (figures.text()?, *above) {
        (AS_ABOVE, Some((other, figures))) if other == id => figures,
        (AS_ABOVE, _) => {
            let key = BROKEN.key;
            return Err(format!(
                "a line of `{id}` under `{key}` has figures \"{AS_ABOVE}\", but no line of `{id}` is directly above it"
            ));
        }
        (figures, _) => figures,
    };
    *above = Some((id, figures));
    let pin = Pin { moves: moves.number()?, figures: figures.to_owned() };
    for entry in chosen(lock, BROKEN.key, id, &designs.names()?, true)? {
        if entry.broken.insert(id.to_owned(), pin.clone()).is_some() {
            return Err(twice(BROKEN.key, id));
        }
    }
    Ok(())
}

fn could_not_fail(line: &Value, lock: &mut Lock) -> Result<(), String> {
    let [invariants, designs] = COULD_NOT_FAIL.columns(line)?;
    let (ids, designs) = (invariants.names()?, designs.names()?);
    let (names, named) = whose(&designs);
    for id in ids {
        known(COULD_NOT_FAIL.key, id)?;
        for entry in chosen(lock, COULD_NOT_FAIL.key, id, names, named)? {
            if entry.broken.contains_key(id) || !entry.could_not_fail.insert(id.to_owned()) {
                return Err(twice(COULD_NOT_FAIL.key, id));
            }
        }
    }
    Ok(())
}

fn never(line: &Value, lock: &mut Lock) -> Result<(), String> {
    let [situation, designs] = NEVER.columns(line)?;
    let (id, designs) = (situation.text()?, designs.names()?);
    let found = situation::known(id).map_err(|why| format!("`never` names the {why}"))?;
    let (names, named) = whose(&designs);
    for entry in chosen(lock, NEVER.key, id, names, named)? {
        entry.never.insert(found.id.to_owned());
    }
    Ok(())
}

fn known(key: &str, id: &str) -> Result<(), String> {
    invariant::known(id).map(|_| ()).map_err(|why| format!("`{key}` names the {why}"))
}

fn twice(key: &str, id: &str) -> String {
    format!("`{key}` names `{id}` for a design that has another line for it: one of them is valid")
}

/// The names in `all`, `all but NAMES` or `NAMES`, and whether these are the designs meant and not the others.
fn whose<'a, 'b>(words: &'a [&'b str]) -> (&'a [&'b str], bool) {
    match words {
        ["all"] => (&[], false),
        ["all", "but", names @ ..] => (names, false),
        names => (names, true),
    }
}

/// The entries of the designs that a line names, or all except those.
fn chosen<'a>(
    lock: &'a mut Lock,
    key: &str,
    id: &str,
    names: &[&str],
    named: bool,
) -> Result<Vec<&'a mut Entry>, String> {
    if let Some(name) = names.iter().find(|name| lock.entry(name).is_none()) {
        return Err(format!("the line of `{id}` under `{key}` names the design `{name}`, which `explored` does not"));
    }
    let entries = lock.entries.iter_mut().filter(|(name, _)| names.contains(&name.as_str()) == named);
    Ok(entries.map(|(_, entry)| entry).collect())
}
