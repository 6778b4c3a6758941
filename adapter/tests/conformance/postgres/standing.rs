//! Where a session's transaction stands, as its replies tell.

use model::effect::PgOp;
use model::reply::{Failure, Reply};

/// Of one session.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Standing {
    /// No transaction.
    #[default]
    None,
    /// Open, at this savepoint level.
    Open(u8),
    /// Aborted at this level.
    Aborted(u8),
    /// The server ended the session, which does not know it yet.
    Gone,
}

impl Standing {
    /// After a reply.
    pub fn after(self, op: PgOp, reply: Reply) -> Standing {
        match (self, op, reply) {
            (_, PgOp::Commit | PgOp::Rollback, _)
            | (_, _, Reply::Failed(Failure::IdleTimeout | Failure::PgLost))
            | (Standing::None, _, Reply::Failed(_)) => Standing::None,
            (Standing::Open(level), _, Reply::Failed(_)) => Standing::Aborted(level),
            (Standing::None, PgOp::Begin, _) => Standing::Open(0),
            (Standing::Open(level), PgOp::Savepoint, _) => Standing::Open(level + 1),
            (Standing::Open(level), PgOp::ReleaseSavepoint, _) => Standing::Open(level - 1),
            (Standing::Aborted(level), PgOp::RollbackToSavepoint, Reply::Ok) => Standing::Open(level),
            _ => self,
        }
    }
}
