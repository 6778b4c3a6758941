//! Every committed capsule breaks the same invariant with the same numbers on every engine.

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

#[test]
fn committed_capsules_replay_on_check_sim_and_real() {
    let mut files: Vec<_> = std::fs::read_dir(found()).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "json"));
    files.sort();
    for both in ["crash-between-steps.as-reported.progress", "redis-down-after-commit.as-reported.converge"] {
        assert!(files.contains(&found().join(format!("p0-3-{both}.json"))), "{both} is committed");
    }
    let document = replay(&files, "all");
    assert_eq!(document["not_run"], serde_json::json!([]), "all three engines ran");
    let replays = document["replays"].as_array().unwrap();
    assert_eq!(replays.len(), 3 * files.len());
    for replay in replays {
        assert!(replay["reproduced"] == true && replay["same_numbers"] == true, "{replay:#}");
    }
    assert_eq!(document["exit"], 0);
}

#[test]
fn a_capsule_with_other_numbers_is_not_reproduced() {
    let text = std::fs::read_to_string(found().join("p0-3-redis-down-after-commit.as-reported.converge.json")).unwrap();
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
