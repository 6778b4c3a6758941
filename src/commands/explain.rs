//! `trial explain`: finds one counterexample again, describes it and writes it as a capsule.

use std::time::Instant;

use explore::Ended;
use model::invariant;
use sim::report::{self, Labels};
use sim::suite::capsules::{self, CURATED};
use sim::suite::explain::{Explanation, Question, explain as search};
use sim::suite::route::{Route, Waypoint};
use sim::suite::scenario::{Case, Locks};
use sim::suite::verdict::Counterexample;

use crate::args::{ExplainArgs, Selection};
use crate::commands::engines::Bounds;
use crate::document;
use crate::failure::Failure;
use crate::folder::{FOUND, Folder};
use crate::output;
use crate::progress;
use crate::workspace::Workspace;

/// Exit code 0 if there is such a run, 1 if there is none within the scenario's bounds, 2 if the search was cut before it
/// was found.
pub fn explain(args: &ExplainArgs) -> Result<u8, Failure> {
    let workspace = Workspace::find()?;
    let selection = Selection {
        scenarios: vec![args.scenario.clone()],
        design: Some(args.design),
        time: args.time,
        ..Selection::default()
    };
    let scenarios = workspace.select(&selection, Locks::Ignored)?;
    let mut bounds = Bounds::new(progress::stop_flag()?);
    bounds.deadline = selection.time.map(|time| Instant::now() + time);
    let (Some(scenario), Some(place)) = (scenarios.first(), invariant::place(args.invariant)) else {
        return Err(Failure::Internal(format!("{} has no case", args.scenario)));
    };
    let Some(case) = scenario.cases.first() else {
        return Err(Failure::Internal(format!("{} has no case", args.scenario)));
    };
    allowed(args, case)?;
    let place_to_keep = Keep::open(&workspace, args)?;
    let route = Route { through: args.through.clone(), without: args.without.clone() };
    let question = Question { scenario, case, place, route: &route };
    let explained = search(&question, &bounds.of_one_search()).map_err(|error| Failure::Internal(error.to_string()))?;
    match explained {
        Explanation { found: Some(found), states, without_cut, .. } => {
            if without_cut {
                output::note("cut before it was known whether it breaks without each of the faults");
            }
            shown(place_to_keep, args, found, states)
        }
        Explanation { states, ended, .. } => Ok(not_found(args, &route, states, ended)),
    }
}

/// Refuses a fault that the scenario does not allow: no run goes through it, and every run is without it.
fn allowed(args: &ExplainArgs, case: &Case) -> Result<(), Failure> {
    let budgets = case.setup.faults.budgets();
    let strikes = |kind: &str| budgets.iter().any(|(id, budget)| *id == kind && *budget > 0);
    let named = [("--through", &args.through), ("--without", &args.without)];
    let mut named = named.into_iter().flat_map(|(option, all)| all.iter().map(move |waypoint| (option, waypoint)));
    let unknown = named.find(|(_, waypoint)| matches!(waypoint, Waypoint::Fault(kind) if !strikes(kind)));
    let Some((option, unknown)) = unknown else { return Ok(()) };
    let allowed: Vec<&str> = budgets.iter().filter(|(_, budget)| *budget > 0).map(|(id, _)| *id).collect();
    let allowed = if allowed.is_empty() { "none".to_owned() } else { allowed.join(", ") };
    Err(Failure::Input(format!(
        "{option} {unknown}: {} does not allow that fault; it allows: {allowed}",
        args.scenario
    )))
}

/// Where the capsule is written.
enum Keep<'a> {
    /// Among the curated capsules.
    Curated(&'a Workspace, String),
    /// In the folder for results.
    Found(Folder),
}

impl Keep<'_> {
    /// Checks before the search that the place can be written.
    fn open<'a>(workspace: &'a Workspace, args: &ExplainArgs) -> Result<Keep<'a>, Failure> {
        let Some(name) = &args.keep else {
            return Ok(Keep::Found(Folder::open(workspace, args.output.as_deref())?));
        };
        workspace.try_to_write(CURATED, "--keep")?;
        Ok(Keep::Curated(workspace, format!("{CURATED}/{name}.json")))
    }

    /// The path as messages show it.
    fn path(&self, found: &Counterexample) -> String {
        match self {
            Keep::Curated(_, path) => path.clone(),
            Keep::Found(folder) => format!("{}/{}", folder.found(), file_name(found)),
        }
    }

    /// Writes the capsule and returns the exit code.
    fn write(self, found: &Counterexample, text: &str) -> Result<u8, Failure> {
        match self {
            Keep::Curated(workspace, path) => workspace.write(&path, text).map(|()| 0),
            Keep::Found(mut folder) => {
                let _turn = folder.turn();
                folder.write(&format!("{FOUND}/{}", file_name(found)), text);
                Ok(folder.ended(0))
            }
        }
    }
}

fn file_name(found: &Counterexample) -> &str {
    found.capsule.rsplit_once('/').map_or(&found.capsule, |(_, name)| name)
}

/// Prints the counterexample, then writes it: a full disk does not suppress the answer.
fn shown(keep: Keep<'_>, args: &ExplainArgs, mut found: Counterexample, states: u64) -> Result<u8, Failure> {
    let mut capsule = capsules::Broken::from(&found).capsule();
    if args.keep.is_some() {
        capsule.title.clone_from(&args.title);
    }
    found.capsule = keep.path(&found);
    if args.json {
        let exit = keep.write(&found, &capsules::text(&capsule))?;
        output::line(&document::explanation(&found, states, exit));
        return Ok(exit);
    }
    output::text(&report::storyboard(&found, &mut Labels::new()));
    output::line(&format!("the shortest such run, after {states} distinct states"));
    keep.write(&found, &capsules::text(&capsule))
}

fn not_found(args: &ExplainArgs, route: &Route, states: u64, ended: Ended) -> u8 {
    let (invariant, design, scenario) = (args.invariant, args.design, &args.scenario);
    let way = if route.is_any() { String::new() } else { format!(" {}", route.words()) };
    let which = format!("no run breaks {invariant} under {design} in {scenario}{way}");
    let (exit, why) = match ended {
        Ended::Complete => (1, format!("{which}: all {states} distinct states were looked at")),
        Ended::Time => (2, format!("not known: time was up (--time) after {states} distinct states")),
        Ended::Memory | Ended::States => (2, format!("not known: memory was short after {states} distinct states")),
        Ended::Interrupted | Ended::Breach => (2, format!("not known: interrupted after {states} distinct states")),
    };
    if args.json {
        output::line(&document::error(&why, exit));
    } else {
        output::line(&why);
        output::line(&format!("exit code {exit}: {}", if exit == 1 { "there is no such run" } else { "not known" }));
    }
    exit
}
