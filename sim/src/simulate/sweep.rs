//! Runs many seeds on all cores.

use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use model::setup::Setup;

use crate::simulate::{SimulateError, Simulated, run_seed};

/// The result of one seed.
pub type SeedResult = Result<Simulated, SimulateError>;

/// Runs every seed of a range on so many threads at a time and returns the result of each, in the order of the seeds.
/// Once `stop` is set no further seed begins, and the seeds that did not run are missing from the end or from between.
/// `on_seed` is called as soon as a seed is done, in no particular order. The runs are kept, some 50 KB each: sweep a
/// long range in pieces.
pub fn sweep(
    setup: &Setup,
    seeds: Range<u64>,
    threads: usize,
    stop: &AtomicBool,
    on_seed: impl Fn(u64, &SeedResult) + Sync,
) -> Vec<(u64, SeedResult)> {
    let next = AtomicU64::new(seeds.start);
    let done = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..threads.max(1) {
            scope.spawn(|| {
                while !stop.load(Ordering::Relaxed) {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= seeds.end {
                        return;
                    }
                    let outcome = run_seed(setup, seed);
                    on_seed(seed, &outcome);
                    done.lock().unwrap_or_else(PoisonError::into_inner).push((seed, outcome));
                }
            });
        }
    });
    let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    done.sort_by_key(|&(seed, _)| seed);
    done
}
