//! The lock files and the committed reports are what the suite writes today, byte for byte.

#![allow(clippy::unwrap_used)]

use std::path::Path;
use std::process::Command;

use sim::suite::{explain, lock};
use similar::{ChangeTag, TextDiff};

/// What is written by the run that these tests look at, and by no other command.
const REPORTS: [&str; 5] = ["claims.txt", "index.html", "reasoned.txt", "summary.txt", "unseen.toml"];
/// The files of the folder of the scenarios that are none.
const NO_SCENARIOS: [&str; 2] = [sim::suite::claims::FILE, sim::suite::reasoned::FILE];

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_default()
}

/// The names of the files in a folder that end so, in order.
fn names(folder: &Path, extension: &str) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut paths: Vec<_> = entries.filter(|path| path.extension().is_some_and(|it| it == extension)).collect();
    paths.sort();
    paths.iter().map(|path| path.file_name().unwrap().to_string_lossy().into_owned()).collect()
}

/// Every line that differs, `-` as committed and `+` as written.
fn differing(name: &str, committed: &str, written: &str) -> Vec<(ChangeTag, String)> {
    let diff = TextDiff::from_lines(committed, written);
    let changes = diff.iter_all_changes().filter(|change| change.tag() != ChangeTag::Equal);
    changes.map(|change| (change.tag(), format!("{name}: {}{}", change.tag(), change.value().trim_end()))).collect()
}

/// The same of a lock file, each line that is new with the command that explains it.
fn differing_lock(name: &str, committed: &str, written: &str) -> Vec<String> {
    let lines = lock::parse(name, written).map(|lock| lock::lines(&lock)).unwrap_or_default();
    let id = name.trim_end_matches(".lock");
    let mut out = Vec::new();
    for (tag, line) in differing(name, committed, written) {
        out.push(line.clone());
        let known = lines.iter().find(|known| tag == ChangeTag::Insert && line.ends_with(&known.text));
        if let Some(known) = known {
            out.push(match &known.invariant {
                Some(invariant) => format!("    {}", explain::command(id, &known.design, invariant)),
                None => format!("    trial check {id} --design {}", known.design),
            });
        }
    }
    out
}

#[test]
fn lock_files_and_reports_are_up_to_date() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let copy = tempfile::tempdir().unwrap();
    let asked = copy.path().join("scenarios");
    std::fs::create_dir(&asked).unwrap();
    std::fs::write(copy.path().join("Cargo.toml"), "").unwrap();
    let scenarios = root.join("scenarios");
    for name in [names(&scenarios, "toml"), names(&scenarios, "lock")].concat() {
        std::fs::copy(scenarios.join(&name), asked.join(&name)).unwrap();
    }
    let trial = Command::new(env!("CARGO_BIN_EXE_trial"))
        .args(["run", "--update-reports"])
        .current_dir(copy.path())
        .env_remove("DATABASE_URL")
        .env_remove("REDIS_URL")
        .output()
        .unwrap();
    let mut differs = Vec::new();
    let written = copy.path().join("target/trial/scenarios");
    let mut locks = [names(&scenarios, "lock"), names(&written, "lock")].concat();
    locks.sort();
    locks.dedup();
    for name in &locks {
        differs.extend(differing_lock(name, &read(&scenarios.join(name)), &read(&written.join(name))));
    }
    if !differs.is_empty() {
        differs.push("review these, then `cargo run --release -- check --accept`".to_owned());
    }
    for name in REPORTS {
        let (committed, written) =
            (read(&root.join("reports").join(name)), read(&copy.path().join("reports").join(name)));
        let lines = differing(&format!("reports/{name}"), &committed, &written);
        differs.extend(lines.into_iter().map(|(_, line)| line));
    }
    let said = format!("{}{}", String::from_utf8_lossy(&trial.stdout), String::from_utf8_lossy(&trial.stderr));
    let again = "if only reports differ: `cargo run --release -- run --update-reports`";
    assert!(differs.is_empty(), "{}\n{again}\n{said}", differs.join("\n"));
    assert_eq!(trial.status.code(), Some(0), "{said}");
    let asked = names(&scenarios, "toml").len() - NO_SCENARIOS.len();
    assert_eq!(locks.len(), asked, "one lock file per scenario");
}

/// What the test above would print of a verdict that changed: the line, and how to look at it.
#[test]
fn a_verdict_that_changed_is_reported_with_the_command_that_explains_it() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let name = "p0-3-crash-between-steps.lock";
    let today = read(&root.join("scenarios").join(name));
    let line = today.lines().find(|line| line.contains("[\"key\", 3,")).unwrap();
    let committed = today.replace(&format!("{line}\n"), "");
    let command = "    trial explain p0-3-crash-between-steps --design as-reported --invariant key";
    assert_eq!(differing_lock(name, &committed, &today), [format!("{name}: +{line}"), command.to_owned()]);
    assert_eq!(differing_lock(name, &today, &committed), [format!("{name}: -{line}")]);
    assert_eq!(differing_lock(name, &today, &today), Vec::<String>::new());
}
