//! The Postgres model: READ COMMITTED sessions over the tables that hold money, with row locks, waits, savepoints,
//! aborted transactions, deadlock and lost connections, as observed on real servers (15 and 18).
//!
//! A statement is carried out at once or waits. When a lock is released, waiting statements are taken up again; where
//! more than one waits, Postgres does not specify which goes first, and the caller chooses.

mod session_end;
mod statement;
mod transaction;

use arrayvec::ArrayVec;

use crate::effect::PgOp;
use crate::money::Money;
use crate::reply::{Failure, Reply};
use crate::row::{BudgetRow, KeyRow, LedgerRow, QuotaRow, Tenant, TraceId, Unit, UsageRow};
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

    /// Whether a committed row is unfinished.
    pub fn has_unfinished(&self) -> bool {
        self.ledger.iter().filter_map(|row| row.committed()).any(|row| row.unfinished())
    }

    /// The tenant's API key, which no statement changes.
    pub fn key(&self, tenant: Tenant) -> KeyRow {
        self.keys[tenant.index()]
    }

    /// The committed BUDGET row of the tenant's key, which is there from the start.
    pub fn budget(&self, tenant: Tenant) -> BudgetRow {
        self.budgets[tenant.index()].committed().unwrap_or(BudgetRow { total: None, used: 0, unit: Unit::Cents })
    }

    /// Committed usage of the tenant's key: the totals row and all rows by trace.
    pub fn usage(&self, tenant: Tenant) -> UsageRow {
        let totals = self.totals[tenant.index()].committed().unwrap_or_default();
        let keyed = self.usage.iter().filter_map(|row| row.committed()).filter(|&(whose, _)| whose == tenant);
        keyed.fold(totals, |usage, (_, cost)| UsageRow { requests: usage.requests + 1, cost: usage.cost + cost })
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

    /// The sessions whose wait could end: nothing blocks them.
    pub fn ready(&self) -> ArrayVec<SessionId, MAX_SESSIONS> {
        self.sessions().filter(|&s| self.waiting(s).is_some_and(|op| self.blocker(s, op).is_none())).collect()
    }

    /// Follows which session waits for which; a cycle is a deadlock. The victim is the session that closed it, which is
    /// one of those Postgres may pick, and the one the conformance tests make it pick.
    fn waits_for_itself(&self, session: SessionId) -> bool {
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
