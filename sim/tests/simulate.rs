//! What must stay true of the simulation: equal seeds are equal runs, runs come to rest, their moves are the world's.

#![allow(clippy::unwrap_used)]

mod worlds;

use std::sync::atomic::{AtomicBool, Ordering};

use explore::Limits;
use model::moves::{Actor, Move};
use model::row::Request;
use model::run::Run;
use model::setup::{Faults, Setup};
use model::step::Step;
use model::world::World;
use sim::simulate::{SimulateError, Simulated, replay, run_seed, sweep};
use sim::suite::capsules::Capsules;
use sim::suite::check::check;
use sim::suite::scenario::parse;
use worlds::{breaches, everything, seeds, setup, situation, wander, whole};

const SCENARIO: &str = include_str!("../../scenarios/p0-3-cancelled.toml");

/// A design with every kind of job but the copy back: sync, usage workers and tasks.
const ALL_JOBS: &str = "idempotency=B,cache=B";

type Make = fn(&str, usize, u8, Faults) -> Setup;

fn crash_and_outage() -> Faults {
    Faults { crash: 1, redis_unreachable: 1, ..Faults::default() }
}

fn replays_alike(setup: &Setup, seed: u64, run: &Run) {
    assert_eq!(&Run::replay(setup, &run.moves()).unwrap(), run, "seed {seed} in the world");
    let again = replay(setup, &run.moves()).unwrap_or_else(|why| panic!("seed {seed}: {why}\n{:#?}", run.moves()));
    assert_eq!(&again, run, "seed {seed} in the simulation");
}

#[test]
fn the_same_seed_is_the_same_run_whatever_ran_before() {
    let setup = whole(ALL_JOBS, 2, 2, everything());
    let alone: Vec<Simulated> = [7, 3, 11].iter().map(|&seed| run_seed(&setup, seed).unwrap()).collect();
    let among_others = seeds(&setup, 40);
    for simulated in alone {
        assert!(among_others.iter().any(|(_, other)| *other == simulated));
    }
    let twice = run_seed(&setup, 3).unwrap();
    assert_eq!(twice, among_others[3].1);
}

#[test]
fn the_deduct_as_reported_rests_and_breaks_progress_and_converge() {
    let setup = setup("as-reported", 1, 2, crash_and_outage());
    let runs = seeds(&setup, 200);
    for (seed, simulated) in &runs {
        assert!(simulated.run.entries.last().unwrap().books.at_rest, "seed {seed}");
        replays_alike(&setup, *seed, &simulated.run);
    }
    let found = breaches(&setup, &runs);
    assert!(found.contains_key("progress") && found.contains_key("converge"), "{found:?}");
}

#[test]
fn every_design_rests_under_every_fault_and_its_moves_replay() {
    let bare =
        ["as-reported", "p0-3-a", "p0-3-a+fixed", "p0-3-b", "p0-3-b+fixed"].map(|design| (design, setup as Make));
    let along = ["as-reported-code", "p0-2-b", "p0-4-a", "p0-4-c+fixed", "p0-5-b", ALL_JOBS]
        .map(|design| (design, whole as Make));
    for (design, make) in bare.into_iter().chain(along) {
        let setup = make(design, 2, 2, everything());
        for (seed, simulated) in &seeds(&setup, 60) {
            assert!(simulated.run.entries.last().unwrap().books.at_rest, "{design} seed {seed}");
            replays_alike(&setup, *seed, &simulated.run);
        }
    }
}

#[test]
fn nothing_happens_that_the_world_does_not_offer() {
    for design in ["as-reported", "p0-4-a+fixed", "p0-4-c", ALL_JOBS] {
        let setup = whole(design, 2, 2, everything());
        for (seed, simulated) in seeds(&setup, 40) {
            let mut world = World::new(&setup);
            for mv in simulated.run.moves() {
                let mut offered = Vec::new();
                world.moves(&setup, &mut offered);
                assert!(offered.contains(&mv), "{design} seed {seed}: {mv:?} of {offered:?}");
                world.apply(&setup, mv).unwrap();
            }
        }
    }
}

#[test]
fn three_traces_of_one_tenant_wait_for_each_other() {
    for design in ["as-reported", "p0-3-b"] {
        let setup = setup(design, 3, 3, Faults { crash: 1, ..Faults::default() });
        let runs = seeds(&setup, 150);
        let waited = runs.iter().filter(|(_, s)| s.run.judge(&setup).seen[situation("waited-for-another")]).count();
        assert!(waited > 10, "{waited}");
        for (seed, simulated) in &runs {
            replays_alike(&setup, *seed, &simulated.run);
        }
    }
}

#[test]
fn stale_hashes_are_found_without_any_fault() {
    let setup = setup("as-reported", 2, 2, Faults::default());
    let found = breaches(&setup, &seeds(&setup, 300));
    assert!(found.contains_key("converge"), "two T7 never crossed: {found:?}");
}

#[test]
fn a_crash_kills_the_node() {
    let setup = setup("as-reported", 1, 2, Faults { crash: 1, ..Faults::default() });
    let runs = seeds(&setup, 40);
    let crashed: Vec<_> = runs.iter().filter(|(_, s)| s.run.moves().iter().any(|mv| mv.is_fault())).collect();
    assert!(crashed.len() > 10);
    for (seed, simulated) in crashed {
        let killed = simulated.log.iter().position(|line| line.contains("is killed, life 1"));
        let buried =
            simulated.log.iter().position(|line| line.contains("gateway") && line.contains(" crashes before "));
        assert!(killed.is_some() && killed < buried, "seed {seed}: {:#?}", simulated.log);
        assert!(simulated.plan.iter().any(|line| line.contains("crashes")), "seed {seed}: {:#?}", simulated.plan);
    }
    assert!(runs.iter().any(|(_, s)| s.log.iter().any(|line| line.contains("is up, life 2"))));
}

