//! Bad input: one clear error that names file, line, key and what would be valid; the documented exit code; nothing
//! written.

#![allow(clippy::unwrap_used)]

mod arguments;
mod audit;
mod capsules;
mod claims;
mod locks;
mod scenarios;
mod servers;

use std::path::PathBuf;
use std::process::{Command, Output};

/// A small scenario, of which each test spoils something.
const SCENARIO: &str = r#"title = "A crash"
risk = "p0-3"
why = """
Two gateways share the accounts of today's requests, of which one is told any amount. One gateway dies.
"""
folded = ["auth and usage"]
gateways = 2
today = "2026-01-15"
path = ["quota-check"]
seen = ["crash-between-t3-and-t6"]
designs = ["idempotency=A,cache=D"]

[[accounts]]
name = "acme"
balance = "100.00"

[[requests]]
trace = "t1"
account = "acme"
amount = "5.25"
attempts = 1

[[requests]]
trace = "v1"
account = "acme"
kind = "reverse"
of = "t1"
attempts = 1

[faults]
crash = 1

[[expect]]
design = "as-reported"
broken = ["key", "progress"]
any = ["converge"]
seen = ["retry-stopped-by-the-key"]
because = "the key outlives the rollback"

[[expect]]
design = "p0-3-a+fixed"
holds = ["once"]
because = "the unique trace stops a second charge"
"#;

/// A checkout with nothing but what a test puts there, and may spoil.
struct Checkout {
    folder: tempfile::TempDir,
}

impl Checkout {
    fn new() -> Checkout {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("scenarios")).unwrap();
        std::fs::write(folder.path().join("Cargo.toml"), "").unwrap();
        Checkout { folder }
    }

    fn path(&self, relative: &str) -> PathBuf {
        self.folder.path().join(relative)
    }

    fn with(self, relative: &str, text: &str) -> Checkout {
        std::fs::write(self.path(relative), text).unwrap();
        self
    }

    /// The command in this checkout, with no servers given and no CI.
    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_trial"));
        command.args(args).current_dir(self.folder.path());
        command.env_remove("DATABASE_URL").env_remove("REDIS_URL").env_remove("CI");
        command
    }

    /// A line of a shell there, in which `$trial` is the command.
    fn shell(&self, line: &str) -> Output {
        let mut shell = Command::new("sh");
        shell.args(["-c", line]).env("trial", env!("CARGO_BIN_EXE_trial")).current_dir(self.folder.path());
        shell.output().unwrap()
    }

    fn trial(&self, args: &[&str]) -> Output {
        self.command(args).output().unwrap()
    }
}

/// The text with one thing spoiled.
fn spoiled(text: &str, from: &str, to: &str) -> String {
    assert!(text.contains(from), "{from}");
    text.replacen(from, to, 1)
}

fn assert_refused(output: &Output, exit: i32, parts: &[&str]) {
    assert!(output.stdout.is_empty(), "stdout: {}", String::from_utf8_lossy(&output.stdout));
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(exit), "{error}");
    for part in parts {
        assert!(error.contains(part), "`{part}` is not in: {error}");
    }
    assert_eq!(error.matches("error:").count(), 1, "one error: {error}");
}
