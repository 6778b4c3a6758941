//! Capsules as files: kept while a command runs, written once it is through, read for a replay.

use std::collections::BTreeMap;
use std::path::Path;

use model::capsule::{Capsule, CapsuleError, Expected, SCHEMA};
use model::setup::Setup;
use model::trace::{Breach, Run};

use crate::verdict::Engine;

/// Where committed capsules lie, relative to the workspace.
pub const COMMITTED: &str = "scenarios/found";
/// Where a plain run puts what it found, relative to the workspace.
pub const FOUND: &str = "target/trial/found";

/// The capsules of one command, by path.
#[derive(Clone, Debug, Default)]
pub struct Capsules {
    folder: &'static str,
    kept: BTreeMap<String, Capsule>,
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
    /// It is no JSON of a capsule's shape.
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

impl Capsules {
    /// None so far; they are to lie in `folder`, [`COMMITTED`] or [`FOUND`].
    pub fn new(folder: &'static str) -> Capsules {
        Capsules { folder, kept: BTreeMap::new() }
    }

    /// Keeps the run as a capsule; returns its path relative to the workspace. What check finds is named by scenario,
    /// design and invariant, what other engines find by the engine as well. Designs of a scenario that break by the same
    /// moves with the same numbers share the capsule of the first.
    pub fn keep(
        &mut self,
        scenario: &str,
        setup: &Setup,
        engine: Engine,
        seed: Option<u64>,
        run: &Run,
        breach: &Breach,
    ) -> String {
        let by = if engine == Engine::Check { String::new() } else { format!(".{}", engine.name()) };
        let folder = if engine == Engine::Check { self.folder } else { FOUND };
        let capsule = Capsule {
            schema: SCHEMA,
            version: env!("CARGO_PKG_VERSION").to_owned(),
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
        };
        let same = |other: &Capsule| {
            engine == Engine::Check
                && (&other.scenario, &other.found_by, &other.path)
                    == (&capsule.scenario, &capsule.found_by, &capsule.path)
                && (&other.moves, &other.breach) == (&capsule.moves, &capsule.breach)
        };
        let begin = format!("{folder}/{scenario}.");
        let known = self.kept.range_mut(begin.clone()..).take_while(|(path, _)| path.starts_with(&begin));
        if let Some((path, known)) = known.into_iter().find(|(_, other)| same(other)) {
            if known.design != setup.design && !known.also.contains(&setup.design) {
                known.also.push(setup.design);
            }
            return path.clone();
        }
        let path = format!("{folder}/{scenario}.{}.{}{by}.json", setup.design, breach.invariant);
        self.kept.insert(path.clone(), capsule);
        path
    }

    /// Path, relative to the workspace, and text of each.
    pub fn files(&self) -> impl Iterator<Item = (&str, String)> {
        self.kept.iter().map(|(path, capsule)| (path.as_str(), text(capsule)))
    }
}

/// JSON with one move to a line, so that a diff shows which one changed.
fn text(capsule: &Capsule) -> String {
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
    let file = path.display().to_string();
    let text = std::fs::read_to_string(path)
        .map_err(|why| UnreadableCapsule::File { file: file.clone(), why: why.to_string() })?;
    parse(&file, &text)
}

/// Reads a capsule from its text; `file` is what errors name.
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
        let why = why.rsplit_once(" at line ").map_or(why.as_str(), |(what, _)| what).to_owned();
        UnreadableCapsule::Shape { file: file.to_owned(), line: error.line(), why }
    })?;
    capsule.resolve().map_err(|why| {
        let quoted: Vec<String> = why.to_string().split('`').skip(1).step_by(2).map(str::to_owned).collect();
        let line = quoted.iter().rev().map(|needle| line_of(&format!("\"{needle}\""))).find(|&line| line > 1);
        UnreadableCapsule::Content { file: file.to_owned(), line: line.unwrap_or(1), why }
    })?;
    Ok(capsule)
}
