//! Why a run has no result.

use model::world::Impossible;

/// A run that cannot be judged.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SimulateError {
    /// A move of a replay cannot happen at its place.
    #[error("move {number} is not reachable: {why}")]
    NotReachable {
        /// Which move, from 1.
        number: usize,
        /// Why not.
        why: Impossible,
    },
    /// Simulated time ran out before the world came to rest.
    #[error("not at rest after {minutes} simulated minutes and {moves} moves")]
    NoRest {
        /// How long it ran, in simulated minutes.
        minutes: u64,
        /// How many moves happened.
        moves: usize,
    },
    /// The run took too long on the wall clock.
    #[error("the run hangs: no result after {seconds} s")]
    Hangs {
        /// How many seconds the caller waited.
        seconds: u64,
    },
    /// The run panicked.
    #[error("the run panicked: {0}")]
    Panicked(String),
    /// No thread could be started for the run.
    #[error("no thread for the run: {0}")]
    NoThread(String),
    /// Internal error: a node did something that the model of the world does not expect.
    #[error("internal error: {actor} brings {found}, the world expects {expected}")]
    Disagrees {
        /// Whose node.
        actor: String,
        /// What the node did.
        found: String,
        /// What the world expects.
        expected: String,
    },
    /// Internal error: a node did something the world cannot carry out.
    #[error("internal error: {0}")]
    Impossible(Impossible),
}
