//! The rows and fields that hold money, as both stores and every flow see them.

use serde::{Deserialize, Serialize};

use crate::day::{Day, Month};
use crate::money::Money;

/// A tenant, by its index in the scenario.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Tenant(pub u8);

/// A trace id, by its index in the scenario. Unique in the ledger across tenants.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct TraceId(pub u8);

/// A logical request: one tenant, one trace, one price, any number of attempts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Request(pub u8);

/// An idempotency key `deduct:{tenant}:{trace}`, by its index: the requests' own keys first, in their order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct IdempotencyKey(pub u8);

impl IdempotencyKey {
    /// Its index in the setup's list.
    pub fn index(self) -> usize {
        usize::from(self.0)
    }
}

impl Tenant {
    /// Its index in the scenario's list.
    pub fn index(self) -> usize {
        usize::from(self.0)
    }
}

impl TraceId {
    /// Its index in the scenario's list.
    pub fn index(self) -> usize {
        usize::from(self.0)
    }
}

impl Request {
    /// Its index in the scenario's list.
    pub fn index(self) -> usize {
        usize::from(self.0)
    }
}

/// A row of `tenant_quota`, and equally a full Redis hash `quota:{tenant}`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct QuotaRow {
    /// Money left.
    pub balance: Money,
    /// How far the balance may go below zero.
    pub credit: Money,
    /// Requests a day.
    pub daily_quota: u32,
    /// Requests counted in the day of `daily_reset_at`.
    pub daily_used: u32,
    /// Requests a month.
    pub monthly_quota: u32,
    /// Requests counted in the month of `monthly_reset_at`.
    pub monthly_used: u32,
    /// Optimistic version, +1 with each update.
    pub version: u32,
    /// The day that `daily_used` counts. Null for a new tenant, as in the original.
    pub daily_reset_at: Option<Day>,
    /// The month that `monthly_used` counts. Null for a new tenant, as in the original.
    pub monthly_reset_at: Option<Month>,
}

impl QuotaRow {
    /// The first limit, in the order in which T4a checks them, that forbids a charge of `amount` on `day`. Used counts
    /// of an earlier window are zero.
    pub fn binding_limit(&self, amount: Money, day: Day) -> Option<Limit> {
        if self.balance + self.credit < amount {
            return Some(Limit::Balance);
        }
        self.binding_count(day)
    }

    /// The first count that forbids another request on `day`.
    pub fn binding_count(&self, day: Day) -> Option<Limit> {
        if self.used_on(day) >= self.daily_quota {
            Some(Limit::Daily)
        } else if self.used_in(day.month()) >= self.monthly_quota {
            Some(Limit::Monthly)
        } else {
            None
        }
    }

    /// Requests counted on `day`: zero if the row's window is an earlier one.
    pub fn used_on(&self, day: Day) -> u32 {
        if self.daily_reset_at.is_some_and(|at| at < day) { 0 } else { self.daily_used }
    }

    /// Requests counted in `month`: zero if the row's window is an earlier one.
    pub fn used_in(&self, month: Month) -> u32 {
        if self.monthly_reset_at.is_some_and(|at| at < month) { 0 } else { self.monthly_used }
    }

    /// The row after T4b's relative update: balance down by `amount`, the version up by one and, where `counts` names
    /// the day, one request more in both windows.
    pub fn charged(self, amount: Money, counts: Option<Day>) -> QuotaRow {
        let row = counts.map_or(self, |day| self.counted(day));
        QuotaRow { balance: row.balance - amount, version: self.version + 1, ..row }
    }

