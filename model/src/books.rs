//! The books: what can be read from both stores at one instant, beside what only the checker knows (ghosts). Every
//! engine fills them, and invariants read nothing else.

use arrayvec::ArrayVec;

use crate::day::Day;
use crate::design::Design;
use crate::effect::{Call, Seconds};
use crate::flow::{Asking, Path};
use crate::money::Money;
use crate::moves::{Actor, Move};
use crate::reply::{Answer, Reply};
use crate::row::{BudgetRow, KeyRow, Kind, LedgerRow, QuotaRow, Request, Tenant, UsageRow};
use crate::step::Step;
use crate::store::postgres::{MAX_SESSIONS, MAX_TENANTS, MAX_TRACES};
use crate::store::redis::{Hash, MAX_REQUESTS};
use crate::world::MAX_GATEWAYS;

/// One tenant's accounts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TenantBook {
    /// Opening balance (ghost).
    pub open: Money,
    /// Requests counted before the first one here (ghost).
    pub open_used: u32,
    /// The committed quota row.
    pub quota: QuotaRow,
    /// The Redis hash, if there is one.
    pub hash: Option<Hash>,
    /// The API key's row.
    pub key: KeyRow,
    /// The API key's BUDGET row.
    pub budget: BudgetRow,
    /// The API key's budget counter in Redis, micro-units, if there is one.
    pub counter: Option<i64>,
    /// The usage on record for the API key.
    pub usage: UsageRow,
}

/// One logical request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestBook {
    /// Whose money.
    pub tenant: Tenant,
    /// Where its row is in [`Books::rows`].
    pub trace: crate::row::Trace,
    /// What is asked for.
    pub asking: Asking,
    /// Whether its client comes back after a fault (ghost).
    pub returns: bool,
    /// What it costs (ghost).
    pub price: Money,
    /// Money really moved for it in the truth store (ghost): positive is taken.
    pub moved: Money,
    /// Its idempotency key's seconds to live, if the key is there.
    pub key: Option<Seconds>,
    /// Whether an attempt in flight took that key (ghost).
    pub key_held: bool,
    /// Attempts in flight (ghost).
    pub in_flight: u8,
    /// The final answer the client has (ghost).
    pub answered: Option<Answer>,
    /// Times the provider served it (ghost).
    pub served: u8,
    /// The day in whose window an attempt of it passed quota_check first (ghost).
    pub admitted_on: Option<Day>,
    /// The day in whose window the attempt that made its row effective is counted (ghost).
    pub charged_on: Option<Day>,
    /// The reply to a COMMIT of one of its attempts was lost (ghost).
    pub in_doubt: bool,
}

/// Everything at one instant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Books {
    /// The design as far as the path meets it: its policies say what is a breach.
    pub design: Design,
    /// The parts of the path that are walked.
    pub path: Path,
    /// The day the run began on (ghost).
    pub first_day: Day,
    /// The day it is.
    pub today: Day,
    /// The most attempts that can be in flight at once.
    pub gateways: u8,
    /// By gateway: whose attempt is in flight there and the last step it has behind it (ghost).
    pub places: ArrayVec<Option<(Tenant, Step)>, MAX_GATEWAYS>,
    /// By tenant.
    pub tenants: ArrayVec<TenantBook, MAX_TENANTS>,
    /// The committed ledger, by trace.
    pub rows: ArrayVec<Option<LedgerRow>, MAX_TRACES>,
    /// By logical request.
    pub requests: ArrayVec<RequestBook, MAX_REQUESTS>,
    /// Nothing in flight, every client done, jobs ran after the last fault, stores healthy.
    pub at_rest: bool,
}

impl Books {
    /// The committed row of a request, if it is this tenant's.
    pub fn row_of(&self, request: Request) -> Option<&LedgerRow> {
        let book = &self.requests[request.index()];
        self.rows[book.trace.index()].as_ref().filter(|row| row.tenant == book.tenant)
    }

