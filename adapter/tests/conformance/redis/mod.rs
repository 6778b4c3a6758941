//! A real Redis and its model: commands, the scripts as real Lua, time, and what a restart leaves.

mod action;
mod bench;
mod follow;
mod long_double;
mod rules;
mod state;

use adapter::servers::{Keeps, Options};
use tokio::runtime::{Builder, Runtime};

use crate::found;
use crate::generate::{Differs, Extent, agree, generate};
use action::read;
use bench::Bench;
use follow::{play, replay};
use rules::{PLANTED, Rules};

/// Cases without `TRIAL_CONFORMANCE`, a half on a server that keeps a log and a half on one that keeps nothing.
const CASES: u32 = 2_000;
/// The longest case.
const LENGTH: usize = 30;
/// A planted error is found within so many cases.
const FOUND_WITHIN: u32 = 2_000;

/// The planted error whose first case is shrunk, which for each would take longer.
const SHRUNK: Rules = Rules::NxTakesAnyway;
/// To no more operations than this.
const FEW: usize = 3;

fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

fn start(runtime: &Runtime, keeps: Keeps) -> Bench {
    runtime.block_on(Bench::new(&Options { keeps, ..Options::default() }))
}

#[test]
fn what_differed_once_does_not_any_more() {
    let runtime = runtime();
    let cases = found::cases("redis", read);
    assert!(!cases.is_empty());
    for keeps in [Keeps::Nothing, Keeps::Log] {
        let mut bench = start(&runtime, keeps);
        for case in &cases {
            let played = runtime.block_on(replay(&mut bench, Rules::Sound, &case.actions));
            played.unwrap_or_else(|why| panic!("{}:\n{why}", case.name));
        }
        runtime.block_on(bench.stop());
    }
}

#[test]
fn generated_cases_agree() {
    let runtime = runtime();
    for (name, keeps) in [("redis that keeps nothing", Keeps::Nothing), ("redis that keeps a log", Keeps::Log)] {
        let mut bench = start(&runtime, keeps);
        agree(name, Extent::of(CASES / 2), LENGTH, |picks| runtime.block_on(play(&mut bench, Rules::Sound, picks)));
        runtime.block_on(bench.stop());
    }
}

/// A comparison that finds no planted error would find no real one.
#[test]
fn planted_errors_are_caught() {
    let runtime = runtime();
    let mut bench = start(&runtime, Keeps::Nothing);
    for rules in PLANTED {
        let (shrink, mut cases) = (rules == SHRUNK, 0);
        let outcome = generate(Extent::exactly(FOUND_WITHIN), LENGTH, shrink, |picks| {
            cases += 1;
            runtime.block_on(play(&mut bench, rules, picks))
        });
        let Err(Differs { picks, story }) = outcome else { panic!("{rules:?} is not found in {cases} cases") };
        println!("{rules:?}: found in {cases} cases");
        if shrink {
            println!("{story}");
            assert!(picks.len() <= FEW, "{picks:?} could be fewer");
        }
    }
    runtime.block_on(bench.stop());
}