    /// One request more in both windows. A window that is *later than* the row's restarts at one; a date that is null
    /// is set and the request is not counted, as in the original (data model, `daily_reset_at`).
    pub fn counted(self, day: Day) -> QuotaRow {
        let month = day.month();
        let daily_used = match self.daily_reset_at {
            None => 0,
            Some(at) if at < day => 1,
            Some(_) => self.daily_used + 1,
        };
        let monthly_used = match self.monthly_reset_at {
            None => 0,
            Some(at) if at < month => 1,
            Some(_) => self.monthly_used + 1,
        };
        QuotaRow {
            daily_used,
            monthly_used,
            daily_reset_at: self.daily_reset_at.max(Some(day)),
            monthly_reset_at: self.monthly_reset_at.max(Some(month)),
            ..self
        }
    }
}

/// What the API key of a tenant may spend, as `api_key` has it and as the cached principal carries it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct KeyRow {
    /// The most that may be spent; without it there is no budget.
    pub limit: Option<Money>,
    /// The spending on record.
    pub used: Money,
}

/// What a number in a budget column counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Unit {
    /// Hundredths.
    Cents,
    /// Millionths.
    Micros,
}

impl Unit {
    /// The money that this many units are.
    pub const fn money(self, units: i64) -> Money {
        match self {
            Unit::Cents => Money::from_micros(units * 10_000),
            Unit::Micros => Money::from_micros(units),
        }
    }

    /// The whole units in an amount; the fraction is cut off, as `int(cost * 100)` does.
    pub const fn whole(self, money: Money) -> i64 {
        match self {
            Unit::Cents => money.micros() / 10_000,
            Unit::Micros => money.micros(),
        }
    }

    /// So many of them, in words.
    pub fn words(self, units: i64) -> String {
        match self {
            Unit::Cents => format!("{units} cents"),
            Unit::Micros => format!("{units} micro-units"),
        }
    }
}

/// A row of `api_key_quota` of type BUDGET.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct BudgetRow {
    /// `total_quota`; without it there is no budget.
    pub total: Option<i64>,
    /// `used_quota`.
    pub used: i64,
    /// The unit of both numbers.
    pub unit: Unit,
}

/// Totals of an API key's usage.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct UsageRow {
    /// Requests.
    pub requests: u32,
    /// What they cost.
    pub cost: Money,
}

/// A limit that can refuse a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Limit {
    /// Balance plus credit is less than the price.
    Balance,
    /// The daily quota is used up.
    Daily,
    /// The monthly quota is used up.
    Monthly,
    /// The API key has spent its budget.
    Budget,
}

/// State of a ledger row. *Effective* means the money counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// Intended; the money has not moved, or is not known to have moved.
    Pending,
    /// Charged.
    Committed,
    /// Charged, and given back by a separate row.
    Reversed,
}

/// What a ledger row is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// A charge.
    #[default]
    Deduct,
    /// Money paid in.
    Recharge,
    /// A charge given back, whole or in part.
    Refund,
    /// The estimated money of a stream under way, taken until it is settled (hold-then-settle, repaired).
    Hold,
}

/// A row of `billing_transaction`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct LedgerRow {
    /// Whose money.
    pub tenant: Tenant,
    /// The trace it is for; UNIQUE.
    pub trace: TraceId,
    /// What it is for.
    pub kind: Kind,
    /// Its status.
    pub status: Status,
    /// How much, never negative.
    pub amount: Money,
    /// The balance that the writer had read.
    pub before: Money,
    /// The balance after it, as the writer computed it.
    pub after: Money,
}

impl LedgerRow {
    /// Whether the row's money counts: committed or reversed.
    pub fn effective(&self) -> bool {
        self.status != Status::Pending
    }

    /// What it does to the balance: `eff(r)` of the invariants.
    pub fn effect(&self) -> Money {
        self.kind.effect(self.amount)
    }

    /// Whether a process still has to finish it: it is pending, or a hold that is not settled.
    pub fn unfinished(&self) -> bool {
        self.status == Status::Pending || self.kind == Kind::Hold
    }
}

impl Kind {
    /// What an amount of this kind does to the balance.
    pub fn effect(self, amount: Money) -> Money {
        match self {
            Kind::Deduct | Kind::Hold => -amount,
            Kind::Recharge | Kind::Refund => amount,
        }
    }
}
