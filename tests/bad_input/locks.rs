//! Lock files that are wrong.

use crate::{Checkout, SCENARIO, assert_refused, spoiled};

const LOCK: &str = r#"explored = [
    { states = 48, moves = 55, depth = 15, designs = ["as-reported", "p0-3-a"] },
]

broken = [
    { invariant = "key", moves = 3, designs = ["as-reported"], figures = "key of t1 = there" },
]

could-not-fail = [
    { invariants = ["floor"], except = [] },
]

never = [
    { situation = "commit-in-doubt", except = ["p0-3-a"] },
]
"#;

#[test]
fn a_lock_file_that_is_wrong() {
    for (from, to, line, parts) in [
        (
            "states = 48",
            "states = \"48\"",
            2,
            &["`states`: not valid here: string \"48\"", "expected a whole number"] as &[&str],
        ),
        ("depth = 15", "deep = 15", 2, &["unknown field `deep`"]),
        ("\"p0-3-a\"]", "\"p0-3-z\"]", 2, &["`explored` names a design", "unknown design `p0-3-z`"]),
        ("\"p0-3-a\"] },\n]", "\"as-reported\"] },\n]", 2, &["names the design `as-reported` twice"]),
        ("\"key\"", "\"kee\"", 6, &["`broken` names the unknown invariant `kee`", "expected one of"]),
        (
            "designs = [\"as-reported\"], figures",
            "designs = [\"p0-4-b\"], figures",
            6,
            &["`p0-4-b`, which `explored` does not"],
        ),
        ("except = []", "", 10, &["`floor` under `could-not-fail` needs either `designs` or `except`"]),
        ("\"floor\"", "\"key\"", 10, &["`could-not-fail` names `key` for a design that has another line for it"]),
        ("\"commit-in-doubt\"", "\"commit\"", 14, &["`never` names the unknown situation `commit`", "commit-in-doubt"]),
        ("never = [", "nevr = [", 13, &["unknown field `nevr`", "never"]),
    ] {
        let checkout = Checkout::new().with("scenarios/p0-3-x.toml", SCENARIO);
        let checkout = checkout.with("scenarios/p0-3-x.lock", &spoiled(LOCK, from, to));
        let place = format!("scenarios/p0-3-x.lock:{line}: ");
        let parts: Vec<&str> = [place.as_str()].into_iter().chain(parts.iter().copied()).collect();
        assert_refused(&checkout.trial(&["check"]), 64, &parts);
        assert!(!checkout.path("target").exists(), "nothing is written");
    }
}

#[test]
fn the_lock_file_that_all_of_these_spoil_is_right() {
    let checkout = Checkout::new().with("scenarios/p0-3-x.toml", SCENARIO).with("scenarios/p0-3-x.lock", LOCK);
    let output = checkout.trial(&["sim", "--seed", "1", "--design", "as-reported"]);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
}
