//! `trial explain`: the shortest counterexample, the same bytes each time, and what it says where there is none.

#![allow(clippy::unwrap_used)]

use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

/// A checkout with a few committed scenarios.
fn checkout(ids: &[&str]) -> tempfile::TempDir {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios");
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("scenarios")).unwrap();
    std::fs::write(folder.path().join("Cargo.toml"), "").unwrap();
    for id in ids {
        let name = format!("{id}.toml");
        std::fs::copy(root.join(&name), folder.path().join("scenarios").join(&name)).unwrap();
    }
    folder
}

fn trial(folder: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_trial")).args(args).current_dir(folder).output().unwrap()
}

fn explain(folder: &Path, args: &str) -> Output {
    trial(folder, &[&["explain"], args.split(' ').collect::<Vec<_>>().as_slice()].concat())
}

fn text(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn it_is_what_check_finds_with_the_same_bytes_each_time() {
    let folder = checkout(&["p0-3-crash-between-steps"]);
    let (at, path) = (folder.path(), "target/trial/found/p0-3-crash-between-steps.as-reported.progress.json");
    let command = "p0-3-crash-between-steps --design as-reported --invariant progress";
    let first = explain(at, command);
    assert_eq!(first.status.code(), Some(0), "{}", String::from_utf8_lossy(&first.stderr));
    let capsule = std::fs::read_to_string(at.join(path)).unwrap();
    let printed = text(&first);
    // Sent, T1, crash, then three tries of four moves each: sent, key held, nothing found, told.
    assert!(printed.contains("BROKEN progress after move 15:"), "{printed}");
    assert!(printed.contains("without crash: passes"), "{printed}");
    assert!(printed.contains(&format!("replay: trial replay {path} --on real")), "{printed}");
    assert_eq!(explain(at, command).stdout, first.stdout);
    assert_eq!(std::fs::read_to_string(at.join(path)).unwrap(), capsule);

    std::fs::remove_dir_all(at.join("target")).unwrap();
    assert_eq!(trial(at, &["check"]).status.code(), Some(2), "nothing is expected without a lock file");
    assert_eq!(std::fs::read_to_string(at.join(path)).unwrap(), capsule, "check writes the same");
    assert_eq!(trial(at, &["replay", path, "--on", "check"]).status.code(), Some(0), "and it replays");
}

#[test]
fn a_run_by_way_of_steps_and_faults_is_the_shortest_of_those() {
    let folder = checkout(&["p0-3-crash-between-steps", "p0-3-redis-down-after-commit"]);
    let moves = |through: &str| {
        let json = format!("p0-3-crash-between-steps --design as-reported --invariant progress --json{through}");
        let output = explain(folder.path(), &json);
        let document: Value = serde_json::from_slice(&output.stdout).unwrap();
        let moves = document["moves"].as_array().map(Vec::len);
        let labels: Vec<String> =
            document["moves"].as_array().into_iter().flatten().map(|mv| mv.as_str().unwrap().to_owned()).collect();
        (output.status.code(), moves, labels)
    };
    assert_eq!(moves("").1, Some(15));
    // The crash comes after T3b instead of after T1: three moves more.
    let (exit, length, labels) = moves(" --through T3b");
    assert_eq!((exit, length), (Some(0), Some(18)));
    assert!(labels.iter().any(|label| label.starts_with("T3b")), "{labels:?}");
    assert_eq!(moves(" --through T3b,crash").1, Some(18));
    // There is one crash, and nothing is inserted after it.
    assert_eq!((moves(" --through crash,T3b").0, moves(" --through crash,crash").0), (Some(1), Some(1)));
    // A step and the fault that strikes it are one move; it is not two steps.
    let redis = |through: &str| {
        let args = "p0-3-redis-down-after-commit --design as-reported --invariant converge --through ";
        explain(folder.path(), &format!("{args}{through}")).status.code()
    };
    assert_eq!((redis("T7a,redis-unreachable"), redis("redis-unreachable,T7a")), (Some(0), Some(0)));
    assert_eq!(redis("redis-unreachable,redis-unreachable"), Some(1));
    assert!(
        folder
            .path()
            .join("target/trial/found/p0-3-crash-between-steps.as-reported.progress.through-T3b.through-crash.json")
            .is_file()
    );
}

#[test]
fn a_run_without_steps_and_faults_is_the_shortest_of_those_that_lack_them() {
    let folder = checkout(&["p1-8-sent-before-commit"]);
    let asked = "p1-8-sent-before-commit --design as-reported --invariant usage";
    let ask = |way: &str| text(&explain(folder.path(), &format!("{asked}{way}")));
    // The worker dies before it acknowledges, so that the job of a committed charge is done twice.
    let any = ask("");
    assert!(any.contains("C2 commit") && any.contains("effective charges of acme = 1"), "{any}");
    // The caller dies before it commits, and the job of a charge that was rolled back is done.
    let rolled_back = ask(" --through J0,crash --without C2");
    assert!(!rolled_back.contains("C2 commit"), "{rolled_back}");
    assert!(rolled_back.contains("effective charges of acme = 0"), "{rolled_back}");
    let name = "target/trial/found/p1-8-sent-before-commit.as-reported.usage.through-J0.through-crash.without-C2.json";
    assert!(folder.path().join(name).is_file());
    let none = ask(" --without crash");
    assert!(none.contains("no run breaks usage under as-reported in p1-8-sent-before-commit without crash"), "{none}");
}

#[test]
fn what_is_not_there_and_what_is_not_known_are_told_apart() {
    let folder = checkout(&["p0-3-crash-between-steps", "p1-9-everything-at-once"]);
    let none = explain(folder.path(), "p0-3-crash-between-steps --design p0-3-a --invariant progress");
    assert_eq!(none.status.code(), Some(1));
    let says = "no run breaks progress under p0-3-a in p0-3-crash-between-steps: all 35 distinct states were looked at";
    assert!(text(&none).contains(says), "{}", text(&none));
    // Nothing breaks it, and to know that takes many seconds.
    let cut = explain(folder.path(), "p1-9-everything-at-once --design p0-4-b --invariant hold-release --time 1s");
    assert_eq!(cut.status.code(), Some(2), "{}", text(&cut));
    assert!(text(&cut).contains("not known: time was up (--time) after"), "{}", text(&cut));
    assert!(!folder.path().join("target/trial/found").exists(), "no counterexample is written");
}

#[test]
fn one_that_is_kept_has_a_name_and_a_title() {
    let folder = checkout(&["p0-3-crash-between-steps"]);
    let command = ["explain", "p0-3-crash-between-steps", "--design", "as-reported", "--invariant", "key"];
    let kept = ["--keep", "left-behind", "--title", "A key that nobody  holds"];
    assert_eq!(trial(folder.path(), &[&command[..], &kept].concat()).status.code(), Some(0));
    let capsule = std::fs::read_to_string(folder.path().join("scenarios/found/left-behind.json")).unwrap();
    assert!(capsule.contains("\"title\": \"A key that nobody holds\""), "{capsule}");
    let output = trial(folder.path(), &["replay", "scenarios/found/left-behind.json"]);
    assert_eq!(output.status.code(), Some(0));
    for bad in [
        &["--keep", "x.json", "--title", "x"][..],
        &["--keep", "../up", "--title", "x"],
        &["--keep", "x"],
        &["--keep", "x", "--title", " "],
    ] {
        assert_eq!(trial(folder.path(), &[&command[..], bad].concat()).status.code(), Some(64), "{bad:?}");
    }
}

#[test]
fn a_name_that_is_none_is_bad_input() {
    let folder = checkout(&["p0-3-crash-between-steps"]);
    for (args, says) in [
        ("p0-3-crash --design as-reported --invariant key", "unknown scenario `p0-3-crash`"),
        ("p0-3-crash-between-steps --design p0-3-z --invariant key", "unknown design `p0-3-z`"),
        (
            "p0-3-crash-between-steps --design p0-3-a --invariant kee",
            "unknown invariant `kee`; expected one of conserve",
        ),
        ("p0-3-crash-between-steps --design p0-3-a --invariant key --through T9", "`T9` is neither a step nor a fault"),
        ("p0-3-crash-between-steps --design p0-3-a --invariant key --through job-run", "`job-run` is neither"),
        (
            "p0-3-crash-between-steps --design p0-3-a --invariant key --through impatience",
            "--through impatience: p0-3-crash-between-steps does not allow that fault; it allows: crash",
        ),
        (
            "p0-3-crash-between-steps --design p0-3-a --invariant key --without cancel",
            "--without cancel: p0-3-crash-between-steps does not allow that fault; it allows: crash",
        ),
        ("p0-3-crash-between-steps --design p0-3-a", "--invariant"),
    ] {
        let output = explain(folder.path(), args);
        assert_eq!(output.status.code(), Some(64), "{args}");
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(error.contains(says), "{args}: {error}");
    }
}
