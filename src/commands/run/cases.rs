//! Runs every case on every available engine. Searches and seeds use the processor, while real servers mostly make it
//! wait, so the servers carry out their runs in parallel with the search for the next case, in the same order.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use indicatif::ProgressBar;
use sim::suite::capsules::Capsules;
use sim::suite::necessary_faults;
use sim::suite::scenario::{Case, Scenario};
use sim::suite::verdict::{Counterexample, Findings};

use crate::commands::engines::{self, Bounds, RealServers};
use crate::commands::run::Tier;
use crate::failure::Failure;
use crate::progress;

/// The largest number of cases that wait for the servers.
const WAITING: usize = 64;

/// The work of a run.
pub(super) struct Work<'a> {
    pub(super) scenarios: &'a [Scenario],
    pub(super) tier: Tier,
    /// Whether seeds and servers are used for every design, not only for those of a risk.
    pub(super) full: bool,
    pub(super) bounds: &'a Bounds,
    /// The folder that capsules will be written to.
    pub(super) folder: &'a str,
}

/// A case for the servers, with the counterexamples to carry out on them.
struct CaseForServers<'a> {
    scenario: &'a Scenario,
    case: &'a Case,
    lifted: Vec<Counterexample>,
}

/// Adds the findings to `found`, case by case: sim, real, check.
///
/// # Errors
/// The failure of the search, else that of the servers. After either no further case is started.
pub(super) fn look_at(
    work: &Work<'_>,
    servers: Option<RealServers>,
    mut found: Findings,
) -> Result<(Findings, Capsules), Failure> {
    let bar = progress::bar(work.scenarios.iter().map(|scenario| scenario.cases.len()).sum());
    let beside = servers.is_some();
    let (orders, inbox) = sync_channel(WAITING);
    let failed = AtomicBool::new(false);
    let (searched, carried_out) = thread::scope(|scope| {
        let real = servers.map(|servers| scope.spawn(|| carry_out(work, servers, inbox, &failed, &bar)));
        let searched = search(work, beside.then_some(orders), &failed, &bar);
        (searched, real.map(thread::ScopedJoinHandle::join))
    });
    bar.finish_and_clear();
    let (searched, mut capsules) = searched?;
    let (mut real, real_capsules) = match carried_out {
        Some(Ok(carried_out)) => carried_out?,
        Some(Err(panic)) => std::panic::resume_unwind(panic),
        None => (Vec::new(), Capsules::of(work.folder)),
    };
    capsules.extend(real_capsules);
    real.reverse();
    for Searched { sim, check } in searched {
        if let Some(sim) = sim {
            found.extend(sim);
            found.extend(real.pop().unwrap_or_default());
        }
        found.extend(check);
    }
    Ok((found, capsules))
}

/// Raises the flag when it is dropped, by an error or a panic as well, unless all cases were done.
struct Ends<'a>(&'a AtomicBool);

impl Ends<'_> {
    /// All cases were done.
    fn well(self) {
        std::mem::forget(self);
    }
}

impl Drop for Ends<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// The findings for one case without servers.
struct Searched {
    /// `None` for a case that is only searched.
    sim: Option<Findings>,
    check: Findings,
}

fn search<'a>(
    work: &Work<'a>,
    orders: Option<SyncSender<CaseForServers<'a>>>,
    failed: &AtomicBool,
    bar: &ProgressBar,
) -> Result<(Vec<Searched>, Capsules), Failure> {
    let ends = Ends(failed);
    // One core is left to the servers, whose runs have limits of time.
    let threads = if orders.is_some() { work.bounds.threads.saturating_sub(1).max(1) } else { work.bounds.threads };
    let bounds = Bounds { threads, ..work.bounds.clone() };
    let (mut all, mut capsules) = (Vec::new(), Capsules::of(work.folder));
    for scenario in work.scenarios {
        for case in &scenario.cases {
            if failed.load(Ordering::Relaxed) {
                return Ok((all, capsules));
            }
            bar.set_message(format!("{} {}", scenario.id, case.setup.design));
            let mut check = engines::check(scenario, case, &bounds, &mut capsules)?;
            let mut sim = None;
            if case.own || work.full {
                necessary_faults::compare(case, &mut check.counterexamples, &work.bounds.stop);
                sim = Some(engines::sweep(scenario, case, work.tier.seeds, &bounds, &mut capsules, &|_, _, _| {})?);
                let order = CaseForServers { scenario, case, lifted: check.counterexamples.clone() };
                // The servers end early only with a failure, which is reported when their thread is joined.
                if orders.as_ref().is_some_and(|orders| orders.send(order).is_err()) {
                    return Ok((all, capsules));
                }
            }
            if orders.is_none() || sim.is_none() {
                bar.inc(1);
            }
            all.push(Searched { sim, check });
        }
    }
    ends.well();
    Ok((all, capsules))
}

fn carry_out(
    work: &Work<'_>,
    mut servers: RealServers,
    inbox: Receiver<CaseForServers<'_>>,
    failed: &AtomicBool,
    bar: &ProgressBar,
) -> Result<(Vec<Findings>, Capsules), Failure> {
    let ends = Ends(failed);
    let (mut all, mut capsules) = (Vec::new(), Capsules::of(work.folder));
    for CaseForServers { scenario, case, lifted } in inbox.into_iter().take_while(|_| !failed.load(Ordering::Relaxed)) {
        let runs = work.tier.runs;
        all.push(servers.scheduled(scenario, case, runs, &lifted, work.bounds, &mut capsules)?);
        bar.inc(1);
    }
    servers.stop(false);
    ends.well();
    Ok((all, capsules))
}
