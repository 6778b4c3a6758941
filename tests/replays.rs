//! Every committed capsule breaks the same invariant with the same numbers on every engine, and so do those that older
//! versions of the suite wrote.

#![allow(clippy::unwrap_used)]

use std::path::{Path, PathBuf};
use std::process::Command;

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

fn found() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/found")
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
fn committed_capsules_replay_on_check_sim_and_real() {
    let files = capsules(&found());
    for both in ["crash-between-steps.as-reported.progress", "redis-down-after-commit.as-reported.converge"] {
        assert!(files.contains(&found().join(format!("p0-3-{both}.json"))), "{both} is committed");
    }
    assert_reproduced(&replay(&files, "all"), &files, 3);
}

/// Designs that share a capsule stand in `also`: the moves must mean the same to each.
#[test]
fn the_designs_that_share_a_capsule_break_by_it_as_well() {
    let fresh = checked("p0-3-crash-between-steps");
    let written = capsules(&fresh.path().join("target/trial/found"));
    let folder = tempfile::tempdir().unwrap();
    for (number, file) in written.iter().chain(&capsules(&found())).enumerate() {
        let mut capsule: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
        let also = capsule.as_object_mut().unwrap().remove("also").unwrap_or_default();
        for (place, design) in also.as_array().into_iter().flatten().enumerate() {
            capsule["design"] = design.clone();
            std::fs::write(folder.path().join(format!("{number}.{place}.json")), capsule.to_string()).unwrap();
        }
    }
    let files = capsules(folder.path());
    for engine in ["check", "sim"] {
        assert_reproduced(&replay(&files, engine), &files, 1);
    }
}

/// A checkout with one scenario and what check has found in it.
fn checked(scenario: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("scenarios")).unwrap();
    std::fs::write(folder.path().join("Cargo.toml"), "").unwrap();
    let file = format!("scenarios/{scenario}.toml");
    std::fs::copy(Path::new(env!("CARGO_MANIFEST_DIR")).join(&file), folder.path().join(&file)).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_trial")).arg("check").current_dir(folder.path()).output().unwrap();
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    folder
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
