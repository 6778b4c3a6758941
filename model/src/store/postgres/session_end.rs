//! How a session or its statement ends without a request of its client.

use arrayvec::ArrayVec;

use crate::reply::{Failure, Reply};
use crate::store::postgres::transaction::Tx;
use crate::store::postgres::{MAX_SESSIONS, Postgres};
use crate::store::versioned::SessionId;

impl Postgres {
    /// The connection is gone (process death, FIN, a cut): its transaction is rolled back, its wait ends.
    pub fn disconnect(&mut self, session: SessionId) {
        self.end(session, false);
        self.wait_with(session, None);
    }

    /// `idle_in_transaction_session_timeout` (25P03): the server ends a session that sits idle in its transaction,
    /// which is rolled back. The client learns it from its next statement, even a ROLLBACK, since that finds the
    /// connection closed; the statement after that is on a new connection. A session that is not idle in a transaction
    /// is left alone.
    pub fn drop_idle(&mut self, session: SessionId) {
        if self.idle_in_transaction(session) {
            self.end(session, false);
            self.set(session, Tx::Gone(Failure::IdleTimeout));
        }
    }

    /// `lock_timeout` (55P03) or `statement_timeout` (57014): the statement that is under way, or with which the
    /// session waits for a lock, is cancelled, which is an error like any other.
    pub fn give_up(&mut self, session: SessionId) -> Reply {
        self.wait_with(session, None);
        self.abort(session, Failure::StatementTimeout)
    }

    /// Postgres crashes and restarts: every transaction is rolled back. A session that was idle in its transaction
    /// learns it from its next statement; those returned waited for a lock, and their statement fails at once
    /// (`PgLost`). A session outside a transaction reconnects unnoticed.
    pub fn restart(&mut self) -> ArrayVec<SessionId, MAX_SESSIONS> {
        let waited: ArrayVec<SessionId, MAX_SESSIONS> =
            self.sessions().filter(|&session| self.waiting(session).is_some()).collect();
        for session in self.sessions() {
            if waited.contains(&session) {
                self.disconnect(session);
            } else if self.idle_in_transaction(session) {
                self.end(session, false);
                self.set(session, Tx::Gone(Failure::PgLost));
            }
        }
        waited
    }

    /// Whether the session is one that [`Postgres::drop_idle`] would end: the server has its transaction, and it waits
    /// for no lock.
    pub fn idle_in_transaction(&self, session: SessionId) -> bool {
        self.waiting(session).is_none() && matches!(self.connection(session).tx, Tx::Open(_) | Tx::Aborted(_))
    }
}
