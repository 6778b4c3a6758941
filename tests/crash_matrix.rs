//! The crash matrix on real servers: what is committed is what reality does, and nothing is run that is not ours to hurt.

#![allow(clippy::unwrap_used)]

use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

fn matrix(args: &[&str], given: &[(&str, &str)]) -> Output {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut trial = Command::new(env!("CARGO_BIN_EXE_trial"));
    trial.args(["real", "--crash-matrix"]).args(args).current_dir(root);
    trial.env_remove("DATABASE_URL").env_remove("REDIS_URL").envs(given.iter().copied()).output().unwrap()
}

fn json(output: &Output) -> Value {
    let document: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(document["exit"].as_i64(), output.status.code().map(i64::from), "{document:#}");
    document
}

/// From the title of a part to the next one, or to the totals.
fn part<'a>(text: &'a str, title: &str) -> &'a str {
    let from = &text[text.find(title).unwrap()..];
    let to = from.find("\n\n==").or_else(|| from.rfind("\n\n").map(|to| from[..to].rfind("\n\n").unwrap_or(to)));
    &from[..to.unwrap()]
}

#[test]
fn the_committed_matrix_of_p0_3_is_what_real_servers_do() {
    let output = matrix(&["--risk", "p0-3"], &[]);
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    assert_eq!(output.status.code(), Some(0), "{text}{}", String::from_utf8_lossy(&output.stderr));
    assert!(text.lines().all(|line| line.chars().count() <= 100));
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let committed = std::fs::read_to_string(root.join("reports/crash-matrix.txt")).unwrap();
    let (now, then) = (part(&text, "== P0-3"), part(&committed, "== P0-3"));
    let differs = now.lines().zip(then.lines()).find(|(now, then)| now != then);
    assert_eq!(now, then, "run `trial real --crash-matrix --update-reports`; first at {differs:?}");
}

#[test]
fn a_cell_is_done_again_by_its_command() {
    let cell = ["--design", "as-reported", "--risk", "p0-3", "--step", "T6", "--fault", "sigkill", "--side", "after"];
    let document = json(&matrix(&[&cell[..], &["--json"]].concat(), &[]));
    let sheet = &document["matrix"][0];
    assert_eq!((&sheet["design"], &sheet["risk"]), (&"as-reported".into(), &"p0-3".into()));
    assert_eq!(sheet["cells"].as_array().unwrap().len(), 1);
    let cell = &sheet["cells"][0];
    assert_eq!(cell["verdict"], "broken");
    let converge = cell["broken"].as_array().unwrap().iter().find(|broken| broken["invariant"] == "converge").unwrap();
    assert_eq!(converge["figures"][0]["value"], "100.00");
    assert_eq!(converge["figures"][1]["value"], "94.75");
    assert!(cell["again"].as_str().unwrap().contains("--step T6 --fault sigkill --side after"), "{cell:#}");
}

#[test]
fn a_step_that_nobody_walks_is_bad_input() {
    for args in [&["--step", "V3"][..], &["--step", "T9"], &["--fault", "sigquit"], &["--risk", "p7-1"]] {
        assert_eq!(matrix(args, &[]).status.code(), Some(64), "{args:?}");
    }
}

#[test]
fn what_time_did_not_allow_is_unknown() {
    let document = json(&matrix(&["--design", "p0-3-a", "--time", "1s", "--json"], &[]));
    assert_eq!(document["exit"], 2);
    assert!(document["totals"]["unknown"].as_u64().unwrap() > 0);
}
