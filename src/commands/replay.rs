//! `trial replay`: replays a capsule, step by step, on each engine.

use std::path::Path;

use adapter::error::RealError;
use model::capsule::Capsule;
use model::invariant;
use model::moves::Move;
use model::run::{Breach, Run};
use model::setup::Setup;
use model::shown::plain;
use sim::suite::route::Route;
use sim::suite::verdict::{Counterexample, Engine, NotRun};
use sim::suite::{capsules, story};
use sim::{report, simulate};

use crate::args::{On, ReplayArgs};
use crate::commands::engines::{NotAtHand, RealServers};
use crate::document::{self, Replayed};
use crate::failure::Failure;
use crate::output;

/// A capsule that was read.
struct Read {
    file: String,
    capsule: Capsule,
    setup: Setup,
    moves: Vec<Move>,
}

/// Exit code 0 if for every capsule the same invariant breaks with the same numbers on each requested engine.
pub fn replay(args: &ReplayArgs) -> Result<u8, Failure> {
    let capsules = args.files.iter().map(|file| read(file)).collect::<Result<Vec<_>, _>>()?;
    let mut replayed = Vec::new();
    let mut not_run = Vec::new();
    for read in capsules.iter().filter(|read| capsules::is_edited(&read.capsule)) {
        output::note(&format!("EDITED: {} differs from what was written; its present content is judged", read.file));
    }
    for read in &capsules {
        if matches!(args.on, On::Check | On::All) {
            let run = Run::replay(&read.setup, &read.moves).map_err(|error| error.to_string());
            if let (Ok(run), false) = (&run, args.json) {
                show(read, run);
            }
            replayed.push(compare(Engine::Check, read, run));
        }
        if matches!(args.on, On::Sim | On::All) {
            let run = simulate::replay(&read.setup, &read.moves).map_err(|error| error.to_string());
            replayed.push(compare(Engine::Sim, read, run));
        }
    }
    if matches!(args.on, On::Real | On::All) {
        match RealServers::start() {
            Ok(servers) => on_real(servers, &capsules, &mut replayed, &mut not_run),
            Err(NotAtHand::Failed(failure)) => return Err(failure),
            Err(NotAtHand::Missing(why)) => not_run.push(NotRun { engine: Engine::Real, case: None, why }),
        }
    }
    let all = replayed.iter().all(|replay| replay.reproduced && replay.same_numbers);
    let exit = if !all {
        1
    } else if not_run.is_empty() {
        0
    } else {
        69
    };
    if args.json {
        output::line(&document::replays(&replayed, &not_run, exit));
    } else {
        print(&replayed, &not_run, capsules.len() > 1);
    }
    Ok(exit)
}

fn read(file: &Path) -> Result<Read, Failure> {
    let capsule = capsules::read(file)?;
    let (setup, moves) = capsule.resolve().map_err(|error| Failure::Input(error.to_string()))?;
    Ok(Read { file: plain(&file.display().to_string()), capsule, setup, moves })
}

fn print(replayed: &[Replayed], not_run: &[NotRun], several: bool) {
    for replay in replayed {
        let word = match (replay.edited, replay.reproduced, replay.same_numbers) {
            (true, true, true) => "AS EDITED",
            (false, true, true) => "REPRODUCED",
            (_, true, false) => "OTHER NUMBERS",
            (_, false, _) => "NOT REPRODUCED",
        };
        let lead = format!("{:6} {word:15} ", replay.engine.name());
        let why = if several { format!("{}: {}", replay.capsule, replay.why) } else { replay.why.clone() };
        output::text(&report::paragraph(&lead, &why));
    }
    for NotRun { engine, why, .. } in not_run {
        output::text(&report::paragraph(&format!("{:6} NOT RUN         ", engine.name()), why));
    }
}

fn on_real(mut servers: RealServers, capsules: &[Read], replayed: &mut Vec<Replayed>, not_run: &mut Vec<NotRun>) {
    for read in capsules {
        match servers.run(&read.setup, &read.moves) {
            Err(error @ RealError::NotOurs { .. }) => {
                not_run.push(NotRun { engine: Engine::Real, case: None, why: format!("{}: {error}", read.file) });
            }
            run => replayed.push(compare(Engine::Real, read, run.map_err(|error| error.to_string()))),
        }
    }
    servers.stop(false);
}

fn compare(engine: Engine, read: &Read, run: Result<Run, String>) -> Replayed {
    let expected = &read.capsule.breach;
    let (capsule, edited) = (read.file.clone(), capsules::is_edited(&read.capsule));
    let run = match run {
        Ok(run) => run,
        Err(why) => return Replayed { capsule, engine, edited, reproduced: false, same_numbers: false, why },
    };
    match breach(&expected.invariant, &read.setup, &run) {
        Some(breach) => {
            let same_numbers = breach.figures == expected.figures;
            let found = story::sentence(&breach);
            let why = format!("{} breaks after {} moves: {found}", breach.invariant, breach.after);
            Replayed { capsule, engine, edited, reproduced: true, same_numbers, why }
        }
        None => {
            let why = format!("{} holds in all {} moves", expected.invariant, run.entries.len());
            Replayed { capsule, engine, edited, reproduced: false, same_numbers: false, why }
        }
    }
}

fn breach(invariant: &str, setup: &Setup, run: &Run) -> Option<Breach> {
    run.judge(setup).results[invariant::place(invariant)?].breach.clone()
}

fn show(read: &Read, run: &Run) {
    if let Some(breach) = breach(&read.capsule.breach.invariant, &read.setup, run) {
        let counterexample = Counterexample {
            scenario: read.capsule.scenario.clone(),
            design: read.capsule.design.to_string(),
            capsule: read.file.clone(),
            setup: read.setup.clone(),
            run: run.clone(),
            breach,
            route: Route::default(),
            without: Vec::new(),
        };
        output::line(&report::storyboard(&counterexample, &mut report::Labels::new()));
    }
}
