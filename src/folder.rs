//! The folder for the results of a command. It is tested at the start, so that minutes of work do not end in a file
//! that cannot be written, and several commands can write to it at once.

use std::collections::BTreeMap;
use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use model::shown::plain;
use sim::suite::capsules::Capsules;

use crate::failure::Failure;
use crate::output;
use crate::workspace::{Workspace, write_whole};

/// The default folder, relative to the workspace.
const DEFAULT: &str = "target/trial";
/// The subfolder of the counterexamples.
pub const FOUND: &str = "found";
/// The file that marks a folder as ours; nothing is removed from other folders.
const MARK: &str = ".trial-balance";
/// The content of the mark: enough to test that the disk has room.
const MARKED: &str = "trial writes here, and removes counterexamples and pages that a later run no longer has.\n";
/// How long another command may take to write its results.
const PATIENCE: Duration = Duration::from_secs(10);

/// A folder to write to.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
    /// The path as messages show it.
    name: String,
    /// Whether the user named the folder: then a missing file is a failure.
    asked: bool,
    /// The files in it at the start, with the time of their last change.
    before: BTreeMap<PathBuf, SystemTime>,
    written: Vec<PathBuf>,
    /// What could not be written, and whether it was requested.
    failures: Vec<(String, bool)>,
}

impl Folder {
    /// Opens and tests the folder that `--output` names, or else the one of the workspace.
    ///
    /// # Errors
    /// A folder that was named but cannot be written, or is not ours. If none was named, this is only a warning.
    pub fn open(workspace: &Workspace, asked: Option<&Path>) -> Result<Folder, Failure> {
        if let Some(asked) = Folder::asked(asked)? {
            return Ok(asked);
        }
        let (folder, tried) = Folder::tried(workspace.path(DEFAULT), DEFAULT.to_owned(), false);
        if let Err(error) = tried {
            let else_where = "what is found is only printed here; --output DIR names another folder";
            output::note(&format!("warning: {DEFAULT} cannot be written: {error}; {else_where}"));
        }
        Ok(folder)
    }

    /// The folder that `--output` names, if any.
    ///
    /// # Errors
    /// The folder cannot be written, or is not ours.
    pub fn asked(asked: Option<&Path>) -> Result<Option<Folder>, Failure> {
        let Some(path) = asked else { return Ok(None) };
        let name = plain(&path.display().to_string());
        let refused = |why: &str| Failure::Input(format!("--output {name}: {why}"));
        if name.is_empty() {
            return Err(refused("it is empty: expected the name of a folder"));
        }
        if is_foreign(path) {
            return Err(refused(
                "it holds files that are not ours: expected a new or an empty folder, or one that trial has written to",
            ));
        }
        let (folder, tried) = Folder::tried(path.to_owned(), name.clone(), true);
        tried.map_err(|error| refused(&format!("it cannot be written: {error}")))?;
        Ok(Some(folder))
    }

    fn tried(path: PathBuf, name: String, asked: bool) -> (Folder, std::io::Result<()>) {
        let before = listed(&path);
        let tried = write_whole(&path.join(MARK), MARKED);
        (Folder { path, name, asked, before, written: Vec::new(), failures: Vec::new() }, tried)
    }

    /// The path as messages show it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The path of a file in it, as messages show it.
    pub fn named(&self, relative: &str) -> String {
        format!("{}/{relative}", self.name.trim_end_matches('/'))
    }

    /// The path of its counterexamples, as messages show it.
    pub fn found(&self) -> String {
        self.named(FOUND)
    }

    /// The path of a file in it.
    pub fn path(&self, relative: &str) -> PathBuf {
        self.path.join(relative)
    }

