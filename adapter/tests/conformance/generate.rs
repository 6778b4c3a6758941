//! Cases from a seed: proptest makes lists of numbers, each of which picks among what can happen next, and shrinks them.

use std::cell::RefCell;
use std::time::Instant;

use proptest::collection::vec;
use proptest::num::u16::ANY;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner};

/// Each attempt to shrink a case may wait as long as a difference takes to be one.
const MAX_SHRINKS: u32 = 300;

/// How many cases, and which.
#[derive(Clone, Copy, Debug)]
pub struct Extent {
    pub cases: u32,
    pub seed: u64,
}

impl Extent {
    /// So many cases, or as many times more as `TRIAL_CONFORMANCE` says.
    pub fn of(cases: u32) -> Extent {
        Extent { cases: cases * number("TRIAL_CONFORMANCE").unwrap_or(1), seed: seed() }
    }

    /// So many cases, whatever the environment says.
    pub fn exactly(cases: u32) -> Extent {
        Extent { cases, seed: seed() }
    }
}

/// What `TRIAL_CONFORMANCE_SEED` says, by default 0, so that two runs are of the same cases.
fn seed() -> u64 {
    number("TRIAL_CONFORMANCE_SEED").unwrap_or(0)
}

fn number<T: std::str::FromStr>(name: &str) -> Option<T> {
    let text = std::env::var(name).ok().filter(|text| !text.is_empty())?;
    Some(text.parse().unwrap_or_else(|_| panic!("{name}={text} is no number")))
}

/// A case in which model and server differ, shrunk.
#[derive(Debug)]
pub struct Differs {
    pub picks: Vec<u16>,
    pub story: String,
}

/// Plays cases of up to `length` operations until one fails; that one is shrunk if `shrink` says so.
pub fn generate(
    extent: Extent,
    length: usize,
    shrink: bool,
    play: impl FnMut(&[u16]) -> Result<(), String>,
) -> Result<(), Differs> {
    let max_shrink_iters = if shrink { MAX_SHRINKS } else { 0 };
    let config = Config { cases: extent.cases, max_shrink_iters, failure_persistence: None, ..Config::default() };
    let mut seed = [0; 32];
    seed[..8].copy_from_slice(&extent.seed.to_le_bytes());
    let mut runner = TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &seed));
    let play = RefCell::new(play);
    // A race that the server decides otherwise may not come back in what a case is shrunk to: the last story that was told
    // of a failure stands.
    let outcome = runner.run(&vec(ANY, 1..=length), |picks| (play.borrow_mut())(&picks).map_err(TestCaseError::fail));
    match outcome {
        Ok(()) => Ok(()),
        Err(TestError::Fail(why, picks)) => Err(Differs { picks, story: why.message().to_owned() }),
        Err(TestError::Abort(why)) => panic!("{why}"),
    }
}

/// The same as a test: prints what was run, and fails with the story of the difference.
pub fn agree(name: &str, extent: Extent, length: usize, mut play: impl FnMut(&[u16]) -> Result<(), String>) {
    let since = Instant::now();
    let (mut cases, mut operations) = (0_u64, 0_usize);
    let outcome = generate(extent, length, true, |picks| {
        (cases, operations) = (cases + 1, operations + picks.len());
        play(picks)
    });
    if let Err(Differs { picks, story }) = outcome {
        panic!("{name}: model and server differ (seed {}, picks {picks:?})\n{story}", extent.seed);
    }
    let seconds = since.elapsed().as_millis() / 1_000;
    println!("{name}: {cases} cases, {operations} operations agree, seed {}, {seconds} s", extent.seed);
}
