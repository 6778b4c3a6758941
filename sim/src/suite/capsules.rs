//! Capsules as files: collected while a command runs, written when it ends, read for a replay.

use std::collections::BTreeMap;
use std::path::Path;

use model::capsule::{Capsule, CapsuleError, Expected, SCHEMA};
use model::run::{Breach, Run};
use model::setup::Setup;
use model::shown::plain;

use crate::suite::input;
use crate::suite::verdict::{Counterexample, Engine};

/// The folder of curated capsules, relative to the workspace.
pub const CURATED: &str = "scenarios/found";
/// The default folder for what commands find, relative to the workspace.
pub const FOUND: &str = "target/trial/found";

/// The capsules of one command, by file name.
#[derive(Clone, Debug)]
pub struct Capsules {
    folder: String,
    kept: BTreeMap<String, Capsule>,
}

impl Default for Capsules {
    fn default() -> Capsules {
        Capsules::new()
    }
}

/// A capsule that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnreadableCapsule {
    /// The file cannot be read.
    #[error("{file}: {why}")]
    File {
        /// Which file.
        file: String,
        /// What the system says.
        why: String,
    },
    /// The JSON does not have the shape of a capsule.
    #[error("{file}:{line}: {why}")]
    Shape {
        /// Which file.
        file: String,
        /// Which line.
        line: usize,
        /// What is wrong and what would be valid.
        why: String,
    },
    /// Its parts do not fit together.
    #[error("{file}:{line}: {why}")]
    Content {
        /// Which file.
        file: String,
        /// Which line.
        line: usize,
        /// Which key, and what would be valid.
        why: CapsuleError,
    },
}

/// A run that breaks an invariant, and what found it where.
#[derive(Clone, Copy, Debug)]
pub struct Broken<'a> {
    /// The scenario's id.
    pub scenario: &'a str,
    /// Its premises and faults under one design.
    pub setup: &'a Setup,
    /// The engine.
    pub engine: Engine,
    /// The seed, if the engine has one.
    pub seed: Option<u64>,
    /// The run.
    pub run: &'a Run,
    /// What it breaks.
    pub breach: &'a Breach,
}

impl<'a> From<&'a Counterexample> for Broken<'a> {
    /// What check was asked for.
    fn from(shown: &'a Counterexample) -> Broken<'a> {
        let Counterexample { scenario, setup, run, breach, .. } = shown;
        Broken { scenario, setup, engine: Engine::Check, seed: None, run, breach }
    }
}

impl Broken<'_> {
    /// The run as a capsule.
    pub fn capsule(&self) -> Capsule {
        let Broken { scenario, setup, engine, seed, run, breach } = *self;
        Capsule {
            schema: SCHEMA,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            title: None,
            digest: None,
            scenario: scenario.to_owned(),
            design: setup.design,
            also: Vec::new(),
            found_by: engine.name().to_owned(),
            seed,
            accounts: setup.accounts.clone(),
            requests: setup.requests.clone(),
            gateways: setup.gateways,
            today: setup.today,
            path: setup.path,
            moves: run.moves().into_iter().map(|mv| mv.named(setup)).collect(),
            breach: Expected { invariant: breach.invariant.to_owned(), figures: breach.figures.clone() },
        }
    }
}

impl Capsules {
    /// An empty collection for the default folder.
    pub fn new() -> Capsules {
        Capsules::of(FOUND)
    }

    /// An empty collection for this folder.
    pub fn of(folder: &str) -> Capsules {
        Capsules { folder: folder.to_owned(), kept: BTreeMap::new() }
    }

    /// Keeps the run as a capsule and returns its path in the folder. The file name of what check finds consists of
    /// scenario, design and invariant; for other engines it also names the engine.
    pub fn keep(&mut self, broken: &Broken<'_>) -> String {
        let Broken { scenario, setup, engine, breach, .. } = broken;
        let by = if *engine == Engine::Check { String::new() } else { format!(".{}", engine.name()) };
        let name = format!("{scenario}.{}.{}{by}.json", setup.design, breach.invariant);
        let path = format!("{}/{name}", self.folder);
        self.kept.insert(name, broken.capsule());
        path
    }

