//! What each statement on rows means: what it does to them, and whom it waits for.

use crate::effect::PgOp;
use crate::money::Money;
use crate::reply::{Failure, Reply};
use crate::row::{BudgetRow, Kind, LedgerRow, QuotaRow, Status, Tenant, TraceId, UsageRow};
use crate::store::postgres::Postgres;
use crate::store::versioned::{SessionId, Versioned};

impl Postgres {
    /// A statement on rows at this savepoint level; `None` means it has to wait.
    pub(super) fn statement(&mut self, session: SessionId, level: u8, op: PgOp, waited: bool) -> Option<Reply> {
        let by = By { session, level, waited };
        match op {
            PgOp::SelectQuota(tenant) => {
                Some(Reply::Quota(self.quotas[tenant.index()].seen_by(session).unwrap_or_default()))
            }
            PgOp::ChargeQuota { tenant, amount, if_version, counts } => {
                let matches = |row: &QuotaRow| row.version == if_version;
                update(&mut self.quotas[tenant.index()], by, matches, |row| fitting(row.charged(amount, counts)))
            }
            PgOp::CountQuota { tenant, day } => {
                let counted = |row: QuotaRow| QuotaRow { version: row.version + 1, ..row.counted(day) };
                let free = |row: &QuotaRow| row.binding_count(day).is_none();
                update(&mut self.quotas[tenant.index()], by, free, |row| Some(counted(row)))
            }
            PgOp::AddBalance { tenant, amount } => {
                update(&mut self.quotas[tenant.index()], by, |_| true, |row| fitting(row.charged(-amount, None)))
            }
            PgOp::SetQuota { tenant, row, guarded } => self.set_quota(by, tenant, row, guarded),
            PgOp::SetDailyQuota { tenant, quota: daily_quota } => {
                let changed = |row: QuotaRow| QuotaRow { daily_quota, version: row.version + 1, ..row };
                update(&mut self.quotas[tenant.index()], by, |_| true, |row| Some(changed(row)))
            }
            PgOp::SelectRow { trace, lock } => self.select_row(by, trace, lock),
            PgOp::InsertRow { tenant, trace, kind, status, amount, before, after } => {
                self.insert_row(by, LedgerRow { tenant, trace, kind, status, amount, before, after })
            }
            PgOp::MarkCommitted(trace) => self.mark_row(by, trace, Status::Committed),
            PgOp::MarkReversed(trace) => self.mark_row(by, trace, Status::Reversed),
            PgOp::SettleRow { trace, amount, before, after } => self.settle_row(by, trace, amount, before, after),
            PgOp::MarkSettled(trace) => {
                let settled = |row| LedgerRow { kind: Kind::Deduct, ..row };
                update(&mut self.ledger[trace.index()], by, |_| true, |row| Some(settled(row)))
            }
            PgOp::SelectUnfinished => {
                let mut seen = self.ledger.iter().filter_map(|row| row.seen_by(session));
                Some(Reply::Row(seen.find(LedgerRow::unfinished)))
            }
            PgOp::SelectUsage(tenant) => {
                Some(Reply::Usage(self.totals[tenant.index()].seen_by(session).unwrap_or_default()))
            }
            PgOp::SetUsage { tenant, row } => {
                let change = |_| row.cost.fits_column().then_some(row);
                update(&mut self.totals[tenant.index()], by, |_| true, change)
            }
            PgOp::SelectKey(tenant) => Some(Reply::Key(Some(self.key(tenant)))),
            PgOp::SelectBudget(tenant) => self.budgets[tenant.index()].seen_by(session).map(Reply::Budget),
            PgOp::AddBudget { tenant, delta, .. } => {
                // In the unit of the row, whatever unit the writer assumes.
                let add = |row: BudgetRow| Some(BudgetRow { used: row.used.checked_add(delta)?, ..row });
                update(&mut self.budgets[tenant.index()], by, |_| true, add)
            }
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

    /// The session that a statement has to wait for. An INSERT waits only for the writer of its trace, an UPDATE for a
    /// mere row lock too.
    pub(super) fn blocker(&self, session: SessionId, op: PgOp) -> Option<SessionId> {
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

    /// Values that do not fit their columns are refused before any row is looked at.
    fn set_quota(&mut self, by: By, tenant: Tenant, values: QuotaRow, guarded: bool) -> Option<Reply> {
        if fitting(values).is_none() || !values.credit.fits_column() {
            return Some(Reply::Failed(Failure::OutOfRange));
        }
        let row = &mut self.quotas[tenant.index()];
        update(row, by, |row| !guarded || row.version < values.version, |_| Some(values))
    }

    /// A row is locked only if the session sees it.
    fn select_row(&mut self, by: By, trace: TraceId, lock: bool) -> Option<Reply> {
        let row = &mut self.ledger[trace.index()];
        let seen = row.seen_by(by.session);
        if lock && seen.is_some() {
            if row.blocker(by.session).is_some() {
                return None;
            }
            row.write(by.session, by.level, None);
        }
        Some(Reply::Row(seen))
    }

    /// A second INSERT of a trace waits for an uncommitted INSERT of it and also for an uncommitted UPDATE of the
    /// committed row, but not for a mere row lock; then it gets 23505 or, if the other one rolled back, inserts the
    /// row. A value that does not fit its column is refused before all this.
    fn insert_row(&mut self, by: By, new: LedgerRow) -> Option<Reply> {
        if ![new.amount, new.before, new.after].iter().all(|money| money.fits_column()) {
            return Some(Reply::Failed(Failure::OutOfRange));
        }
        let row = &mut self.ledger[new.trace.index()];
        if row.other_writer(by.session).is_some() {
            return None;
        }
        if row.seen_by(by.session).is_some() {
            return Some(Reply::Failed(Failure::UniqueViolation));
        }
        row.write(by.session, by.level, Some(new));
        Some(Reply::Ok)
    }

    /// UPDATE of the status, whatever it was.
    fn mark_row(&mut self, by: By, trace: TraceId, status: Status) -> Option<Reply> {
        update(&mut self.ledger[trace.index()], by, |_| true, |row| Some(LedgerRow { status, ..row }))
    }

    /// UPDATE of status, amount and balances. A value that does not fit its column is refused before any row is looked
    /// at.
    fn settle_row(&mut self, by: By, trace: TraceId, amount: Money, before: Money, after: Money) -> Option<Reply> {
        if ![amount, before, after].iter().all(|money| money.fits_column()) {
            return Some(Reply::Failed(Failure::OutOfRange));
        }
        let settled = |row| LedgerRow { status: Status::Committed, amount, before, after, ..row };
        update(&mut self.ledger[trace.index()], by, |_| true, |row| Some(settled(row)))
    }

    /// ON CONFLICT DO UPDATE locks the row first, and adds to what it holds then.
    fn add_to_totals(&mut self, by: By, tenant: Tenant, cost: Money) -> Option<Reply> {
        if !cost.fits_column() {
            return Some(Reply::Failed(Failure::OutOfRange));
        }
        let row = &mut self.totals[tenant.index()];
        if row.blocker(by.session).is_some() {
            return None;
        }
        let add = |row: UsageRow| {
            let cost = row.cost + cost;
            cost.fits_column().then_some(UsageRow { requests: row.requests + 1, cost })
        };
        update(row, by, |_| true, add)
    }

    /// ON CONFLICT DO NOTHING waits for an uncommitted row of the trace; then 0 rows, and the transaction goes on.
    fn insert_usage(&mut self, by: By, tenant: Tenant, trace: TraceId, cost: Money) -> Option<Reply> {
        if !cost.fits_column() {
            return Some(Reply::Failed(Failure::OutOfRange));
        }
        let row = &mut self.usage[trace.index()];
        if row.other_writer(by.session).is_some() {
            return None;
        }
        if row.seen_by(by.session).is_some() {
            return Some(Reply::Updated(0));
        }
        row.write(by.session, by.level, Some((tenant, cost)));
        Some(Reply::Updated(1))
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

/// The row, if its balance fits `numeric(18,6)`.
fn fitting(row: QuotaRow) -> Option<QuotaRow> {
    row.balance.fits_column().then_some(row)
}
