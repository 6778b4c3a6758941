//! The model as it is, or with one rule of it wrong: an error that the comparison must find.

use model::effect::PgOp;
use model::money::Money;
use model::reply::{Failure, Reply};
use model::row::TraceId;
use model::store::postgres::{Postgres, StatementResult};
use model::store::versioned::{MAX_LEVEL, SessionId};

use super::standing::Standing;

/// By which rules the model answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rules {
    /// Its own.
    Sound,
    /// An UPDATE of 0 rows after a wait keeps no lock.
    NoLockAfterUpdate0,
    /// An INSERT of a committed trace does not wait for somebody who updates that row.
    InsertPassesUpdate,
    /// FOR UPDATE locks nothing.
    ForUpdateIsSelect,
    /// After a wait the version is not looked at again.
    VersionIsOld,
    /// COMMIT of an aborted transaction answers as any other.
    AbortedCommits,
    /// What a failed INSERT leaves is a transaction that goes on.
    FailureIsForgotten,
    /// ROLLBACK TO SAVEPOINT takes nothing back.
    SavepointKeeps,
    /// Of several that wait for a row it is always the first session that gets it.
    FirstSessionWins,
    /// A wait that closes a circle is no deadlock.
    NoDeadlock,
}

/// Each of the wrong ones.
pub const PLANTED: [Rules; 9] = [
    Rules::NoLockAfterUpdate0,
    Rules::InsertPassesUpdate,
    Rules::ForUpdateIsSelect,
    Rules::VersionIsOld,
    Rules::AbortedCommits,
    Rules::FailureIsForgotten,
    Rules::SavepointKeeps,
    Rules::FirstSessionWins,
    Rules::NoDeadlock,
];

impl Rules {
    /// A statement.
    pub fn execute(self, store: &mut Postgres, session: SessionId, op: PgOp) -> StatementResult {
        let before = store.clone();
        let asked = match (self, op) {
            (Rules::ForUpdateIsSelect, PgOp::SelectRow { trace, .. }) => PgOp::SelectRow { trace, lock: false },
            (Rules::SavepointKeeps, PgOp::RollbackToSavepoint) => PgOp::ReleaseSavepoint,
            _ => op,
        };
        let ran = store.execute(session, asked);
        match (self, op, ran) {
            (Rules::SavepointKeeps, PgOp::RollbackToSavepoint, StatementResult::Done(Reply::Ok)) => {
                store.execute(session, PgOp::Savepoint)
            }
            (Rules::SavepointKeeps, PgOp::RollbackToSavepoint, _) => {
                *store = before;
                store.execute(session, op)
            }
            (Rules::VersionIsOld, PgOp::ChargeQuota { tenant, amount, counts: None, .. }, StatementResult::Waits) => {
                *store = before;
                store.execute(session, PgOp::AddBalance { tenant, amount: -amount })
            }
            (Rules::InsertPassesUpdate, PgOp::InsertRow { trace, .. }, StatementResult::Waits)
                if store.row(trace).is_some() =>
            {
                *store = before;
                fail(store, session, trace);
                StatementResult::Done(Reply::Failed(Failure::UniqueViolation))
            }
            (Rules::AbortedCommits, _, StatementResult::Done(Reply::Failed(Failure::RolledBack))) => {
                StatementResult::Done(Reply::Ok)
            }
            (Rules::FailureIsForgotten, _, StatementResult::Done(Reply::Failed(Failure::UniqueViolation))) => {
                *store = before;
                ran
            }
            (Rules::NoDeadlock, _, StatementResult::Done(Reply::Failed(Failure::Deadlock))) => {
                *store = before;
                StatementResult::Waits
            }
            _ => ran,
        }
    }

    /// A statement goes on after its wait.
    pub fn take_up(self, store: &mut Postgres, session: SessionId, standing: Standing) -> Option<Reply> {
        let before = store.clone();
        let reply = store.take_up(session);
        let within = matches!(standing, Standing::Open(level) if level < MAX_LEVEL);
        if self == Rules::NoLockAfterUpdate0 && reply == Some(Reply::Updated(0)) && within {
            // The lock is taken inside a savepoint, and let go with it.
            *store = before;
            store.execute(session, PgOp::Savepoint);
            let reply = store.take_up(session);
            store.execute(session, PgOp::RollbackToSavepoint);
            store.execute(session, PgOp::ReleaseSavepoint);
            return reply;
        }
        reply
    }

    /// Who of those whose wait could end may be the next.
    pub fn next(self, ready: &[SessionId]) -> &[SessionId] {
        if self == Rules::FirstSessionWins { &ready[..1] } else { ready }
    }
}

/// Has a statement of the session fail.
fn fail(store: &mut Postgres, session: SessionId, trace: TraceId) {
    let far = Money::from_micros(i64::MAX);
    let row = store.row(trace).unwrap();
    let (tenant, kind, status) = (row.tenant, row.kind, row.status);
    let insert = PgOp::InsertRow { tenant, trace, kind, status, amount: far, before: far, after: far };
    assert_eq!(store.execute(session, insert), StatementResult::Done(Reply::Failed(Failure::OutOfRange)));
}
