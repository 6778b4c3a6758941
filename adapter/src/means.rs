//! By what real means moves are done.

use model::moves::Actor;

/// How moves are done for real where there is more than one way, or something real besides that the model has no move for.
/// Places in a list of moves count from 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Means {
    /// Each in the plainest way.
    #[default]
    Plain,
    /// The worker of an attempt is stopped (SIGSTOP) holding what it holds, and goes on (SIGCONT) later.
    Stopped {
        /// Whose.
        actor: Actor,
        /// Before the move at this place it stops.
        from: usize,
        /// Before the move at this place it goes on.
        to: usize,
    },
    /// Every connection of workers to Postgres is cut before the move at this place, while nothing is asked on any: a
    /// reply that the list loses afterwards is lost by that.
    CutIdle {
        /// Before which.
        from: usize,
    },
    /// Scripts are lost by a SIGKILL of a Redis that keeps a log of its data (AOF), and its start on that log.
    RestartOnLog,
}
