//! Which session waits for which, and which wait could end.

use arrayvec::ArrayVec;

use crate::effect::PgOp;
use crate::store::postgres::{MAX_SESSIONS, Postgres};
use crate::store::versioned::SessionId;

impl Postgres {
    /// The sessions whose wait could end: nothing blocks them.
    pub fn ready(&self) -> ArrayVec<SessionId, MAX_SESSIONS> {
        self.sessions().filter(|&s| self.waiting(s).is_some_and(|op| self.blocker(s, op).is_none())).collect()
    }

    /// Follows which session waits for which; a cycle is a deadlock. The victim is the session that closed it, which is
    /// one of those Postgres may pick, and the one the conformance tests make it pick.
    pub(super) fn waits_for_itself(&self, session: SessionId) -> bool {
        let mut at = session;
        for _ in 0..self.connections.len() {
            let Some(next) = self.waiting(at).and_then(|op| self.blocker(at, op)) else { return false };
            if next == session {
                return true;
            }
            at = next;
        }
        false
    }

    /// The session that a statement has to wait for. An INSERT waits only for the writer of its trace, an UPDATE for a
    /// mere row lock too.
    fn blocker(&self, session: SessionId, op: PgOp) -> Option<SessionId> {
        match op {
            PgOp::InsertRow { trace, .. } => self.ledger[trace.index()].other_writer(session),
            PgOp::AddUsage { trace, keyed: true, .. } => self.usage[trace.index()].other_writer(session),
            PgOp::SelectRow { trace, lock: true }
            | PgOp::MarkCommitted(trace)
            | PgOp::MarkReversed(trace)
            | PgOp::SettleRow { trace, .. }
            | PgOp::MarkSettled(trace) => self.ledger[trace.index()].blocker(session),
            PgOp::ChargeQuota { tenant, .. }
            | PgOp::CountQuota { tenant, .. }
            | PgOp::AddBalance { tenant, .. }
            | PgOp::SetQuota { tenant, .. }
            | PgOp::SetDailyQuota { tenant, .. } => self.quotas[tenant.index()].blocker(session),
            PgOp::AddBudget { tenant, .. } => self.budgets[tenant.index()].blocker(session),
            PgOp::AddUsage { tenant, keyed: false, .. } | PgOp::SetUsage { tenant, .. } => {
                self.totals[tenant.index()].blocker(session)
            }
            PgOp::Begin
            | PgOp::Commit
            | PgOp::Rollback
            | PgOp::Savepoint
            | PgOp::RollbackToSavepoint
            | PgOp::ReleaseSavepoint
            | PgOp::SelectQuota(_)
            | PgOp::SelectRow { lock: false, .. }
            | PgOp::SelectKey(_)
            | PgOp::SelectBudget(_)
            | PgOp::SelectUnfinished
            | PgOp::SelectUsage(_) => None,
        }
    }
}
