//! The policies a design declares, since they decide whether a run is a breach or a feature. Invariants read these and
//! never the choices.

use crate::delivery::{Cut, Endings, StreamPrices};
use crate::design::{Base, Budget, Counting, Design, Idempotency, Midnight, Stream, Usage};
use crate::money::Money;
use crate::row::Unit;

/// One of the two stores.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Store {
    /// Postgres.
    Postgres,
    /// Redis.
    Redis,
}

/// What happens when a store is down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fail {
    /// The request is not let through.
    Closed,
}

/// How far the hash may lag behind Postgres.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Staleness {
    /// By the charges of attempts that are still in flight.
    InFlight,
    /// Until the background job has run.
    Background,
}

/// How far a stream may go below zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Overdraft {
    /// By what the streams in flight at once can cost: one per gateway.
    InFlight,
    /// By what a stream costs beyond its estimate: one per gateway.
    BeyondEstimate,
}

/// What a broken stream pays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StreamAbort {
    /// What the provider has counted.
    Counted,
    /// What the provider has counted if it reports it, else prompt and three tokens a chunk.
    Known,
    /// The same, or the estimate if the process that knew the count has left it to the sweeper.
    KnownOrEstimate,
}

/// What calls of a stream after the first of its trace cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Repeats {
    /// Nothing is declared: none of them is covered.
    Undeclared,
    /// Each is charged by its own row.
    Charged,
}

/// Whose midnight ends a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResetTz {
    /// UTC's.
    Utc,
    /// The tenant's.
    Tenant,
}

/// Where the spending of a key is on record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BudgetRecord {
    /// `api_key.budget_used`.
    Key,
    /// The BUDGET row of `api_key_quota`, in this unit.
    Row(Unit),
    /// The Redis counter, in micro-units.
    Counter,
}

impl Design {
    /// `truth`: the store whose balance decides and is the tenant's money.
    pub fn truth(self) -> Store {
        if self.cache.takes_in_postgres() { Store::Postgres } else { Store::Redis }
    }

    /// The store whose counts decide.
    pub fn counts_in(self) -> Store {
        match self.counting {
            Counting::C | Counting::CFixed => Store::Redis,
            Counting::AsReported | Counting::A | Counting::B => self.truth(),
        }
    }

    /// `count_failed_calls`: whether a request counts once it is let through, or only once it is charged.
    pub fn counts_failed_calls(self) -> bool {
        matches!(self.counting, Counting::B | Counting::C | Counting::CFixed) || self.cache.takes_in_quota_check()
    }

    /// Whether the count goes up in the charge's own transaction, so that it must be exact at every instant.
    pub fn counts_with_the_charge(self) -> bool {
        self.counts_in() == Store::Postgres && !self.counts_failed_calls()
    }

    /// `fail`.
    pub fn fail(self) -> Fail {
        Fail::Closed
    }

    /// The most requests that are let through and not metered while a store is down.
    pub fn unmetered_bound(self) -> u32 {
        match self.fail() {
            Fail::Closed => 0,
        }
    }

    /// `overdraft`, of streams. Reading: the review says `allow_negative` and gives no bound; the nearest one is what
    /// is in flight when the balance is used up.
    pub fn overdraft(self) -> Overdraft {
        match self.stream {
            Stream::CFixed | Stream::Hold | Stream::HoldFixed => Overdraft::BeyondEstimate,
            Stream::AsReported
            | Stream::A
            | Stream::AFixed
            | Stream::B
            | Stream::BFixed
            | Stream::C
            | Stream::Stamped => Overdraft::InFlight,
        }
    }

    /// `stream_abort`. Reading: a design that declares nothing is judged by what the provider has counted (ST-2).
    pub fn stream_abort(self) -> StreamAbort {
        match self.stream {
            Stream::AFixed | Stream::BFixed => StreamAbort::Known,
            Stream::CFixed | Stream::HoldFixed => StreamAbort::KnownOrEstimate,
            Stream::AsReported | Stream::A | Stream::B | Stream::C | Stream::Hold | Stream::Stamped => {
                StreamAbort::Counted
            }
        }
    }

    /// The amounts a stream may pay whose calls ended in these ways; zero if there was no call.
    pub fn due(self, prices: &StreamPrices, estimate: Money, endings: Endings) -> Vec<Money> {
        let of = |cut: Cut| match self.stream_abort() {
            StreamAbort::Counted => prices.counted(cut),
            StreamAbort::Known | StreamAbort::KnownOrEstimate => prices.known(cut),
        };
        let by_estimate = self.stream_abort() == StreamAbort::KnownOrEstimate && endings.abandoned();
        let mut due: Vec<Money> = endings.cuts().map(of).chain(by_estimate.then_some(estimate)).collect();
        due.sort_unstable();
        due.dedup();
        if due.is_empty() { vec![Money::ZERO] } else { due }
    }

    /// What is declared for calls of a stream after the first of its trace.
    pub fn repeats(self) -> Repeats {
        if self.stream == Stream::Stamped { Repeats::Charged } else { Repeats::Undeclared }
    }

    /// Whether the money of a stream is taken before its price is known, so that the sums match only when nothing is
    /// under way.
    pub fn holds(self) -> bool {
        matches!(self.stream, Stream::Hold | Stream::HoldFixed)
    }

    /// `staleness`.
    pub fn staleness(self) -> Staleness {
        let in_the_background =
            matches!(self.idempotency, Idempotency::B | Idempotency::BFixed) || !self.cache.writes_in_attempt();
        if in_the_background { Staleness::Background } else { Staleness::InFlight }
    }

    /// `reset_tz`: whose midnight ends a window. Reading: a design that stores a tenant's offset means the tenant's
    /// midnight.
    pub fn reset_tz(self) -> ResetTz {
        match self.midnight {
            Midnight::Utc => ResetTz::Utc,
            Midnight::TenantZone | Midnight::FixedOffset => ResetTz::Tenant,
        }
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

    /// Whether authentication reads the BUDGET row before it caches the principal, and then takes the budget from there,
    /// as the code does.
    pub fn caches_the_budget_row(self) -> bool {
        self.base == Base::Code && matches!(self.budget_record(), BudgetRecord::Row(_))
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
