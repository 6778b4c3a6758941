//! `trial check --accept`: writes what a complete check found, and nothing else.

#![allow(clippy::unwrap_used)]

use std::path::Path;
use std::process::{Command, Output};

const ID: &str = "p0-3-crash-between-steps";

/// A checkout with one committed scenario and this lock file.
struct Checkout {
    folder: tempfile::TempDir,
}

fn committed(extension: &str) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(root.join(format!("scenarios/{ID}.{extension}"))).unwrap()
}

impl Checkout {
    fn new(scenario: &str, lock: Option<&str>) -> Checkout {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("scenarios")).unwrap();
        std::fs::write(folder.path().join("Cargo.toml"), "").unwrap();
        std::fs::write(folder.path().join(format!("scenarios/{ID}.toml")), scenario).unwrap();
        if let Some(lock) = lock {
            std::fs::write(folder.path().join(format!("scenarios/{ID}.lock")), lock).unwrap();
        }
        Checkout { folder }
    }

    fn accept(&self, args: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_trial"));
        command.args(["check", "--accept"]).args(args).current_dir(self.folder.path()).output().unwrap()
    }

    fn lock(&self) -> Option<String> {
        std::fs::read_to_string(self.folder.path().join(format!("scenarios/{ID}.lock"))).ok()
    }

    /// Every file in the folder of the scenarios.
    fn files(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.folder.path().join("scenarios")).unwrap();
        let mut names: Vec<String> =
            entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }
}

#[test]
fn what_is_written_is_what_is_committed() {
    let checkout = Checkout::new(&committed("toml"), None);
    assert_eq!(checkout.accept(&[]).status.code(), Some(0));
    assert_eq!(checkout.lock().as_deref(), Some(committed("lock").as_str()));
    assert_eq!(checkout.files(), [format!("{ID}.lock"), format!("{ID}.toml")], "nothing else is written");
}

/// Another verdict is one line of the diff: here once is planted as broken.
#[test]
fn a_wrong_verdict_is_mended_in_its_line() {
    let before = "[\"once\",";
    let planted = format!("[\"once\", 4, \"p0-3-a\", \"planted\"],\n{before}");
    let planted = committed("lock").replacen(before, &planted, 1);
    assert_eq!(planted.lines().count(), committed("lock").lines().count() + 1);
    let checkout = Checkout::new(&committed("toml"), Some(&planted));
    assert_eq!(checkout.accept(&[]).status.code(), Some(0));
    assert_eq!(checkout.lock().as_deref(), Some(committed("lock").as_str()));
}

/// What a lock file says does not matter where it is written anew: it may name what is no design any more.
#[test]
fn a_lock_file_that_cannot_be_read_is_written_anew() {
    let stale = committed("lock").replace("\"p0-3-a\"", "\"p0-3-z\"");
    let checkout = Checkout::new(&committed("toml"), Some(&stale));
    assert_eq!(checkout.accept(&[]).status.code(), Some(0));
    assert_eq!(checkout.lock().as_deref(), Some(committed("lock").as_str()));
}

#[test]
fn a_search_that_was_cut_writes_nothing() {
    for cut in [&["--max-states", "20"] as &[&str], &["--max-states", "61"]] {
        let stale = committed("lock").replace("[48, ", "[47, ");
        let checkout = Checkout::new(&committed("toml"), Some(&stale));
        let output = checkout.accept(cut);
        let printed = String::from_utf8_lossy(&output.stdout).into_owned();
        assert_eq!(output.status.code(), Some(2), "{printed}");
        assert!(printed.contains("not accepted, scenarios/p0-3-crash-between-steps.lock stays as it is"), "{printed}");
        assert_eq!(checkout.lock().as_deref(), Some(stale.as_str()), "{cut:?}");
        let none = Checkout::new(&committed("toml"), None);
        assert_eq!(none.accept(cut).status.code(), Some(2));
        assert_eq!(none.lock(), None, "{cut:?}");
    }
}

/// What a person argues, changed in the scenario of these tests, and why what is found is not accepted.
#[test]
fn each_kind_of_argument_can_be_contradicted() {
    for (from, to, says) in [
        (
            "broken = [\"key\", \"progress\"]",
            "broken = [\"once\"]",
            "once does not break, but `expect` argues that it does",
        ),
        (
            "holds = [\"progress\"]",
            "holds = [\"floor\"]",
            "floor could not fail in any state, but `expect` argues that it holds",
        ),
        (
            "seen = [\"pending-row-found\"]",
            "seen = [\"evicted\"]",
            "the situation evicted never arises, but `expect` argues",
        ),
        ("seen = [\"crash-between-t3-and-t6\"]", "seen = [\"evicted\"]", "evicted, which arises under no design"),
    ] {
        let scenario = committed("toml");
        assert!(scenario.contains(from), "{from}");
        let checkout = Checkout::new(&scenario.replacen(from, to, 1), None);
        let output = checkout.accept(&[]);
        let printed = String::from_utf8_lossy(&output.stdout).into_owned();
        assert_eq!((output.status.code(), checkout.lock()), (Some(1), None), "{printed}");
        assert!(printed.contains(says), "{printed}");
    }
}

#[test]
fn what_is_argued_is_not_overwritten_by_what_is_found() {
    let argued = "broken = [\"key\", \"progress\"]";
    let scenario = committed("toml").replacen(argued, "broken = [\"key\"]\nholds = [\"progress\"]", 1);
    let checkout = Checkout::new(&scenario, Some(&committed("lock")));
    let output = checkout.accept(&[]);
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(1), "{printed}");
    assert!(printed.contains("progress breaks, but `expect` argues that it holds: The rollback"), "{printed}");
    assert_eq!(checkout.lock().as_deref(), Some(committed("lock").as_str()));
}
