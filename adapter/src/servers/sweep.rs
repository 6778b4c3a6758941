//! Leaves nothing behind: private folders, the servers in them, and their removal if this process cannot do it.
//!
//! A folder is removed when its [`Folder`] is dropped, by [`cleanup_on_signals`] on a signal, and by the next run's
//! [`sweep`] if its owner was killed: its file `pids` names the owner and every server started in it.

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use super::account::Account;
use super::given::Guest;
use super::process::{Process, machine};

const PREFIX: &str = "trial-balance-";
const PIDS: &str = "pids";
/// A folder without the name of an owner is still being made, unless it is older than this.
const NEWBORN: Duration = Duration::from_secs(60);

/// What must not be left behind when this process ends.
#[derive(Debug, Clone)]
pub(super) enum Leftover {
    /// A private folder and the servers in it.
    Folder(PathBuf),
    /// Our schema or our keys on a server that was given.
    Guest(Box<Guest>),
}

/// In order of creation. Locked while a server is being started, so that a signal finds it either recorded or not
/// started.
static LEFTOVERS: Mutex<Vec<(u64, Leftover)>> = Mutex::new(Vec::new());

fn leftovers() -> MutexGuard<'static, Vec<(u64, Leftover)>> {
    LEFTOVERS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Records something to clean up; returns its number for [`forget`].
pub(super) fn remember(leftover: Leftover) -> u64 {
    let mut all = leftovers();
    let id = all.last().map_or(0, |(id, _)| id + 1);
    all.push((id, leftover));
    id
}

/// Removes the record of something that has been cleaned up.
pub(super) fn forget(id: u64) {
    leftovers().retain(|(other, _)| *other != id);
}

/// Ends every private server and removes every folder, schema and key of this process. Nothing can be started
/// meanwhile. For processes that end without unwinding.
pub fn cleanup_now() {
    clean(&mut leftovers());
}

fn clean(all: &mut Vec<(u64, Leftover)>) {
    for (_, leftover) in all.drain(..) {
        match leftover {
            Leftover::Folder(path) => clear(&path),
            Leftover::Guest(guest) => guest.leave(),
        }
    }
}

/// Installs handlers: Ctrl-C, SIGTERM and SIGHUP clean up as [`cleanup_now`] does, and then exit with 130. Call it
/// once.
///
/// # Errors
/// When the handlers cannot be installed.
pub fn cleanup_on_signals() -> io::Result<()> {
    let mut signals = Signals::new([SIGINT, SIGTERM, SIGHUP])?;
    std::thread::Builder::new().name("cleanup".into()).spawn(move || {
        if signals.forever().next().is_some() {
            let mut all = leftovers();
            clean(&mut all);
            // The lock is still held: no other thread starts a server between the cleanup and the exit.
            std::process::exit(130);
        }
    })?;
    Ok(())
}

/// A private folder, mode 0700, of the servers' account. Dropping it ends the servers in it and removes it.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
    id: u64,
}

impl Folder {
    /// Creates a folder under the temporary folder, or under `/tmp` if socket paths would otherwise be too long.
    ///
    /// # Errors
    /// As for the file operations.
    pub fn create(account: &Account) -> io::Result<Folder> {
        let path = tempfile::Builder::new().prefix(PREFIX).tempdir_in(base())?.keep();
        let folder = Folder { id: remember(Leftover::Folder(path.clone())), path };
        let own = Process::own();
        std::fs::write(folder.path.join(PIDS), format!("machine {}\n{}", machine(), line("owner", &own)))?;
        account.give(&folder.path)?;
        Ok(folder)
    }

    /// The path of the folder.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Starts a server in its own process group, so that Ctrl-C reaches this process and not the server, and records
    /// it.
    ///
    /// # Errors
    /// When it cannot be started or recorded; then it does not run.
    pub fn spawn(&self, name: &str, command: &mut Command) -> io::Result<Child> {
        use std::os::unix::process::CommandExt;
        let _held = leftovers();
        let mut pids = OpenOptions::new().append(true).open(self.path.join(PIDS))?;
        let mut child = command.process_group(0).spawn()?;
        let recorded = pids.write_all(line(name, &Process::now(child.id())).as_bytes());
        if let Err(error) = recorded {
            let _ = child.kill().and_then(|()| child.wait());
            return Err(error);
        }
        Ok(child)
    }
}

