//! The Postgres model: READ COMMITTED sessions over the tables that hold money, with row locks, waits, savepoints,
//! aborted transactions, deadlock and lost connections, as observed on real servers (15 and 18).
//!
//! A statement is carried out at once or waits. When a lock is released, waiting statements are taken up again; where
//! more than one waits, Postgres does not specify which goes first, and the caller chooses.

mod key;
mod ledger;
mod quota;
mod session_end;
mod transaction;
mod waiting;

use arrayvec::ArrayVec;

use crate::effect::PgOp;
use crate::money::Money;
use crate::reply::{Failure, Reply};
use crate::row::{BudgetRow, KeyRow, LedgerRow, QuotaRow, Status, Tenant, TraceId, UsageRow};
use crate::store::versioned::{SessionId, Transactional, Versioned};

use transaction::Tx;

/// The most tenants a world holds.
pub const MAX_TENANTS: usize = 2;
/// The most trace ids a world holds.
pub const MAX_TRACES: usize = 14;
/// The most sessions a world holds: gateways, background jobs, queue workers and tasks.
pub const MAX_SESSIONS: usize = 10;

/// What a server begins with. Rows are in the order of tenants.
#[derive(Clone, Copy, Debug)]
pub struct Opening<'a> {
    /// `tenant_quota`.
    pub quotas: &'a [QuotaRow],
    /// `api_key`: one key per tenant.
    pub keys: &'a [KeyRow],
    /// `api_key_quota`, type BUDGET.
    pub budgets: &'a [BudgetRow],
    /// How many traces the ledger, empty at first, can hold.
    pub traces: usize,
    /// How many idle sessions there are.
    pub sessions: usize,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Connection {
    tx: Tx,
    /// Boxed, because hardly any session of a state waits.
    waiting: Option<Box<PgOp>>,
}

/// The result of a statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StatementResult {
    /// It answered.
    Done(Reply),
    /// It waits for a lock; [`Postgres::take_up`] answers it once it can go on.
    Waits,
}

/// The state of the modelled server.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Postgres {
    quotas: ArrayVec<Versioned<QuotaRow>, MAX_TENANTS>,
    ledger: ArrayVec<Versioned<LedgerRow>, MAX_TRACES>,
    keys: ArrayVec<KeyRow, MAX_TENANTS>,
    budgets: ArrayVec<Versioned<BudgetRow>, MAX_TENANTS>,
    /// Usage totals; the row is there from the start.
    totals: ArrayVec<Versioned<UsageRow>, MAX_TENANTS>,
    /// Usage by trace: the tenant and the cost.
    usage: ArrayVec<Versioned<(Tenant, Money)>, MAX_TRACES>,
    connections: ArrayVec<Connection, MAX_SESSIONS>,
}

impl Postgres {
    /// A server with these rows, an empty ledger, no usage, and idle sessions.
    pub fn new(opening: &Opening<'_>) -> Postgres {
        Postgres {
            quotas: opening.quotas.iter().map(|&row| Versioned::new(Some(row))).collect(),
            ledger: (0..opening.traces).map(|_| Versioned::new(None)).collect(),
            keys: opening.keys.iter().copied().collect(),
            budgets: opening.budgets.iter().map(|&row| Versioned::new(Some(row))).collect(),
            totals: opening.quotas.iter().map(|_| Versioned::new(Some(UsageRow::default()))).collect(),
            usage: (0..opening.traces).map(|_| Versioned::new(None)).collect(),
            connections: (0..opening.sessions).map(|_| Connection { tx: Tx::None, waiting: None }).collect(),
        }
    }

    /// The committed quota row.
    pub fn quota(&self, tenant: Tenant) -> QuotaRow {
        self.quotas[tenant.index()].committed().unwrap_or_default()
    }

    /// The committed ledger row.
    pub fn row(&self, trace: TraceId) -> Option<LedgerRow> {
        self.ledger[trace.index()].committed()
    }

    /// The tenant's API key, which no statement changes.
    pub fn key(&self, tenant: Tenant) -> KeyRow {
        self.keys[tenant.index()]
    }

    /// Whether the session is inside a transaction, aborted or not, as its client knows it: one that the server ended
    /// counts until a statement reports it.
    pub fn in_transaction(&self, session: SessionId) -> bool {
        self.connection(session).tx != Tx::None
    }

    /// The statement with which the session waits.
    pub fn waiting(&self, session: SessionId) -> Option<PgOp> {
        self.connection(session).waiting.as_deref().copied()
    }

    /// Carries out a statement, or lets it wait.
    pub fn execute(&mut self, session: SessionId, op: PgOp) -> StatementResult {
        let ran = self.attempt(session, op, false);
        if ran == StatementResult::Waits {
            self.wait_with(session, Some(op));
            if self.waits_for_itself(session) {
                self.wait_with(session, None);
                return StatementResult::Done(self.abort(session, Failure::Deadlock));
            }
        }
        ran
    }

    /// Takes up a waiting statement that is [`Postgres::ready`]: its condition is evaluated again on the row as it is
    /// then (EvalPlanQual), and a row that no longer matches stays locked until the transaction ends.
    pub fn take_up(&mut self, session: SessionId) -> Option<Reply> {
        let op = self.waiting(session)?;
        match self.attempt(session, op, true) {
            StatementResult::Done(reply) => {
                self.wait_with(session, None);
                Some(reply)
            }
            StatementResult::Waits => None,
        }
    }

