//! The contract of the commands: their JSON, their verdicts, their determinism.

#![allow(clippy::unwrap_used)]

use std::path::Path;
use std::process::{Command, Output};

use serde_json::{Value, json};

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
    assert_eq!(document["schema"], 2);
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
    assert!(progress["non_vacuous"].as_u64().unwrap() > 0);
    assert_eq!(finding(&document, "p0-3-a", "progress")["verdict"], "holds");
    assert_eq!(finding(&document, "as-reported", "once")["verdict"], "holds");
    let explored = &document["explorations"][0];
    assert_eq!(explored["complete"], true);
    assert!(explored["states"].as_u64().unwrap() > 0 && explored["moves"].as_u64().unwrap() > 0);
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

/// A checkout with copies of committed scenarios under other names.
fn checkout(copies: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("scenarios")).unwrap();
    std::fs::write(folder.path().join("Cargo.toml"), "").unwrap();
    for (id, text) in copies {
        std::fs::write(folder.path().join(format!("scenarios/{id}.toml")), text).unwrap();
    }
    folder
}

fn committed(id: &str) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(root.join(format!("scenarios/{id}.toml"))).unwrap()
}

/// The text of a committed lock file.
fn locked(id: &str) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(root.join(format!("scenarios/{id}.lock"))).unwrap()
}

/// The text with one thing changed in one line, the one that this begins.
fn changed(text: &str, line: &str, from: &str, to: &str) -> String {
    let begin = text.find(line).unwrap_or_else(|| panic!("{line}"));
    let (before, rest) = text.split_at(begin);
    let end = rest.find('\n').unwrap();
    assert!(rest[..end].contains(from), "{from} in {}", &rest[..end]);
    format!("{before}{}{}", rest[..end].replacen(from, to, 1), &rest[end..])
}

#[test]
fn a_breach_against_expectation_fails_the_gate() {
    let id = "p0-3-crash-between-steps";
    let (asked, lock) = (committed(id), locked(id));
    // What a person argues of the scenario is left out: here the lock file alone is what is expected.
    let asked = asked.split("\n[[expect]]").next().unwrap();
    let (progress, once) = ("[\"progress\", 15,", "[\"row-iff-money\"");
    let planted = "[\"once\", 5, \"p0-3-a\", \"planted\"],\n";
    let cases = [
        ("as-it-is", lock.clone()),
        ("hopeful", changed(&lock, progress, "as-reported ", "")),
        ("gloomy", lock.replacen(once, &format!("{planted}{once}"), 1)),
        ("shorter", changed(&lock, progress, "15", "14")),
        ("other-figures", changed(&lock, progress, "attempts of t1 = 3", "attempts of t1 = 2")),
        ("could-fail", changed(&lock, "[\"floor ", "floor ", "")),
        ("arises", format!("{lock}\nnever = [\n[\"crash-between-t3-and-t6\", \"all\"],\n]\n")),
        ("outdated", lock.replace("p0-4-b\"", "p0-2-a\"").replace("p0-4-b ", "p0-2-a ")),
        ("other-states", changed(&lock, "[48, 55", "48", "47")),
    ];
    let folder = checkout(&cases.each_ref().map(|(id, _)| (*id, asked)));
    for (id, lock) in &cases {
        std::fs::write(folder.path().join(format!("scenarios/{id}.lock")), lock).unwrap();
    }
    let gate = |args: &[&str]| {
        Command::new(env!("CARGO_BIN_EXE_trial")).args(args).current_dir(folder.path()).output().unwrap()
    };
    for (args, exit, says) in [
        (&["check", "as-it-is"] as &[&str], 0, "all as expected"),
        (&["check", "hopeful", "--design", "as-reported"], 1, "UNEXPECTED"),
        (&["check", "hopeful", "--design", "p0-3-a"], 0, "all as expected"),
        // A breach that was expected and is not there is unexpected too, but only where everything was looked at.
        (&["check", "gloomy", "--design", "p0-3-a"], 1, "UNEXPECTED"),
        (&["sim", "gloomy", "--design", "p0-3-a"], 0, "all as expected"),
        // A breach of another length or with other figures is another breach.
        (&["check", "shorter", "--design", "as-reported"], 1, "the lock file has it after 14 moves"),
        (&["check", "other-figures", "--design", "as-reported"], 1, "undisturbed attempts of t1 = 2"),
        (&["check", "other-states", "--design", "as-reported"], 1, "states 48 instead of 47"),
        (&["check", "could-fail", "--design", "p0-3-a"], 1, "not as in the lock file: floor can no longer fail"),
        (&["check", "arises", "--design", "p0-3-a"], 1, "not as in the lock file: crash-between-t3-and-t6 arises"),
        // A design that the lock file does not know, and one that is no world of its own, are out of date, not expected.
        (
            &["check", "outdated", "--design", "p0-4-b"],
            1,
            "not as in the lock file: the lock file has no line for this design",
        ),
        (
            &["check", "outdated", "--design", "as-reported"],
            1,
            "the lock file has lines for p0-2-a, which this scenario does not check",
        ),
        (
            &["sim", "outdated", "--design", "p0-4-b"],
            1,
            "not as in the lock file: the lock file has no line for this design",
        ),
        (&["check", "outdated", "--design", "p0-3-a"], 0, "all as expected"),
        (&["check"], 1, "something unexpected"),
    ] {
        let output = gate(args);
        let printed = String::from_utf8_lossy(&output.stdout).into_owned();
        let printed = printed.split_whitespace().collect::<Vec<_>>().join(" ");
        assert_eq!(output.status.code(), Some(exit), "{args:?}: {printed}");
        assert!(printed.contains(says), "{args:?}: {printed}");
    }
}

