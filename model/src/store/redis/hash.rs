//! The hash `quota:{tenant}`.

use serde::{Deserialize, Serialize};

use crate::effect::{Fields, Seconds};
use crate::row::QuotaRow;
use crate::store::lua_number::Double;

/// A Redis hash `quota:{tenant}`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Hash {
    /// The values of the fields that are there; the others are at their default.
    pub row: QuotaRow,
    /// Which fields are there.
    pub fields: Fields,
    /// When it expires on the store's clock; never, if absent.
    pub deadline: Option<Seconds>,
    /// The balance where its text, written by Lua, is no money with six decimals; `row.balance` is then that text rounded
    /// half-even to six places.
    pub drifted: Option<Double>,
}

impl Hash {
    /// HSET of these fields of a row. Keeps the others and the deadline.
    pub(super) fn with(self, row: QuotaRow, fields: Fields) -> Hash {
        let drifted = if fields.has(0) { None } else { self.drifted };
        Hash { row: overlay(self.row, row, fields), fields: self.fields.union(fields), drifted, ..self }
    }

    /// The same with every field that is not there at its default, so that equal hashes are equal values.
    pub(super) fn normal(self) -> Hash {
        let drifted = self.drifted.filter(|_| self.fields.has(0));
        Hash { row: overlay(QuotaRow::default(), self.row, self.fields), drifted, ..self }
    }

    /// Requests a day, if the limit is there.
    pub(super) fn daily_quota(&self) -> Option<u32> {
        self.fields.has(2).then_some(self.row.daily_quota)
    }

    /// Requests a month, if the limit is there.
    pub(super) fn monthly_quota(&self) -> Option<u32> {
        self.fields.has(4).then_some(self.row.monthly_quota)
    }

    /// `tonumber` of the balance; a missing one is 0.
    pub(super) fn lua_balance(&self) -> Double {
        self.drifted.unwrap_or_else(|| Double::of(self.row.balance))
    }
}

fn overlay(old: QuotaRow, new: QuotaRow, fields: Fields) -> QuotaRow {
    let pick = |place: usize, new: u32, old: u32| if fields.has(place) { new } else { old };
    QuotaRow {
        balance: if fields.has(0) { new.balance } else { old.balance },
        credit: if fields.has(1) { new.credit } else { old.credit },
        daily_quota: pick(2, new.daily_quota, old.daily_quota),
        daily_used: pick(3, new.daily_used, old.daily_used),
        monthly_quota: pick(4, new.monthly_quota, old.monthly_quota),
        monthly_used: pick(5, new.monthly_used, old.monthly_used),
        version: pick(6, new.version, old.version),
        daily_reset_at: if fields.has(7) { new.daily_reset_at } else { old.daily_reset_at },
        monthly_reset_at: if fields.has(8) { new.monthly_reset_at } else { old.monthly_reset_at },
    }
}