    /// Takes turns with other commands that write there, until the returned lock is dropped. A folder that cannot be
    /// locked, or whose lock is not released in time, is written without it.
    pub fn turn(&self) -> Option<File> {
        let folder = File::open(&self.path).ok()?;
        let pause = Duration::from_millis(50);
        for _ in 0..PATIENCE.as_millis() / pause.as_millis() {
            match folder.try_lock() {
                Ok(()) => return Some(folder),
                Err(TryLockError::WouldBlock) => std::thread::sleep(pause),
                Err(TryLockError::Error(_)) => return None,
            }
        }
        None
    }

    /// Writes a file; a failure is reported at the end.
    pub fn write(&mut self, relative: &str, text: &str) {
        let path = self.path.join(relative);
        match write_whole(&path, text) {
            Ok(()) => self.written.push(path),
            Err(error) => self.lacks(format!("{} cannot be written: {error}", self.named(relative)), self.asked),
        }
    }

    /// Writes counterexamples.
    pub fn keep(&mut self, capsules: &Capsules) {
        for (name, text) in capsules.files() {
            self.write(&format!("{FOUND}/{name}"), &text);
        }
    }

    /// Whether another command has written a file since this command began.
    pub fn is_changed(&self, relative: &str) -> bool {
        let path = self.path.join(relative);
        changed_at(&path).is_some_and(|at| self.before.get(&path) != Some(&at))
    }

    /// Removes the files of a kind that were in one of its folders before this command began and that no command has
    /// written since, so that no finding outlives its breach and no file of a concurrent command is removed.
    pub fn clear(&mut self, relative: &str, kind: &str) {
        let folder = self.path.join(relative);
        let stale = |(path, at): &(&PathBuf, &SystemTime)| {
            path.parent() == Some(&folder)
                && path.extension().is_some_and(|extension| extension == kind)
                && !self.written.contains(path)
                && changed_at(path) == Some(**at)
        };
        let stale: Vec<PathBuf> = self.before.iter().filter(stale).map(|(path, _)| path.clone()).collect();
        for path in stale {
            if let Err(error) = std::fs::remove_file(&path)
                && error.kind() != std::io::ErrorKind::NotFound
            {
                let name = path.strip_prefix(&self.path).unwrap_or(&path).display().to_string();
                self.lacks(format!("{} cannot be removed: {error}", self.named(&plain(&name))), self.asked);
            }
        }
    }

    /// Whether everything so far was written.
    pub fn is_whole(&self) -> bool {
        self.failures.is_empty()
    }

    /// Records what could not be written, and whether it was requested.
    pub fn lacks(&mut self, why: String, asked: bool) {
        self.failures.push((why, asked));
    }

    /// Reports what could not be written, and returns the exit code: without a requested file there is no success.
    pub fn ended(&self, exit: u8) -> u8 {
        let Some((first, _)) = self.failures.first() else { return exit };
        let others = match self.failures.len() {
            1 => String::new(),
            all => format!(", and {} more", all - 1),
        };
        let asked = self.failures.iter().any(|(_, asked)| *asked);
        output::note(&format!("{}: {first}{others}", if asked { "error" } else { "warning" }));
        if asked && exit == 0 { output::NOT_WRITTEN } else { exit }
    }
}

/// Whether the path exists without our mark.
fn is_foreign(path: &Path) -> bool {
    let holds_something = std::fs::read_dir(path).is_ok_and(|mut entries| entries.next().is_some());
    holds_something && !path.join(MARK).is_file()
}

/// The files in it and in its subfolders.
fn listed(path: &Path) -> BTreeMap<PathBuf, SystemTime> {
    let files = |folder: &Path| std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let (folders, here): (Vec<PathBuf>, Vec<PathBuf>) = files(path).partition(|path| path.is_dir());
    let all = here.into_iter().chain(folders.iter().flat_map(|folder| files(folder)));
    all.filter_map(|path| changed_at(&path).map(|at| (path, at))).collect()
}

fn changed_at(path: &Path) -> Option<SystemTime> {
    std::fs::symlink_metadata(path).ok()?.modified().ok()
}
