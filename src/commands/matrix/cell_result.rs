//! The outcome of a cell, and the totals over all cells.

use model::run::{Breach, Run};
use model::setup::Setup;

use super::Sheet;

/// The outcome of a cell.
#[derive(Clone, Debug)]
pub enum CellResult {
    /// It was run to its end and judged: the invariants that it breaks, in their order.
    Evaluated(Vec<Breach>),
    /// The fault cannot happen on that side of that step.
    NotApplicable(&'static str),
    /// It would damage a server that is not ours.
    NotRun,
    /// Time was up, or the server could not be made to do it.
    Unknown(String),
    /// Reality and the model differ, or the run failed: an internal error.
    Disagrees(String),
}

impl CellResult {
    /// Judges a run and compares the judgement with the model's own of the same moves.
    pub fn evaluate(setup: &Setup, run: &Run) -> CellResult {
        let broken = |run: &Run| -> Vec<Breach> {
            run.judge(setup).results.into_iter().filter_map(|result| result.breach).collect()
        };
        let real = broken(run);
        match Run::replay(setup, &run.moves()) {
            Ok(model) if broken(&model) == real => CellResult::Evaluated(real),
            Ok(model) => CellResult::Disagrees(format!("the model breaks {:?}, reality {real:?}", broken(&model))),
            Err(error) => CellResult::Disagrees(error.to_string()),
        }
    }

    /// The breaches.
    pub fn broken(&self) -> impl Iterator<Item = &Breach> {
        if let CellResult::Evaluated(broken) = self { broken.as_slice() } else { &[] }.iter()
    }

    /// The breaches of invariants that are not among these.
    pub fn more_than<'a>(&'a self, undisturbed: &'a [&'static str]) -> impl Iterator<Item = &'a Breach> {
        self.broken().filter(|breach| !undisturbed.contains(&breach.invariant))
    }

    /// Why there is nothing to judge.
    pub fn why(&self) -> Option<&str> {
        match self {
            CellResult::Evaluated(_) => None,
            CellResult::NotApplicable(why) => Some(why),
            CellResult::NotRun => Some("not our server"),
            CellResult::Unknown(why) | CellResult::Disagrees(why) => Some(why),
        }
    }
}

/// The number of cells by outcome.
#[derive(Clone, Copy, Debug, Default)]
pub struct Totals {
    /// All cells.
    pub cells: usize,
    /// Runs that were judged; cells share them.
    pub runs: usize,
    /// Cells that break something that the undisturbed run does not.
    pub breaking: usize,
    /// Cells that break nothing more.
    pub no_more: usize,
    /// Cells where the fault does not apply.
    pub not_applicable: usize,
    /// Cells refused on given servers.
    pub not_run: usize,
    /// Cells with an unknown outcome.
    pub unknown: usize,
    /// Cells in which reality and the model differ.
    pub disagrees: usize,
}

impl Totals {
    /// The totals of all sheets.
    pub fn of(sheets: &[Sheet]) -> Totals {
        let mut totals = Totals::default();
        for sheet in sheets {
            totals.add(sheet);
        }
        totals
    }

    fn add(&mut self, sheet: &Sheet) {
        let judged = |outcome: &&Option<CellResult>| matches!(outcome, Some(CellResult::Evaluated(_)));
        self.runs += sheet.outcomes.iter().filter(judged).count();
        let undisturbed = sheet.undisturbed();
        // Without the undisturbed run nothing can be compared.
        match &sheet.outcomes[0] {
            Some(CellResult::Disagrees(_)) => self.disagrees += 1,
            Some(CellResult::Evaluated(_)) => {}
            _ => self.unknown += 1,
        }
        for cell in sheet.cells() {
            self.cells += 1;
            let outcome = sheet.outcome(cell);
            let count = match &outcome {
                CellResult::Evaluated(_) if outcome.more_than(&undisturbed).next().is_some() => &mut self.breaking,
                CellResult::Evaluated(_) => &mut self.no_more,
                CellResult::NotApplicable(_) => &mut self.not_applicable,
                CellResult::NotRun => &mut self.not_run,
                CellResult::Unknown(_) => &mut self.unknown,
                CellResult::Disagrees(_) => &mut self.disagrees,
            };
            *count += 1;
        }
    }

    /// 70, 2 or 0, as [`super::matrix`] says.
    pub fn exit_code(&self) -> u8 {
        match (self.disagrees, self.unknown) {
            (1.., _) => 70,
            (0, 1..) => 2,
            // If everything that was requested was refused, nothing is known.
            (0, 0) if self.not_run > 0 && self.breaking + self.no_more == 0 => 2,
            (0, 0) => 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Totals;

    #[test]
    fn what_is_not_known_or_not_so_is_never_a_pass() {
        let known = Totals { cells: 9, breaking: 4, no_more: 2, not_applicable: 1, not_run: 2, ..Totals::default() };
        assert_eq!(known.exit_code(), 0);
        assert_eq!(Totals { unknown: 1, ..known }.exit_code(), 2);
        assert_eq!(Totals { not_run: 9, ..Totals::default() }.exit_code(), 2);
        assert_eq!(Totals { unknown: 1, disagrees: 1, ..known }.exit_code(), 70);
    }
}