/// What sim or real breaks and nobody expected is shown as check shows it, last on the screen.
#[test]
fn an_unexpected_breach_is_shown_last_with_its_moves_by_every_engine() {
    let id = "p0-3-crash-between-steps";
    let progress = "[\"progress\", 15,";
    let (asked, lock) = (committed(id), changed(&locked(id), progress, "as-reported ", ""));
    let folder = checkout(&[("hopeful", asked.split("\n[[expect]]").next().unwrap())]);
    std::fs::write(folder.path().join("scenarios/hopeful.lock"), lock).unwrap();
    for (engine, by) in [("check", ""), ("sim", ".sim"), ("real", ".real")] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_trial"));
        command.args([engine, "hopeful", "--design", "as-reported"]).current_dir(folder.path());
        let output = command.env_remove("DATABASE_URL").env_remove("REDIS_URL").output().unwrap();
        let printed = String::from_utf8_lossy(&output.stdout).into_owned();
        assert_eq!(output.status.code(), Some(1), "{printed}");
        let last =
            &printed[printed.find("UNEXPECTED in hopeful, as-reported").unwrap_or_else(|| panic!("{printed}"))..];
        assert!(last.contains("BROKEN progress after move"), "{engine}: {last}");
        let capsule = format!("target/trial/found/hopeful.as-reported.progress{by}.json");
        assert!(last.contains(&format!("replay: trial replay {capsule} --on real")), "{engine}: {last}");
        assert!(folder.path().join(&capsule).is_file(), "{capsule}");
        assert!(last.trim_end().ends_with("exit code 1: something unexpected"), "{engine}: {last}");
    }
}

/// What a person argues does not hide that the lock file says something else.
#[test]
fn a_lock_file_is_held_to_also_where_a_verdict_is_argued() {
    let (asked, lock) = (committed("p0-3-crash-between-steps"), locked("p0-3-crash-between-steps"));
    let key = "[\"key\", 3,";
    let planted = "[\"progress\", 4, \"p0-3-a\", \"planted\"],\n";
    for (lock, design, exit, says) in [
        (lock.clone(), "p0-3-a", 0, "all as expected"),
        (
            lock.replacen(key, &format!("{planted}{key}"), 1),
            "p0-3-a",
            1,
            "`progress` does not break; the lock file says that it breaks after 4 moves",
        ),
        (changed(&lock, key, "as-reported ", ""), "as-reported", 1, "key breaks after 3 moves with key of t1"),
        (changed(&lock, key, "3", "2"), "as-reported", 1, "key breaks after 3 moves with"),
    ] {
        let folder = checkout(&[("argued", &asked)]);
        std::fs::write(folder.path().join("scenarios/argued.lock"), lock).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_trial"));
        let output = command.args(["check", "--design", design]).current_dir(folder.path()).output().unwrap();
        let printed = String::from_utf8_lossy(&output.stdout).into_owned();
        let printed = printed.split_whitespace().collect::<Vec<_>>().join(" ");
        assert_eq!(output.status.code(), Some(exit), "{printed}");
        assert!(printed.contains(says), "{says}: {printed}");
    }
}

