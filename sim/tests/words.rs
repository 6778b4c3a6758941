//! No verdict word is said wrongly: what was cut, what never arose and what could not fail is unknown, on each engine.

#![allow(clippy::unwrap_used)]

use explore::Limits;
use sim::report::terminal;
use sim::simulate::run_seed;
use sim::suite::capsules::Capsules;
use sim::suite::check::check;
use sim::suite::observed::ObservedRuns;
use sim::suite::scenario::{Scenario, parse};
use sim::suite::verdict::{Engine, Findings, Verdict};

/// One request, undisturbed; `seen` are the situations that must arise.
fn scenario(seen: &str) -> Scenario {
    let text = format!(
        r#"
title = "One charge"
risk = "p0-3"
why = "Nothing goes wrong."
gateways = 1
seen = [{seen}]

[[accounts]]
name = "acme"
balance = "100.00"

[[requests]]
trace = "t1"
account = "acme"
amount = "5.25"
attempts = 1
"#
    );
    parse("p0-3-one-charge", "one-charge.toml", &text, None).unwrap()
}

fn checked(scenario: &Scenario, limits: &Limits) -> Findings {
    let case = scenario.cases.iter().find(|case| case.setup.design.to_string() == "as-reported").unwrap();
    check(scenario, case, limits, &mut Capsules::new()).unwrap()
}

/// Ten seeds, as an engine that samples has them; `cut` is why it ended early.
fn observed(scenario: &Scenario, engine: Engine, cut: Option<&str>) -> Findings {
    let case = scenario.cases.iter().find(|case| case.setup.design.to_string() == "as-reported").unwrap();
    let mut observed = ObservedRuns::new(scenario, case, engine);
    for seed in 0..10 {
        observed.add(&run_seed(&case.setup, seed).unwrap().run, Some(seed));
    }
    observed.finish(cut, 0.0, &mut Capsules::new())
}

/// The verdict of `once`, which this world could break and does not, and its reason.
fn of_once(found: &Findings) -> (Verdict, &str) {
    let once = found.findings.iter().find(|finding| finding.invariant == "once").unwrap();
    (once.verdict, &once.why)
}

#[test]
fn what_was_looked_at_whole_holds_and_a_sample_holds_within_its_bound() {
    let scenario = scenario("");
    assert_eq!(of_once(&checked(&scenario, &Limits::default())).0, Verdict::Holds);
    for engine in [Engine::Sim, Engine::Real] {
        let found = observed(&scenario, engine, None);
        assert_eq!(of_once(&found), (Verdict::HoldsWithinBound, "10 runs without a breach"));
    }
}

#[test]
fn what_was_cut_is_unknown() {
    let scenario = scenario("");
    let cut = Limits { max_states: Some(3), ..Limits::default() };
    let found = checked(&scenario, &cut);
    assert_eq!(of_once(&found), (Verdict::Unknown, "states: there are more than --max-states allows"));
    assert!(!found.explored[0].complete);
    for engine in [Engine::Sim, Engine::Real] {
        let found = observed(&scenario, engine, Some("the time was up (--time)"));
        assert_eq!(of_once(&found), (Verdict::Unknown, "10 runs without a breach, then the time was up (--time)"));
        assert!(!found.explored[0].complete);
    }
}

#[test]
fn what_lacks_a_situation_that_must_arise_is_unknown() {
    let scenario = scenario("\"recharged\"");
    let why = "an expected situation never arose: ";
    let found = [
        checked(&scenario, &Limits::default()),
        observed(&scenario, Engine::Sim, None),
        observed(&scenario, Engine::Real, None),
    ];
    for found in found {
        let (verdict, reason) = of_once(&found);
        assert!(verdict == Verdict::Unknown && reason.starts_with(why), "{verdict:?}: {reason}");
    }
}

#[test]
fn what_could_not_fail_does_not_hold() {
    let scenario = scenario("");
    let found = checked(&scenario, &Limits::default());
    let reversal = found.findings.iter().find(|finding| finding.invariant == "reversal");
    assert!(reversal.is_none_or(|finding| finding.verdict != Verdict::Holds), "{reversal:?}");
    for engine in [Engine::Sim, Engine::Real] {
        let found = observed(&scenario, engine, None);
        assert!(found.findings.iter().all(|finding| finding.invariant != "reversal"));
    }
}

#[test]
fn no_run_at_all_is_unknown() {
    let scenario = scenario("");
    let case = &scenario.cases[0];
    let found = ObservedRuns::new(&scenario, case, Engine::Real).finish(
        Some("every run was refused"),
        0.0,
        &mut Capsules::new(),
    );
    assert_eq!(of_once(&found), (Verdict::Unknown, "every run was refused"));
}

#[test]
fn a_situation_has_its_former_id_too() {
    assert_eq!(scenario("\"errand-delivered-twice\"").seen, ["job-delivered-twice"]);
}

#[test]
fn runs_that_the_servers_do_not_reproduce_are_reported_where_there_are_some() {
    let scenario = scenario("");
    let mut found = observed(&scenario, Engine::Real, None);
    let told = |found: &Findings| terminal(&scenario, found, false);
    assert!(!told(&found).contains("reproduced"));
    found.explored[0].not_reproduced = 1;
    assert!(told(&found).contains("10 runs, 1 more not reproduced by the servers"));
}
