//! The folder that scenarios are read from and reports are written to.

use std::path::{Path, PathBuf};

use model::risk::Risk;
use sim::suite::scenario::{self, Locks, Scenario, ScenarioError};
use sim::suite::unseen::Unseen;

use crate::args::Selection;
use crate::failure::Failure;

/// A checkout: the nearest folder, from the current one upwards, that has `scenarios/` and `Cargo.toml`.
#[derive(Clone, Debug)]
pub struct Workspace {
    root: PathBuf,
}

impl Workspace {
    /// Finds the checkout.
    pub fn find() -> Result<Workspace, Failure> {
        let here = std::env::current_dir().map_err(|error| Failure::Input(format!("the current folder: {error}")))?;
        let root =
            here.ancestors().find(|folder| folder.join("scenarios").is_dir() && folder.join("Cargo.toml").is_file());
        root.map(|root| Workspace { root: root.to_owned() }).ok_or_else(|| {
            Failure::Input(
                "no scenarios/ beside a Cargo.toml in this folder or above it: run trial in a checkout".to_owned(),
            )
        })
    }

    /// A path in it.
    pub fn path(&self, relative: &str) -> PathBuf {
        self.root.join(relative)
    }

    /// Every scenario; error messages name files relative to the workspace.
    pub fn scenarios(&self, locks: Locks) -> Result<Vec<Scenario>, Failure> {
        let folder = self.root.join("scenarios");
        let scenarios = scenario::load_all(&folder, locks).map_err(|error| self.relative(error))?;
        if scenarios.is_empty() {
            let why = "there is no scenario in scenarios/: nothing would be checked; expected at least one .toml file";
            return Err(Failure::Input(why.to_owned()));
        }
        Ok(scenarios)
    }

    /// The scenarios and designs that a selection names.
    pub fn select(&self, selection: &Selection, locks: Locks) -> Result<Vec<Scenario>, Failure> {
        let mut chosen = self.scenarios(locks)?;
        let ids: Vec<String> = chosen.iter().map(|scenario| scenario.id.clone()).collect();
        for id in &selection.scenarios {
            if !ids.contains(id) {
                return Err(ScenarioError::Unknown { id: id.clone(), valid: ids.join(", ") }.into());
            }
        }
        if !selection.scenarios.is_empty() {
            chosen.retain(|scenario| selection.scenarios.contains(&scenario.id));
        }
        if let Some(risk) = &selection.risk {
            let risk = risk.parse::<Risk>().map_err(|error| Failure::Input(format!("--risk: {error}")))?;
            chosen.retain(|scenario| scenario.risk == risk);
            if chosen.is_empty() {
                return Err(Failure::Input(format!("none of the scenarios is of the risk `{risk}`: {}", risk.title())));
            }
        }
        if let Some(design) = selection.design {
            for scenario in &mut chosen {
                let case = scenario.case_of(design);
                let case = case.map_err(|error| Failure::Input(format!("`{design}` in `{}`: {error}", scenario.id)))?;
                scenario.cases = vec![case];
            }
        }
        Ok(chosen)
    }

    /// Writes a file, and the folders it needs, whole or not at all.
    pub fn write(&self, relative: &str, text: &str) -> Result<(), Failure> {
        let failed = |error: std::io::Error| Failure::NotWritten(format!("{relative} cannot be written: {error}"));
        write_whole(&self.path(relative), text).map_err(failed)
    }

    /// Tests before the work of a command whether a file can be written in a folder that the command will write to.
    pub fn try_to_write(&self, folder: &str, named_by: &str) -> Result<(), Failure> {
        let probe = self.path(folder).join(format!(".trial-{}", std::process::id()));
        let tried = write_whole(&probe, "Whether this folder can be written.\n");
        // If the file cannot be removed, the next test overwrites and removes it.
        let _ = std::fs::remove_file(&probe);
        tried.map_err(|error| Failure::Input(format!("{named_by}: {folder}/ cannot be written: {error}")))
    }

    /// The claims of the review, which name scenarios.
    pub fn claims(&self, scenarios: &[Scenario]) -> Result<Vec<sim::suite::claims::Claim>, Failure> {
        let ids: Vec<&str> = scenarios.iter().map(|scenario| scenario.id.as_str()).collect();
        Ok(sim::suite::claims::load(&self.root.join("scenarios"), &ids).map_err(|error| self.relative(error))?)
    }

    /// What was reasoned about designs and invariants, to compare with the findings.
    pub fn reasoned(&self, scenarios: &[Scenario]) -> Result<Vec<sim::suite::reasoned::Reasoned>, Failure> {
        let ids: Vec<&str> = scenarios.iter().map(|scenario| scenario.id.as_str()).collect();
        Ok(sim::suite::reasoned::load(&self.root.join("scenarios"), &ids).map_err(|error| self.relative(error))?)
    }

    /// What sim is not required to see, if a list of it is committed.
    pub fn unseen(&self, committed: &str, scenarios: &[Scenario]) -> Result<Option<Unseen>, Failure> {
        let name = format!("{committed}/{}", sim::suite::unseen::FILE);
        let path = self.path(&name);
        if !path.exists() {
            return Ok(None);
        }
        let text = sim::suite::input::read(&path);
        let text = text.map_err(|why| ScenarioError::Unreadable { file: name.clone(), why })?;
        let ids: Vec<&str> = scenarios.iter().map(|scenario| scenario.id.as_str()).collect();
        Ok(Some(Unseen::parse(&name, &text, &ids)?))
    }

    fn relative(&self, error: ScenarioError) -> ScenarioError {
        let shorten = |file: String| {
            Path::new(&file).strip_prefix(&self.root).map_or(file.clone(), |path| path.display().to_string())
        };
        match error {
            ScenarioError::Unreadable { file, why } => ScenarioError::Unreadable { file: shorten(file), why },
            ScenarioError::Wrong { file, line, why } => ScenarioError::Wrong { file: shorten(file), line, why },
            unknown => unknown,
        }
    }
}

/// Writes a file, and the folders it needs, whole or not at all.
pub fn write_whole(path: &Path, text: &str) -> std::io::Result<()> {
    std::fs::create_dir_all(path.parent().unwrap_or(Path::new(".")))?;
    // The name contains the process id, so that another process that writes the same file does not collide.
    let unfinished = path.with_extension(format!("{}.unfinished", std::process::id()));
    std::fs::write(&unfinished, text).and_then(|()| std::fs::rename(&unfinished, path)).inspect_err(|_| {
        // A failure to remove it is not reported as a second error.
        let _ = std::fs::remove_file(&unfinished);
    })
}
