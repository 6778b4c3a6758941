//! Whose money moved, whose charge is on record, and in which window it counts.

use crate::books::Allowed;
use crate::day::Day;
use crate::effect::{Call, Effect, PgOp, RedisOp};
use crate::money::Money;
use crate::moves::Actor;
use crate::policy::Store;
use crate::reply::Reply;
use crate::row::{Kind, LedgerRow, Request, Tenant, TraceId};
use crate::store::redis::Hash;
use crate::world::Next;
use crate::world::ghosts::Witness;
use crate::world::mechanics::{Held, Mechanics};

impl Witness<'_> {
    /// After an effect: attributes money to the request it is about, and a charge to its window.
    pub(super) fn attribute(&mut self, at: &Mechanics, actor: Actor, call: Call, before: &Held) {
        let for_writer = self.remember_writers(at, actor, before);
        for tenant in self.setup.tenants() {
            let (was, is) = (before.quotas[tenant.index()], at.pg.quota(tenant));
            let allowed = &mut self.ghosts.allowed[tenant.index()];
            *allowed = allowed.or(Allowed::by(&is));
            let taken = match self.setup.effective.truth() {
                Store::Postgres if actor != Actor::CopyBack => was.balance - is.balance,
                Store::Redis => taken_by_script(at, tenant, call, before),
                Store::Postgres => Money::ZERO,
            };
            if taken != Money::ZERO
                && let Some(request) = for_writer
                    .filter(|&writer| self.setup.input(writer).tenant == tenant)
                    .or_else(|| self.worked_for(at, actor, tenant, call))
            {
                let request = &mut self.ghosts.requests[request.index()];
                request.moved = request.moved + taken;
            }
        }
        self.remember_charges(at, actor);
    }

    /// Notes which request's row has appeared at a trace that two requests share, and returns the request whose row
    /// this step made effective: its money is attributed to that request, even if an attempt of the other one continued
    /// the row.
    fn remember_writers(&mut self, at: &Mechanics, actor: Actor, before: &Held) -> Option<Request> {
        let mut for_writer = None;
        for &(trace, was) in &before.shared {
            let is = at.pg.row(trace);
            if was.is_none() && is.is_some() {
                self.ghosts.writers[trace.index()] = at.request_of(self.setup, actor);
            }
            let effective = |row: Option<LedgerRow>| row.is_some_and(|row| row.effective());
            if effective(is) && !effective(was) {
                for_writer = self.ghosts.writers[trace.index()];
            }
        }
        for_writer
    }

    fn remember_charges(&mut self, at: &Mechanics, actor: Actor) {
        let turn = self.turn_of(at, actor);
        for request in self.setup.all_requests() {
            let input = self.setup.input(request);
            let day = self.window_of(at, input.tenant, turn);
            let row = self.charge_row(at, request);
            if row.is_some() && input.asking.is_call() {
                self.ghosts.requests[request.index()].charged_on.get_or_insert(day);
            }
        }
    }

    /// The effective row of a call that costs anything, under any of its traces.
    fn charge_row(&self, at: &Mechanics, request: Request) -> Option<LedgerRow> {
        let input = self.setup.input(request);
        let traces = (0..self.setup.traces.len() as u8).map(TraceId).filter(|&trace| input.has(trace));
        let rows = traces.filter_map(|trace| at.pg.row(trace));
        let wrote = |row: &LedgerRow| self.ghosts.writers[row.trace.index()].is_none_or(|writer| writer == request);
        let of =
            |row: &LedgerRow| row.tenant == input.tenant && row.effective() && row.amount != Money::ZERO && wrote(row);
        rows.filter(of).find(|row| row.kind != Kind::Refund)
    }

    /// The day whose window a request that arrived then is counted and judged in: that of the tenant by the declared
    /// policy, whatever day a gateway used. Postgres counts a late request in the window that has begun meanwhile
    /// ([`counted`](crate::row::QuotaRow::counted)), the scripts in that of its own day. A window that only a wrong
    /// clock has begun does not count.
    pub(super) fn window_of(&self, at: &Mechanics, tenant: Tenant, turn: u8) -> Day {
        let day = self.setup.date_declared(turn, tenant);
        let begun = at.pg.quota(tenant).daily_reset_at.filter(|_| self.setup.effective.counts_in() == Store::Postgres);
        begun.map_or(day, |begun| begun.min(self.setup.date_declared(at.turn, tenant)).max(day))
    }

    /// The request that a step is for: that of the trace it names, else the process's own.
    fn worked_for(&self, at: &Mechanics, actor: Actor, tenant: Tenant, call: Call) -> Option<Request> {
        match call.behalf {
            Some(trace) => self.setup.request_of(tenant, trace),
            None => at.request_of(self.setup, actor),
        }
    }

    /// Whether this reply tells the actor that its request is charged.
    pub(super) fn sees_its_charge(&self, at: &Mechanics, actor: Actor, call: Call, reply: Reply) -> bool {
        let Some(request) = at.request_of(self.setup, actor) else { return false };
        let input = self.setup.input(request);
        match (call.effect, reply) {
            (Effect::Pg(PgOp::Commit | PgOp::MarkCommitted(_)), Reply::Ok | Reply::Updated(1)) => {
                self.charge_row(at, request).is_some_and(|row| row.kind != Kind::Hold)
            }
            (_, Reply::Row(Some(row))) => {
                let wrote = self.ghosts.writers[row.trace.index()].is_none_or(|writer| writer == request);
                let its = row.tenant == input.tenant && input.has(row.trace) && wrote;
                its && row.effective() && row.kind != Kind::Hold
            }
            _ => false,
        }
    }

    /// An attempt that goes on past quota_check is admitted.
    pub(super) fn remember_admission(&mut self, at: &Mechanics, gateway: u8) {
        let Some(attempt) = at.attempt(gateway) else { return };
        let input = self.setup.input(attempt.request);
        let past = matches!(attempt.process.next, Next::Ask(call) if call.step.stage().admitted());
        if past && self.setup.path.quota_check && input.asking.is_call() {
            let window = self.window_of(at, input.tenant, self.turn_of(at, Actor::Gateway(gateway)));
            self.ghosts.requests[attempt.request.index()].admitted_on.get_or_insert(window);
        }
    }
}

/// If Redis is the truth: its scripts move money, an HSET only copies.
fn taken_by_script(at: &Mechanics, tenant: Tenant, call: Call, before: &Held) -> Money {
    let Effect::Redis(RedisOp::Eval { tenant: of, script, .. }) = call.effect else { return Money::ZERO };
    if of != tenant || !script.moves_money() {
        return Money::ZERO;
    }
    let balance = |hash: Option<Hash>| hash.map_or(Money::ZERO, |hash| hash.row.balance);
    balance(before.hashes[tenant.index()]) - balance(at.redis.hash(tenant))
}