impl Folder {
    /// Keeps the folder under a name that no sweep removes, and returns its path.
    pub fn keep(self) -> Option<PathBuf> {
        let name = self.path.file_name()?.to_string_lossy().into_owned();
        let kept = self.path.with_file_name(format!("kept-{name}"));
        std::fs::rename(&self.path, &kept).ok()?;
        Some(kept)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        clear(&self.path);
        forget(self.id);
    }
}

/// Socket paths have at most 107 bytes; ours add up to 45 to this folder.
fn base() -> PathBuf {
    let temporary = std::env::temp_dir();
    if temporary.as_os_str().len() <= 60 { temporary } else { "/tmp".into() }
}

fn line(name: &str, process: &Process) -> String {
    let started = process.started.map_or("-".to_owned(), |ticks| ticks.to_string());
    format!("{name} {} {started}\n", process.pid)
}

/// The content of a `pids` file.
struct Pids {
    machine: String,
    owner: Process,
    servers: Vec<Process>,
}

fn read_pids(folder: &Path) -> Option<Pids> {
    let text = std::fs::read_to_string(folder.join(PIDS)).ok()?;
    let mut lines = text.lines();
    let machine = lines.next()?.strip_prefix("machine ")?.to_owned();
    let mut processes = lines.filter_map(|line| {
        let mut words = line.split(' ').skip(1);
        Some(Process { pid: words.next()?.parse().ok()?, started: words.next()?.parse().ok() })
    });
    Some(Pids { machine, owner: processes.next()?, servers: processes.collect() })
}

/// Ends the servers of a folder, then removes it. What is already gone is not an error; a file that cannot be removed
/// is left to the next sweep.
fn clear(folder: &Path) {
    for server in read_pids(folder).map(|pids| pids.servers).unwrap_or_default() {
        server.kill_tree();
    }
    let _ = std::fs::remove_dir_all(folder);
}

/// Clears every private folder whose owner has ended, and returns their paths. Folders of other accounts, and those of
/// a container that shares the temporary folder with us, are left alone.
#[must_use]
pub fn sweep() -> Vec<PathBuf> {
    let entries = std::fs::read_dir(base()).into_iter().flatten().flatten();
    let ours = entries.map(|entry| entry.path()).filter(|path| {
        path.file_name().and_then(|name| name.to_str()).is_some_and(|name| name.starts_with(PREFIX)) && stale(path)
    });
    ours.inspect(|path| clear(path)).collect()
}

fn stale(folder: &Path) -> bool {
    let own = rustix::process::geteuid().as_raw();
    // The owner of the file decides, not of the folder: only we can have written our file, and it names processes to
    // kill.
    if std::fs::symlink_metadata(folder.join(PIDS)).is_ok_and(|file| file.is_file() && file.uid() == own) {
        return read_pids(folder).is_some_and(|pids| pids.machine == machine() && !pids.owner.alive());
    }
    std::fs::symlink_metadata(folder).is_ok_and(|meta| {
        let old = meta.modified().ok().and_then(|made| made.elapsed().ok()).is_some_and(|age| age > NEWBORN);
        meta.is_dir() && meta.uid() == own && old
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_process_with_the_owners_number_is_not_the_owner() {
        let own = Process::own();
        assert!(own.alive());
        assert!(own.started.is_none() || !Process { started: own.started.map(|t| t + 1), ..own }.alive());
    }

    #[test]
    fn a_dropped_folder_is_gone_with_what_ran_in_it() {
        let folder = Folder::create(&Account::for_servers().unwrap()).unwrap();
        let path = folder.path().to_owned();
        let mut child = folder.spawn("sleep", Command::new("sleep").arg("60")).unwrap();
        let process = Process::now(child.id());
        assert!(!stale(&path) && process.alive());
        drop(folder);
        assert!(!process.alive() && !path.exists());
        child.wait().unwrap();
    }
}
