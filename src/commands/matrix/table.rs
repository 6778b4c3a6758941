//! The matrix as text in 100 columns: for each design a table whose cells are letters, and the meaning of the letters.

use std::fmt::Write;

use adapter::matrix::{Cell, MatrixFault, Side};
use model::risk::Risk;
use model::run::Breach;
use sim::report::{self, Labels};

use super::Sheet;
use super::cell_result::{CellResult, Totals};

/// Letters for sets of invariants; a design that needs more would have an unreadable table.
const LETTERS: &[u8] = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
/// Columns for the figures of a breach.
const ROOM: usize = 60;

/// Cells that break the same invariants in addition to those of the undisturbed run.
struct Set<'a> {
    broken: Vec<&'static str>,
    cells: usize,
    /// The first of them, and its earliest breach.
    first: (&'a Cell, Breach),
}

/// All sheets, the legend and the totals.
pub fn matrix(sheets: &[Sheet], totals: &Totals) -> String {
    let mut text = key();
    let mut labels = Labels::new();
    for (place, sheet) in sheets.iter().enumerate() {
        if place == 0 || sheets[place - 1].part.risk != sheet.part.risk {
            // Each part introduces the names of its steps, so that it reads the same when it is run alone.
            labels = Labels::new();
            let risk = sheet.part.risk.map_or("THE WHOLE PATH".to_owned(), str::to_uppercase);
            let _ = write!(text, "\n{:=<100}\n", format!("== {risk}: {} ", sheet.part.walks()));
            if let Some(risk) = sheet.part.risk.and_then(|risk| risk.parse::<Risk>().ok()) {
                let _ = writeln!(text, "{}", risk.title());
            }
        }
        text.push_str(&design(sheet, &mut labels));
    }
    let Totals { cells, breaking, no_more, not_applicable, not_run, unknown, disagrees, .. } = totals;
    let _ = write!(
        text,
        "\n{cells} cells: {breaking} break what the undisturbed run does not, {no_more} break nothing more, \
         {not_applicable} n/a\n"
    );
    if not_run + unknown + disagrees > 0 {
        let lead = "NOT RUN: ";
        let why = format!("{not_run} cells would damage a server that is not ours");
        text.push_str(&if *not_run > 0 { report::paragraph(lead, &why) } else { String::new() });
        let _ = writeln!(text, "{unknown} unknown, {disagrees} in which reality and the model disagree");
    }
    text
}

fn key() -> String {
    let mut text = report::paragraph(
        "",
        "The crash matrix, done to real servers and processes: the undisturbed run of a request, then of \
         another tenant's, and per step of it each kind of fault before and after it. Then the client asks again, \
         jobs run, and all invariants are judged.",
    );
    text.push('\n');
    for fault in MatrixFault::ALL {
        text.push_str(&report::paragraph(&format!("{:13}", fault.id()), fault.title()));
    }
    text.push('\n');
    text.push_str(&report::paragraph(
        "",
        "Per fault two cells, before and after. A letter: invariants are broken that the undisturbed run does not \
         break; below it the first such cell and its earliest breach. `.` none. `-` n/a: it does not apply to that step. \
         `x` not run: not our server. `?` unknown. `!` reality and the model disagree. The state after a step is the one before the next. The actor is named where it changes.",
    ));
    text
}

