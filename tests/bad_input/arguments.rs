//! What is asked for and is not there.

use crate::{Checkout, SCENARIO, assert_refused};

#[test]
fn what_is_asked_for_must_exist() {
    let checkout = Checkout::new().with("scenarios/p0-3-x.toml", SCENARIO);
    let table: &[(&[&str], &[&str])] = &[
        (&["check", "p0-3-y"], &["unknown scenario `p0-3-y`", "p0-3-x"]),
        (&["check", "--risk", "p0-9"], &["--risk: unknown risk `p0-9`", "p0-3"]),
        (&["check", "--time", "soon"], &["`soon` is not a duration", "60s"]),
        (&["check", "--threads", "0"], &["0 is not in 1..=256"]),
        (&["check", "--max-states", "0"], &["--max-states"]),
        (&["check", "--accept", "--design", "p0-3-a"], &["cannot be used with"]),
        (&["sim", "--seeds", "9..3"], &["`9..3` is not a range of seeds", "0..1000"]),
        (&["sim", "--seed", "1", "--seeds", "0..2"], &["cannot be used with"]),
        (&["replay", "nowhere.json"], &["nowhere.json", "No such file"]),
        (&["list", "nothing"], &["scenarios", "designs", "invariants", "faults"]),
        (&["frobnicate"], &["frobnicate"]),
    ];
    for (args, parts) in table {
        assert_refused(&checkout.trial(args), 64, parts);
    }
}

#[test]
fn an_option_of_the_crash_matrix_or_of_the_load_is_not_ignored() {
    let checkout = Checkout::new().with("scenarios/p0-3-x.toml", SCENARIO);
    let of_the_matrix = [
        &["--step", "T4b"] as &[&str],
        &["--fault", "sigkill"],
        &["--side", "after"],
        &["--pairs", "2"],
        &["--update-reports"],
    ];
    let of_the_load = [&["--seed", "2"] as &[&str], &["--workers", "2"], &["--requests", "9"]];
    for (options, mode) in [(&of_the_matrix as &[&[&str]], "--crash-matrix"), (&of_the_load, "--load")] {
        for option in options {
            assert_refused(&checkout.trial(&[&["real"], *option].concat()), 64, &["required", mode]);
            for other in [&["p0-3-x"] as &[&str], &["--keep"], &["--deny", "broken"]] {
                assert_refused(
                    &checkout.trial(&[&["real"], other, *option].concat()),
                    64,
                    &[option[0], "cannot be used with"],
                );
            }
        }
    }
    assert_refused(&checkout.trial(&["real", "--load", "--step", "T4b"]), 64, &["--step", "cannot be used with"]);
}

#[test]
fn a_design_must_be_one() {
    let checkout = Checkout::new().with("scenarios/p0-3-x.toml", SCENARIO);
    let code = "the fix replaces the steps in which the code differs";
    let table: &[(&str, &[&str])] = &[
        ("p0-3-q", &["unknown design `p0-3-q`", "p0-3-b+fixed", "idempotency="]),
        ("", &["unknown design ``", "as-reported"]),
        ("cache=D,B", &["unknown design `cache=D,B`", "idempotency=A,cache=D"]),
        ("cash=D", &["unknown option `cash`", "base, budget, idempotency, cache, counting, usage, warm-up"]),
        (
            "cache=Z",
            &["unknown choice `cache=Z`", "expected one of as-reported, A, A+fixed, B, B+fixed, C, C+fixed, D"],
        ),
        ("cache=", &["unknown choice `cache=`"]),
        ("cache=D,cache=B", &["`cache` is chosen twice"]),
        ("cache=D,cache=D", &["`cache` is chosen twice"]),
        ("cache=C,idempotency=A", &["cache=C and idempotency=A contradict each other", "balance in Postgres"]),
        ("idempotency=B+fixed,cache=C+fixed", &["cache=C+fixed and idempotency=B+fixed contradict each other"]),
        ("base=as-reported-code,idempotency=A", &["base=as-reported-code and idempotency=A", code]),
        ("base=as-reported-code,cache=A", &["base=as-reported-code and cache=A", code]),
        ("cache=A,counting=B", &["cache=A and counting=B", "counts as well"]),
        ("cache=C,usage=C", &["cache=C and usage=C", "no transaction of the charge"]),
        ("budget=A+fixed,cache=C", &["cache=C and budget=A+fixed", "no transaction of the charge"]),
    ];
    for (design, parts) in table {
        for command in ["check", "sim", "real"] {
            assert_refused(&checkout.trial(&[command, "--design", design]), 64, parts);
        }
    }
}

#[test]
fn json_is_one_document_on_stdout_for_errors_too() {
    let checkout = Checkout::new().with("scenarios/p0-3-x.toml", SCENARIO);
    let table: &[(&[&str], &str)] = &[
        (&["check", "nope", "--json"], "nope"),
        (&["check", "--nope", "--json"], "nope"),
        (&["replay", "nope.json", "--json"], "nope"),
        (&["check", "--design", "cache=C,idempotency=A", "--json"], "contradict each other"),
    ];
    for (args, said) in table {
        let output = checkout.trial(args);
        let document: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(document["schema"], 2);
        assert_eq!(document["exit"], 64);
        assert!(document["error"].as_str().unwrap().contains(said));
        assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
        assert_eq!(output.status.code(), Some(64));
    }
}

#[test]
fn outside_a_checkout_there_is_nothing_to_run() {
    let checkout = Checkout::new();
    let folder = checkout.path("scenarios");
    std::fs::remove_dir(&folder).unwrap();
    assert_refused(&checkout.trial(&["check"]), 64, &["no scenarios/ beside a Cargo.toml"]);
}
