//! The books: what can be read from both stores at one instant, and what only the checker knows (ghosts). Every engine
//! fills them, and invariants read nothing else.

use arrayvec::ArrayVec;

use crate::calendar::Dates;
use crate::day::Day;
use crate::delivery::{Endings, StreamPrices};
use crate::design::Design;
use crate::effect::{Call, Seconds};
use crate::flow::{Asking, RequestPath};
use crate::money::Money;
use crate::moves::{Actor, Move};
use crate::reply::{Answer, Reply};
use crate::row::{BudgetRow, KeyRow, Kind, LedgerRow, QuotaRow, Request, Tenant, TraceId, UsageRow};
use crate::setup::MAX_GATEWAYS;
use crate::step::Step;
use crate::store::postgres::{MAX_SESSIONS, MAX_TENANTS, MAX_TRACES};
use crate::store::redis::{Hash, MAX_KEYS, MAX_REQUESTS};

/// One tenant's accounts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TenantBook {
    /// Opening balance (ghost).
    pub open: Money,
    /// Requests counted before the run (ghost).
    pub open_used: u32,
    /// The largest daily and monthly quota that Postgres has had in the current windows (ghost).
    pub allowed: Allowed,
    /// The day of the window that was current at the opening, by the declared policy (ghost).
    pub open_day: Day,
    /// Its dates (ghost).
    pub dates: Dates,
    /// The committed quota row.
    pub quota: QuotaRow,
    /// The Redis hash, if there is one.
    pub hash: Option<Hash>,
    /// The API key's row.
    pub key: KeyRow,
    /// The API key's BUDGET row.
    pub budget: BudgetRow,
    /// The API key's budget counter in Redis, micro-units, if there is one.
    pub counter: Option<Cached<i64>>,
    /// The cached principal of the API key, if there is one.
    pub principal: Option<Cached<KeyRow>>,
    /// The usage on record for the API key.
    pub usage: UsageRow,
}

/// A value in Redis, and whether it will expire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cached<T> {
    /// The value.
    pub value: T,
    /// Whether it has a time to live.
    pub expires: bool,
}

/// Quotas of requests, by window.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Allowed {
    /// A day.
    pub daily: u32,
    /// A month.
    pub monthly: u32,
}

impl Allowed {
    /// What a quota row allows.
    pub fn by(row: &QuotaRow) -> Allowed {
        Allowed { daily: row.daily_quota, monthly: row.monthly_quota }
    }

    /// The larger of both quotas, per window.
    pub fn or(self, other: Allowed) -> Allowed {
        Allowed { daily: self.daily.max(other.daily), monthly: self.monthly.max(other.monthly) }
    }
}

/// One logical request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestBook {
    /// The tenant whose money it is.
    pub tenant: Tenant,
    /// The index of its row in [`Books::rows`].
    pub trace: TraceId,
    /// What is asked for.
    pub asking: Asking,
    /// Whether its client comes back after a fault (ghost).
    pub returns: bool,
    /// What it costs (ghost).
    pub price: Money,
    /// Money really moved for it in the truth store (ghost): positive when taken.
    pub moved: Money,
    /// Attempts in flight (ghost).
    pub in_flight: u8,
    /// The final answer the client has (ghost).
    pub answered: Option<Answer>,
    /// How often the provider served it (ghost); of a stream only the calls that cost anything.
    pub served: u8,
    /// What is known of a stream.
    pub stream: Option<StreamBook>,
    /// A fault of a store struck an attempt of it (ghost).
    pub outage: bool,
    /// The day in whose window an attempt of it first passed quota_check (ghost).
    pub admitted_on: Option<Day>,
    /// The day in whose window the attempt that made its row effective is counted (ghost).
    pub charged_on: Option<Day>,
    /// The reply to a COMMIT of one of its attempts was lost (ghost).
    pub in_doubt: bool,
}

/// One idempotency key, present or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyBook {
    /// The request it belongs to.
    pub request: Request,
    /// The trace it is for.
    pub trace: TraceId,
    /// Its seconds to live, if it is present.
    pub ttl: Option<Seconds>,
    /// Whether a process that is still alive took it (ghost).
    pub held: bool,
}

/// What is known of a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StreamBook {
    /// What it costs, by how far it gets (ghost).
    pub prices: StreamPrices,
    /// The estimate of its cost before the call.
    pub estimate: Money,
    /// How its calls ended (ghost).
    pub endings: Endings,
}

