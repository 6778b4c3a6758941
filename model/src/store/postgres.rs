//! The Postgres model: READ COMMITTED sessions over `tenant_quota` and `billing_transaction`, with row locks, waits,
//! savepoints, aborted transactions, deadlock and lost connections, as observed on real servers (15 and 18).
//!
//! A statement is carried out at once or waits. When a lock is let go, waiting statements are taken up again; where more
//! than one waits, Postgres does not say who wins, and the caller chooses.

use arrayvec::ArrayVec;

use crate::effect::PgOp;
use crate::money::Money;
use crate::reply::{Failure, Reply};
use crate::row::{LedgerRow, QuotaRow, Status, Tenant, Trace};
use crate::store::versioned::{MAX_LEVEL, Session, Versioned};

/// The most tenants a world holds.
pub const MAX_TENANTS: usize = 2;
/// The most trace ids a world holds.
pub const MAX_TRACES: usize = 4;
/// The most sessions a world holds: gateways and one background job.
pub const MAX_SESSIONS: usize = 4;

/// Where a session's transaction stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Tx {
    /// No transaction: each statement commits by itself.
    None,
    /// Open, at this savepoint level.
    Open(u8),
    /// Aborted while at this level: everything but its end answers 25P02.
    Aborted(u8),
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Connection {
    tx: Tx,
    waiting: Option<PgOp>,
}

/// What became of a statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ran {
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
    connections: ArrayVec<Connection, MAX_SESSIONS>,
}

impl Postgres {
    /// A server with these quota rows, an empty ledger for so many traces, and so many idle sessions.
    pub fn new(quotas: &[QuotaRow], traces: usize, sessions: usize) -> Postgres {
        Postgres {
            quotas: quotas.iter().map(|&row| Versioned::new(Some(row))).collect(),
            ledger: (0..traces).map(|_| Versioned::new(None)).collect(),
            connections: (0..sessions).map(|_| Connection { tx: Tx::None, waiting: None }).collect(),
        }
    }

    /// The committed quota row.
    pub fn quota(&self, tenant: Tenant) -> QuotaRow {
        self.quotas[tenant.index()].committed().unwrap_or_default()
    }

    /// The committed ledger row.
    pub fn row(&self, trace: Trace) -> Option<LedgerRow> {
        self.ledger[trace.index()].committed()
    }

    /// Whether the session is inside a transaction, aborted or not.
    pub fn in_transaction(&self, session: Session) -> bool {
        self.connection(session).tx != Tx::None
    }

    /// The statement the session waits with.
    pub fn waiting(&self, session: Session) -> Option<PgOp> {
        self.connection(session).waiting
    }

    /// Carries out a statement, or lets it wait.
    pub fn execute(&mut self, session: Session, op: PgOp) -> Ran {
        let ran = self.attempt(session, op, false);
        if ran == Ran::Waits {
            self.connections[usize::from(session.0)].waiting = Some(op);
            if self.waits_for_itself(session) {
                self.connections[usize::from(session.0)].waiting = None;
                return Ran::Done(self.abort(session, Failure::Deadlock));
            }
        }
        ran
    }

    /// The sessions whose wait could end: nothing blocks them.
    pub fn ready(&self) -> ArrayVec<Session, MAX_SESSIONS> {
        self.sessions().filter(|&s| self.waiting(s).is_some_and(|op| self.blocker(s, op).is_none())).collect()
    }

    /// Takes up a waiting statement that is [`Postgres::ready`]: its condition is evaluated again on the row as it stands
    /// (EvalPlanQual), and a row that no longer matches stays locked until the transaction ends.
    pub fn take_up(&mut self, session: Session) -> Option<Reply> {
        let op = self.connections[usize::from(session.0)].waiting.take()?;
        match self.attempt(session, op, true) {
            Ran::Done(reply) => Some(reply),
            Ran::Waits => {
                self.connections[usize::from(session.0)].waiting = Some(op);
                None
            }
        }
    }