    /// A statement on rows at this savepoint level; `None` means it has to wait.
    fn statement(&mut self, session: SessionId, level: u8, op: PgOp, waited: bool) -> Option<Reply> {
        let by = By { session, level, waited };
        match op {
            PgOp::SelectQuota(tenant) => {
                Some(Reply::Quota(self.quotas[tenant.index()].seen_by(session).unwrap_or_default()))
            }
            PgOp::ChargeQuota { tenant, amount, if_version, counts } => {
                self.charge_quota(by, tenant, amount, if_version, counts)
            }
            PgOp::CountQuota { tenant, day } => self.count_quota(by, tenant, day),
            PgOp::AddBalance { tenant, amount } => self.add_balance(by, tenant, amount),
            PgOp::SetQuota { tenant, row, guarded } => self.set_quota(by, tenant, row, guarded),
            PgOp::SetDailyQuota { tenant, quota } => self.set_daily_quota(by, tenant, quota),
            PgOp::SelectRow { trace, lock } => self.select_row(by, trace, lock),
            PgOp::InsertRow { tenant, trace, kind, status, amount, before, after } => {
                self.insert_row(by, LedgerRow { tenant, trace, kind, status, amount, before, after })
            }
            PgOp::MarkCommitted(trace) => self.mark_row(by, trace, Status::Committed),
            PgOp::MarkReversed(trace) => self.mark_row(by, trace, Status::Reversed),
            PgOp::SettleRow { trace, amount, before, after } => self.settle_row(by, trace, amount, before, after),
            PgOp::MarkSettled(trace) => self.mark_settled(by, trace),
            PgOp::SelectUnfinished => Some(Reply::Row(self.first_unfinished(session))),
            PgOp::SelectUsage(tenant) => Some(Reply::Usage(self.totals_seen_by(session, tenant))),
            PgOp::SetUsage { tenant, row } => self.set_totals(by, tenant, row),
            PgOp::SelectKey(tenant) => Some(Reply::Key(Some(self.key(tenant)))),
            PgOp::SelectBudget(tenant) => self.budgets[tenant.index()].seen_by(session).map(Reply::Budget),
            PgOp::AddBudget { tenant, delta, .. } => self.add_budget(by, tenant, delta),
            PgOp::AddUsage { tenant, cost, keyed: false, .. } => self.add_to_totals(by, tenant, cost),
            PgOp::AddUsage { tenant, trace, cost, keyed: true } => self.insert_usage(by, tenant, trace, cost),
            PgOp::Begin
            | PgOp::Commit
            | PgOp::Rollback
            | PgOp::Savepoint
            | PgOp::RollbackToSavepoint
            | PgOp::ReleaseSavepoint => Some(Reply::Ok),
        }
    }

    fn connection(&self, session: SessionId) -> &Connection {
        &self.connections[usize::from(session.0)]
    }

    fn wait_with(&mut self, session: SessionId, op: Option<PgOp>) {
        self.connections[usize::from(session.0)].waiting = op.map(Box::new);
    }

    fn sessions(&self) -> impl Iterator<Item = SessionId> + use<> {
        (0..self.connections.len() as u8).map(SessionId)
    }

    /// Every row that a transaction can hold.
    fn rows(&mut self) -> impl Iterator<Item = &mut dyn Transactional> {
        let quotas = self.quotas.iter_mut().map(|row| row as &mut dyn Transactional);
        let ledger = self.ledger.iter_mut().map(|row| row as &mut dyn Transactional);
        let budgets = self.budgets.iter_mut().map(|row| row as &mut dyn Transactional);
        let totals = self.totals.iter_mut().map(|row| row as &mut dyn Transactional);
        let usage = self.usage.iter_mut().map(|row| row as &mut dyn Transactional);
        quotas.chain(ledger).chain(budgets).chain(totals).chain(usage)
    }
}

/// The session that carries out a statement.
#[derive(Clone, Copy)]
struct By {
    session: SessionId,
    /// Its savepoint level.
    level: u8,
    /// Whether it waited for a lock before.
    waited: bool,
}

/// A relative UPDATE of one row. If the snapshot does not match: 0 rows at once, no lock. Else it waits for the row,
/// checks it again as the holder left it (EvalPlanQual), and keeps the lock even if it no longer matches. `change`
/// returns `None` where a new value does not fit its column (22003); it is applied to the snapshot before the wait, so
/// that such a value is refused at once.
fn update<T: Copy>(
    row: &mut Versioned<T>,
    by: By,
    matches: impl Fn(&T) -> bool,
    change: impl Fn(T) -> Option<T>,
) -> Option<Reply> {
    let Some(seen) = row.seen_by(by.session) else { return Some(Reply::Updated(0)) };
    let matched = matches(&seen);
    if !matched && !by.waited {
        return Some(Reply::Updated(0));
    }
    let changed = if matched { change(seen) } else { None };
    if matched && changed.is_none() {
        return Some(Reply::Failed(Failure::OutOfRange));
    }
    if row.blocker(by.session).is_some() {
        return None;
    }
    row.write(by.session, by.level, changed);
    Some(Reply::Updated(u8::from(matched)))
}
