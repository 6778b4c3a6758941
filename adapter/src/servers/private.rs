//! The common part of private Postgres and Redis: a child process with a log that is polled until it answers and is
//! killed hard.

use std::fs::{File, OpenOptions};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::ServersError;
use super::connect::PATIENCE;
use super::find::Kind;
use super::process::Process;
use super::sweep::Folder;

const TAIL: usize = 1500;

/// A private server's process. Dropping it kills it.
#[derive(Debug)]
pub(super) struct Daemon {
    kind: Kind,
    child: Option<Child>,
    log: PathBuf,
}

impl Daemon {
    /// A server that does not run yet.
    pub(super) fn new(kind: Kind, log: PathBuf) -> Daemon {
        Daemon { kind, child: None, log }
    }

    /// The number of its process while it runs.
    pub(super) fn pid(&self) -> Option<u32> {
        self.child.as_ref().map(Child::id)
    }

    /// Starts the command and asks `probe` until it succeeds.
    pub(super) async fn start<E, F>(
        &mut self,
        folder: &Folder,
        mut command: impl FnMut() -> Command,
        mut probe: impl FnMut() -> F,
    ) -> Result<(), ServersError>
    where
        E: std::fmt::Display,
        F: Future<Output = Result<(), E>>,
    {
        self.kill();
        let deadline = Instant::now() + PATIENCE;
        loop {
            if self.child.is_none() {
                let log = self.open_log()?;
                let mut command = command();
                command.stdin(Stdio::null()).stdout(log.try_clone().map_err(ServersError::Io)?).stderr(log);
                let name = self.kind.to_string().to_lowercase();
                let child = folder.spawn(&name, &mut command);
                self.child = Some(child.map_err(|error| self.failed(format!("cannot be run: {error}")))?);
            }
            let mut last = match tokio::time::timeout(Duration::from_secs(1), probe()).await {
                Ok(Ok(())) => return Ok(()),
                Ok(Err(error)) => error.to_string(),
                Err(_) => "no answer within 1 s".into(),
            };
            let exited = self.child.as_mut().and_then(|child| child.try_wait().ok().flatten());
            if let Some(status) = exited {
                self.child = None;
                // Backends of a killed postmaster release its shared memory a moment after its death.
                if !tail(&self.log).contains("shared memory block") {
                    return Err(self.failed(format!("ended at once ({status})")));
                }
                last = status.to_string();
            }
            if Instant::now() > deadline {
                self.kill();
                return Err(self.failed(format!("no answer within {} s, last: {last}", PATIENCE.as_secs())));
            }
            tokio::time::sleep(Duration::from_millis(3)).await;
        }
    }

    /// SIGKILLs it with its children and waits until it is gone.
    pub(super) fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            Process::now(child.id()).kill_tree();
            // Both fail only for a child that was already waited for, and this one was not.
            let _ = child.kill();
            let _ = child.wait();
        }
    }

    /// Each start has a fresh log, so the tail in an error belongs to this start.
    fn open_log(&self) -> Result<File, ServersError> {
        OpenOptions::new().create(true).write(true).truncate(true).open(&self.log).map_err(ServersError::Io)
    }

    fn failed(&self, why: String) -> ServersError {
        ServersError::NotUp { kind: self.kind, why, log: tail(&self.log) }
    }
}

impl Drop for Daemon {
    /// Tries a shutdown first: a killed Postgres leaves its shared memory in the system.
    fn drop(&mut self) {
        if self.ended_when_asked() {
            self.child = None;
        }
        self.kill();
    }
}

impl Daemon {
    fn ended_when_asked(&mut self) -> bool {
        use rustix::process::{Pid, Signal, kill_process};
        let Some(child) = &mut self.child else { return true };
        // For Postgres the immediate shutdown, which does not wait for clients.
        let signal = if self.kind == Kind::Postgres { Signal::QUIT } else { Signal::TERM };
        let pid = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
        let deadline = Instant::now() + Duration::from_secs(1);
        if pid.is_none_or(|pid| kill_process(pid, signal).is_err()) {
            return false;
        }
        while Instant::now() < deadline {
            if matches!(child.try_wait(), Ok(Some(_))) {
                return true;
            }
            std::thread::sleep(Duration::from_millis(2));
        }
        false
    }
}

fn tail(log: &Path) -> String {
    let text = std::fs::read(log).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default();
    let start = text.len().saturating_sub(TAIL);
    let start = (start..text.len()).find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    text[start..].trim().to_owned()
}
