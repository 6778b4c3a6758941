//! The contract of the commands: their JSON, their verdicts, their determinism.

#![allow(clippy::unwrap_used)]

use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

fn trial(args: &[&str]) -> Output {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    Command::new(env!("CARGO_BIN_EXE_trial"))
        .args(args)
        .current_dir(root)
        .env_remove("DATABASE_URL")
        .env_remove("REDIS_URL")
        .output()
        .unwrap()
}

fn json(args: &[&str]) -> Value {
    let output = trial(args);
    let document: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(document["schema"], 1);
    assert_eq!(document["exit"].as_i64(), output.status.code().map(i64::from), "{document:#}");
    document
}

fn finding<'a>(document: &'a Value, design: &str, invariant: &str) -> &'a Value {
    let findings = document["findings"].as_array().unwrap();
    findings.iter().find(|f| f["design"] == design && f["invariant"] == invariant).unwrap()
}

#[test]
fn check_finds_problem_1_of_p0_3_as_its_shortest_counterexample() {
    let document = json(&["check", "p0-3-crash-between-steps", "--json"]);
    assert_eq!(document["exit"], 0);
    let progress = finding(&document, "as-reported", "progress");
    assert_eq!(progress["verdict"], "broken");
    assert_eq!(progress["expected"], "broken");
    assert_eq!(progress["as_expected"], true);
    // Sent, T1, crash, then three tries of four moves each: sent, key held, nothing found, told.
    assert_eq!(progress["steps"], 3 + 3 * 4);
    assert!(progress["could_have_failed"].as_u64().unwrap() > 0);
    assert_eq!(finding(&document, "p0-3-a", "progress")["verdict"], "holds");
    assert_eq!(finding(&document, "as-reported", "once")["verdict"], "holds");
    let explored = &document["explorations"][0];
    assert_eq!(explored["complete"], true);
    assert!(explored["states"].as_u64().unwrap() > 0 && explored["generated"].as_u64().unwrap() > 0);
}

#[test]
fn check_finds_problem_2_of_p0_3_as_its_shortest_counterexample() {
    let document = json(&["check", "p0-3-redis-down-after-commit", "--design", "as-reported", "--json"]);
    let converge = finding(&document, "as-reported", "converge");
    assert_eq!(converge["verdict"], "broken");
    // Sent, T1 to T6 in eight steps, T7a refused, told an error, then once more: sent, key held, row found, told ok.
    assert_eq!(converge["steps"], 1 + 8 + 1 + 1 + 4);
    assert!(converge["why"].as_str().unwrap().contains("balance of acme in redis = 100.00"), "{converge:#}");
}

#[test]
fn what_a_check_could_not_finish_is_unknown_and_never_holds() {
    let document =
        json(&["check", "p0-3-everything-at-once", "--design", "p0-3-b+fixed", "--max-states", "500", "--json"]);
    assert_eq!(document["exit"], 2);
    assert_eq!(document["explorations"][0]["complete"], false);
    for finding in document["findings"].as_array().unwrap() {
        assert_eq!(finding["verdict"], "unknown", "{finding:#}");
        assert!(finding["why"].as_str().unwrap().contains("--max-states"));
    }
}

#[test]
fn a_breach_against_expectation_fails_the_gate() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("scenarios")).unwrap();
    std::fs::write(folder.path().join("Cargo.toml"), "").unwrap();
    let text = std::fs::read_to_string(root.join("scenarios/p0-3-crash-between-steps.toml")).unwrap();
    let hopeful = text.replace("broken = [\"key\", \"progress\", \"converge\"]", "broken = [\"key\", \"converge\"]");
    assert_ne!(hopeful, text);
    std::fs::write(folder.path().join("scenarios/p0-3-mine.toml"), hopeful).unwrap();
    let gate = |args: &[&str]| {
        Command::new(env!("CARGO_BIN_EXE_trial")).args(args).current_dir(folder.path()).output().unwrap().status.code()
    };
    assert_eq!(gate(&["check", "p0-3-mine", "--design", "as-reported"]), Some(1));
    assert_eq!(gate(&["check", "p0-3-mine", "--design", "p0-3-a"]), Some(0));
}

#[test]
fn a_seed_replays_byte_for_byte_in_another_process() {
    let args = ["sim", "p0-3-two-traces-at-once", "--design", "p0-3-b", "--seed", "7"];
    let (one, two) = (trial(&args), trial(&args));
    assert_eq!(one.stdout, two.stdout);
    assert!(String::from_utf8_lossy(&one.stdout).contains("T3b"), "the seed is shown step by step");
    assert_ne!(one.stdout, trial(&["sim", "p0-3-two-traces-at-once", "--design", "p0-3-b", "--seed", "8"]).stdout);
}

#[test]
fn a_sweep_reports_each_seed_also_after_a_failure() {
    let output = trial(&["sim", "p0-3-crash-between-steps", "--design", "as-reported", "--seeds", "0..40"]);
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    for seed in 0..40 {
        assert!(printed.contains(&format!("seed {seed}: ")), "seed {seed} is missing from {printed}");
    }
    assert!(printed.contains("BROKEN"), "{printed}");
}

#[test]
fn check_is_deterministic() {
    let strip = |mut document: Value| {
        document["explorations"].as_array_mut().unwrap().iter_mut().for_each(|e| e["seconds"] = Value::Null);
        document
    };
    let args = ["check", "p0-3-two-traces-at-once", "--json"];
    assert_eq!(strip(json(&args)), strip(json(&args)));
    assert_eq!(strip(json(&args)), strip(json(&["check", "p0-3-two-traces-at-once", "--json", "--threads", "1"])));
}

#[test]
fn real_servers_show_both_problems_of_p0_3() {
    let document = json(&["real", "p0-3-crash-between-steps", "--design", "as-reported", "--json"]);
    assert_eq!(document["exit"], 0, "{document:#}");
    assert_eq!(finding(&document, "as-reported", "progress")["verdict"], "broken");
    assert_eq!(finding(&document, "as-reported", "once")["verdict"], "holds-within-bound");
    assert!(document["explorations"][0]["runs"].as_u64().unwrap() > 10);
    let document = json(&["real", "p0-3-redis-down-after-commit", "--design", "as-reported", "--json"]);
    assert_eq!(finding(&document, "as-reported", "converge")["verdict"], "broken");
}

#[test]
fn lists_name_what_there_is() {
    for (what, id) in [
        ("scenarios", "p0-3-crash-between-steps"),
        ("designs", "p0-3-a+fixed"),
        ("invariants", "row-iff-money"),
        ("faults", "lost-reply"),
        ("situations", "commit-in-doubt"),
    ] {
        let document = json(&["list", what, "--json"]);
        let items = document["items"].as_array().unwrap();
        assert!(items.iter().any(|item| item["id"] == id && !item["title"].as_str().unwrap().is_empty()), "{what}");
    }
    let wide = trial(&["list", "invariants"]);
    assert!(String::from_utf8_lossy(&wide.stdout).lines().all(|line| line.chars().count() <= 100));
}
