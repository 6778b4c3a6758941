//! The plan of the crash matrix: what its cells do, on the store models.

#![allow(clippy::unwrap_used, reason = "a failed step of a test is a failed test, in its helper functions too")]

use adapter::matrix::{Cell, Layout, MatrixFault, Part, Side, setup};
use adapter::means::Means;
use model::design::{Design, Midnight, PRESETS, Preset};
use model::moves::Move;
use model::run::Run;
use model::setup::Setup;
use model::step::Step;

fn planned(part: &Part, design: Design) -> (Setup, Layout) {
    let setup = setup(design, part.path).unwrap();
    let layout = Layout::new(&setup).unwrap();
    (setup, layout)
}

fn every(mut look: impl FnMut(&Setup, &Layout)) {
    for part in Part::all() {
        for &design in &part.designs {
            let (setup, layout) = planned(&part, design);
            look(&setup, &layout);
        }
    }
}

fn cell(layout: &Layout, step: Step, fault: MatrixFault, side: Side) -> &Cell {
    layout.cells.iter().find(|cell| (cell.step, cell.fault, cell.side) == (step, fault, side)).unwrap()
}

#[test]
fn every_preset_has_a_part_of_its_own_but_those_of_another_midnight() {
    let (met, unmet): (Vec<&Preset>, Vec<&Preset>) =
        PRESETS.iter().partition(|preset| preset.design.midnight == Midnight::default());
    let parts = Part::all();
    assert!(unmet.iter().all(|preset| parts.iter().all(|part| !part.designs.contains(&preset.design))));
    for preset in met {
        let of = Part::of(preset.design);
        let part = Part::all().into_iter().find(|part| part.risk == of.risk).unwrap();
        assert!(part.designs.contains(&preset.design) && part.path == of.path, "{}", preset.name);
    }
    let names: Vec<_> = Part::all().iter().filter_map(|part| part.risk).collect();
    assert!(names.windows(2).all(|pair| pair[0] != pair[1]) && names.contains(&"p0-3") && names.contains(&"scripts"));
}

#[test]
fn every_cell_ends_at_rest_or_says_why_it_cannot_be() {
    every(|setup, layout| {
        let steps = layout.cells.len() / (MatrixFault::ALL.len() * Side::ALL.len());
        assert!(steps >= 12, "{}", setup.design);
        for cell in &layout.cells {
            assert!(cell.run.is_ok_and(|run| run < layout.runs.len()) || !cell.run.unwrap_err().is_empty());
        }
        for run in &layout.runs {
            let run = Run::replay(setup, &run.moves).unwrap();
            assert!(run.entries.last().unwrap().books.at_rest, "{} {run:?}", setup.design);
        }
    });
}

#[test]
fn each_thing_is_done_once_and_after_a_step_is_before_the_next() {
    every(|_, layout| {
        let mut runs = layout.runs.clone();
        runs.sort();
        runs.dedup();
        assert_eq!(runs.len(), layout.runs.len());
    });
    let (_, layout) = planned(&Part::of("as-reported".parse().unwrap()), "as-reported".parse().unwrap());
    for fault in [MatrixFault::Sigkill, MatrixFault::Sigstop, MatrixFault::PostgresKill, MatrixFault::RedisAof] {
        assert_eq!(cell(&layout, Step::T4b, fault, Side::After).run, cell(&layout, Step::T5, fault, Side::Before).run);
    }
    // A scripts' loss by a restart on the log is another action than SCRIPT FLUSH at the same place.
    let lost = |fault| cell(&layout, Step::Q5, fault, Side::Before).run.unwrap();
    assert_ne!(lost(MatrixFault::RedisAof), lost(MatrixFault::ScriptFlush));
}

#[test]
fn what_cannot_be_is_never_taken_for_what_holds() {
    let (_, layout) = planned(&Part::of("as-reported".parse().unwrap()), "as-reported".parse().unwrap());
    for (step, fault, side) in [
        (Step::U1, MatrixFault::InDoubt, Side::After),
        (Step::U1, MatrixFault::Cut, Side::Before),
        (Step::T1, MatrixFault::Cut, Side::After),
        (Step::Reply, MatrixFault::Sigkill, Side::After),
        (Step::J1, MatrixFault::Sigkill, Side::Before),
        (Step::J1, MatrixFault::Sigstop, Side::After),
    ] {
        assert!(cell(&layout, step, fault, side).run.is_err(), "{step} {fault:?} {side:?}");
    }
}

#[test]
fn a_stopped_worker_goes_on_once_its_retry_has_ended_or_waits_for_it() {
    every(|_, layout| {
        for run in &layout.runs {
            let Means::Stopped { actor, from, to } = run.means else { continue };
            assert!(from < to && to < run.moves.len());
            assert!(matches!(run.moves[from], Move::Send { .. }));
            assert!(run.moves[from..to].iter().all(|mv| mv.actor() != Some(actor)));
            assert_eq!(run.moves[to].actor(), Some(actor));
        }
    });
}

#[test]
fn a_connection_cut_while_idle_is_noticed_in_a_transaction_and_nowhere_else() {
    let (_, layout) = planned(&Part::of("p0-3-a".parse().unwrap()), "p0-3-a".parse().unwrap());
    let run = |step| &layout.runs[cell(&layout, step, MatrixFault::Cut, Side::After).run.unwrap()];
    assert_eq!(run(Step::T6).moves, layout.runs[0].moves);
    assert!(run(Step::T4b).moves.iter().any(|mv| matches!(mv, Move::Lost { step: Step::T5, ran: false, .. })));
}
