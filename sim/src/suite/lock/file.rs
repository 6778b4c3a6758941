//! Reads the text of a lock file strictly, as TOML.

use model::design::{Design, PRESETS};
use model::{invariant, situation};
use serde::Deserialize;

use crate::suite::input;
use crate::suite::lock::{Entry, Lock, Pin};
use crate::suite::scenario::ScenarioError;

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct File {
    explored: Vec<Explored>,
    #[serde(default)]
    broken: Vec<Broken>,
    #[serde(default)]
    could_not_fail: Vec<CouldNotFail>,
    #[serde(default)]
    never: Vec<Never>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Explored {
    states: u64,
    moves: u64,
    depth: u64,
    designs: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Broken {
    invariant: String,
    moves: u64,
    designs: Vec<String>,
    figures: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CouldNotFail {
    invariants: Vec<String>,
    designs: Option<Vec<String>>,
    except: Option<Vec<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Never {
    situation: String,
    designs: Option<Vec<String>>,
    except: Option<Vec<String>>,
}

/// The list that contains it, a wrong value, and what would be valid.
type Wrong = (&'static str, String, String);

/// Reads a lock file from its text; `file` is the file name for errors.
///
/// # Errors
/// File, line, key and what would be valid.
pub fn parse(file: &str, text: &str) -> Result<Lock, ScenarioError> {
    let wrong = |line: usize, why: String| ScenarioError::Wrong { file: file.to_owned(), line, why };
    let parsed: File = toml::from_str(text).map_err(|error| {
        let (line, why) = input::wrong_toml(text, &error);
        wrong(line, why)
    })?;
    resolve(parsed).map_err(|(key, needle, why)| {
        let begin = text.lines().position(|line| line.starts_with(&format!("{key} ="))).unwrap_or(0);
        let mut inside = text.lines().enumerate().skip(begin);
        let line = inside.find(|(_, line)| line.contains(&format!("\"{needle}\"")));
        wrong(line.map_or(begin, |(place, _)| place) + 1, why)
    })
}

fn resolve(file: File) -> Result<Lock, Wrong> {
    let mut lock = Lock::default();
    for Explored { states, moves, depth, designs } in file.explored {
        for name in designs {
            name.parse::<Design>()
                .map_err(|why| ("explored", name.clone(), format!("`explored` names a design: {why}")))?;
            if lock.entry(&name).is_some() {
                return Err((
                    "explored",
                    name.clone(),
                    format!("`explored` names the design `{name}` twice: once is valid"),
                ));
            }
            lock.entries.push((name, Entry { states, moves, depth, ..Entry::default() }));
        }
    }
    // A line comes where its first design does; this puts the designs back into the order of reports.
    lock.entries.sort_by_key(|(name, _)| PRESETS.iter().position(|preset| preset.name == name).unwrap_or(usize::MAX));
    for Broken { invariant, moves, designs, figures } in file.broken {
        known("broken", &invariant)?;
        let pin = Pin { moves, figures };
        for entry in chosen(&mut lock, "broken", &invariant, Some(designs), None)? {
            if entry.broken.insert(invariant.clone(), pin.clone()).is_some() {
                return Err(twice("broken", &invariant));
            }
        }
    }
    for CouldNotFail { invariants, designs, except } in file.could_not_fail {
        for invariant in invariants {
            known("could-not-fail", &invariant)?;
            for entry in chosen(&mut lock, "could-not-fail", &invariant, designs.clone(), except.clone())? {
                if entry.broken.contains_key(&invariant) || !entry.could_not_fail.insert(invariant.clone()) {
                    return Err(twice("could-not-fail", &invariant));
                }
            }
        }
    }
    for Never { situation, designs, except } in file.never {
        if situation::find(&situation).is_none() {
            let ids = situation::ALL.iter().map(|situation| situation.id).collect::<Vec<_>>().join(", ");
            let why = format!("`never` names the unknown situation `{situation}`; expected one of {ids}");
            return Err(("never", situation, why));
        }
        for entry in chosen(&mut lock, "never", &situation, designs, except)? {
            entry.never.insert(situation.clone());
        }
    }
    Ok(lock)
}

fn known(key: &'static str, id: &str) -> Result<(), Wrong> {
    if invariant::find(id).is_some() {
        return Ok(());
    }
    let ids = invariant::ALL.iter().map(|invariant| invariant.id).collect::<Vec<_>>().join(", ");
    Err((key, id.to_owned(), format!("`{key}` names the unknown invariant `{id}`; expected one of {ids}")))
}

fn twice(key: &'static str, id: &str) -> Wrong {
    (
        key,
        id.to_owned(),
        format!("`{key}` names `{id}` for a design that has another line for it: one of them is valid"),
    )
}

/// The entries of the designs that a line names, or all except those.
fn chosen<'a>(
    lock: &'a mut Lock,
    key: &'static str,
    id: &str,
    designs: Option<Vec<String>>,
    except: Option<Vec<String>>,
) -> Result<Vec<&'a mut Entry>, Wrong> {
    let (names, named) = match (designs, except) {
        (Some(names), None) => (names, true),
        (None, Some(names)) => (names, false),
        _ => {
            let why = format!("the line of `{id}` under `{key}` needs either `designs` or `except`");
            return Err((key, id.to_owned(), why));
        }
    };
    if let Some(name) = names.iter().find(|name| lock.entry(name).is_none()) {
        let why = format!("the line of `{id}` under `{key}` names the design `{name}`, which `explored` does not");
        return Err((key, name.clone(), why));
    }
    let entries = lock.entries.iter_mut().filter(|(name, _)| names.contains(name) == named);
    Ok(entries.map(|(_, entry)| entry).collect())
}
