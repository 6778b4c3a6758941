//! `trial check`, `trial sim` and `trial real`: run one engine on the chosen scenarios.

use std::time::Instant;

use sim::report::{self, Labels};
use sim::suite::capsules::Capsules;
use sim::suite::scenario::{Locks, Scenario};
use sim::suite::story;
use sim::suite::verdict::Findings;

use crate::args::{CheckArgs, RealArgs, Selection, SimArgs};
use crate::commands::engines::{self, Bounds, RealServers};
use crate::commands::gate;
use crate::failure::Failure;
use crate::folder::Folder;
use crate::output;
use crate::progress;
use crate::workspace::Workspace;

/// Seeds of `trial sim` by default.
pub const SEEDS: (u64, u64) = (0, 200);

/// `trial check`.
pub fn check(args: &CheckArgs) -> Result<u8, Failure> {
    let locks = if args.accept { Locks::Ignored } else { Locks::Read };
    let (workspace, scenarios, mut bounds) = prepare(&args.selection, locks)?;
    bounds.threads = args.threads.map_or(bounds.threads, usize::from);
    bounds.max_states = args.max_states;
    if args.accept {
        return crate::commands::accept::accept(&workspace, &scenarios, &bounds);
    }
    let folder = Folder::open(&workspace, args.selection.gate.output.as_deref())?;
    let mut capsules = Capsules::of(&folder.found());
    let mut found = Findings::default();
    let bar = progress::bar(scenarios.iter().map(|scenario| scenario.cases.len()).sum());
    for scenario in &scenarios {
        for case in &scenario.cases {
            bar.set_message(format!("{} {}", scenario.id, case.setup.design));
            found.extend(engines::check(scenario, case, &bounds, &mut capsules)?);
            bar.inc(1);
        }
    }
    bar.finish_and_clear();
    finish("check", folder, &scenarios, found, &capsules, &args.selection)
}

/// `trial sim`.
pub fn sim(args: &SimArgs) -> Result<u8, Failure> {
    let (workspace, scenarios, bounds) = prepare(&args.selection, Locks::Read)?;
    let folder = Folder::open(&workspace, args.selection.gate.output.as_deref())?;
    if let Some(seed) = args.seed
        && !args.selection.json
    {
        show_seed(&scenarios, seed)?;
    }
    let seeds = args.seed.map(|seed| (seed, seed.saturating_add(1))).or(args.seeds).unwrap_or(SEEDS);
    let each_seed = args.seeds.is_some() && !args.selection.json;
    let mut capsules = Capsules::of(&folder.found());
    let mut found = Findings::default();
    let bar = progress::bar(scenarios.iter().map(|scenario| scenario.cases.len()).sum());
    for scenario in &scenarios {
        for case in &scenario.cases {
            bar.set_message(format!("{} {}", scenario.id, case.setup.design));
            let report = |seed: u64, run: &model::run::Run, broken: &[&'static str]| {
                if each_seed {
                    let broken =
                        if broken.is_empty() { "holds".to_owned() } else { format!("BROKEN {}", broken.join(", ")) };
                    output::line(&format!(
                        "{} {} seed {seed}: {} moves, {broken}",
                        scenario.id,
                        case.setup.design,
                        run.entries.len()
                    ));
                }
            };
            found.extend(engines::sweep(scenario, case, seeds, &bounds, &mut capsules, &report)?);
            bar.inc(1);
        }
    }
    bar.finish_and_clear();
    finish("sim", folder, &scenarios, found, &capsules, &args.selection)
}

