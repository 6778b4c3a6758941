//! The real means by which moves are carried out.

use model::moves::Actor;

/// How moves are carried out where there is more than one way, or where something real happens that the model has no
/// move for. Indexes into a list of moves count from 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Means {
    /// Each move in the simplest way.
    #[default]
    Plain,
    /// The worker of an attempt is stopped (SIGSTOP) with everything that it holds, and continued (SIGCONT) later.
    Stopped {
        /// The actor whose worker is stopped.
        actor: Actor,
        /// It is stopped before the move at this index.
        from: usize,
        /// It is continued before the move at this index.
        to: usize,
    },
    /// Every connection of workers to Postgres is cut before the move at this index, while no statement is in flight. A
    /// reply that the list loses afterwards is lost by this cut.
    CutIdle {
        /// The index of the move.
        from: usize,
    },
    /// Scripts are lost by a SIGKILL of a Redis that keeps a log of its data (AOF), and its start on that log.
    RestartOnLog,
}
