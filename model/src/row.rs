//! The rows and fields that money lives in, as both stores and every flow see them.

use serde::{Deserialize, Serialize};

use crate::money::Money;

/// Which tenant, by its place in the scenario.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Tenant(pub u8);

/// Which trace id, by its place in the scenario. Unique in the ledger across tenants.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Trace(pub u8);

/// Which logical request: one tenant, one trace, one price, however many attempts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Request(pub u8);

impl Tenant {
    /// Its place in the scenario's list.
    pub fn index(self) -> usize {
        usize::from(self.0)
    }
}

impl Trace {
    /// Its place in the scenario's list.
    pub fn index(self) -> usize {
        usize::from(self.0)
    }
}

impl Request {
    /// Its place in the scenario's list.
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
    /// Requests counted today.
    pub daily_used: u32,
    /// Requests a month.
    pub monthly_quota: u32,
    /// Requests counted this month.
    pub monthly_used: u32,
    /// Optimistic version, +1 with each update.
    pub version: u32,
}

impl QuotaRow {
    /// The first limit, in the order in which T4a checks them, that forbids a charge of `amount`.
    pub fn binding_limit(&self, amount: Money) -> Option<Limit> {
        if self.balance + self.credit < amount {
            Some(Limit::Balance)
        } else if self.daily_used >= self.daily_quota {
            Some(Limit::Daily)
        } else if self.monthly_used >= self.monthly_quota {
            Some(Limit::Monthly)
        } else {
            None
        }
    }

    /// The row after T4b's relative update: balance down by `amount`, both counts and the version up by one.
    pub fn charged(self, amount: Money) -> QuotaRow {
        QuotaRow {
            balance: self.balance - amount,
            daily_used: self.daily_used + 1,
            monthly_used: self.monthly_used + 1,
            version: self.version + 1,
            ..self
        }
    }
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
}

/// State of a ledger row. *Effective* means the money counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// Intended, money not (known to be) moved.
    Pending,
    /// Charged.
    Committed,
    /// Charged and given back by a row of its own.
    Reversed,
}

/// A deduct row of `billing_transaction`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct LedgerRow {
    /// Whose money.
    pub tenant: Tenant,
    /// For which trace; UNIQUE.
    pub trace: Trace,
    /// Where it stands.
    pub status: Status,
    /// The price of the request.
    pub amount: Money,
    /// Balance the writer had read.
    pub before: Money,
    /// `before - amount`, as the writer reckoned it.
    pub after: Money,
}

impl LedgerRow {
    /// Whether the row's money counts: committed or reversed.
    pub fn effective(&self) -> bool {
        self.status != Status::Pending
    }
}
