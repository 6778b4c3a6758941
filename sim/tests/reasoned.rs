//! Reasoned verdicts beside lock files: what agrees, what contradicts, what is not known, and what a wrong file is told.

#![allow(clippy::unwrap_used)]

mod asked;

use std::path::Path;

use asked::asked;
use sim::report;
use sim::suite::lock::{Entry, Pin};
use sim::suite::reasoned::{Agreement, compare, exit_code, load, parse};
use sim::suite::scenario::{Locks, Scenario, ScenarioError, load_all};

const LINE: &str = r#"[[reasoned]]
design = "p0-3-b"
invariant = "once"
must = "break"
because = "The finisher takes the money once more."
"#;

/// A scenario with nothing but an entry for P0-3 B: `once` breaks or not, and could fail or not.
fn scenario(id: &str, pinned: Option<(bool, bool)>) -> Scenario {
    let text = r#"
title = "A charge"
risk = "p0-3"
why = "Somebody asks."
gateways = 1
accounts = [{ name = "acme", balance = "100.00" }]
requests = [{ trace = "t1", account = "acme", amount = "5.25" }]
"#;
    let mut scenario = asked(id, text, &[("p0-3-b", &[])]);
    let case = &mut scenario.cases[0];
    case.pinned = pinned.map(|(broken, could_fail)| {
        let pin = Pin { moves: 7, figures: "money taken for t1 = 10.50".to_owned() };
        let once = || ["once".to_owned()].into_iter();
        Entry {
            broken: once().filter(|_| broken).map(|id| (id, pin.clone())).collect(),
            could_not_fail: once().filter(|_| !could_fail).collect(),
            ..Entry::default()
        }
    });
    scenario
}

fn said(must: &str, place: &str, scenarios: &[Scenario]) -> (Agreement, String) {
    let text = LINE.replace("must = \"break\"", &format!("must = \"{must}\"{place}"));
    let ids: Vec<&str> = scenarios.iter().map(|scenario| scenario.id.as_str()).collect();
    let compared = compare(&parse("reasoned.toml", &text, &ids).unwrap(), scenarios);
    (compared[0].agreement, compared[0].found.clone())
}

#[test]
fn a_line_agrees_contradicts_or_is_not_known() {
    let (broken, held, vacuous) = (Some((true, true)), Some((false, true)), Some((false, false)));
    let both = |one, other| [scenario("p0-3-one", one), scenario("p0-3-other", other)];
    let only = "\nscenario = \"p0-3-other\"";
    let holds = "it holds in all 2 scenarios, and could fail in 1";
    let never = "it could not fail in any scenario";
    let breaks = "broken in p0-3-one after 7 moves";
    let no_lock = "the lock file of p0-3-other has no line for this design";
    for (must, place, pinned, agreement, found) in [
        ("break", "", both(broken, held), Agreement::Agrees, breaks),
        ("break", "", both(held, vacuous), Agreement::Contradicts, holds),
        ("break", "", both(vacuous, vacuous), Agreement::Contradicts, never),
        ("break", "", both(held, None), Agreement::Unknown, no_lock),
        ("break", "", both(broken, None), Agreement::Agrees, breaks),
        ("break", only, both(broken, held), Agreement::Contradicts, "it holds"),
        ("hold", "", both(held, vacuous), Agreement::Agrees, holds),
        ("hold", "", both(broken, held), Agreement::Contradicts, breaks),
        ("hold", "", both(vacuous, vacuous), Agreement::Unknown, never),
        ("hold", "", both(held, None), Agreement::Unknown, no_lock),
        ("hold", only, both(broken, held), Agreement::Agrees, "it holds"),
    ] {
        assert_eq!(said(must, place, &pinned), (agreement, found.to_owned()), "{must} {place}");
    }
}

#[test]
fn a_contradiction_fails_and_what_is_not_known_is_no_pass() {
    let code = |pinned| {
        let scenarios = [scenario("p0-3-one", pinned)];
        exit_code(&compare(&parse("reasoned.toml", LINE, &["p0-3-one"]).unwrap(), &scenarios))
    };
    assert_eq!([code(Some((true, true))), code(Some((false, true))), code(None)], [0, 1, 2]);
}

#[test]
fn a_wrong_file_is_reported_by_line_and_key() {
    for (from, to, line, reason) in [
        ("p0-3-b", "p0-3-z", 2, "`design`: "),
        ("\"once\"", "\"twice\"", 3, "unknown invariant `twice`; expected one of conserve, once,"),
        ("\"break\"", "\"burst\"", 4, "break"),
        ("because", "scenario = \"p0-9\"\nbecause", 5, "unknown scenario `p0-9`; expected one of p0-3-one"),
        ("The finisher takes the money once more.", " ", 5, "`because` is blank"),
    ] {
        let text = LINE.replace(from, to);
        let Err(ScenarioError::Wrong { file, line: at, why }) = parse("reasoned.toml", &text, &["p0-3-one"]) else {
            panic!("{to} is read")
        };
        assert_eq!((file.as_str(), at), ("reasoned.toml", line), "{why}");
        assert!(why.contains(reason), "{why}");
    }
    let twice = format!("{LINE}\n{LINE}");
    let Err(ScenarioError::Wrong { line, why, .. }) = parse("reasoned.toml", &twice, &[]) else { panic!("read twice") };
    assert_eq!((line, why.as_str()), (8, "p0-3-b and once are reasoned about twice"));
}

#[test]
fn the_report_shows_what_is_found_of_each_line_and_the_reason_where_check_does_not_agree() {
    let scenarios = [scenario("p0-3-one", Some((false, true)))];
    let compared = compare(&parse("reasoned.toml", LINE, &["p0-3-one"]).unwrap(), &scenarios);
    let text = report::reasoned(&compared);
    for part in ["p0-3-b must break once", "because: The finisher takes the money once more.", "CONTRADICTED: it holds"]
    {
        assert!(text.contains(part), "{text}");
    }
    let agreed = LINE.replace("\"break\"", "\"hold\"");
    assert_ne!(agreed, LINE);
    let text = report::reasoned(&compare(&parse("reasoned.toml", &agreed, &["p0-3-one"]).unwrap(), &scenarios));
    assert!(text.ends_with("\np0-3-b: check agrees\n    must hold: once\n"), "{text}");
    assert!(!text.contains("because"), "{text}");
}

/// An oracle besides the program's own output: what was argued from the steps is what the lock files pin.
#[test]
fn the_committed_lock_files_agree_with_every_reasoned_line() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scenarios");
    let scenarios = load_all(&folder, Locks::Read).unwrap();
    let ids: Vec<&str> = scenarios.iter().map(|scenario| scenario.id.as_str()).collect();
    let compared = compare(&load(&folder, &ids).unwrap(), &scenarios);
    assert!(compared.len() >= 150, "{} lines", compared.len());
    let differ: Vec<_> = compared.iter().filter(|it| it.agreement != Agreement::Agrees).collect();
    assert!(differ.is_empty(), "{differ:#?}");
}
