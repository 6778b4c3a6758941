//! Streams in simulation: they break, are asked for again, are charged by a queue that loses and repeats, at gateways whose
//! dates differ.

#![allow(clippy::unwrap_used)]

mod worlds;

use model::moves::{Actor, Move};
use model::presets::PRESETS;
use model::run::Run;
use model::setup::{Faults, Setup};
use model::step::Step;
use model::world::World;
use sim::simulate::{Simulated, replay, run_seed};
use sim::suite::scenario::parse;
use worlds::{breaches, breaks_by, everything, one, seeds, wander};

/// Two streams at two gateways, and nobody comes again unless a fault lets it.
const TWO_STREAMS: &str = r#"
title = "Two streams"
risk = "p0-1"
why = "What breaks them?"
gateways = 2
path = ["quota-check", "usage"]

[[accounts]]
name = "acme"
balance = "100.00"

[[requests]]
trace = "s1"
account = "acme"
kind = "stream"
tokens = { input = 0, output = 500, input-price = "1.00", output-price = "10.00" }
stream = { chunks = 50, sent = 25, counted = 250 }
attempts = 1

[[requests]]
trace = "s2"
account = "acme"
kind = "stream"
tokens = { input = 0, output = 500, input-price = "1.00", output-price = "10.00" }
stream = { chunks = 50, sent = 25, counted = 250, reports = false }
estimate = "4.00"
attempts = 1
"#;

/// The scenario with these faults and no others.
fn two_streams(design: &str, faults: Faults) -> Setup {
    world(TWO_STREAMS, design, faults)
}

/// The scenario with its first stream alone.
fn one_of(text: &str) -> String {
    text[..text.rfind("[[requests]]").unwrap()].to_owned()
}

/// Its first stream alone, whose provider reports.
fn one_stream(design: &str, faults: Faults) -> Setup {
    world(&one_of(TWO_STREAMS), design, faults)
}

/// The two streams of an account that may make one request a day and has.
fn used_up() -> String {
    TWO_STREAMS.replace("balance = \"100.00\"", "balance = \"100.00\"\ndaily_quota = 1\nused = 1")
}

fn world(text: &str, design: &str, faults: Faults) -> Setup {
    let scenario = parse("p0-1-in-simulation", "a test", text, None).unwrap();
    Setup::new(scenario.premises, faults, design.parse().unwrap()).unwrap()
}

/// The base and every preset of P0-1, each with faults that its traces leave room for.
fn designs() -> impl Iterator<Item = (&'static str, Faults)> {
    let names = PRESETS.iter().map(|preset| preset.name);
    names.filter(|name| name.starts_with("as-reported") || name.starts_with("p0-1-")).map(|name| {
        let few =
            Faults { client_abort: 1, provider_abort: 1, clock_skew: 1, midnight: 1, job_run: 1, ..Faults::default() };
        (name, if name == "p0-1-trace-plus-timestamp" { few } else { everything() })
    })
}

fn replays_alike(design: &str, setup: &Setup, seed: u64, run: &Run) {
    assert_eq!(&Run::replay(setup, &run.moves()).unwrap(), run, "{design} seed {seed} in the world");
    let again = replay(setup, &run.moves());
    let again = again.unwrap_or_else(|why| panic!("{design} seed {seed}: {why}\n{:#?}", run.moves()));
    assert_eq!(&again, run, "{design} seed {seed} in the simulation");
}

#[test]
fn every_stream_design_rests_and_does_what_the_world_offers_and_replays() {
    for (design, faults) in designs() {
        let setup = two_streams(design, faults);
        for (seed, simulated) in &seeds(&setup, 60) {
            assert!(simulated.run.entries.last().unwrap().books.at_rest, "{design} seed {seed}");
            let mut world = World::new(&setup);
            for mv in simulated.run.moves() {
                let mut offered = Vec::new();
                world.moves(&setup, &mut offered);
                assert!(offered.contains(&mv), "{design} seed {seed}: {mv:?} of {offered:?}");
                world.apply(&setup, mv).unwrap();
            }
            replays_alike(design, &setup, *seed, &simulated.run);
        }
    }
}

#[test]
fn any_path_of_a_world_with_streams_can_be_driven_through_the_simulation() {
    for (design, faults) in designs() {
        let setup = two_streams(design, faults);
        for seed in 0..60 {
            let path = wander(&setup, seed);
            let found = replay(&setup, &path).unwrap_or_else(|why| panic!("{design} {seed}: {why}\n{path:#?}"));
            assert_eq!(found, Run::replay(&setup, &path).unwrap(), "{design} {seed}");
        }
    }
}

fn digest() -> String {
    let lines = |(_, s): (u64, Simulated)| s.plan.into_iter().chain(s.log).collect::<Vec<_>>().join("\n");
    let runs = designs().flat_map(|(design, faults)| seeds(&two_streams(design, faults), 8));
    runs.map(lines).collect::<Vec<_>>().join("\n")
}

#[test]
fn the_same_seed_is_the_same_run() {
    assert_eq!(digest(), digest());
    let setup = two_streams("p0-1-b", everything());
    let alone = run_seed(&setup, 5).unwrap();
    assert_eq!(seeds(&setup, 6).pop().unwrap(), (5, alone));
}

