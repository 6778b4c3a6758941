//! `trial real --crash-matrix`: each fault on either side of every step of each design, on real servers.

mod cell_result;
mod document;
mod run;
mod table;

use std::time::Instant;

use adapter::matrix::{self, Cell, Layout, Part};
use model::design::Design;
use model::setup::Setup;

use crate::args::{MatrixArgs, Selection};
use crate::commands::engines::Bounds;
use crate::commands::refuse_given_servers;
use crate::failure::Failure;
use crate::folder::Folder;
use crate::output;
use crate::progress;
use crate::workspace::Workspace;

use cell_result::{CellResult, Totals};

/// The committed file.
const REPORT: &str = "reports/crash-matrix.txt";
/// The file that is written to the folder of `--output`.
const TABLE: &str = "crash-matrix.txt";

/// One design's part of the matrix.
struct Sheet {
    part: Part,
    setup: Setup,
    layout: Layout,
    /// Whether each cell was requested.
    asked: Vec<bool>,
    /// The outcome of each run; `None` for runs that were not requested.
    outcomes: Vec<Option<CellResult>>,
}

impl Sheet {
    fn new(part: &Part, design: Design, args: &MatrixArgs) -> Result<Sheet, Failure> {
        let setup = matrix::setup(design, part.path).map_err(|error| Failure::Input(format!("`{design}`: {error}")))?;
        let layout = Layout::new(&setup).map_err(|error| Failure::Internal(format!("{design}: {error}")))?;
        let wanted = |cell: &Cell| {
            args.step.is_none_or(|step| step == cell.step)
                && args.fault.is_none_or(|fault| fault == cell.fault)
                && args.side.is_none_or(|side| side == cell.side)
        };
        let asked = layout.cells.iter().map(wanted).collect();
        let outcomes = vec![None; layout.runs.len()];
        Ok(Sheet { part: part.clone(), setup, layout, asked, outcomes })
    }

    /// The requested cells.
    fn cells(&self) -> impl Iterator<Item = &Cell> {
        self.layout.cells.iter().zip(&self.asked).filter(|(_, asked)| **asked).map(|(cell, _)| cell)
    }

    /// Whether a run is needed. The first always is: the others are compared with it.
    fn wants(&self, run: usize) -> bool {
        run == 0 || self.cells().any(|cell| cell.run == Ok(run))
    }

    /// The outcome of a cell.
    fn outcome(&self, cell: &Cell) -> CellResult {
        match cell.run {
            Ok(run) => self.outcomes[run].clone().unwrap_or(CellResult::Unknown("it was not reached".to_owned())),
            Err(why) => CellResult::NotApplicable(why),
        }
    }

    /// The invariants that the undisturbed run breaks.
    fn undisturbed(&self) -> Vec<&'static str> {
        self.outcomes[0]
            .as_ref()
            .map(|outcome| outcome.broken().map(|breach| breach.invariant).collect())
            .unwrap_or_default()
    }

    /// The command that runs one cell again.
    fn again(&self, cell: &Cell) -> String {
        self.again_in_two(cell).concat()
    }

    /// The same in two pieces, each short enough for a line. A fix implies its risk.
    fn again_in_two(&self, cell: &Cell) -> [String; 2] {
        let design = self.setup.design;
        let (step, fault, side) = (cell.step, cell.fault.id(), cell.side.id());
        let risk = self.part.risk.filter(|_| Part::of(design).risk != self.part.risk);
        let risk = risk.map(|risk| format!(" --risk {risk}")).unwrap_or_default();
        [
            format!("trial real --crash-matrix{risk} --design {design} "),
            format!("--step {step} --fault {fault} --side {side}"),
        ]
    }
}

/// Exit code 0 if reality agreed with the model in every cell that was run, 2 if a cell is unknown, 70 if the two
/// disagree. Breaches are the intended result of the matrix and do not fail it.
pub fn matrix(selection: &Selection, args: &MatrixArgs) -> Result<u8, Failure> {
    let began = Instant::now();
    let parts = parts(selection)?;
    let workspace = if args.update_reports { Some(Workspace::find()?) } else { None };
    if let Some(workspace) = &workspace {
        refuse_given_servers()?;
        workspace.try_to_write("reports", "--update-reports")?;
    }
    let folder = Folder::asked(selection.gate.output.as_deref())?;
    let mut sheets = Vec::new();
    for part in &parts {
        for &design in &part.designs {
            sheets.push(Sheet::new(part, design, args)?);
        }
    }
    if sheets.iter().all(|sheet| sheet.cells().next().is_none()) {
        return Err(Failure::Input("no requested design takes that step undisturbed".to_owned()));
    }
    let mut bounds = Bounds::new(progress::stop_flag()?);
    bounds.deadline = selection.time.map(|time| Instant::now() + time);
    run::run(&mut sheets, usize::from(args.pairs), &bounds)?;
    let totals = Totals::of(&sheets);
    let exit = totals.exit_code();
    let table = table::matrix(&sheets, &totals);
    let write = |exit: u8| written(folder, workspace.filter(|_| exit == 0), &table, exit);
    if selection.json {
        let took = began.elapsed();
        let exit = write(exit);
        output::line(&document::matrix(&sheets, &totals, took, args.pairs, exit));
        return Ok(exit);
    }
    output::text(&table);
    let seconds = began.elapsed().as_secs_f64();
    let rate = f64::from(u32::try_from(totals.runs).unwrap_or(u32::MAX)) / seconds;
    output::line(&format!(
        "\n{} runs in {seconds:.1} s on {} pairs of servers, {rate:.0} runs/s",
        totals.runs, args.pairs
    ));
    let exit = write(exit);
    output::line(&format!("exit code {exit}: {}", words(exit)));
    Ok(exit)
}

/// Writes the table if requested and returns the exit code.
fn written(folder: Option<Folder>, workspace: Option<Workspace>, table: &str, exit: u8) -> u8 {
    let committed = workspace.map_or(Ok(()), |workspace| workspace.write(REPORT, table));
    let exit = folder.map_or(exit, |mut folder| {
        folder.write(TABLE, table);
        folder.ended(exit)
    });
    match committed {
        Ok(()) => exit,
        Err(failure) => {
            output::note(&format!("error: {}", failure.shown()));
            if exit == 0 { failure.exit_code() } else { exit }
        }
    }
}

/// A description of the exit code: a table of findings has no expectations.
fn words(exit: u8) -> &'static str {
    match exit {
        0 => "reality agreed with the model in every cell that was run",
        2 => "some cells are unknown",
        output::NOT_WRITTEN => "what was found could not be written",
        _ => "reality and the model disagree",
    }
}

/// The requested parts.
fn parts(selection: &Selection) -> Result<Vec<Part>, Failure> {
    let mut parts = Part::all();
    let Some(risk) = &selection.risk else {
        return Ok(selection.design.map_or(parts, |design| vec![Part::of(design)]));
    };
    if !parts.iter().any(|part| part.risk == Some(risk)) {
        let valid: Vec<&str> = parts.iter().filter_map(|part| part.risk).collect();
        return Err(Failure::Input(format!(
            "no preset is a fix of the risk `{risk}`; expected one of {}",
            valid.join(", ")
        )));
    }
    parts.retain(|part| part.risk == Some(risk));
    if let Some(design) = selection.design {
        parts.iter_mut().for_each(|part| part.designs = vec![design]);
    }
    Ok(parts)
}