fn design(sheet: &Sheet, labels: &mut Labels) -> String {
    let design = sheet.setup.design;
    let title = design.preset().map_or("", |preset| preset.title);
    let mut text = format!("\n-- {design}\n{}", report::paragraph("", title));
    let undisturbed = sheet.undisturbed();
    let words = match &sheet.outcomes[0] {
        Some(CellResult::Evaluated(_)) if undisturbed.is_empty() => "breaks nothing".to_owned(),
        Some(CellResult::Evaluated(_)) => format!("breaks {}", undisturbed.join(", ")),
        other => other.as_ref().and_then(CellResult::why).unwrap_or("unknown").to_owned(),
    };
    text.push_str(&report::paragraph("undisturbed  ", &words));
    let sets = sets(sheet, &undisturbed);
    text.push_str(&labels.legend(sheet.cells().map(|cell| cell.step)));
    text.push_str(&head());
    let mut cells = sheet.cells().peekable();
    let mut above = None;
    while let Some(&first) = cells.peek() {
        let mut line = format!("{:6} ", first.step.label());
        for (fault, side) in MatrixFault::ALL.into_iter().flat_map(|fault| Side::ALL.map(|side| (fault, side))) {
            let cell = cells.next_if(|cell| cell.step == first.step && (cell.fault, cell.side) == (fault, side));
            let mark = cell.map_or(' ', |cell| mark(&sheet.outcome(cell), &sets, &undisturbed));
            let width = if side == Side::Before { 2 } else { fault.id().len().max(4) - 1 };
            let _ = write!(line, "{mark:<width$}");
        }
        if above.replace(first.actor) != Some(first.actor) {
            line.push_str(&first.actor.name());
        }
        let _ = writeln!(text, "{}", line.trim_end());
    }
    for (place, set) in sets.iter().enumerate() {
        text.push_str(&explained(sheet, letter(place), set));
    }
    for cell in sheet.cells() {
        if let (CellResult::Unknown(why) | CellResult::Disagrees(why), at) = (sheet.outcome(cell), at(cell)) {
            text.push_str(&report::paragraph("!  ", &format!("{at}: {why}; again: {}", sheet.again(cell))));
        }
    }
    text
}

fn head() -> String {
    let names = MatrixFault::ALL.map(|fault| format!("{:<width$}", fault.id(), width = fault.id().len().max(4) + 1));
    format!("step   {}by\n", names.concat())
}

fn at(cell: &Cell) -> String {
    format!("{} {} {}", cell.fault.id(), cell.side.id(), cell.step)
}

/// The sets in order of their first cell.
fn sets<'a>(sheet: &'a Sheet, undisturbed: &[&'static str]) -> Vec<Set<'a>> {
    let mut sets: Vec<Set<'a>> = Vec::new();
    for cell in sheet.cells() {
        let outcome = sheet.outcome(cell);
        let broken: Vec<&'static str> = outcome.more_than(undisturbed).map(|breach| breach.invariant).collect();
        let earliest = outcome.more_than(undisturbed).min_by_key(|breach| breach.after);
        match (sets.iter_mut().find(|set| set.broken == broken), earliest) {
            (Some(set), _) => set.cells += 1,
            (None, Some(breach)) => sets.push(Set { broken, cells: 1, first: (cell, breach.clone()) }),
            (None, None) => {}
        }
    }
    sets
}

fn letter(place: usize) -> char {
    LETTERS.get(place).map_or('*', |&letter| char::from(letter))
}

fn mark(outcome: &CellResult, sets: &[Set<'_>], undisturbed: &[&'static str]) -> char {
    match outcome {
        CellResult::Evaluated(_) => {
            let broken: Vec<&'static str> = outcome.more_than(undisturbed).map(|breach| breach.invariant).collect();
            sets.iter().position(|set| set.broken == broken).map_or('.', letter)
        }
        CellResult::NotApplicable(_) => '-',
        CellResult::NotRun => 'x',
        CellResult::Unknown(_) => '?',
        CellResult::Disagrees(_) => '!',
    }
}

/// As many of its figures as fit in a line, and at least one; the command below the line shows them all.
fn in_one_line(breach: &Breach) -> String {
    let mut text = String::new();
    for figure in &breach.figures {
        let next = format!("{} = {}", figure.name, figure.value);
        if text.is_empty() {
            text = next;
        } else if text.len() + next.len() > ROOM {
            return text + ", ...";
        } else {
            text = format!("{text}, {next}");
        }
    }
    text
}

fn explained(sheet: &Sheet, letter: char, set: &Set<'_>) -> String {
    let (cell, breach) = &set.first;
    let several = if set.cells == 1 { "cell" } else { "cells" };
    let broken = format!("{} {several}: {}", set.cells, set.broken.join(", "));
    let first = format!("{} breaks after {} moves: {}", breach.invariant, breach.after, in_one_line(breach));
    let mut text = report::paragraph(&format!("{letter}  "), &broken);
    text.push_str(&report::paragraph("     ", &first));
    let [before, after] = sheet.again_in_two(cell);
    let _ = match before.len() + after.len() {
        ..=95 => writeln!(text, "     {before}{after}"),
        _ => writeln!(text, "     {before}\\\n       {after}"),
    };
    text
}
