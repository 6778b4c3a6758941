//! Counterexamples break the same invariant with the same numbers on every engine: all that are curated, a sample of what the
//! lock files pin, which rotates from day to day, and what older versions of the suite wrote.

#![allow(clippy::unwrap_used)]

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};

use sim::suite::lock::{self, Pin};

/// So many days it takes until every counterexample had its turn.
const DAYS: u64 = 30;
/// `all`, or the number of a sample: chooses what of the lock files is replayed.
const CHOICE: &str = "TRIAL_REPLAYS";

fn replay(files: &[PathBuf], on: &str) -> serde_json::Value {
    let output = Command::new(env!("CARGO_BIN_EXE_trial"))
        .arg("replay")
        .args(files)
        .args(["--on", on, "--json"])
        .env_remove("DATABASE_URL")
        .env_remove("REDIS_URL")
        .output()
        .unwrap();
    let document: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(document["exit"], output.status.code().unwrap());
    document
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The capsules of a folder, by name.
fn capsules(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "json"));
    files.sort();
    assert!(!files.is_empty());
    files
}

/// Each of the files reproduces on each of so many engines, with the same numbers.
fn assert_reproduced(document: &serde_json::Value, files: &[PathBuf], engines: usize) {
    assert_eq!(document["not_run"], serde_json::json!([]), "every engine ran");
    let replays = document["replays"].as_array().unwrap();
    assert_eq!(replays.len(), engines * files.len());
    for replay in replays {
        assert!(replay["reproduced"] == true && replay["same_numbers"] == true, "{replay:#}");
    }
    assert_eq!(document["exit"], 0);
}

#[test]
fn curated_capsules_replay_on_check_sim_and_real() {
    let files = capsules(&root().join("scenarios/found"));
    assert_reproduced(&replay(&files, "all"), &files, 3);
}

/// One breach that a lock file pins.
struct Pinned {
    scenario: String,
    design: String,
    invariant: String,
    pin: Pin,
}

/// Every breach that the lock files pin, in their order.
fn pinned() -> Vec<Pinned> {
    let mut pinned = Vec::new();
    let mut files: Vec<_> =
        std::fs::read_dir(root().join("scenarios")).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == lock::EXTENSION));
    files.sort();
    for file in files {
        let scenario = file.file_stem().unwrap().to_string_lossy().into_owned();
        let lock = lock::parse(&scenario, &std::fs::read_to_string(&file).unwrap()).unwrap();
        for (design, entry) in &lock.entries {
            pinned.extend(entry.broken.iter().map(|(invariant, pin)| Pinned {
                scenario: scenario.clone(),
                design: design.clone(),
                invariant: invariant.clone(),
                pin: pin.clone(),
            }));
        }
    }
    assert!(!pinned.is_empty());
    pinned
}

/// Finds a breach again in a checkout; its capsule has the length and the figures that are pinned.
fn explained(folder: &Path, asked: &Pinned) -> PathBuf {
    let Pinned { scenario, design, invariant, pin } = asked;
    let output = Command::new(env!("CARGO_BIN_EXE_trial"))
        .args(["explain", scenario, "--design", design, "--invariant", invariant, "--json"])
        .current_dir(folder)
        .output()
        .unwrap();
    let command = sim::suite::explain::command(scenario, design, invariant);
    assert_eq!(output.status.code(), Some(0), "{command}: {}", String::from_utf8_lossy(&output.stderr));
    let document: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let figure = |figure: &serde_json::Value| {
        format!("{} = {}", figure["name"].as_str().unwrap(), figure["value"].as_str().unwrap())
    };
    let figures: Vec<String> = document["figures"].as_array().unwrap().iter().map(figure).collect();
    let moves = document["moves"].as_array().unwrap().len() as u64;
    assert_eq!((moves, figures.join(", ").as_str()), (pin.moves, pin.figures.as_str()), "{command}");
    folder.join(document["capsule"].as_str().unwrap())
}