    /// Keeps a counterexample that check was asked for, under the file name that it carries.
    pub fn keep_shown(&mut self, shown: &Counterexample) {
        let name = shown.capsule.rsplit_once('/').map_or(shown.capsule.as_str(), |(_, name)| name);
        self.kept.insert(name.to_owned(), Broken::from(shown).capsule());
    }

    /// Adds what another part of a command kept.
    pub fn extend(&mut self, other: Capsules) {
        self.kept.extend(other.kept);
    }

    /// The file name and the text of each.
    pub fn files(&self) -> impl Iterator<Item = (&str, String)> {
        self.kept.iter().map(|(name, capsule)| (name.as_str(), text(capsule)))
    }
}

/// The digest of a capsule, as hexadecimal digits: it covers everything but the title and the digest itself.
pub fn digest(capsule: &Capsule) -> String {
    use sha2::Digest;
    let content = Capsule { title: None, digest: None, ..capsule.clone() };
    let hash = sha2::Sha256::digest(written(&content).as_bytes());
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Whether a capsule was edited after it was written. `false` if it has no digest (older versions): it is not known.
pub fn is_edited(capsule: &Capsule) -> bool {
    capsule.digest.as_ref().is_some_and(|written| *written != digest(capsule))
}

/// The JSON with its digest and one move per line, so that a diff shows which move changed.
pub fn text(capsule: &Capsule) -> String {
    written(&Capsule { digest: Some(digest(capsule)), ..capsule.clone() })
}

fn written(capsule: &Capsule) -> String {
    let serde_json::Value::Object(keys) = serde_json::to_value(capsule).unwrap_or_default() else {
        return String::new();
    };
    let lines = keys.iter().map(|(key, value)| match value {
        serde_json::Value::Array(items) if key != "also" => {
            let items: Vec<String> = items.iter().map(|item| format!("    {item}")).collect();
            format!("  \"{key}\": [\n{}\n  ]", items.join(",\n"))
        }
        value => format!("  \"{key}\": {value}"),
    });
    format!("{{\n{}\n}}\n", lines.collect::<Vec<_>>().join(",\n"))
}

/// Reads a capsule and checks that its parts fit together.
///
/// # Errors
/// File, line, key and what would be valid.
pub fn read(path: &Path) -> Result<Capsule, UnreadableCapsule> {
    let file = plain(&path.display().to_string());
    let text = input::read(path).map_err(|why| UnreadableCapsule::File { file: file.clone(), why })?;
    parse(&file, &text)
}

/// Reads a capsule from its text; `file` is the file name for errors.
///
/// # Errors
/// As [`read`].
pub fn parse(file: &str, text: &str) -> Result<Capsule, UnreadableCapsule> {
    let line_of = |needle: &str| text.lines().position(|line| line.contains(needle)).map_or(1, |place| place + 1);
    // The version comes first: a newer schema may have another shape.
    let schema = serde_json::from_str::<serde_json::Value>(text).ok();
    if let Some(schema) = schema.as_ref().and_then(|value| value.get("schema")).and_then(serde_json::Value::as_u64)
        && (schema == 0 || schema > u64::from(SCHEMA))
    {
        let why = CapsuleError::Schema(u32::try_from(schema).unwrap_or(u32::MAX));
        return Err(UnreadableCapsule::Content { file: file.to_owned(), line: line_of("\"schema\""), why });
    }
    let capsule: Capsule = serde_json::from_str(text).map_err(|error| {
        let why = error.to_string();
        let why = input::in_plain_words(why.rsplit_once(" at line ").map_or(why.as_str(), |(what, _)| what));
        let place = input::place_at(text, error.line(), error.column());
        let why = input::with_key(text, place, why);
        UnreadableCapsule::Shape { file: file.to_owned(), line: error.line(), why }
    })?;
    if let Some((name, why)) = input::wrong_account(&capsule.accounts) {
        return Err(UnreadableCapsule::Shape { file: file.to_owned(), line: line_of(&name), why });
    }
    capsule.resolve().map_err(|why| {
        let quoted: Vec<String> = why.to_string().split('`').skip(1).step_by(2).map(str::to_owned).collect();
        let line = quoted.iter().rev().map(|needle| line_of(&format!("\"{needle}\""))).find(|&line| line > 1);
        UnreadableCapsule::Content { file: file.to_owned(), line: line.unwrap_or(1), why }
    })?;
    Ok(capsule)
}
