//! What sim and real must see of what check finds, and that a run fails where they do not.

#![allow(clippy::unwrap_used)]

use sim::suite::unseen::{Unseen, hold_real_against_check};
use sim::suite::verdict::{Engine, Expected, Explored, Finding, Findings, NotRun, Verdict};

const SCENARIO: &str = "p0-3-here";
const DESIGN: &str = "as-reported";

fn finding(engine: Engine, invariant: &'static str, verdict: Verdict) -> Finding {
    Finding {
        scenario: SCENARIO.to_owned(),
        design: DESIGN.to_owned(),
        engine,
        invariant,
        verdict,
        expected: Expected::Broken,
        as_expected: true,
        evaluated: 60,
        non_vacuous: 60,
        why: String::new(),
        steps: None,
        capsule: None,
    }
}

fn explored(engine: Engine) -> Explored {
    Explored {
        scenario: SCENARIO.to_owned(),
        design: DESIGN.to_owned(),
        engine,
        states: None,
        moves: None,
        depth: None,
        runs: Some(60),
        not_reproduced: 0,
        complete: true,
        missing: Vec::new(),
        never: Vec::new(),
        differs: Vec::new(),
        unseen: Vec::new(),
        seconds: 0.0,
    }
}

/// Check finds `key` and `progress` broken; an engine that samples sees `key` and, if so, `progress`.
fn found(engine: Engine, progress: Verdict) -> Findings {
    let findings = vec![
        finding(Engine::Check, "key", Verdict::Broken),
        finding(Engine::Check, "progress", Verdict::Broken),
        finding(engine, "key", Verdict::Broken),
        finding(engine, "progress", progress),
    ];
    Findings { findings, explored: vec![explored(Engine::Check), explored(engine)], ..Findings::default() }
}

/// What is put down to the engine that samples, and the exit code of the run.
fn reported(found: &Findings) -> (Vec<String>, u8) {
    assert!(found.explored[0].unseen.is_empty(), "nothing is put down to check");
    (found.explored[1].unseen.clone(), found.exit_code())
}

fn held_against(list: &Unseen, mut found: Findings, seeds: u64) -> (Vec<String>, u8) {
    list.hold_against(&mut found, seeds);
    reported(&found)
}

fn not_run(design: Option<&str>) -> NotRun {
    let case = design.map(|design| (SCENARIO.to_owned(), design.to_owned()));
    NotRun { engine: Engine::Real, case, why: "would damage a server that is not ours".to_owned() }
}

fn nothing_listed() -> Unseen {
    Unseen::parse("unseen.toml", "seeds = 60", &[]).unwrap()
}

const ALL_SEEN: (Vec<String>, u8) = (Vec::new(), 0);

#[test]
fn a_breach_that_sim_no_longer_sees_fails_the_run() {
    let all = nothing_listed();
    assert_eq!(held_against(&all, found(Engine::Sim, Verdict::Broken), 60), ALL_SEEN);
    let lost = held_against(&all, found(Engine::Sim, Verdict::HoldsWithinBound), 60);
    assert_eq!(lost, (vec!["progress is broken, and none of 60 seeds of sim shows it".to_owned()], 1));
}

#[test]
fn what_is_listed_need_not_be_seen_and_must_not_be() {
    let list = Unseen::of(&found(Engine::Sim, Verdict::HoldsWithinBound), 60);
    assert_eq!(held_against(&list, found(Engine::Sim, Verdict::HoldsWithinBound), 60), ALL_SEEN);
    let seen = held_against(&list, found(Engine::Sim, Verdict::Broken), 60);
    assert_eq!(seen, (vec!["sim shows that progress is broken, which unseen.toml lists as not seen".to_owned()], 1));
}

#[test]
fn what_check_did_not_break_is_not_for_sim_to_see() {
    let list = Unseen::of(&found(Engine::Sim, Verdict::HoldsWithinBound), 60);
    let check_says = |progress: Verdict| {
        let mut found = found(Engine::Sim, Verdict::HoldsWithinBound);
        found.findings[1].verdict = progress;
        held_against(&list, found, 60)
    };
    // What was cut is unknown, and what holds is in the lock file.
    assert_eq!(check_says(Verdict::Unknown), (Vec::new(), 2));
    assert_eq!(check_says(Verdict::Holds), ALL_SEEN);
}

#[test]
fn other_seeds_and_a_sample_that_was_cut_are_not_compared() {
    let all = nothing_listed();
    assert_eq!(held_against(&all, found(Engine::Sim, Verdict::HoldsWithinBound), 2_000), ALL_SEEN);
    let (mut cut, was_cut) = (found(Engine::Sim, Verdict::Unknown), Findings::exit_code);
    cut.explored[1].complete = false;
    assert_eq!(was_cut(&cut), 2);
    assert_eq!(held_against(&all, cut, 60), (Vec::new(), 2));
}

#[test]
fn a_breach_that_real_servers_do_not_show_fails_the_run() {
    let mut seen = found(Engine::Real, Verdict::Broken);
    hold_real_against_check(&mut seen);
    assert_eq!(reported(&seen), ALL_SEEN);
    let mut lost = found(Engine::Real, Verdict::HoldsWithinBound);
    hold_real_against_check(&mut lost);
    assert_eq!(reported(&lost), (vec!["progress is broken, and no run on real servers shows it".to_owned()], 1));
    // What servers that are not ours were not asked to do is reported as not run.
    let mut given = found(Engine::Real, Verdict::HoldsWithinBound);
    given.not_run.push(not_run(Some(DESIGN)));
    hold_real_against_check(&mut given);
    assert_eq!(reported(&given), ALL_SEEN);
    let mut none = found(Engine::Real, Verdict::HoldsWithinBound);
    none.not_run.push(not_run(None));
    hold_real_against_check(&mut none);
    assert_eq!(reported(&none), ALL_SEEN);
    // What another design was not asked to do excuses nobody.
    let mut other = found(Engine::Real, Verdict::HoldsWithinBound);
    other.not_run.push(not_run(Some("p0-3-a")));
    hold_real_against_check(&mut other);
    assert_eq!(reported(&other).1, 1);
}

#[test]
fn the_list_is_read_as_it_is_written() {
    let list = Unseen::of(&found(Engine::Sim, Verdict::HoldsWithinBound), 60);
    let line = "    { scenario = \"p0-3-here\", invariant = \"progress\", designs = [\"as-reported\"] },\n";
    assert!(list.text().ends_with(&format!("seeds = 60\nunseen = [\n{line}]\n")), "{}", list.text());
    assert_eq!(Unseen::parse("unseen.toml", &list.text(), &[SCENARIO]).unwrap(), list);
    for (right, wrong, reason) in [
        ("designs", "design", "unknown field `design`"),
        (SCENARIO, "p0-3-there", "unknown scenario `p0-3-there`; expected one of p0-3-here"),
        ("progress", "progres", "unknown invariant `progres`; expected one of conserve"),
        (DESIGN, "as-repeated", "`as-repeated`"),
        (DESIGN, "idempotency=A", "`idempotency=A` is called `p0-3-a` in reports"),
    ] {
        let text = list.text().replace(right, wrong);
        let why = Unseen::parse("unseen.toml", &text, &[SCENARIO]).unwrap_err().to_string();
        assert!(why.starts_with("unseen.toml:6: ") && why.contains(reason), "{why}");
    }
}
