//! Processes that may outlive us: how to identify them, check that they run, and end them.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process, test_kill_process};

/// A process by number and start time, so that a later process with the same number is not confused with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Process {
    /// Its number.
    pub pid: u32,
    /// When it started, in clock ticks since boot; `None` on a system without `/proc`.
    pub started: Option<u64>,
}

/// The content of `/proc/<pid>/stat`.
struct Stat {
    state: char,
    parent: u32,
    started: u64,
}

/// The name in a stat line may hold spaces and parentheses, so fields are counted from the last parenthesis.
fn stat(pid: u32) -> Option<Stat> {
    let line = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (_, rest) = line.rsplit_once(')')?;
    let fields: Vec<&str> = rest.split_whitespace().collect();
    Some(Stat {
        state: fields.first()?.chars().next()?,
        parent: fields.get(1)?.parse().ok()?,
        started: fields.get(19)?.parse().ok()?,
    })
}

fn has_proc() -> bool {
    PathBuf::from("/proc/self/stat").exists()
}

fn raw(pid: u32) -> Option<Pid> {
    Pid::from_raw(i32::try_from(pid).ok().filter(|pid| *pid > 1)?)
}

fn kill(pid: u32, signal: Signal) {
    if let Some(pid) = raw(pid) {
        // It fails only if the process is gone, which is intended, or belongs to another account, which cannot be
        // changed.
        let _ = kill_process(pid, signal);
    }
}

impl Process {
    /// The process that has this number at the moment.
    #[must_use]
    pub fn now(pid: u32) -> Process {
        Process { pid, started: stat(pid).map(|stat| stat.started) }
    }

    /// This process.
    #[must_use]
    pub fn own() -> Process {
        Process::now(std::process::id())
    }

    /// Whether it still runs. A zombie does not; a later process with the same number is another process.
    #[must_use]
    pub fn alive(&self) -> bool {
        if has_proc() {
            return stat(self.pid).is_some_and(|stat| {
                !matches!(stat.state, 'Z' | 'X') && self.started.is_none_or(|started| started == stat.started)
            });
        }
        raw(self.pid).is_some_and(|pid| test_kill_process(pid).is_ok())
    }

    /// SIGSTOPs it and waits until it has stopped; false if it does not within two seconds.
    #[must_use]
    pub fn stop(&self) -> bool {
        kill(self.pid, Signal::STOP);
        let deadline = Instant::now() + Duration::from_secs(2);
        while has_proc() && stat(self.pid).is_none_or(|stat| stat.state != 'T') {
            if Instant::now() > deadline {
                return false;
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        true
    }

    /// SIGCONTs it.
    pub fn go_on(&self) {
        kill(self.pid, Signal::CONT);
    }

    /// SIGKILLs it alone and does not wait.
    pub fn kill(&self) {
        if self.alive() {
            kill(self.pid, Signal::KILL);
        }
    }

    /// SIGKILLs it with its children, if it still runs. It is stopped first, so that it starts no child meanwhile: each
    /// Postgres backend has its own process group and outlives its postmaster by a moment.
    pub fn kill_tree(&self) {
        if !self.alive() {
            return;
        }
        kill(self.pid, Signal::STOP);
        let children = children(self.pid);
        kill(self.pid, Signal::KILL);
        for child in &children {
            kill(child.pid, Signal::KILL);
        }
        let deadline = Instant::now() + Duration::from_secs(2);
        while Instant::now() < deadline && (self.alive() || children.iter().any(Process::alive)) {
            std::thread::sleep(Duration::from_millis(1));
        }
    }
}

/// Has the system kill this process when the thread that started it ends, even while this process is stopped (SIGSTOP)
/// and cannot notice a closed pipe. On systems without that feature, only the closed pipe ends the process.
pub fn die_with_parent() {
    #[cfg(target_os = "linux")]
    {
        // It fails only for an invalid signal.
        let _ = rustix::process::set_parent_process_death_signal(Some(Signal::KILL));
    }
}

fn children(parent: u32) -> Vec<Process> {
    let numbers = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    numbers
        .filter_map(|entry| {
            let pid: u32 = entry.file_name().to_str()?.parse().ok()?;
            let stat = stat(pid)?;
            (stat.parent == parent).then_some(Process { pid, started: Some(stat.started) })
        })
        .collect()
}

/// Identifies this boot and this process namespace: a process number is meaningful only within both. Empty without
/// `/proc`.
#[must_use]
pub fn machine() -> String {
    let boot = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
    let namespace = std::fs::read_link("/proc/self/ns/pid").unwrap_or_default();
    format!("{}/{}", boot.trim(), namespace.display())
}
