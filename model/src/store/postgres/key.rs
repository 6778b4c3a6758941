//! Statements on `api_key_quota` and on the usage of an API key.

use crate::money::Money;
use crate::reply::{Failure, Reply};
use crate::row::{BudgetRow, Tenant, TraceId, Unit, UsageRow};
use crate::store::postgres::{By, Postgres, update};
use crate::store::versioned::SessionId;

impl Postgres {
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

    /// Relative, in the unit of the row, whatever unit the writer assumes. An overflow of bigint is 22003.
    pub(super) fn add_budget(&mut self, by: By, tenant: Tenant, delta: i64) -> Option<Reply> {
        let add = |row: BudgetRow| Some(BudgetRow { used: row.used.checked_add(delta)?, ..row });
        update(&mut self.budgets[tenant.index()], by, |_| true, add)
    }

    /// ON CONFLICT DO UPDATE locks the row first, and adds to what it holds then.
    pub(super) fn add_to_totals(&mut self, by: By, tenant: Tenant, cost: Money) -> Option<Reply> {
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

    /// The totals as the session sees them.
    pub(super) fn totals_seen_by(&self, session: SessionId, tenant: Tenant) -> UsageRow {
        self.totals[tenant.index()].seen_by(session).unwrap_or_default()
    }

    /// Absolute, whatever the row holds.
    pub(super) fn set_totals(&mut self, by: By, tenant: Tenant, row: UsageRow) -> Option<Reply> {
        update(&mut self.totals[tenant.index()], by, |_| true, |_| row.cost.fits_column().then_some(row))
    }

    /// ON CONFLICT DO NOTHING waits for an uncommitted row of the trace; then 0 rows, and the transaction goes on.
    pub(super) fn insert_usage(&mut self, by: By, tenant: Tenant, trace: TraceId, cost: Money) -> Option<Reply> {
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
