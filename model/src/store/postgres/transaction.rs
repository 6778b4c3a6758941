//! BEGIN, COMMIT, ROLLBACK and savepoints; what an error does to a transaction.

use crate::effect::PgOp;
use crate::reply::{Failure, Reply};
use crate::store::postgres::{Postgres, StatementResult};
use crate::store::versioned::{MAX_LEVEL, SessionId};

/// The state of a session's transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Tx {
    /// No transaction: each statement commits by itself.
    None,
    /// Open, at this savepoint level.
    Open(u8),
    /// Aborted while at this level: every statement but its end answers 25P02.
    Aborted(u8),
    /// The server ended the session inside a transaction; its next statement, whichever it is, answers this failure.
    Gone(Failure),
}

impl Postgres {
    /// Carries out a statement as far as possible; a failure aborts, success in autocommit commits.
    pub(super) fn attempt(&mut self, session: SessionId, op: PgOp, waited: bool) -> StatementResult {
        let reply = match (self.connection(session).tx, op) {
            (Tx::Gone(failure), _) => {
                self.set(session, Tx::None);
                return StatementResult::Done(Reply::Failed(failure));
            }
            (_, PgOp::Commit) => self.commit(session),
            (_, PgOp::Rollback) => {
                self.end(session, false);
                Reply::Ok
            }
            (Tx::Aborted(level), PgOp::RollbackToSavepoint) if level > 0 => self.roll_back_to(session, level),
            (Tx::Aborted(_), _) => Reply::Failed(Failure::InFailedTransaction),
            (tx, PgOp::Begin) => {
                self.set(session, if tx == Tx::None { Tx::Open(0) } else { tx });
                Reply::Ok
            }
            (Tx::Open(level), PgOp::Savepoint) if level < MAX_LEVEL => {
                self.set(session, Tx::Open(level + 1));
                Reply::Ok
            }
            (Tx::Open(level), PgOp::RollbackToSavepoint) if level > 0 => self.roll_back_to(session, level),
            (Tx::Open(level), PgOp::ReleaseSavepoint) if level > 0 => self.release(session, level),
            (_, PgOp::Savepoint | PgOp::RollbackToSavepoint | PgOp::ReleaseSavepoint) => {
                self.abort(session, Failure::InFailedTransaction)
            }
            (tx, statement) => {
                let level = if let Tx::Open(level) = tx { level } else { 0 };
                match self.statement(session, level, statement, waited) {
                    Some(reply) => reply,
                    None => return StatementResult::Waits,
                }
            }
        };
        if let Reply::Failed(failure) = reply {
            self.abort(session, failure);
        } else if self.connection(session).tx == Tx::None {
            self.end(session, true);
        }
        StatementResult::Done(reply)
    }

    /// An error undoes its subtransaction at once, locks included, and an aborted transaction entirely: a session that
    /// waits for one of its rows goes on before the ROLLBACK is sent.
    pub(super) fn abort(&mut self, session: SessionId, failure: Failure) -> Reply {
        match self.connection(session).tx {
            Tx::None => self.end(session, false),
            Tx::Open(level) => {
                self.undo_above(session, level.checked_sub(1));
                self.set(session, Tx::Aborted(level));
            }
            Tx::Aborted(_) | Tx::Gone(_) => {}
        }
        Reply::Failed(failure)
    }

    /// Ends the transaction or the autocommit statement, keeping its work or not.
    pub(super) fn end(&mut self, session: SessionId, keep: bool) {
        for row in self.rows() {
            if keep { row.commit(session) } else { row.roll_back(session, None) }
        }
        self.set(session, Tx::None);
    }

    pub(super) fn set(&mut self, session: SessionId, tx: Tx) {
        self.connections[usize::from(session.0)].tx = tx;
    }

    fn commit(&mut self, session: SessionId) -> Reply {
        let aborted = matches!(self.connection(session).tx, Tx::Aborted(_));
        self.end(session, !aborted);
        if aborted { Reply::Failed(Failure::RolledBack) } else { Reply::Ok }
    }

    fn roll_back_to(&mut self, session: SessionId, level: u8) -> Reply {
        self.undo_above(session, Some(level - 1));
        self.set(session, Tx::Open(level));
        Reply::Ok
    }

    fn undo_above(&mut self, session: SessionId, level: Option<u8>) {
        for row in self.rows() {
            row.roll_back(session, level);
        }
    }

    fn release(&mut self, session: SessionId, level: u8) -> Reply {
        for row in self.rows() {
            row.merge(session, level);
        }
        self.set(session, Tx::Open(level - 1));
        Reply::Ok
    }
}
