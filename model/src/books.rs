//! The books: what can be read from both stores at one instant, beside what only the checker knows (ghosts). Every
//! engine fills them, and invariants read nothing else.

use arrayvec::ArrayVec;

use crate::effect::{Call, Seconds};
use crate::money::Money;
use crate::moves::{Actor, Move};
use crate::reply::{Answer, Reply};
use crate::row::{LedgerRow, QuotaRow, Request, Tenant};
use crate::step::Step;
use crate::store::postgres::{MAX_SESSIONS, MAX_TENANTS, MAX_TRACES};
use crate::store::redis::{Hash, MAX_REQUESTS};

/// One tenant's accounts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TenantBook {
    /// Opening balance (ghost).
    pub open: Money,
    /// The committed quota row.
    pub quota: QuotaRow,
    /// The Redis hash, if there is one.
    pub hash: Option<Hash>,
}

/// One logical request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestBook {
    /// Whose money.
    pub tenant: Tenant,
    /// Where its row is in [`Books::rows`].
    pub trace: crate::row::Trace,
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
}

/// Everything at one instant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Books {
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
        effective.map(|row| -row.amount).sum()
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