/// Everything at one instant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Books {
    /// The design, with choices that the path does not use left as reported: its policies say what is a breach.
    pub design: Design,
    /// The parts of the path that run.
    pub path: RequestPath,
    /// The index of the clock in the calendar (ghost).
    pub turn: u8,
    /// The current day in UTC.
    pub today: Day,
    /// The most attempts that can be in flight at once.
    pub gateways: u8,
    /// By gateway: the tenant of the attempt in flight there and its last completed step (ghost).
    pub places: ArrayVec<Option<(Tenant, Step)>, MAX_GATEWAYS>,
    /// By tenant.
    pub tenants: ArrayVec<TenantBook, MAX_TENANTS>,
    /// The committed ledger, by trace.
    pub rows: ArrayVec<Option<LedgerRow>, MAX_TRACES>,
    /// By trace: the request it belongs to, if it is a trace with a suffix.
    pub owners: ArrayVec<Option<Request>, MAX_TRACES>,
    /// By trace that two requests of one tenant share: the one that wrote its row (ghost).
    pub writers: ArrayVec<Option<Request>, MAX_TRACES>,
    /// By idempotency key.
    pub keys: ArrayVec<KeyBook, MAX_KEYS>,
    /// By logical request.
    pub requests: ArrayVec<RequestBook, MAX_REQUESTS>,
    /// Nothing is in flight, every client is done, the jobs ran after the last fault, and the stores are healthy.
    pub at_rest: bool,
}

impl Books {
    /// The committed row of a request, if it belongs to its tenant; if attempts have traces of their own, the first
    /// effective one.
    pub fn row_of(&self, request: Request) -> Option<&LedgerRow> {
        self.own_row(request).or_else(|| self.rows_of(request).find(|row| row.effective() && row.kind == Kind::Deduct))
    }

    /// The committed row of a request under the trace that its client chose.
    pub fn own_row(&self, request: Request) -> Option<&LedgerRow> {
        let book = &self.requests[request.index()];
        let row = self.rows[book.trace.index()].as_ref().filter(|row| row.tenant == book.tenant)?;
        self.writers[book.trace.index()].is_none_or(|writer| writer == request).then_some(row)
    }

    /// Every committed row of a request, including those under a trace with a suffix.
    pub fn rows_of(&self, request: Request) -> impl Iterator<Item = &LedgerRow> {
        let book = &self.requests[request.index()];
        let rows = self.rows.iter().zip(&self.owners).filter_map(|(row, owner)| Some((row.as_ref()?, owner)));
        let its = move |row: &LedgerRow, owner: Option<Request>| match owner {
            Some(owner) => owner == request,
            None => {
                let wrote = self.writers[row.trace.index()].is_none_or(|writer| writer == request);
                row.trace == book.trace && row.tenant == book.tenant && wrote
            }
        };
        rows.filter(move |(row, owner)| its(row, **owner)).map(|(row, _)| row)
    }

    /// What the effective rows of a request have taken, less what they have given back.
    pub fn taken_by_rows(&self, request: Request) -> Money {
        self.rows_of(request).filter(|row| row.effective()).map(|row| -row.effect()).sum()
    }

    /// The amounts that a stream may pay, by how its calls ended.
    pub fn due(&self, stream: &StreamBook) -> Vec<Money> {
        self.design.due(&stream.prices, stream.estimate, stream.endings)
    }

    /// Whether a stream may pay this amount.
    pub fn is_due(&self, amount: Money, stream: &StreamBook) -> bool {
        self.due(stream).contains(&amount)
    }

    /// The request that a row belongs to.
    pub fn request_of(&self, row: &LedgerRow) -> Option<Request> {
        if let Some(owner) = self.owners[row.trace.index()] {
            return Some(owner);
        }
        let its = |request: &Request| self.requests[request.index()].tenant == row.tenant;
        if let Some(writer) = self.writers[row.trace.index()].filter(its) {
            return Some(writer);
        }
        let place = self.requests.iter().position(|r| r.trace == row.trace && r.tenant == row.tenant)?;
        Some(Request(place as u8))
    }

    /// The tenant of an idempotency key.
    pub fn tenant(&self, key: &KeyBook) -> Tenant {
        self.requests[key.request.index()].tenant
    }

