//! Statements on `tenant_quota`.

use crate::day::Day;
use crate::money::Money;
use crate::reply::{Failure, Reply};
use crate::row::{QuotaRow, Tenant};
use crate::store::postgres::{By, Postgres, update};

impl Postgres {
    /// WHERE version = this: after a wait it checks the version that the holder left.
    pub(super) fn charge_quota(
        &mut self,
        by: By,
        tenant: Tenant,
        amount: Money,
        version: u32,
        counts: Option<Day>,
    ) -> Option<Reply> {
        let row = &mut self.quotas[tenant.index()];
        update(row, by, |row| row.version == version, |row| fitting(row.charged(amount, counts)))
    }

    /// WHERE neither count is used up, whatever the version.
    pub(super) fn count_quota(&mut self, by: By, tenant: Tenant, day: Day) -> Option<Reply> {
        let row = &mut self.quotas[tenant.index()];
        let free = |row: &QuotaRow| row.binding_count(day).is_none();
        update(row, by, free, |row| Some(QuotaRow { version: row.version + 1, ..row.counted(day) }))
    }

    pub(super) fn add_balance(&mut self, by: By, tenant: Tenant, amount: Money) -> Option<Reply> {
        let row = &mut self.quotas[tenant.index()];
        update(row, by, |_| true, |row| fitting(row.charged(-amount, None)))
    }

    /// Values that do not fit their columns are refused before any row is looked at.
    pub(super) fn set_quota(&mut self, by: By, tenant: Tenant, values: QuotaRow, guarded: bool) -> Option<Reply> {
        if fitting(values).is_none() || !values.credit.fits_column() {
            return Some(Reply::Failed(Failure::OutOfRange));
        }
        let row = &mut self.quotas[tenant.index()];
        update(row, by, |row| !guarded || row.version < values.version, |_| Some(values))
    }

    pub(super) fn set_daily_quota(&mut self, by: By, tenant: Tenant, quota: u32) -> Option<Reply> {
        let row = &mut self.quotas[tenant.index()];
        let change = |row: QuotaRow| Some(QuotaRow { daily_quota: quota, version: row.version + 1, ..row });
        update(row, by, |_| true, change)
    }
}

/// The row, if its balance fits `numeric(18,6)`.
fn fitting(row: QuotaRow) -> Option<QuotaRow> {
    row.balance.fits_column().then_some(row)
}
