//! Lock files that are wrong.

use crate::{Checkout, SCENARIO, assert_refused, spoiled};

const LOCK: &str = r#"explored = [
[48, 55, 15, "as-reported p0-3-a"],
]

broken = [
["key", 3, "as-reported", "key of t1 = there"],
]

could-not-fail = [
["floor budget", "all"],
]

never = [
["commit-in-doubt", "all but p0-3-a"],
]
"#;

fn assert_wrong(lock: &str, line: usize, parts: &[&str]) {
    let checkout = Checkout::new().with("scenarios/p0-3-x.toml", SCENARIO).with("scenarios/p0-3-x.lock", lock);
    let place = format!("scenarios/p0-3-x.lock:{line}: ");
    let parts: Vec<&str> = [place.as_str()].into_iter().chain(parts.iter().copied()).collect();
    assert_refused(&checkout.trial(&["check"]), 64, &parts);
    assert!(!checkout.path("target").exists(), "nothing is written");
}

#[test]
fn a_lock_file_that_names_what_there_is_not() {
    for (from, to, line, parts) in [
        (
            "p0-3-a\"],\n]\n\nbroken",
            "p0-3-z\"],\n]\n\nbroken",
            2,
            &["`explored` names a design: unknown design `p0-3-z`"] as &[&str],
        ),
        ("15, \"as-reported p0-3-a", "15, \"p0-3-a p0-3-a", 2, &["names the design `p0-3-a` twice"]),
        ("\"key\"", "\"kee\"", 6, &["`broken` names the unknown invariant `kee`", "expected one of"]),
        (
            "3, \"as-reported",
            "3, \"p0-4-b",
            6,
            &["the line of `key` under `broken` names the design `p0-4-b`, which `explored` does not"],
        ),
        ("3, \"as-reported", "3, \"all", 6, &["names the design `all`, which `explored` does not"]),
        (
            "\"key of t1 = there\"",
            "\"as above\"",
            6,
            &["a line of `key` under `broken` has figures \"as above\", but no line of `key` is directly above it"],
        ),
        (
            "there\"],",
            "there\"],\n[\"progress\", 15, \"as-reported\", \"as above\"],",
            7,
            &["a line of `progress` under `broken`", "but no line of `progress` is directly above it"],
        ),
        ("floor budget", "floor budgte", 10, &["`could-not-fail` names the unknown invariant `budgte`"]),
        ("floor budget", "floor key", 10, &["`could-not-fail` names `key` for a design that has another line for it"]),
        ("commit-in-doubt", "commit", 14, &["`never` names the unknown situation `commit`", "commit-in-doubt"]),
        ("but p0-3-a", "but p0-3-b", 14, &["names the design `p0-3-b`, which `explored` does not"]),
        ("all but", "not", 14, &["names the design `not`, which `explored` does not"]),
        ("never = [", "nevr = [", 13, &["unknown field `nevr`", "never"]),
    ] {
        assert_wrong(&spoiled(LOCK, from, to), line, parts);
    }
}

#[test]
fn a_lock_file_with_a_line_of_other_columns() {
    let number = "expected a whole number, not negative";
    let four = "expected a list of 4: invariant, moves of the shortest breach, designs, figures";
    for (from, to, line, parts) in [
        ("48,", "\"48\",", 2, &["`explored`, states: not valid here: string \"48\"", number] as &[&str]),
        ("15,", "-15,", 2, &["`explored`, depth: not valid here: integer -15", number]),
        ("3,", "3.5,", 6, &["`broken`, moves of the shortest breach: not valid here: float 3.5", number]),
        (
            "\"key of t1 = there\"",
            "7",
            6,
            &[
                "`broken`, figures (\"as above\": those of the line above): not valid here: integer 7",
                "a text in quotes",
            ],
        ),
        ("3, ", "", 6, &["`broken`: a line with 3 columns", four]),
        ("3, ", "3, 3, ", 6, &["`broken`: a line with 5 columns", four]),
        ("[\"key\"", "\"key\", [\"key\"", 6, &["`broken`: not valid here: string \"key\"", four]),
        (
            "\"all\"",
            "\"\"",
            10,
            &["`could-not-fail`, designs: not valid here: string \"\"", "expected names with spaces"],
        ),
        (
            "\"all\"",
            "[\"p0-3-a\"]",
            10,
            &["`could-not-fail`, designs: not valid here: array", "expected a text in quotes"],
        ),
    ] {
        assert_wrong(&spoiled(LOCK, from, to), line, parts);
    }
}

#[test]
fn a_lock_file_of_an_older_format() {
    let line = "{ states = 48, moves = 55, depth = 15, designs = [\"as-reported\", \"p0-3-a\"] },";
    let told = "this lock file has an older format: `trial check p0-3-x --accept` writes it anew";
    assert_wrong(&spoiled(LOCK, "[48, 55, 15, \"as-reported p0-3-a\"],", line), 2, &[told]);
}

#[test]
fn the_lock_file_that_all_of_these_spoil_is_right() {
    let checkout = Checkout::new().with("scenarios/p0-3-x.toml", SCENARIO).with("scenarios/p0-3-x.lock", LOCK);
    let output = checkout.trial(&["sim", "--seed", "1", "--design", "as-reported"]);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
}
