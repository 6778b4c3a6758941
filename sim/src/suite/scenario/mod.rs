//! Scenarios: one question each, in a TOML file whose name is its id. Its presence in the folder registers it.

mod cases;
mod error;
mod file;
mod written;
mod zones;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use model::design::Preset;
use model::risk::Risk;
use model::setup::{Faults, Premises, Setup};
use model::shown::plain;

pub use cases::{is_fix_of, is_preset};
pub use error::ScenarioError;
pub use file::parse;

use crate::suite::input;
use crate::suite::lock::{self, Entry};
use crate::suite::verdict::Expected;

/// A question: who sends which requests, what may go wrong, and what is expected of each design.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// The file's name without `.toml`.
    pub id: String,
    /// The risk that it is about.
    pub risk: Risk,
    /// What it is about, in a line.
    pub title: String,
    /// Why it is asked, in prose.
    pub why: String,
    /// What is left out, each in a line.
    pub folded: Vec<String>,
    /// The premises for every design.
    pub premises: Premises,
    /// What may go wrong.
    pub faults: Faults,
    /// Ids of situations that must be seen under every design, except those whose lock file entry says that they never
    /// arise.
    pub seen: Vec<String>,
    /// Per design, in the order of the presets: its world and what is expected.
    pub cases: Vec<Case>,
    /// Whether there is a lock file, and so something is expected.
    pub locked: bool,
}

/// One design in one scenario, together with every other design that makes the same world there.
#[derive(Clone, Debug)]
pub struct Case {
    /// The world.
    pub setup: Setup,
    /// Other presets that differ only in choices that no step of this scenario's path meets.
    pub also: Vec<&'static Preset>,
    /// Whether the design is the risk's own: a base, or one of its fixes.
    pub own: bool,
    /// What is expected, by the index in [`invariant::ALL`].
    pub expected: Vec<Expected>,
    /// Why a verdict is argued, or why either one is right, by invariant id.
    pub reasons: BTreeMap<String, String>,
    /// Ids of situations that must be seen.
    pub seen: Vec<String>,
    /// Those of them that a person argues.
    pub argued_seen: Vec<String>,
    /// What the lock file pins of it.
    pub pinned: Option<Entry>,
    /// Why the lock file is out of date for this case, whatever is found: each reason in a few words.
    pub outdated: Vec<String>,
}

/// Whether lock files are read with the scenarios.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Locks {
    /// They say what is expected.
    Read,
    /// They are about to be rewritten, so that their contents do not matter.
    Ignored,
}

/// Reads every scenario of a folder, by id.
///
/// # Errors
/// The first file that is wrong.
pub fn load_all(folder: &Path, locks: Locks) -> Result<Vec<Scenario>, ScenarioError> {
    let unreadable = |why: std::io::Error| ScenarioError::Unreadable { file: shown(folder), why: why.to_string() };
    let mut files: Vec<PathBuf> = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        let claims = path
            .file_name()
            .is_some_and(|name| name == crate::suite::claims::FILE || name == crate::suite::reasoned::FILE);
        if path.extension().is_some_and(|extension| extension == "toml") && !claims {
            files.push(path);
        }
    }
    files.sort();
    files.iter().map(|path| load(path, locks)).collect()
}

fn load(path: &Path, locks: Locks) -> Result<Scenario, ScenarioError> {
    let file = shown(path);
    let text = input::read(path).map_err(|why| ScenarioError::Unreadable { file: file.clone(), why })?;
    let id = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    if let Some(why) = input::wrong_name(&id) {
        return Err(ScenarioError::Unreadable { file: shortened(&file), why: format!("its name {why}") });
    }
    let lock = match locks {
        Locks::Read => pinned(path)?,
        Locks::Ignored => None,
    };
    parse(&id, &file, &text, lock)
}

/// What the lock file beside a scenario pins, if there is one.
fn pinned(path: &Path) -> Result<Option<lock::Lock>, ScenarioError> {
    let path = path.with_extension(lock::EXTENSION);
    // A dangling link exists, but is not a lock file: reading it fails.
    if path.symlink_metadata().is_err() {
        return Ok(None);
    }
    let text = input::read(&path).map_err(|why| ScenarioError::Unreadable { file: shown(&path), why })?;
    lock::parse(&shown(&path), &text).map(Some)
}

/// The end of a long path, which distinguishes files.
fn shortened(file: &str) -> String {
    let long = file.chars().count().saturating_sub(4 * model::shown::MOST);
    if long == 0 { file.to_owned() } else { format!("...{}", file.chars().skip(long).collect::<String>()) }
}

fn shown(path: &Path) -> String {
    plain(&path.display().to_string())
}
