//! What fails a gate: a breach that was not expected, and with `--deny` one that was; and what a pass says where nothing is
//! expected.

#![allow(clippy::unwrap_used)]

use std::path::Path;
use std::process::{Command, Output};

const ID: &str = "p0-3-crash-between-steps";

fn trial(args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_trial"));
    command.args(args).current_dir(Path::new(env!("CARGO_MANIFEST_DIR")));
    command.env_remove("DATABASE_URL").env_remove("REDIS_URL").output().unwrap()
}

/// Exit code, and what was printed with its lines joined.
fn run(args: &[&str]) -> (Option<i32>, String) {
    let output = trial(args);
    let printed = String::from_utf8_lossy(&output.stdout).split_whitespace().collect::<Vec<_>>().join(" ");
    (output.status.code(), printed)
}

/// Of the crash the original breaks four invariants, none of them about money; P0-4 A takes the money twice.
#[test]
fn a_breach_that_is_expected_fails_where_it_is_denied() {
    for (engine, design, deny, exit, says) in [
        ("check", "as-reported", "broken", 1, "exit code 1: 4 of "),
        ("check", "as-reported", "money", 0, "exit code 0: all as expected"),
        ("check", "p0-4-a", "money", 1, "denied (--deny money)"),
        ("check", "p0-3-b+fixed", "broken", 0, "exit code 0: all as expected"),
        ("sim", "as-reported", "broken", 1, "denied (--deny broken)"),
    ] {
        let (code, printed) = run(&[engine, ID, "--design", design, "--deny", deny]);
        assert_eq!(code, Some(exit), "{engine} {design} {deny}: {printed}");
        assert!(printed.contains(says), "{engine} {design} {deny}: {printed}");
        assert_eq!(printed.contains("! denied "), exit == 1, "{engine} {design} {deny}: {printed}");
        assert!(!printed.contains("UNEXPECTED"), "what is denied was expected: {printed}");
    }
    let (_, printed) = run(&["check", ID, "--design", "p0-4-a", "--deny", "money"]);
    assert!(printed.contains(&format!("! denied {ID}, p0-4-a, once, check; money taken for t1 = 10.50")), "{printed}");
    assert!(!printed.contains("! denied p0-3-crash-between-steps, p0-4-a, key"), "a key is no money: {printed}");
}

#[test]
fn the_document_counts_what_is_denied() {
    let of = |deny: &[&str]| {
        let output = trial(&[&["check", ID, "--design", "as-reported", "--json"], deny].concat());
        serde_json::from_slice::<serde_json::Value>(&output.stdout).unwrap()
    };
    let denied = of(&["--deny", "broken"]);
    assert_eq!((&denied["denied"], &denied["exit"]), (&4.into(), &1.into()));
    let not_asked = of(&[]);
    assert_eq!((&not_asked["denied"], &not_asked["exit"]), (&serde_json::Value::Null, &0.into()));
}

#[test]
fn only_what_there_is_can_be_denied() {
    let output = trial(&["check", ID, "--deny", "everything"]);
    assert_eq!(output.status.code(), Some(64));
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(error.contains("`everything` cannot be denied; expected one of broken, money"), "{error}");
}

/// Of what is not known nothing can be unexpected, and the gate does not call that a pass of everything.
#[test]
fn a_pass_of_what_nobody_expects_anything_of_says_so() {
    let unknown = ["check", ID, "--design", "idempotency=A,cache=D"];
    let (code, printed) = run(&unknown);
    assert_eq!(code, Some(0), "{printed}");
    assert!(printed.contains("exit code 0: nothing expected, so that nothing is unexpected"), "{printed}");
    assert!(printed.contains(" nothing expected check ") && !printed.contains("as expected"), "{printed}");
    let (code, printed) = run(&[&unknown[..], &["--deny", "broken"]].concat());
    assert_eq!(code, Some(1), "{printed}");
}