    /// The request whose row lies at a trace.
    pub fn request_of(&self, row: &LedgerRow) -> Option<Request> {
        let place = self.requests.iter().position(|r| r.trace == row.trace && r.tenant == row.tenant)?;
        Some(Request(place as u8))
    }

    /// Sum of `eff` over a tenant's effective rows: negative for charges.
    pub fn ledger_effect(&self, tenant: Tenant) -> Money {
        let effective = self.rows.iter().flatten().filter(|row| row.tenant == tenant && row.effective());
        effective.map(LedgerRow::effect).sum()
    }

    /// The effective charges of a tenant: how many, and their sum.
    pub fn charged(&self, tenant: Tenant) -> UsageRow {
        let charges =
            self.rows.iter().flatten().filter(|r| r.tenant == tenant && r.effective() && r.kind == Kind::Deduct);
        charges
            .fold(UsageRow::default(), |sum, row| UsageRow { requests: sum.requests + 1, cost: sum.cost + row.amount })
    }

    /// The day in which a request counts by the design's policy, if it counts.
    pub fn counted_on(&self, request: &RequestBook) -> Option<Day> {
        let by_admission = self.design.counts_failed_calls() && self.path.quota_check;
        if by_admission { request.admitted_on } else { request.charged_on }
    }

    /// Requests of a tenant.
    pub fn requests_of(&self, tenant: Tenant) -> impl Iterator<Item = &RequestBook> {
        self.requests.iter().filter(move |request| request.tenant == tenant)
    }

    /// Whether an attempt of the tenant is in flight.
    pub fn busy(&self, tenant: Tenant) -> bool {
        self.requests_of(tenant).any(|request| request.in_flight > 0)
    }
}

/// What a client was told, and what was so when it was told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Told {
    /// The answer.
    pub answer: Answer,
    /// The attempt had seen its own charge made durable.
    pub knew_charged: bool,
    /// The limit it names was exhausted in the truth store at some instant of the attempt.
    pub was_binding: bool,
    /// Another attempt of the request is in flight.
    pub others_in_flight: bool,
    /// The day on which the attempt began.
    pub day: Day,
    /// Requests of the tenant counted by the design's policy in the window that it is judged in, which for a late
    /// attempt may have begun after its day; when it was told.
    pub counted_that_day: u32,
    /// The same for the month.
    pub counted_that_month: u32,
    /// The attempt began after Redis had lost all data and before any other fault, none touched it and no other attempt
    /// of its request ran beside it.
    pub after_loss: bool,
}

/// What one move did, as the checker saw it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Occurrence {
    /// The move.
    pub mv: Move,
    /// The request of the acting or struck attempt.
    pub request: Option<Request>,
    /// The last step that attempt had behind it.
    pub last: Option<Step>,
    /// What it asked.
    pub call: Option<Call>,
    /// What it was answered; nothing if it waits or was not to know.
    pub reply: Option<Reply>,
    /// Attempts whose wait ended with this move.
    pub woke: ArrayVec<(Actor, Step, Reply), MAX_SESSIONS>,
    /// What the client was told.
    pub told: Option<Told>,
    /// It deleted a key that another attempt holds, or that outlived its holder.
    pub stranger_released: bool,
    /// It wrote to Redis or answered "ok" from inside a transaction that may still roll back.
    pub early: bool,
    /// The client had asked before.
    pub again: bool,
}

impl Occurrence {
    /// An occurrence of a move, of which nothing else is known so far.
    pub fn of(mv: Move) -> Occurrence {
        Occurrence {
            mv,
            request: None,
            last: None,
            call: None,
            reply: None,
            woke: ArrayVec::new(),
            told: None,
            stranger_released: false,
            early: false,
            again: false,
        }
    }
}

/// One move with the books on both sides of it: what an invariant judges.
#[derive(Clone, Copy, Debug)]
pub struct Edge<'a> {
    /// Before; absent for the opening books.
    pub before: Option<&'a Books>,
    /// What happened; absent for the opening books.
    pub did: Option<&'a Occurrence>,
    /// After.
    pub after: &'a Books,
}