    /// The key of a request's own trace.
    pub fn own_key(&self, request: Request) -> Option<Seconds> {
        let book = &self.requests[request.index()];
        self.keys.iter().find(|key| key.trace == book.trace && self.tenant(key) == book.tenant)?.ttl
    }

    /// Sum of `eff` over a tenant's effective rows: negative for charges.
    pub fn ledger_effect(&self, tenant: Tenant) -> Money {
        let effective = self.rows.iter().flatten().filter(|row| row.tenant == tenant && row.effective());
        effective.map(LedgerRow::effect).sum()
    }

    /// The effective charges of a tenant: number of requests and total cost. A stream's refund from its hold reduces
    /// the cost, a row for the rest is not a separate request, and a request that took nothing in total is not counted;
    /// a charge given back later still counts.
    pub fn charged(&self, tenant: Tenant) -> UsageRow {
        let of = |row: &&LedgerRow| row.tenant == tenant && row.effective();
        self.rows.iter().flatten().filter(of).fold(UsageRow::default(), |sum, row| {
            let owner = self.owners[row.trace.index()];
            let part = owner.is_some_and(|owner| self.own_row(owner).is_some());
            match row.kind {
                Kind::Deduct | Kind::Hold => {
                    let free = self.request_of(row).is_some_and(|request| self.taken_by_rows(request) == Money::ZERO);
                    let counts = !part && !free;
                    UsageRow { requests: sum.requests + u32::from(counts), cost: sum.cost + row.amount }
                }
                Kind::Refund if owner.is_some() => UsageRow { cost: sum.cost - row.amount, ..sum },
                Kind::Refund | Kind::Recharge => sum,
            }
        })
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

/// What a client was answered, and what was true at that time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClientAnswer {
    /// The answer.
    pub answer: Answer,
    /// The attempt had seen its own charge made durable.
    pub knew_charged: bool,
    /// The limit it names was exhausted in the truth store at some instant of the attempt.
    pub was_binding: bool,
    /// Another attempt of the request is in flight.
    pub others_in_flight: bool,
    /// The day on which the attempt began, by the declared policy.
    pub day: Day,
    /// Requests of the tenant counted by the design's policy at the time of the answer, in the window that it is judged
    /// in, which for a late attempt may have begun after its day.
    pub counted_that_day: u32,
    /// The same for the month.
    pub counted_that_month: u32,
    /// The attempt began after Redis had lost all data and before any other fault, no fault touched it and no other
    /// attempt of its request ran at the same time.
    pub after_loss: bool,
}

/// What one move did, as the checker saw it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Occurrence {
    /// The move.
    pub mv: Move,
    /// The request of the acting or struck attempt.
    pub request: Option<Request>,
    /// The last step that this attempt had completed.
    pub last: Option<Step>,
    /// The call it made.
    pub call: Option<Call>,
    /// The reply it got; `None` if it waits or never learns it.
    pub reply: Option<Reply>,
    /// Attempts whose wait ended with this move.
    pub woke: ArrayVec<(Actor, Step, Reply), MAX_SESSIONS>,
    /// The answer to the client.
    pub client_answer: Option<ClientAnswer>,
    /// It deleted a key that another attempt holds, or that outlived its holder.
    pub released_foreign_key: bool,
    /// It wrote to Redis or answered "ok" from inside a transaction that may still roll back.
    pub early: bool,
    /// The client had asked before.
    pub again: bool,
    /// `Some` if its call met uncommitted work of another request in its transaction; then whether it ended that work.
    pub met_others_work: Option<bool>,
}

impl Occurrence {
    /// An occurrence of which only the move is known so far.
    pub fn of(mv: Move) -> Occurrence {
        Occurrence {
            mv,
            request: None,
            last: None,
            call: None,
            reply: None,
            woke: ArrayVec::new(),
            client_answer: None,
            released_foreign_key: false,
            early: false,
            again: false,
            met_others_work: None,
        }
    }
}

/// One move with the books on both sides of it: what an invariant judges.
#[derive(Clone, Copy, Debug)]
pub struct Edge<'a> {
    /// The books before it; absent for the opening books.
    pub before: Option<&'a Books>,
    /// What happened; absent for the opening books.
    pub did: Option<&'a Occurrence>,
    /// The books after it.
    pub after: &'a Books,
}