#[test]
fn without_a_lock_file_nothing_is_expected_and_that_is_no_pass() {
    let folder = checkout(&[("new", &committed("p0-3-crash-between-steps"))]);
    for (args, exit) in [(["check", "new"], 2), (["sim", "new"], 2), (["list", "scenarios"], 0)] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_trial"));
        let output = command.args(args).current_dir(folder.path()).output().unwrap();
        let printed = String::from_utf8_lossy(&output.stdout).into_owned();
        assert_eq!(output.status.code(), Some(exit), "{printed}");
        assert_eq!(printed.contains("trial check new --accept"), exit == 2, "{printed}");
    }
}

#[test]
fn a_risk_chooses_its_scenarios_and_a_design_its_cases() {
    let copies = ["p0-3-crash-between-steps", "p0-4-commit-false"].map(|id| (id, committed(id)));
    let folder = checkout(&copies.each_ref().map(|(id, text)| (*id, text.as_str())));
    let chosen = |args: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_trial")).args(args).current_dir(folder.path()).output().unwrap();
        let document: Value = serde_json::from_slice(&output.stdout).unwrap();
        let text = |it: &Value, key: &str| it[key].as_str().unwrap().to_owned();
        let explored = document["explorations"].as_array().unwrap().iter();
        let chosen = explored.map(|it| (text(it, "scenario"), text(it, "design")));
        chosen.collect::<std::collections::BTreeSet<_>>().into_iter().collect::<Vec<_>>()
    };
    let pair = |scenario: &str, design: &str| (scenario.to_owned(), design.to_owned());
    let of_p0_4 = chosen(&["check", "--risk", "p0-4", "--json"]);
    assert!(of_p0_4.contains(&pair("p0-4-commit-false", "as-reported")));
    assert!(of_p0_4.iter().all(|(scenario, _)| scenario == "p0-4-commit-false"), "{of_p0_4:?}");
    assert_eq!(
        chosen(&["check", "--design", "p0-3-a", "--json"]),
        [pair("p0-3-crash-between-steps", "p0-3-a"), pair("p0-4-commit-false", "p0-3-a")]
    );
    assert_eq!(
        chosen(&["sim", "--risk", "p0-3", "--design", "p0-3-a", "--json"]),
        [pair("p0-3-crash-between-steps", "p0-3-a")]
    );
}

#[test]
fn a_design_that_no_scenario_expects_anything_of_can_be_checked() {
    let both = ["check", "p0-3-crash-between-steps", "--design", "idempotency=A,cache=D"];
    let document = json(&[&both[..], &["--json"]].concat());
    assert_eq!(document["exit"], 0);
    for finding in document["findings"].as_array().unwrap() {
        assert_eq!((&finding["design"], &finding["expected"]), (&json!("idempotency=A,cache=D"), &json!("nothing")));
        assert!(finding["verdict"] == "holds" || finding["verdict"] == "broken", "{finding:#}");
    }
    assert_eq!(finding(&document, "idempotency=A,cache=D", "converge")["verdict"], "broken");
    assert_eq!(finding(&document, "idempotency=A,cache=D", "progress")["verdict"], "holds");
    let printed = String::from_utf8_lossy(&trial(&both).stdout).into_owned();
    let printed = printed.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        printed.contains(
            "nothing expected of every invariant: neither the scenario nor its lock file expects anything of this design"
        ),
        "{printed}"
    );
    assert!(printed.contains(" nothing expected check") && !printed.contains("as expected"), "{printed}");
}

#[test]
fn a_design_that_is_the_same_world_is_expected_as_its_twin() {
    // Billing alone counts nothing before the charge, so that P0-5 A is as reported here.
    let document = json(&["check", "p0-3-crash-between-steps", "--design", "p0-5-a", "--json"]);
    assert_eq!(document["exit"], 0);
    let progress = finding(&document, "p0-5-a", "progress");
    assert_eq!((&progress["verdict"], &progress["expected"]), (&json!("broken"), &json!("broken")));
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
        ("risks", "p0-3"),
        ("steps", "T4b"),
    ] {
        let document = json(&["list", what, "--json"]);
        let items = document["items"].as_array().unwrap();
        assert!(items.iter().any(|item| item["id"] == id && !item["title"].as_str().unwrap().is_empty()), "{what}");
    }
    let wide = trial(&["list", "invariants"]);
    assert!(String::from_utf8_lossy(&wide.stdout).lines().all(|line| line.chars().count() <= 100));
}
