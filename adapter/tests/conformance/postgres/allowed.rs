//! What the model allows: everything that may result from an action, since who of several waiters gets a row is open.

use model::effect::PgOp;
use model::reply::Reply;
use model::row::{Tenant, TraceId};
use model::store::postgres::{Opening, Postgres, StatementResult};
use model::store::versioned::{MAX_LEVEL, SessionId};

use super::action::{Action, BUDGET, KEY, SESSIONS, TRACES, What, quota, statements};
use super::rules::Rules;
use super::standing::Standing;

/// A state the server may be in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct State {
    pub store: Postgres,
    standing: [Standing; 3],
}

/// What may result from an action.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Allowed {
    /// Whose statements are through, with what, in the order of sessions.
    pub done: Vec<(SessionId, Reply)>,
    /// The state then.
    pub state: State,
}

/// What every case begins with.
pub fn opening() -> Opening<'static> {
    static QUOTAS: std::sync::LazyLock<[model::row::QuotaRow; 2]> = std::sync::LazyLock::new(|| [quota(); 2]);
    Opening {
        quotas: &*QUOTAS,
        keys: &[KEY, KEY],
        budgets: &[BUDGET, BUDGET],
        traces: TRACES.len(),
        sessions: SESSIONS.len(),
    }
}

impl State {
    /// What every case begins with.
    pub fn first() -> State {
        State { store: Postgres::new(&opening()), standing: [Standing::None; 3] }
    }

    /// The sessions that wait for a lock.
    pub fn waiting(&self) -> Vec<SessionId> {
        SESSIONS.into_iter().filter(|session| self.store.waiting(*session).is_some()).collect()
    }

    /// Whether something can happen where this is so. What Postgres answers with errors no design provokes is left out:
    /// savepoints outside a transaction, and going back to one that is not there. So is RELEASE into another savepoint: who
    /// waits for a row that was locked in it waits for the end of the transaction, even if the other one is rolled back to,
    /// which the model does not have and no design does.
    pub fn can(&self, action: Action) -> bool {
        let waits = self.store.waiting(action.session).is_some();
        match (action.what, self.standing(action.session)) {
            (What::Crashes, _) => true,
            (What::GivesUp, _) => waits,
            _ if waits => false,
            (What::SitsIdle, standing) => matches!(standing, Standing::Open(_)),
            (What::Asks(PgOp::Savepoint), Standing::None) => false,
            (What::Asks(PgOp::Savepoint), Standing::Open(level)) => level < MAX_LEVEL,
            (
                What::Asks(PgOp::RollbackToSavepoint | PgOp::ReleaseSavepoint),
                Standing::None | Standing::Open(0) | Standing::Aborted(0),
            ) => false,
            (What::Asks(PgOp::ReleaseSavepoint), Standing::Open(level)) => level == 1,
            (What::Asks(_), _) => true,
        }
    }

    /// What can happen next, in the measure in which cases are to have it.
    pub fn enabled(&self) -> Vec<Action> {
        let mut all = Vec::new();
        for session in SESSIONS {
            let asks = |op| Action { session, what: What::Asks(op) };
            let mut add = |times: usize, action: Action| {
                if self.can(action) {
                    all.extend((0..times).map(|_| action));
                }
            };
            match self.standing(session) {
                Standing::None => add(20, asks(PgOp::Begin)),
                Standing::Open(_) => {
                    add(7, asks(PgOp::Commit));
                    add(4, asks(PgOp::Rollback));
                    add(9, asks(PgOp::Savepoint));
                    add(16, asks(PgOp::RollbackToSavepoint));
                    add(3, asks(PgOp::ReleaseSavepoint));
                    add(1, asks(PgOp::Begin));
                    add(1, Action { session, what: What::SitsIdle });
                }
                Standing::Aborted(_) | Standing::Gone => {
                    add(20, asks(PgOp::Commit));
                    add(20, asks(PgOp::Rollback));
                    add(40, asks(PgOp::RollbackToSavepoint));
                    add(5, asks(PgOp::ReleaseSavepoint));
                    add(5, asks(PgOp::Savepoint));
                    add(5, asks(PgOp::Begin));
                }
            }
            let versions = [Tenant(0), Tenant(1)].map(|tenant| self.store.quota(tenant).version);
            let some = if matches!(self.standing(session), Standing::Aborted(_)) { 7 } else { 1 };
            for op in
                statements(versions.into_iter().flat_map(|version| [version, version + 1])).into_iter().step_by(some)
            {
                add(measure(op), asks(op));
            }
            add(1, Action { session, what: What::Crashes });
            add(4, Action { session, what: What::GivesUp });
        }
        all
    }

    /// Everything that may result from an action.
    pub fn outcomes(&self, action: Action, rules: Rules) -> Vec<Allowed> {
        let mut state = self.clone();
        let mut done = Vec::new();
        let session = action.session;
        match action.what {
            What::Asks(op) => {
                if let StatementResult::Done(reply) = rules.execute(&mut state.store, session, op) {
                    state.note(session, op, reply);
                    done.push((session, reply));
                }
            }
            What::Crashes => {
                state.store.disconnect(session);
                state.standing[usize::from(session.0)] = Standing::None;
            }
            What::GivesUp => {
                if let Some(op) = state.store.waiting(session) {
                    let reply = state.store.give_up(session);
                    state.note(session, op, reply);
                    done.push((session, reply));
                }
            }
            What::SitsIdle => {
                state.store.drop_idle(session);
                state.standing[usize::from(session.0)] = Standing::Gone;
            }
        }
        let mut all = Vec::new();
        state.settle(done, rules, &mut all);
        all
    }

    /// Those whose wait could end go on, in every order.
    fn settle(self, done: Vec<(SessionId, Reply)>, rules: Rules, all: &mut Vec<Allowed>) {
        let ready = self.store.ready();
        if ready.is_empty() {
            let mut outcome = Allowed { done, state: self };
            outcome.done.sort_by_key(|(session, _)| *session);
            if !all.contains(&outcome) {
                all.push(outcome);
            }
            return;
        }
        for &session in rules.next(&ready) {
            let (mut state, mut done) = (self.clone(), done.clone());
            let standing = state.standing(session);
            let op = state.store.waiting(session);
            let reply = rules.take_up(&mut state.store, session, standing);
            let (op, reply) = op.zip(reply).expect("nothing blocks it");
            state.note(session, op, reply);
            done.push((session, reply));
            state.settle(done, rules, all);
        }
    }

    fn standing(&self, session: SessionId) -> Standing {
        self.standing[usize::from(session.0)]
    }

    fn note(&mut self, session: SessionId, op: PgOp, reply: Reply) {
        let standing = &mut self.standing[usize::from(session.0)];
        *standing = standing.after(op, reply);
    }
}

/// How often a statement is to be among what can happen: most on the rows where sessions are to meet, and on two of them,
/// so that there are deadlocks.
fn measure(op: PgOp) -> usize {
    match op {
        PgOp::ChargeQuota { tenant: Tenant(0), .. } | PgOp::AddBalance { tenant: Tenant(0), .. } => 6,
        PgOp::AddBalance { .. } => 4,
        PgOp::InsertRow { trace, .. } | PgOp::MarkCommitted(trace) | PgOp::SelectRow { trace, lock: true } => {
            6 - 3 * trace.index()
        }
        PgOp::AddUsage { trace: TraceId(0), keyed: true, .. } => 6,
        _ => 1,
    }
}
