//! The books at one instant: what both stores hold, where each process is, and what only the checker knows.

use crate::books::{Books, Cached, KeyBook, RequestBook, StreamBook, TenantBook};
use crate::flow::{Asking, AttemptInput};
use crate::money::Money;
use crate::row::{IdempotencyKey, Request, Tenant, TraceId};
use crate::setup::Setup;
use crate::world::{Attempt, World};

impl World {
    /// The books at this instant.
    pub fn books(&self, setup: &Setup) -> Books {
        let tenant = |t: Tenant| TenantBook {
            open: setup.opening(t).balance,
            open_used: setup.opening(t).daily_used,
            allowed: self.ghosts.allowed[t.index()],
            open_day: setup.date_declared(0, t),
            dates: setup.calendar.dates(self.turn, t),
            quota: self.pg.quota(t),
            hash: self.redis.hash(t),
            key: self.pg.key(t),
            budget: self.pg.budget(t),
            counter: self.redis.budget(t).map(|(value, ttl)| Cached { value, expires: ttl.is_some() }),
            principal: self.redis.principal(t).map(|(value, _)| Cached { value, expires: true }),
            usage: self.pg.usage(t),
        };
        let place = |attempt: &Attempt| Some((setup.input(attempt.request).tenant, attempt.process.last()?));
        Books {
            design: setup.effective,
            path: setup.path,
            turn: self.turn,
            today: setup.calendar.utc(self.turn),
            gateways: setup.gateways,
            places: self.gateways.iter().map(|attempt| place(attempt.as_deref()?)).collect(),
            tenants: setup.tenants().map(tenant).collect(),
            rows: (0..setup.traces.len() as u8).map(|t| self.pg.row(TraceId(t))).collect(),
            requests: setup.all_requests().map(|request| self.request_book(setup, request)).collect(),
            keys: (0..setup.keys.len() as u8).map(|key| self.key_book(setup, IdempotencyKey(key))).collect(),
            owners: setup.owners(),
            writers: self.ghosts.writers.clone(),
            at_rest: self.at_rest(),
        }
    }

    fn request_book(&self, setup: &Setup, request: Request) -> RequestBook {
        let input = setup.input(request);
        let known = &self.ghosts.requests[request.index()];
        RequestBook {
            tenant: input.tenant,
            trace: input.trace,
            asking: input.asking,
            returns: setup.requests[request.index()].returns && setup.requests[request.index()].within.is_none(),
            price: self.price(setup, request),
            moved: known.moved,
            in_flight: self.in_flight(request).count() as u8,
            answered: self.clients[request.index()].answered,
            served: known.served,
            stream: (input.asking == Asking::Stream).then_some(StreamBook {
                prices: input.stream,
                estimate: input.estimate,
                endings: known.endings,
            }),
            outage: known.outage,
            admitted_on: known.admitted_on,
            charged_on: known.charged_on,
            in_doubt: known.in_doubt,
        }
    }

    fn key_book(&self, setup: &Setup, key: IdempotencyKey) -> KeyBook {
        let (request, trace) = setup.keys[key.index()];
        KeyBook { request, trace, ttl: self.redis.key(key), held: self.ghosts.key_holders[key.index()].is_some() }
    }

    /// What the request costs; for a reverse, the cost of the charge it gives back, or if that is a stream, what its
    /// rows have taken so far.
    fn price(&self, setup: &Setup, request: Request) -> Money {
        let input = setup.input(request);
        match input.asking {
            Asking::Reverse { of } => {
                let original = setup.all_requests().map(|r| setup.input(r)).find(|other| other.trace == of);
                original.map_or(Money::ZERO, |original| match original.asking {
                    Asking::Stream => self.taken_by_rows(setup, original),
                    Asking::Charge | Asking::Recharge | Asking::Reverse { .. } | Asking::DailyQuota(_) => {
                        original.amount
                    }
                })
            }
            Asking::Charge | Asking::Stream | Asking::Recharge | Asking::DailyQuota(_) => input.amount,
        }
    }

    fn taken_by_rows(&self, setup: &Setup, of: &AttemptInput) -> Money {
        let traces = (0..setup.traces.len() as u8).map(TraceId).filter(|&trace| of.has(trace));
        let rows = traces.filter_map(|trace| self.pg.row(trace));
        rows.filter(|row| row.tenant == of.tenant && row.effective()).map(|row| -row.effect()).sum()
    }
}