    /// The connection is gone (process death, FIN, a cut): its transaction is rolled back, its wait is over.
    pub fn disconnect(&mut self, session: Session) {
        self.end(session, false);
        self.connections[usize::from(session.0)].waiting = None;
    }

    fn sessions(&self) -> impl Iterator<Item = Session> + use<> {
        (0..self.connections.len() as u8).map(Session)
    }

    fn connection(&self, session: Session) -> &Connection {
        &self.connections[usize::from(session.0)]
    }

    /// Follows who waits for whom; a cycle is a deadlock. The victim is the session that closed it, which is one of those
    /// Postgres may pick, and the one the conformance tests make it pick.
    fn waits_for_itself(&self, session: Session) -> bool {
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

    /// Whom a statement has to wait for.
    fn blocker(&self, session: Session, op: PgOp) -> Option<Session> {
        match op {
            PgOp::InsertPending { trace, .. } => self.ledger[trace.index()].other_writer(session),
            PgOp::SelectRow { trace, lock: true } | PgOp::MarkCommitted(trace) => {
                self.ledger[trace.index()].blocker(session)
            }
            PgOp::ChargeQuota { tenant, .. } => self.quotas[tenant.index()].blocker(session),
            _ => None,
        }
    }

    fn attempt(&mut self, session: Session, op: PgOp, waited: bool) -> Ran {
        let reply = match (self.connection(session).tx, op) {
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
            (Tx::None, PgOp::Savepoint | PgOp::RollbackToSavepoint | PgOp::ReleaseSavepoint)
            | (Tx::Open(_), PgOp::Savepoint | PgOp::RollbackToSavepoint | PgOp::ReleaseSavepoint) => {
                self.abort(session, Failure::InFailedTransaction)
            }
            (tx, statement) => {
                let level = if let Tx::Open(level) = tx { level } else { 0 };
                match self.statement(session, level, statement, waited) {
                    Some(reply) => reply,
                    None => return Ran::Waits,
                }
            }
        };
        if let Reply::Failed(failure) = reply {
            self.abort(session, failure);
        } else if self.connection(session).tx == Tx::None {
            self.end(session, true);
        }
        Ran::Done(reply)
    }

    /// A statement on rows; nothing means it has to wait.
    fn statement(&mut self, session: Session, level: u8, op: PgOp, waited: bool) -> Option<Reply> {
        match op {
            PgOp::SelectQuota(tenant) => {
                Some(Reply::Quota(self.quotas[tenant.index()].seen_by(session).unwrap_or_default()))
            }
            PgOp::SelectRow { trace, lock } => self.select_row(session, level, trace, lock),
            PgOp::InsertPending { tenant, trace, amount, before } => {
                let after = before - amount;
                let row = LedgerRow { tenant, trace, status: Status::Pending, amount, before, after };
                self.insert(session, level, row)
            }
            PgOp::ChargeQuota { tenant, amount, if_version } => {
                self.charge(session, level, tenant, amount, if_version, waited)
            }
            PgOp::MarkCommitted(trace) => self.mark(session, level, trace),
            _ => Some(Reply::Ok),
        }
    }

    fn select_row(&mut self, session: Session, level: u8, trace: Trace, lock: bool) -> Option<Reply> {
        let cell = &mut self.ledger[trace.index()];
        let seen = cell.seen_by(session);
        if lock && seen.is_some() {
            if cell.blocker(session).is_some() {
                return None;
            }
            cell.write(session, level, None);
        }
        Some(Reply::Row(seen))
    }

    /// A second INSERT of a trace waits for an uncommitted INSERT of it and also for an uncommitted UPDATE of the
    /// committed row, but not for a mere row lock; then 23505 or, if the other one rolled back, the row. A value that does
    /// not fit its column is refused before any of it.
    fn insert(&mut self, session: Session, level: u8, row: LedgerRow) -> Option<Reply> {
        let fits = [row.amount, row.before, row.after].iter().all(|money| money.fits_column());
        if !fits {
            return Some(Reply::Failed(Failure::OutOfRange));
        }
        let cell = &mut self.ledger[row.trace.index()];
        if cell.other_writer(session).is_some() {
            return None;
        }
        if cell.seen_by(session).is_some() {
            return Some(Reply::Failed(Failure::UniqueViolation));
        }
        cell.write(session, level, Some(row));
        Some(Reply::Ok)
    }

    /// An optimistic UPDATE. If the snapshot's version is another one: 0 rows at once, no lock. Else it waits for the row,
    /// looks again at the row as the holder left it, and keeps the lock even if that no longer matches. The new values are
    /// reckoned from the snapshot before it waits, so that one that does not fit its column is refused at once.
    fn charge(
        &mut self,
        session: Session,
        level: u8,
        tenant: Tenant,
        amount: Money,
        version: u32,
        waited: bool,
    ) -> Option<Reply> {
        let cell = &mut self.quotas[tenant.index()];
        let Some(row) = cell.seen_by(session) else { return Some(Reply::Updated(0)) };
        if row.version != version && !waited {
            return Some(Reply::Updated(0));
        }
        let charged = row.charged(amount);
        if row.version == version && !charged.balance.fits_column() {
            return Some(Reply::Failed(Failure::OutOfRange));
        }
        if cell.blocker(session).is_some() {
            return None;
        }
        if row.version != version {
            cell.write(session, level, None);
            return Some(Reply::Updated(0));
        }
        cell.write(session, level, Some(charged));
        Some(Reply::Updated(1))
    }

    fn mark(&mut self, session: Session, level: u8, trace: Trace) -> Option<Reply> {
        let cell = &mut self.ledger[trace.index()];
        let Some(row) = cell.seen_by(session) else { return Some(Reply::Updated(0)) };
        if cell.blocker(session).is_some() {
            return None;
        }
        cell.write(session, level, Some(LedgerRow { status: Status::Committed, ..row }));
        Some(Reply::Updated(1))
    }

    fn commit(&mut self, session: Session) -> Reply {
        let aborted = matches!(self.connection(session).tx, Tx::Aborted(_));
        self.end(session, !aborted);
        if aborted { Reply::Failed(Failure::RolledBack) } else { Reply::Ok }
    }

    fn end(&mut self, session: Session, keep: bool) {
        for cell in &mut self.quotas {
            if keep { cell.commit(session) } else { cell.roll_back(session, None) }
        }
        for cell in &mut self.ledger {
            if keep { cell.commit(session) } else { cell.roll_back(session, None) }
        }
        self.set(session, Tx::None);
    }

    fn roll_back_to(&mut self, session: Session, level: u8) -> Reply {
        self.undo_above(session, level - 1);
        self.set(session, Tx::Open(level));
        Reply::Ok
    }

    /// An error undoes its subtransaction at once, locks included, and an aborted transaction wholly: a session that
    /// waits for one of its rows goes on before the ROLLBACK is sent.
    fn abort(&mut self, session: Session, failure: Failure) -> Reply {
        match self.connection(session).tx {
            Tx::None => self.end(session, false),
            Tx::Open(level) => {
                self.undo_above(session, level.wrapping_sub(1));
                self.set(session, Tx::Aborted(level));
            }
            Tx::Aborted(_) => {}
        }
        Reply::Failed(failure)
    }

    fn undo_above(&mut self, session: Session, level: u8) {
        let above = (level <= MAX_LEVEL).then_some(level);
        for cell in &mut self.quotas {
            cell.roll_back(session, above);
        }
        for cell in &mut self.ledger {
            cell.roll_back(session, above);
        }
    }

    fn release(&mut self, session: Session, level: u8) -> Reply {
        for cell in &mut self.quotas {
            cell.merge(session, level);
        }
        for cell in &mut self.ledger {
            cell.merge(session, level);
        }
        self.set(session, Tx::Open(level - 1));
        Reply::Ok
    }

    fn set(&mut self, session: Session, tx: Tx) {
        self.connections[usize::from(session.0)].tx = tx;
    }
}
