//! Carries the matrix out on several pairs of servers in parallel.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use adapter::error::RealError;
use adapter::means::Means;
use model::moves::Move;

use super::Sheet;
use super::cell_result::CellResult;
use crate::commands::engines::{Bounds, NotAtHand, RealServers};
use crate::failure::Failure;
use crate::progress;

/// Carries out every requested run once.
pub fn run(sheets: &mut [Sheet], pairs: usize, bounds: &Bounds) -> Result<(), Failure> {
    let mut asked: Vec<(usize, usize)> = Vec::new();
    for (nth, sheet) in sheets.iter().enumerate() {
        asked.extend((0..sheet.layout.runs.len()).filter(|&place| sheet.wants(place)).map(|place| (nth, place)));
    }
    // Each pair switches only once, from a Redis without persistence to one with a log.
    asked.sort_by_key(|&(sheet, place)| sheets[sheet].layout.runs[place].means == Means::RestartOnLog);
    let (next, bar) = (AtomicUsize::new(0), progress::bar(asked.len()));
    let done: Mutex<Vec<(usize, usize, CellResult)>> = Mutex::new(Vec::new());
    let work = |mut servers: RealServers| {
        while bounds.ended().is_none()
            && let Some(&(sheet, place)) = asked.get(next.fetch_add(1, Ordering::Relaxed))
        {
            let outcome = outcome(&mut servers, &sheets[sheet], place);
            if let Ok(mut done) = done.lock() {
                done.push((sheet, place, outcome));
            }
            bar.inc(1);
        }
        servers.stop(false);
    };
    let started = std::thread::scope(|scope| {
        let pairs: Vec<_> = (0..pairs.min(asked.len()))
            .map(|_| scope.spawn(|| -> Result<(), NotAtHand> { RealServers::start().map(work) }))
            .collect();
        let ended = pairs.into_iter().map(|pair| {
            let panicked = |_| NotAtHand::Failed(Failure::Internal("a pair of servers panicked".to_owned()));
            pair.join().map_err(panicked).flatten()
        });
        ended.collect::<Result<(), NotAtHand>>()
    });
    bar.finish_and_clear();
    started?;
    let done = done.into_inner().unwrap_or_default();
    for (sheet, place, outcome) in done {
        sheets[sheet].outcomes[place] = Some(outcome);
    }
    if let Some(why) = bounds.ended() {
        for sheet in sheets {
            for outcome in sheet.outcomes.iter_mut().filter(|outcome| outcome.is_none()) {
                *outcome = Some(CellResult::Unknown(why.to_owned()));
            }
        }
    }
    Ok(())
}

fn outcome(servers: &mut RealServers, sheet: &Sheet, place: usize) -> CellResult {
    // On a given server the loss would be simulated by deleting our own keys, but this is a table of kills.
    if !servers.ours().redis && sheet.layout.runs[place].moves.contains(&Move::RedisLoss) {
        return CellResult::NotRun;
    }
    match servers.run_as(&sheet.setup, &sheet.layout.runs[place]) {
        Ok(run) => CellResult::evaluate(&sheet.setup, &run),
        Err(RealError::NotOurs { .. }) => CellResult::NotRun,
        Err(error @ RealError::NotReachable { .. }) => CellResult::Unknown(error.to_string()),
        Err(error) => CellResult::Disagrees(error.to_string()),
    }
}