#[test]
fn a_move_that_cannot_happen_is_named() {
    let setup = setup("as-reported", 1, 2, Faults::default());
    let (send, actor) = (Move::Send { request: Request(0), gateway: 0 }, Actor::Gateway(0));
    let out_of_order = Move::Step { actor, step: Step::T6, wins: None };
    let found = replay(&setup, &[send, out_of_order]);
    assert!(matches!(found, Err(SimulateError::NotReachable { number: 2, .. })), "{found:?}");
    let found = replay(&setup, &[Move::Crash { actor, before: Step::T1 }]);
    assert!(matches!(found, Err(SimulateError::NotReachable { number: 1, .. })), "{found:?}");
}

#[test]
fn a_sweep_can_be_stopped() {
    let setup = setup("as-reported", 1, 1, Faults::default());
    let stop = AtomicBool::new(false);
    let outcomes = sweep(&setup, 0..1_000_000, 2, &stop, |seed, _| {
        if seed >= 5 {
            stop.store(true, Ordering::Relaxed);
        }
    });
    assert!(outcomes.len() < 1_000);
    assert!(outcomes.is_sorted_by_key(|&(seed, _)| seed));
}

fn digest() -> String {
    let lines = |(_, s): (u64, Simulated)| s.plan.into_iter().chain(s.log).collect::<Vec<_>>().join("\n");
    let worlds = [("p0-3-b", setup as Make), (ALL_JOBS, whole), ("p0-4-a", whole), ("p0-4-c", whole)];
    let runs = worlds.into_iter().flat_map(|(design, make)| seeds(&make(design, 2, 2, everything()), 12));
    runs.map(lines).collect::<Vec<_>>().join("\n")
}

/// Also what [`another_process_runs_the_same`] runs in that process, for what it prints.
#[test]
fn twice_in_a_process_the_same_happens() {
    let once = digest();
    println!("{once}");
    assert_eq!(once, digest());
}

#[test]
fn another_process_runs_the_same() {
    let itself = std::env::current_exe().unwrap();
    let arguments = ["--exact", "twice_in_a_process_the_same_happens", "--nocapture"];
    let output = std::process::Command::new(itself).args(arguments).output().unwrap();
    assert!(String::from_utf8(output.stdout).unwrap().contains(&digest()));
}

#[test]
fn a_panic_in_a_seed_is_that_seeds_error() {
    fn explodes(
        _: &mut model::flow::Io<'_>,
        _: &model::flow::AttemptInput,
    ) -> model::io::FlowResult<model::reply::Answer> {
        panic!("out of money")
    }
    let setup = setup("as-reported", 1, 1, Faults::default());
    let found = run_seed(&setup.with_attempt(explodes), 0);
    assert_eq!(found, Err(SimulateError::Panicked("out of money".to_owned())));
}

#[test]
fn a_flow_that_outgrows_its_record_is_an_internal_error_of_each_engine_and_names_who() {
    fn never_ends(
        io: &mut model::flow::Io<'_>,
        _: &model::flow::AttemptInput,
    ) -> model::io::FlowResult<model::reply::Answer> {
        loop {
            io.local(Step::Q1c, model::effect::LocalOp::Wait)?;
        }
    }
    let mut scenario = parse("p0-3-a-test", "a test", SCENARIO, None).unwrap();
    let case = &mut scenario.cases[0];
    case.setup = setup("as-reported", 1, 1, Faults::default()).with_attempt(never_ends);
    let simulated = run_seed(&case.setup, 0).unwrap_err().to_string();
    let checked =
        check(&scenario, &scenario.cases[0], &Limits::default(), &mut Capsules::new()).unwrap_err().to_string();
    for error in [simulated, checked] {
        assert!(error.contains("gateway-a has more to put on record than the 24 entries that fit"), "{error}");
    }
}

#[test]
fn any_path_of_the_world_can_be_driven_through_the_simulation() {
    let bare =
        ["as-reported", "p0-3-a", "p0-3-a+fixed", "p0-3-b", "p0-3-b+fixed"].map(|design| (design, setup as Make));
    let along = ["as-reported-code", "p0-4-a+fixed", "p0-4-c", "p0-5-c", "p1-9-lock", ALL_JOBS];
    for (design, make) in bare.into_iter().chain(along.map(|design| (design, whole as Make))) {
        let setup = make(design, 3, 3, everything());
        for seed in 0..60 {
            let path = wander(&setup, seed);
            let found = replay(&setup, &path).unwrap_or_else(|why| panic!("{design} {seed}: {why}\n{path:#?}"));
            assert_eq!(found, Run::replay(&setup, &path).unwrap(), "{design} {seed}");
        }
    }
}

#[test]
fn every_scenario_rests_and_replays() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../scenarios");
    for scenario in sim::suite::scenario::load_all(&folder, sim::suite::scenario::Locks::Read).unwrap() {
        for case in &scenario.cases {
            for (seed, simulated) in &seeds(&case.setup, 6) {
                let again = replay(&case.setup, &simulated.run.moves());
                let again = again.unwrap_or_else(|why| panic!("{} {} {seed}: {why}", scenario.id, case.setup.design));
                assert_eq!(again, simulated.run, "{} {} seed {seed}", scenario.id, case.setup.design);
            }
        }
    }
}
