//! Three real sessions and the model of Postgres.

mod action;
mod allowed;
mod bench;
mod follow;
mod hands;
mod rules;
mod standing;

use adapter::servers::Options;
use tokio::runtime::{Builder, Runtime};

use crate::found;
use crate::generate::{Differs, Extent, agree, generate};
use action::read;
use bench::Bench;
use follow::{Case, Counted};
use rules::{PLANTED, Rules};

/// Cases without `TRIAL_CONFORMANCE`.
const CASES: u32 = 300;
/// The longest case.
const LENGTH: usize = 60;
/// A race may have to be run more than once until it goes as a file has it.
const TRIES: u32 = 40;
/// A planted error is found within so many cases.
const FOUND_WITHIN: u32 = 1_500;

/// The planted error whose first case is shrunk, which for each would take longer.
const SHRUNK: Rules = Rules::AbortedCommits;
/// To no more operations than this.
const FEW: usize = 12;

fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

#[test]
fn what_differed_once_does_not_any_more() {
    let runtime = runtime();
    let mut bench = runtime.block_on(Bench::new(&Options::default()));
    let cases = found::cases("postgres", read);
    assert!(!cases.is_empty());
    for case in cases {
        let mut whole = 0;
        for _ in 0..TRIES {
            let played =
                runtime.block_on(async { Case::new(&mut bench, Rules::Sound).await.replay(&case.actions).await });
            whole += u32::from(played.unwrap_or_else(|why| panic!("{}:\n{why}", case.name)).is_some());
            if whole == 3 {
                break;
            }
        }
        assert!(whole > 0, "{} never went as it is written", case.name);
    }
    runtime.block_on(bench.stop());
}

#[test]
fn generated_cases_agree() {
    let runtime = runtime();
    let mut bench = runtime.block_on(Bench::new(&Options::default()));
    let mut met = Counted::default();
    agree("postgres", Extent::of(CASES), LENGTH, |picks| {
        let counted = runtime.block_on(async { Case::new(&mut bench, Rules::Sound).await.play(picks).await })?;
        met.actions += counted.actions;
        met.waits += counted.waits;
        met.deadlocks += counted.deadlocks;
        met.races += counted.races;
        Ok(())
    });
    println!("postgres: {met:?}");
    assert!(met.waits > 300 && met.deadlocks > 0 && met.races > 10, "looked at too little: {met:?}");
    runtime.block_on(bench.stop());
}

/// A comparison that finds no planted error would find no real one.
#[test]
fn planted_errors_are_caught() {
    let runtime = runtime();
    let mut bench = runtime.block_on(Bench::new(&Options::default()));
    for rules in PLANTED {
        let (shrink, mut cases) = (rules == SHRUNK, 0);
        let outcome = generate(Extent::exactly(FOUND_WITHIN), LENGTH, shrink, |picks| {
            cases += 1;
            runtime.block_on(async { Case::new(&mut bench, rules).await.play(picks).await }).map(drop)
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
