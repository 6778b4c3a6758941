//! `trial run`, the main command: runs every scenario on every available engine and writes the report.

mod cases;
mod finish;

use std::collections::BTreeMap;

use sim::suite::capsules::Capsules;
use sim::suite::claims::{self, ClaimAnswer};

use sim::suite::reasoned::{self, Compared};
use sim::suite::scenario::{Locks, Scenario};
use sim::suite::unseen::hold_real_against_check;
use sim::suite::verdict::{Counterexample, Engine, Finding, Findings, NotRun};

use crate::args::RunArgs;
use crate::commands::engines::{Bounds, NotAtHand, RealServers};
use crate::commands::explore::unlocked;
use crate::commands::gate;
use crate::commands::refuse_given_servers;
use crate::failure::Failure;
use crate::folder::Folder;
use crate::progress;
use crate::workspace::Workspace;

/// The extent of a run.
#[derive(Clone, Copy, Debug)]
struct Tier {
    /// Whether designs of other risks are checked too.
    every_design: bool,
    /// Seeds per scenario and design.
    seeds: (u64, u64),
    /// Scheduled runs on real servers per scenario and design.
    runs: usize,
}

/// The default extent, which takes minutes.
const QUICK: Tier = Tier { every_design: false, seeds: (0, 60), runs: 12 };
/// For the committed reports: every design is checked, with the samples of the default.
const COMMIT: Tier = Tier { every_design: true, ..QUICK };
/// The full extent.
const FULL: Tier = Tier { every_design: true, seeds: (0, 2_000), runs: usize::MAX };

/// The folder of the committed reports, relative to the workspace.
const COMMITTED: &str = "reports";

/// Runs everything. The exit code is that of the findings, or 69 under `CI` when servers are missing.
pub fn run(args: &RunArgs) -> Result<u8, Failure> {
    let workspace = Workspace::find()?;
    let scenarios = workspace.scenarios(Locks::Read)?;
    let claims = workspace.claims(&scenarios)?;
    let reasoned = reasoned::compare(&workspace.reasoned(&scenarios)?, &scenarios);
    if args.update_reports {
        refuse_given_servers()?;
        workspace.try_to_write(COMMITTED, "--update-reports")?;
    }
    let unseen = workspace.unseen(COMMITTED, &scenarios)?;
    let folder = Folder::open(&workspace, args.gate.output.as_deref())?;
    let bounds = Bounds::new(progress::stop_flag()?);
    let servers = match RealServers::start() {
        Ok(servers) => Ok(servers),
        Err(NotAtHand::Missing(why)) => Err(why),
        Err(NotAtHand::Failed(failure)) => return Err(failure),
    };
    if let (Err(why), true) = (&servers, args.update_reports) {
        return Err(Failure::NoServer(format!("--update-reports needs all three engines: {why}")));
    }
    let tier = match (args.update_reports, args.full) {
        (true, _) => COMMIT,
        (false, true) => FULL,
        (false, false) => QUICK,
    };
    let scenarios = if tier.every_design { scenarios } else { scenarios.iter().map(Scenario::own).collect() };
    let found = Findings { unlocked: unlocked(&scenarios), ..Findings::default() };
    let missing = servers.as_ref().err().cloned();
    let work = cases::Work { scenarios: &scenarios, tier, full: args.full, bounds: &bounds, folder: &folder.found() };
    let (mut found, mut capsules) = cases::look_at(&work, servers.ok(), found)?;
    if let Some(why) = &missing {
        found.not_run.insert(0, NotRun { engine: Engine::Real, case: None, why: why.clone() });
    }
    let seeds = tier.seeds.1 - tier.seeds.0;
    if let (Some(unseen), false) = (unseen, args.update_reports) {
        unseen.hold_against(&mut found, seeds);
    }
    hold_real_against_check(&mut found);
    keep_the_shortest(&mut found);
    point_at_the_shortest(&mut found);
    let runs = claims::seek(&claims, &scenarios, &found, &bounds.of_one_search());
    let runs = runs.map_err(|error| Failure::Internal(error.to_string()))?;
    if args.update_reports && bounds.ended().is_some() {
        return Err(Failure::Input("interrupted: the committed reports stay as they are".to_owned()));
    }
    let answers = claims::judge(&claims, &scenarios, &found, &runs);
    answers.iter().filter_map(|it| it.evidence.run.as_deref()).for_each(|run| capsules.keep_shown(run));
    let ci = std::env::var_os("CI").is_some_and(|value| !value.is_empty());
    let codes = [gate::exit_code(&found, args.gate.deny), claims::exit_code(&answers), reasoned::exit_code(&reasoned)];
    let exit = match codes {
        codes if codes.contains(&1) => 1,
        _ if missing.is_some() && ci => 69,
        codes => codes.into_iter().max().unwrap_or(0),
    };
    let ran = FinishedRun { args, tier, scenarios, answers, reasoned, found, capsules };
    Ok(finish::print_and_write(&ran, &workspace, folder, exit))
}

/// A finished run.
struct FinishedRun<'a> {
    args: &'a RunArgs,
    tier: Tier,
    scenarios: Vec<Scenario>,
    answers: Vec<ClaimAnswer>,
    reasoned: Vec<Compared>,
    found: Findings,
    capsules: Capsules,
}

/// Keeps one counterexample of check for each breach: the shortest.
fn keep_the_shortest(found: &mut Findings) {
    let of = |it: &Counterexample| (it.scenario.clone(), it.design.clone(), it.breach.invariant);
    let mut shortest: BTreeMap<_, usize> = BTreeMap::new();
    for it in &found.counterexamples {
        let moves = shortest.entry(of(it)).or_insert(usize::MAX);
        *moves = (*moves).min(it.run.entries.len());
    }
    found
        .counterexamples
        .retain(|it| shortest.get(&of(it)) == Some(&it.run.entries.len()) && shortest.remove(&of(it)).is_some());
}

/// Check mostly finds shorter counterexamples for what sim and real break: then findings refer to these for replay.
fn point_at_the_shortest(found: &mut Findings) {
    let of = |finding: &Finding| (finding.scenario.clone(), finding.design.clone(), finding.invariant);
    let checked = found.findings.iter().filter(|finding| finding.engine == Engine::Check);
    let shortest: BTreeMap<_, _> = checked.map(|finding| (of(finding), finding.capsule.clone())).collect();
    for finding in found.findings.iter_mut().filter(|finding| finding.capsule.is_some()) {
        let shortest = shortest.get(&of(finding)).cloned().flatten();
        finding.capsule = shortest.or(finding.capsule.take());
    }
}
