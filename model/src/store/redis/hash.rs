//! The hash `quota:{tenant}`.

use serde::{Deserialize, Serialize};

use crate::effect::{Field, Fields, Seconds};
use crate::row::QuotaRow;
use crate::store::lua_number::Double;

/// A Redis hash `quota:{tenant}`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Hash {
    /// The values of the fields that are there; the others are at their default.
    pub row: QuotaRow,
    /// Which fields are there.
    pub fields: Fields,
    /// When it expires on the store's clock; never, if `None`.
    pub deadline: Option<Seconds>,
    /// The balance where its text, written by Lua, is not money with six decimals; `row.balance` is then that text
    /// rounded half-even to six places.
    pub drifted: Option<Double>,
}

impl Hash {
    /// HSET of these fields of a row. Keeps the others and the deadline.
    pub(super) fn with(self, row: QuotaRow, fields: Fields) -> Hash {
        let drifted = if fields.has(Field::Balance) { None } else { self.drifted };
        Hash { row: overlay(self.row, row, fields), fields: self.fields.union(fields), drifted, ..self }
    }

    /// The same with every missing field at its default, so that equal hashes are equal values.
    pub(super) fn normal(self) -> Hash {
        let drifted = self.drifted.filter(|_| self.fields.has(Field::Balance));
        Hash { row: overlay(QuotaRow::default(), self.row, self.fields), drifted, ..self }
    }

    /// Requests per day, if the limit is there.
    pub(super) fn daily_quota(&self) -> Option<u32> {
        self.fields.has(Field::DailyQuota).then_some(self.row.daily_quota)
    }

    /// Requests per month, if the limit is there.
    pub(super) fn monthly_quota(&self) -> Option<u32> {
        self.fields.has(Field::MonthlyQuota).then_some(self.row.monthly_quota)
    }

    /// `tonumber` of the balance; a missing one is 0.
    pub(super) fn lua_balance(&self) -> Double {
        self.drifted.unwrap_or_else(|| Double::of(self.row.balance))
    }
}

/// The old row with these fields of the new one.
fn overlay(old: QuotaRow, new: QuotaRow, fields: Fields) -> QuotaRow {
    let mut row = old;
    for field in fields.each() {
        match field {
            Field::Balance => row.balance = new.balance,
            Field::Credit => row.credit = new.credit,
            Field::DailyQuota => row.daily_quota = new.daily_quota,
            Field::DailyUsed => row.daily_used = new.daily_used,
            Field::MonthlyQuota => row.monthly_quota = new.monthly_quota,
            Field::MonthlyUsed => row.monthly_used = new.monthly_used,
            Field::Version => row.version = new.version,
            Field::DailyResetAt => row.daily_reset_at = new.daily_reset_at,
            Field::MonthlyResetAt => row.monthly_reset_at = new.monthly_reset_at,
        }
    }
    row
}
