//! The policies a design declares, since the same run is a breach or a feature depending on them. Invariants read these
//! and never the choices.

use serde::{Deserialize, Serialize};

use crate::design::{Budget, Cache, Counting, Design, Idempotency, Usage};
use crate::row::Unit;

/// One of the two stores.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Store {
    /// Postgres.
    Postgres,
    /// Redis.
    Redis,
}

/// What happens when a store is down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fail {
    /// The request is not let through.
    Closed,
}

/// How far the hash may lag behind Postgres.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Staleness {
    /// By the charges of attempts that are still in flight.
    InFlight,
    /// Until the background job has run.
    Background,
}

/// Where what a key has spent is on record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BudgetRecord {
    /// `api_key.budget_used`.
    Key,
    /// The BUDGET row of `api_key_quota`, in this unit.
    Row(Unit),
    /// The Redis counter, in micro-units.
    Counter,
}

impl Design {
    /// `truth`: the store whose balance decides and is what a tenant has.
    pub fn truth(self) -> Store {
        match self.cache {
            Cache::A | Cache::AFixed | Cache::C | Cache::CFixed => Store::Redis,
            _ => Store::Postgres,
        }
    }

    /// The store whose counts decide.
    pub fn counts_in(self) -> Store {
        match self.counting {
            Counting::C | Counting::CFixed => Store::Redis,
            _ => self.truth(),
        }
    }

    /// `count_failed_calls`: whether a request counts once it is let through, or only once it is charged.
    pub fn counts_failed_calls(self) -> bool {
        matches!(self.counting, Counting::B | Counting::C | Counting::CFixed)
            || matches!(self.cache, Cache::A | Cache::AFixed)
    }

    /// Whether the count goes up in the charge's own transaction, so that it must be exact at every instant.
    pub fn counts_with_the_charge(self) -> bool {
        self.counts_in() == Store::Postgres && !self.counts_failed_calls()
    }

    /// `fail`.
    pub fn fail(self) -> Fail {
        Fail::Closed
    }

    /// `staleness`.
    pub fn staleness(self) -> Staleness {
        let in_the_background = matches!(self.idempotency, Idempotency::B | Idempotency::BFixed)
            || !matches!(self.cache, Cache::AsReported | Cache::D | Cache::DFixed);
        if in_the_background { Staleness::Background } else { Staleness::InFlight }
    }

    /// `reset_tz`: whose midnight ends a window.
    pub fn reset_tz(self) -> &'static str {
        "UTC"
    }

    /// Where the budget is on record.
    pub fn budget_record(self) -> BudgetRecord {
        match self.budget {
            Budget::AsReported => BudgetRecord::Key,
            Budget::A => BudgetRecord::Row(Unit::Cents),
            Budget::AFixed => BudgetRecord::Row(Unit::Micros),
            Budget::B | Budget::BFixed => BudgetRecord::Counter,
        }
    }

    /// Whether the budget goes up in the charge's own transaction.
    pub fn budgets_with_the_charge(self) -> bool {
        self.budget == Budget::AFixed
    }

    /// Whether usage is written in the charge's own transaction.
    pub fn records_usage_with_the_charge(self) -> bool {
        self.usage == Usage::C
    }
}