/// A checkout with every scenario and its lock file.
fn every_scenario() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("scenarios")).unwrap();
    std::fs::write(folder.path().join("Cargo.toml"), "").unwrap();
    for path in std::fs::read_dir(root().join("scenarios")).unwrap().map(|entry| entry.unwrap().path()) {
        if path.is_file() {
            std::fs::copy(&path, folder.path().join("scenarios").join(path.file_name().unwrap())).unwrap();
        }
    }
    folder
}

#[test]
fn what_the_lock_files_pin_is_found_again_and_replays_on_check_sim_and_real() {
    let choice = std::env::var(CHOICE).unwrap_or_else(|_| {
        let today = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs() / (24 * 60 * 60);
        (today % DAYS).to_string()
    });
    println!("the sample of {CHOICE}={choice}");
    let folder = every_scenario();
    let files = if choice == "all" {
        let check = Command::new(env!("CARGO_BIN_EXE_trial")).arg("check").current_dir(folder.path()).output().unwrap();
        assert_eq!(check.status.code(), Some(0), "{}", String::from_utf8_lossy(&check.stdout));
        capsules(&folder.path().join("target/trial/found"))
    } else {
        let sample: u64 =
            choice.parse().unwrap_or_else(|_| panic!("{CHOICE} is `{choice}`: expected `all` or a number"));
        let every = pinned();
        let chosen = every.iter().skip((sample % DAYS) as usize).step_by(DAYS as usize);
        chosen.map(|asked| explained(folder.path(), asked)).collect()
    };
    assert_reproduced(&replay(&files, "all"), &files, 3);
}

/// The first format, before days, the request path and shared capsules were part of it.
#[test]
fn capsules_of_older_versions_are_still_read() {
    let files = capsules(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/old_capsules"));
    for file in &files {
        let text = std::fs::read_to_string(file).unwrap();
        assert!(text.contains("\"schema\": 1") && !text.contains("\"path\""), "{} is old", file.display());
    }
    assert_reproduced(&replay(&files, "check"), &files, 1);
}

/// An edited capsule is reported as edited and judged as what it is; its title is not a part of what was found.
#[test]
fn a_capsule_that_was_edited_is_reported_as_edited() {
    let text = std::fs::read_to_string(root().join("scenarios/found/p0-3-1.json")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("edited.json");
    for (from, to, edited, exit) in [
        ("\"schema\"", "\"schema\"", false, 0),
        ("\"title\": \"A crash", "\"title\": \"The crash", false, 0),
        ("\"balance\":\"100.00\"", "\"balance\":\"200.00\"", true, 0),
        ("\"value\":\"gone\"", "\"value\":\"alive\"", true, 1),
    ] {
        assert!(text.contains(from), "{from} in {text}");
        std::fs::write(&file, text.replacen(from, to, 1)).unwrap();
        let document = replay(std::slice::from_ref(&file), "check");
        assert_eq!((&document["replays"][0]["edited"], &document["exit"]), (&edited.into(), &exit.into()), "{to}");
        let output = Command::new(env!("CARGO_BIN_EXE_trial")).arg("replay").arg(&file).output().unwrap();
        let (out, error) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert_eq!(
            error.contains("differs from what was written; its present content is judged"),
            edited,
            "{to}: {error}"
        );
        assert_eq!(out.contains("AS EDITED"), edited && exit == 0, "{to}: {out}");
        assert_eq!(out.contains("check  REPRODUCED"), !edited, "{to}: {out}");
    }
}

#[test]
fn a_capsule_with_other_numbers_is_not_reproduced() {
    let text = include_str!("old_capsules/p0-3-redis-down-after-commit.as-reported.converge.json");
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("planted.json");
    let planted = text.replace("\"value\": \"94.75\"", "\"value\": \"94.74\"");
    assert_ne!(planted, text);
    std::fs::write(&file, planted).unwrap();
    let document = replay(&[file], "check");
    assert_eq!(document["exit"], 1);
    assert_eq!(document["replays"][0]["reproduced"], true);
    assert_eq!(document["replays"][0]["same_numbers"], false);
}
