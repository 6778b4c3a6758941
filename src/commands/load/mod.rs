//! `trial real --load`: free-running load on real servers, judged at rest and compared with check under the same
//! faults.

mod document;
mod expected;
mod table;

use std::time::Duration;

use adapter::load::{Figures, Load, RestResult, Terms};
use adapter::matrix::Part;
use adapter::servers::{Keeps, Options, Servers};
use adapter::worker_pool::WorkerCommand;
use model::design::Design;
use model::flow::RequestPath;
use model::presets::AS_REPORTED;

use crate::args::{LoadArgs, Selection};
use crate::commands::engines::Bounds;
use crate::failure::Failure;
use crate::folder::Folder;
use crate::output;
use crate::progress;

use expected::Held;

/// The original, and for each of three risks the fix that cures most of what it was proposed for.
const DESIGNS: [&str; 4] = [AS_REPORTED, "p0-2-a+fixed", "p0-3-b+fixed", "p1-8-c"];
/// The file that is written to the folder of `--output`.
const TABLE: &str = "load.txt";
/// How long each design runs.
const TIME: Duration = Duration::from_secs(30);

/// One design's load.
struct Loaded {
    design: Design,
    part: Part,
    held: Held,
    figures: Figures,
    /// Why it ended early, if it did.
    cut: Option<&'static str>,
}

impl Loaded {
    /// Whether check proves that this invariant holds.
    fn must_hold(&self, result: &RestResult) -> bool {
        self.held.holds.contains(&result.invariant)
    }

    /// Breaches of invariants that hold according to check.
    fn unexpected(&self) -> impl Iterator<Item = &RestResult> {
        self.figures.results.iter().filter(|result| result.breaches > 0 && self.must_hold(result))
    }

    /// Invariants that hold according to check but are unknown here, each with the reason.
    fn unknown(&self) -> Vec<String> {
        let mut unknown: Vec<String> = self.held.unknown.iter().cloned().collect();
        unknown.extend(self.cut.map(|why| format!("{why}: what came until then was judged, and no more")));
        if self.figures.rests == 0 {
            unknown.push("the books were never judged: there was no time for a rest".to_owned());
        }
        let idle = self.figures.results.iter().filter(|result| self.must_hold(result) && result.non_vacuous == 0);
        let idle: Vec<&str> = idle.map(|result| result.invariant).collect();
        if !idle.is_empty() {
            unknown.push(format!("no non-vacuous evaluation at the last rest: {}", idle.join(", ")));
        }
        unknown
    }

    /// 1 if an invariant breaks that holds according to check; 2 if check was cut or there was no time to look.
    fn exit_code(&self) -> u8 {
        if self.unexpected().next().is_some() {
            1
        } else if !self.unknown().is_empty() {
            2
        } else {
            0
        }
    }
}

/// Exit code 0 if everything that holds according to check under the same faults held. Load is expected to break the
/// rest.
pub fn load(selection: &Selection, args: &LoadArgs) -> Result<u8, Failure> {
    let parts = parts(selection)?;
    let mut folder = Folder::asked(selection.gate.output.as_deref())?;
    let bounds = Bounds::new(progress::stop_flag()?);
    let internal = |error: std::io::Error| Failure::Internal(error.to_string());
    // On this one thread: it outlives every process that it starts.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(internal)?;
    let servers = runtime.block_on(Servers::start(&Options::from_environment(Keeps::Nothing)))?;
    servers.notices().iter().for_each(|notice| output::note(notice));
    let program = std::env::current_exe().map_err(internal)?;
    let command = WorkerCommand { program, args: vec!["gateway".into()] };
    let failed = |error: adapter::load::LoadError| Failure::Internal(error.to_string());
    let mut load = runtime.block_on(Load::new(servers, command)).map_err(failed)?;
    let mut all = Vec::new();
    'designs: for part in parts {
        for &design in &part.designs {
            let held = expected::held(design, part.path, &bounds)?;
            let terms = Terms {
                design,
                path: part.path,
                seed: args.seed,
                workers: usize::from(args.workers),
                requests: args.requests,
                time: selection.time.unwrap_or(TIME),
            };
            let figures = runtime.block_on(load.run(&terms, &bounds.stop)).map_err(failed)?;
            let cut = bounds.ended();
            let loaded = Loaded { design, part: part.clone(), held, figures, cut };
            if !selection.json {
                output::text(&table::design(&loaded));
            }
            all.push(loaded);
            if cut.is_some() {
                break 'designs;
            }
        }
    }
    runtime.block_on(load.stop());
    let exit = all.iter().map(Loaded::exit_code).max_by_key(|&exit| [0, 2, 1].iter().position(|&e| e == exit));
    let exit = exit.unwrap_or(0);
    let mut write = |exit: u8| folder.as_mut().map_or(exit, |folder| written(folder, &all, exit));
    if selection.json {
        let exit = write(exit);
        output::line(&document::load(&all, args, exit));
        return Ok(exit);
    }
    output::text(&table::totals(&all));
    let exit = write(exit);
    output::line(&format!("exit code {exit}: {}", words(exit)));
    Ok(exit)
}

/// Writes the figures to the given folder and returns the exit code.
fn written(folder: &mut Folder, all: &[Loaded], exit: u8) -> u8 {
    let designs: String = all.iter().map(table::design).collect();
    folder.write(TABLE, &format!("{designs}{}", table::totals(all)));
    folder.ended(exit)
}

fn words(exit: u8) -> &'static str {
    match exit {
        0 => "nothing broke that holds in check",
        2 => "no violations, but some checks were inconclusive",
        output::NOT_WRITTEN => "what was found could not be written",
        _ => "something broke that holds in check",
    }
}

/// Each design on the path of its risk; an original on billing alone, unless a risk is selected.
fn parts(selection: &Selection) -> Result<Vec<Part>, Failure> {
    let designs: Vec<Design> = match selection.design {
        Some(design) => vec![design],
        None => DESIGNS.iter().filter_map(|name| name.parse().ok()).collect(),
    };
    let of_risk = |risk: &String| Part::all().into_iter().find(|part| part.risk == Some(risk));
    let named = selection
        .risk
        .as_ref()
        .map(|risk| of_risk(risk).ok_or_else(|| Failure::Input(format!("no preset is a fix of the risk `{risk}`"))));
    let named = named.transpose()?;
    let part = |design: Design| match &named {
        Some(part) => Part { designs: vec![design], ..part.clone() },
        None if design.is_original() => {
            Part { risk: None, path: RequestPath { upstream: true, ..RequestPath::default() }, designs: vec![design] }
        }
        None => Part::of(design),
    };
    Ok(designs.into_iter().map(part).collect())
}
