//! The world: what happens, and what only the checker knows about it. It lists its enabled moves and carries one out.
//!
//! These are two types, so that what the checker knows cannot change what happens: a move is chosen and carried out
//! only on [`Mechanics`], which reports its events to an observer; [`Ghosts`] follow them.

mod bookkeeping;
mod ghosts;
mod impossible;
mod mechanics;
mod process;

use std::ops::Deref;

pub use impossible::Impossible;
pub use mechanics::Attempt;
pub use process::{Next, Process, Work, label_of, run_on};

use crate::books::Occurrence;
use crate::moves::Move;
use crate::setup::Setup;

use ghosts::{Ghosts, Witness};
use mechanics::Mechanics;

/// The state of everything.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct World {
    mechanics: Mechanics,
    ghosts: Ghosts,
}

impl World {
    /// The world before the first request: quota hashes warm unless an account is cold, no keys, no cached principals,
    /// an empty ledger.
    pub fn new(setup: &Setup) -> World {
        World { mechanics: Mechanics::new(setup), ghosts: Ghosts::new(setup) }
    }

    /// Carries out one move, whatever the budgets say, and returns what it did.
    ///
    /// # Errors
    /// Says why the move cannot happen here; the world is then unchanged in every way that matters to its caller, who
    /// must drop it.
    pub fn apply(&mut self, setup: &Setup, mv: Move) -> Result<Occurrence, Impossible> {
        let mut witness = Witness::of(setup, mv, &mut self.ghosts);
        self.mechanics.apply(setup, mv, &mut |at, event| witness.see(at, event))?;
        Ok(witness.conclude(&self.mechanics))
    }
}

/// Everything but the books is read from the mechanics.
impl Deref for World {
    type Target = Mechanics;

    fn deref(&self) -> &Mechanics {
        &self.mechanics
    }
}
