//! The matrix as one JSON document.

use std::time::Duration;

use model::invariant::Figure;
use serde::Serialize;

use super::Sheet;
use super::cell_result::{CellResult, Totals};
use crate::document::SCHEMA;

#[derive(Serialize)]
struct Document {
    schema: u32,
    command: &'static str,
    matrix: Vec<Design>,
    totals: Counts,
    pairs: u8,
    milliseconds: u64,
    exit: u8,
}

#[derive(Serialize)]
struct Design {
    risk: Option<&'static str>,
    path: String,
    design: String,
    undisturbed: Vec<Broken>,
    cells: Vec<Cell>,
}

#[derive(Serialize)]
struct Cell {
    step: &'static str,
    actor: String,
    fault: &'static str,
    side: &'static str,
    verdict: &'static str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    broken: Vec<Broken>,
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<String>,
    again: String,
}

#[derive(Serialize)]
struct Broken {
    invariant: &'static str,
    after: usize,
    undisturbed_too: bool,
    figures: Vec<Figure>,
}

#[derive(Serialize)]
struct Counts {
    cells: usize,
    runs: usize,
    broken: usize,
    as_undisturbed: usize,
    not_applicable: usize,
    not_run: usize,
    unknown: usize,
    disagrees: usize,
}

/// The output of `trial real --crash-matrix --json`.
pub fn matrix(sheets: &[Sheet], totals: &Totals, took: Duration, pairs: u8, exit: u8) -> String {
    let totals = Counts {
        cells: totals.cells,
        runs: totals.runs,
        broken: totals.breaking,
        as_undisturbed: totals.no_more,
        not_applicable: totals.not_applicable,
        not_run: totals.not_run,
        unknown: totals.unknown,
        disagrees: totals.disagrees,
    };
    let matrix = sheets.iter().map(design).collect();
    let milliseconds = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
    let document =
        Document { schema: SCHEMA, command: "real --crash-matrix", matrix, totals, pairs, milliseconds, exit };
    crate::document::text(&document)
}

fn design(sheet: &Sheet) -> Design {
    let undisturbed = sheet.undisturbed();
    let cells = sheet.cells().map(|cell| {
        let outcome = sheet.outcome(cell);
        Cell {
            step: cell.step.label(),
            actor: cell.actor.name(),
            fault: cell.fault.id(),
            side: cell.side.id(),
            verdict: verdict(&outcome, &undisturbed),
            broken: broken(&outcome, &undisturbed),
            why: outcome.why().map(str::to_owned),
            again: sheet.again(cell),
        }
    });
    Design {
        risk: sheet.part.risk,
        path: sheet.part.walks(),
        design: sheet.setup.design.to_string(),
        cells: cells.collect(),
        undisturbed: sheet.outcomes[0].as_ref().map(|outcome| broken(outcome, &undisturbed)).unwrap_or_default(),
    }
}

/// `broken` if more is broken than in the undisturbed run, else `as-undisturbed`; other outcomes have other words.
fn verdict(outcome: &CellResult, undisturbed: &[&'static str]) -> &'static str {
    match outcome {
        CellResult::Evaluated(_) if outcome.more_than(undisturbed).next().is_some() => "broken",
        CellResult::Evaluated(_) => "as-undisturbed",
        CellResult::NotApplicable(_) => "not-applicable",
        CellResult::NotRun => "not-run",
        CellResult::Unknown(_) => "unknown",
        CellResult::Disagrees(_) => "disagrees",
    }
}

fn broken(outcome: &CellResult, undisturbed: &[&'static str]) -> Vec<Broken> {
    let broken = |breach: &model::run::Breach| Broken {
        invariant: breach.invariant,
        after: breach.after,
        undisturbed_too: undisturbed.contains(&breach.invariant),
        figures: breach.figures.clone(),
    };
    outcome.broken().map(broken).collect()
}
