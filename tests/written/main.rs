//! What is found is printed before it is written: no disk and no pipe takes a verdict away, and what was asked for and is not
//! there is no pass.

#![allow(clippy::unwrap_used)]

mod beside;
mod folder;
mod hidden;
mod stdout;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const ID: &str = "p0-3-crash-between-steps";
const FOUND: &str = "found/p0-3-crash-between-steps.as-reported.progress.json";

const CLAIM: &str = r#"[[claim]]
id = "p0-3-2"
risk = "p0-3"
says = "The retry is stopped by the key."
scenario = "p0-3-crash-between-steps"
invariant = "progress"
because = "A held key leads to a lookup."
expect = "confirmed"
"#;

/// A checkout with one committed scenario and its lock file.
struct Checkout {
    folder: tempfile::TempDir,
}

impl Checkout {
    fn new() -> Checkout {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("scenarios")).unwrap();
        std::fs::write(folder.path().join("Cargo.toml"), "").unwrap();
        let committed = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios");
        for extension in ["toml", "lock"] {
            let name = format!("{ID}.{extension}");
            std::fs::copy(committed.join(&name), folder.path().join("scenarios").join(&name)).unwrap();
        }
        std::fs::write(folder.path().join("scenarios/claims.toml"), CLAIM).unwrap();
        Checkout { folder }
    }

    fn path(&self, relative: &str) -> PathBuf {
        self.folder.path().join(relative)
    }

    /// Puts a file there, and the folders that it needs.
    fn put(&self, relative: &str, text: &str) {
        std::fs::create_dir_all(self.path(relative).parent().unwrap()).unwrap();
        std::fs::write(self.path(relative), text).unwrap();
    }

    /// The command in this checkout, with no servers at hand.
    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_trial"));
        command.args(args);
        self.at_home(command)
    }

    /// A line of a shell there, in which `$trial` is the command.
    fn shell(&self, line: &str) -> Output {
        let mut command = Command::new("sh");
        command.args(["-c", line]).env("trial", env!("CARGO_BIN_EXE_trial"));
        self.at_home(command).output().unwrap()
    }

    fn at_home(&self, mut command: Command) -> Command {
        command.current_dir(self.folder.path()).env("TRIAL_REDIS_BIN", self.path("no-redis-here"));
        command.env_remove("DATABASE_URL").env_remove("REDIS_URL").env_remove("CI");
        command
    }

    fn trial(&self, args: &[&str]) -> CommandOutput {
        CommandOutput::by(&self.command(args).output().unwrap())
    }
}

/// What a command printed.
#[derive(Debug)]
struct CommandOutput {
    exit: Option<i32>,
    stdout: String,
    stderr: String,
}

impl CommandOutput {
    fn by(output: &Output) -> CommandOutput {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        CommandOutput { exit: output.status.code(), stdout: text(&output.stdout), stderr: text(&output.stderr) }
    }

    fn has_the_verdict(&self) -> bool {
        self.stdout.contains("BROKEN") && self.stdout.contains("progress")
    }
}