/// `trial real`.
pub fn real(args: &RealArgs) -> Result<u8, Failure> {
    if args.crash_matrix {
        return crate::commands::matrix::matrix(&args.selection, &args.matrix);
    }
    if args.load {
        return crate::commands::load::load(&args.selection, &args.traffic);
    }
    let (workspace, scenarios, bounds) = prepare(&args.selection, Locks::Read)?;
    let folder = Folder::open(&workspace, args.selection.gate.output.as_deref())?;
    let mut servers = RealServers::start()?;
    let mut capsules = Capsules::of(&folder.found());
    let mut found = Findings::default();
    let bar = progress::bar(scenarios.iter().map(|scenario| scenario.cases.len()).sum());
    for scenario in &scenarios {
        for case in &scenario.cases {
            bar.set_message(format!("{} {}", scenario.id, case.setup.design));
            found.extend(servers.scheduled(scenario, case, usize::MAX, &[], &bounds, &mut capsules)?);
            bar.inc(1);
        }
    }
    bar.finish_and_clear();
    if let Some(kept) = servers.stop(args.keep) {
        output::note(&format!("kept: {kept}"));
    }
    finish("real", folder, &scenarios, found, &capsules, &args.selection)
}

fn prepare(selection: &Selection, locks: Locks) -> Result<(Workspace, Vec<Scenario>, Bounds), Failure> {
    let workspace = Workspace::find()?;
    let scenarios = workspace.select(selection, locks)?;
    let mut bounds = Bounds::new(progress::stop_flag()?);
    bounds.deadline = selection.time.map(|time| Instant::now() + time);
    Ok((workspace, scenarios, bounds))
}

/// Prints the plan, the log and the moves of one seed. The same seed prints the same bytes.
fn show_seed(scenarios: &[Scenario], seed: u64) -> Result<(), Failure> {
    for scenario in scenarios {
        for case in &scenario.cases {
            let outcome = sim::simulate::run_seed(&case.setup, seed);
            let simulated = outcome.map_err(|error| Failure::Internal(format!("seed {seed}: {error}")))?;
            output::line(&format!("{} {} seed {seed}", scenario.id, case.setup.design));
            for line in &simulated.plan {
                output::line(&format!("  plan  {line}"));
            }
            for line in &simulated.log {
                output::line(&format!("  {line}"));
            }
            for (place, entry) in simulated.run.entries.iter().enumerate() {
                let line = story::tell(&case.setup, entry);
                output::line(&format!("  {:3}  {}: {}", place + 1, line.from.name(), line.what));
            }
            let labels = simulated.run.entries.iter().filter_map(|entry| entry.did.mv.step());
            output::text(&format!("\n{}\n", Labels::new().legend(labels)));
        }
    }
    Ok(())
}

/// The scenarios without a lock file.
pub fn unlocked(scenarios: &[Scenario]) -> Vec<String> {
    scenarios.iter().filter(|scenario| !scenario.locked).map(|scenario| scenario.id.clone()).collect()
}

/// Prints the findings, then writes them: a full disk does not suppress the verdict.
fn finish(
    command: &str,
    mut folder: Folder,
    scenarios: &[Scenario],
    mut found: Findings,
    capsules: &Capsules,
    selection: &Selection,
) -> Result<u8, Failure> {
    found.unlocked = unlocked(scenarios);
    let (found, deny) = (&found, selection.gate.deny);
    let exit = gate::exit_code(found, deny);
    if selection.json {
        // The document contains the exit code, which is known only after writing.
        write(&mut folder, capsules);
        let exit = folder.ended(exit);
        output::line(&crate::document::findings(command, found, deny.map(|_| gate::count(found, deny)), exit));
        return Ok(exit);
    }
    let colour = crate::colour();
    for scenario in scenarios {
        output::text(&report::terminal(scenario, found, colour));
    }
    let last = [deny.map_or(String::new(), |deny| report::denied(deny, found)), report::unexpected(found)];
    for text in last.iter().filter(|text| !text.is_empty()) {
        output::text(&format!("\n{text}"));
    }
    write(&mut folder, capsules);
    let exit = folder.ended(exit);
    output::line(&format!("\nexit code {exit}: {}", gate::words(exit, found, deny)));
    Ok(exit)
}

fn write(folder: &mut Folder, capsules: &Capsules) {
    let _turn = folder.turn();
    folder.keep(capsules);
}