#[test]
fn every_kind_of_fault_with_streams_strikes_and_is_in_the_plan() {
    let setup = two_streams("p0-1-b", everything());
    let runs = seeds(&setup, 250);
    type Is = fn(&Move) -> bool;
    let kinds: [(Is, &str); 7] = [
        (|mv| matches!(mv, Move::ClientAborts { .. }), "meets client-abort"),
        (|mv| matches!(mv, Move::ProviderAborts { .. }), "meets provider-abort"),
        (|mv| matches!(mv, Move::Unheard { .. }), "meets redelivery"),
        (|mv| *mv == Move::BrokerLoss, "broker-loss"),
        (|mv| matches!(mv, Move::ClockSkew { ahead: true, .. }), "clock-skew (ahead)"),
        (|mv| matches!(mv, Move::ClockSkew { ahead: false, .. }), "clock-skew (behind)"),
        (|mv| matches!(mv, Move::Send { gateway: 1, .. }), "messages take"),
    ];
    for (is, words) in kinds {
        let struck: Vec<_> = runs.iter().filter(|(_, s)| s.run.moves().iter().any(is)).collect();
        assert!(!struck.is_empty(), "{words}: never");
        for (seed, simulated) in struck {
            assert!(simulated.plan.iter().any(|line| line.contains(words)), "seed {seed}: {:#?}", simulated.plan);
        }
    }
    for step in [Step::U2, Step::U3, Step::U4, Step::U5] {
        let here = |mv: &Move| matches!(mv, Move::ClientAborts { step: at, .. } if *at == step);
        assert!(runs.iter().any(|(_, s)| s.run.moves().iter().any(here)), "no client goes at {}", step.label());
    }
    let swept = two_streams("p0-1-c+fixed", everything());
    let dies = |mv: &Move| matches!(mv, Move::Crash { actor: Actor::Sweeper, .. });
    assert!(seeds(&swept, 250).iter().any(|(_, s)| s.run.moves().iter().any(dies)), "no sweeper dies");
}

/// The place of the first move like this.
fn place(moves: &[Move], is: impl Fn(&Move) -> bool) -> Option<usize> {
    moves.iter().position(is)
}

#[test]
fn a_client_that_has_left_its_stream_asks_again_and_the_answer_is_nobodys() {
    let setup = world(&one_of(TWO_STREAMS).replace("attempts = 1", "attempts = 2"), "as-reported", one("client-abort"));
    let (mut again_at_once, mut answers) = (0, 0);
    for (seed, simulated) in seeds(&setup, 150) {
        let moves = simulated.run.moves();
        let Some(gone) = place(&moves, |mv| matches!(mv, Move::ClientAborts { .. })) else { continue };
        let actor = moves[gone].actor().unwrap();
        let answer = Move::Step { actor, step: Step::Reply, wins: None };
        let answered = gone + place(&moves[gone..], |mv| *mv == answer).unwrap();
        let answer = simulated.run.entries[answered].did.client_answer;
        assert!(answer.is_none(), "seed {seed}: {answer:?}");
        answers += 1;
        let sent = place(&moves[gone..], |mv| matches!(mv, Move::Send { .. }));
        again_at_once += usize::from(sent.is_some_and(|sent| gone + sent < answered));
    }
    assert!(again_at_once > 0 && again_at_once < answers, "{again_at_once} of {answers}");
}

/// A broken stream is an exception before the billing step.
#[test]
fn a_client_that_goes_away_does_not_pay_for_what_was_served() {
    let goes = |mv: &Move| matches!(mv, Move::ClientAborts { .. });
    breaks_by(|faults| one_stream("p0-1-a", faults), "client-abort", goes, "metered");
}

/// Three tokens a chunk are not what the provider counts.
#[test]
fn a_stream_that_the_provider_breaks_off_is_charged_by_a_guess() {
    let breaks = |mv: &Move| matches!(mv, Move::ProviderAborts { .. });
    breaks_by(|faults| one_stream("p0-1-c", faults), "provider-abort", breaks, "exact");
}

#[test]
fn a_job_that_is_delivered_again_counts_usage_twice() {
    let unheard = |mv: &Move| matches!(mv, Move::Unheard { .. });
    breaks_by(|faults| one_stream("p0-1-a+fixed", faults), "redelivery", unheard, "usage");
    let by_trace = one_stream("p0-1-b+fixed", one("redelivery"));
    assert!(!breaches(&by_trace, &seeds(&by_trace, 150)).contains_key("usage"));
}

#[test]
fn a_queue_that_is_lost_takes_the_charge_with_it() {
    breaks_by(|faults| one_stream("p0-1-b", faults), "broker-loss", |mv| *mv == Move::BrokerLoss, "metered");
}

/// The script restarts a count whose date differs, also for yesterday's.
#[test]
fn a_gateway_with_another_date_lets_more_in_than_the_quota() {
    let make = |faults| world(&used_up(), "p0-1-a", faults);
    breaks_by(make, "clock-skew", |mv| matches!(mv, Move::ClockSkew { .. }), "count-limit");
}

/// A charge that the quota refuses for good must not keep the queue busy for ever.
#[test]
fn every_stream_design_rests_where_the_quota_is_used_up() {
    for (design, faults) in designs() {
        let setup = world(&used_up(), design, faults);
        for (seed, simulated) in &seeds(&setup, 30) {
            replays_alike(design, &setup, *seed, &simulated.run);
        }
    }
}
