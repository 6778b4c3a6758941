//! The flows of every preset: the stories in `../stories/flows`, whose moves are in the words of capsules, the undisturbed
//! run as text, and what must be so of any run, however disturbed.
#![allow(clippy::unwrap_used)]

mod any_walk;
mod broken_streams;
mod disturbed;
#[path = "../exhaustive_walk/mod.rs"]
mod exhaustive_walk;
mod names;
mod operators;
mod run_again;
mod situations;
#[path = "../stories/mod.rs"]
mod stories;
mod story;
mod streams;
mod undisturbed;
mod wrong_streams;

use exhaustive_walk::{WHOLE_PATH, acme, asked, beta, cold, held_by, once, recharge, reverse};
use model::capsule::{Capsule, Expected, SCHEMA};
use model::design::{Design, PRESETS, Stream};
use model::flow::RequestPath;
use model::invariant::Figure;
use model::moves::Move;
use model::setup::{Faults, Premises, RequestKind, Requested, Setup};
use proptest::prelude::*;

/// Every kind of fault.
fn every_fault() -> Vec<&'static str> {
    Faults::KINDS.iter().map(|(kind, _)| *kind).collect()
}

/// How many small worlds [`world`] knows.
const WORLDS: usize = 7;

/// One of some small worlds: two traces of one tenant, one trace id used by two tenants, money for one of two requests,
/// the whole path of one request, what an operator does beside it, a stream whose charge is given back, two requests in one
/// caller's transaction.
fn world(design: Design, which: usize, faults: &[&str]) -> Setup {
    let of_beta = Requested { account: "beta".to_owned(), ..asked("t1") };
    let billing = |accounts, requests| Premises::billing_only(accounts, requests, 2);
    let premises = match which % WORLDS {
        0 => billing(vec![acme("100.00")], vec![asked("t1"), asked("t2")]),
        1 => billing(vec![acme("100.00"), beta()], vec![asked("t1"), of_beta]),
        2 => billing(vec![acme("6.00")], vec![asked("t1"), asked("t2")]),
        3 => whole_path(vec![asked("t1")]),
        4 => billing(vec![acme("100.00")], vec![asked("t1"), recharge("r1"), reverse("v1", "t1"), limit_change()]),
        5 => {
            let usage = RequestPath { usage: true, ..RequestPath::default() };
            Premises { path: usage, ..billing(vec![acme("100.00")], vec![held_by("6.00", "s1"), reverse("v1", "s1")]) }
        }
        _ => {
            let second = Requested { within: Some("t1".to_owned()), ..asked("t2") };
            billing(vec![acme("6.00")], vec![asked("t1"), second])
        }
    };
    Setup::new(premises, once(&bounded(design, which, faults)), design).unwrap()
}

/// Faults that leave a trace for each attempt, where each attempt of a stream has one of its own: those that only streams
/// meet, and a crash.
fn bounded<'a>(design: Design, which: usize, faults: &[&'a str]) -> Vec<&'a str> {
    let stamped = which % WORLDS == 5 && design.stream == Stream::Stamped;
    let of_streams = ["crash", "client-abort", "provider-abort", "upstream-failure"];
    faults.iter().copied().filter(|fault| !stamped || of_streams.contains(fault)).collect()
}

/// Each of those worlds with these faults for each preset, once where presets differ in nothing that they meet there.
fn worlds_of_presets(faults: &[&str]) -> Vec<(&'static str, Setup)> {
    let mut worlds: Vec<(usize, &'static str, Setup)> = Vec::new();
    for (preset, which) in PRESETS.iter().flat_map(|preset| (0..WORLDS).map(move |which| (preset, which))) {
        let setup = world(preset.design, which, faults);
        if !worlds.iter().any(|(known, _, other)| (*known, other.effective) == (which, setup.effective)) {
            worlds.push((which, preset.name, setup));
        }
    }
    worlds.into_iter().map(|(_, name, setup)| (name, setup)).collect()
}

/// The whole path of these requests, of a tenant whose hash is cold and whose key has a budget.
fn whole_path(requests: Vec<Requested>) -> Premises {
    Premises { path: WHOLE_PATH, ..Premises::billing_only(vec![cold(acme("100.00"))], requests, 1) }
}

/// What each preset comes to, under the names of all that come to the same; more than ten are all others.
fn together(runs: impl Iterator<Item = (&'static str, String)>) -> String {
    let mut all: Vec<(String, Vec<&str>)> = Vec::new();
    for (name, result) in runs {
        match all.iter_mut().find(|(known, _)| *known == result) {
            Some((_, names)) => names.push(name),
            None => all.push((result, vec![name])),
        }
    }
    let names = |names: &[&str]| if names.len() > 10 { "all others".to_owned() } else { names.join(", ") };
    assert!(all.iter().filter(|(_, of)| of.len() > 10).count() < 2, "{all:?}");
    all.iter().map(|(result, of)| format!("{}\n{result}\n", names(of))).collect::<Vec<_>>().join("\n")
}

fn limit_change() -> Requested {
    Requested { kind: RequestKind::DailyQuota, daily_quota: Some(5), amount: None, ..asked("l1") }
}

fn capsule(setup: &Setup, moves: &[Move]) -> Capsule {
    Capsule {
        title: None,
        digest: None,
        schema: SCHEMA,
        version: "0.1.0".to_owned(),
        scenario: "a-walk".to_owned(),
        design: setup.design,
        also: Vec::new(),
        found_by: "check".to_owned(),
        seed: Some(7),
        accounts: setup.accounts.clone(),
        requests: setup.requests.clone(),
        gateways: setup.gateways,
        today: setup.today,
        path: setup.path,
        moves: moves.iter().map(|mv| mv.named(setup)).collect(),
        breach: Expected {
            invariant: "once".to_owned(),
            figures: vec![Figure { name: "price of t1".to_owned(), value: "5.25".to_owned() }],
        },
    }
}

fn design() -> impl Strategy<Value = Design> {
    (0..PRESETS.len()).prop_map(|place| PRESETS[place].design)
}

fn picks() -> impl Strategy<Value = Vec<u16>> {
    prop::collection::vec(any::<u16>(), 1..150)
}

#[test]
fn every_story_goes_as_it_is_written() {
    stories::walk("flows", story::Played::new);
}
