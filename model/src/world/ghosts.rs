//! What only the checker knows: whose money moved, who holds a key, what was binding, what an attempt has seen.

use arrayvec::ArrayVec;

use crate::books::{Allowed, Occurrence, Told};
use crate::day::Day;
use crate::effect::{Call, Effect, Errand, LocalOp, PgOp, RedisOp};
use crate::flow::Asking;
use crate::money::Money;
use crate::moves::Actor;
use crate::policy::{Overdraft, Store};
use crate::reply::{Answer, Reply};
use crate::row::{Key, Kind, LedgerRow, Limit, QuotaRow, Request, Tenant, Trace};
use crate::setup::Setup;
use crate::step::Step;
use crate::store::postgres::MAX_TENANTS;
use crate::store::redis::MAX_REQUESTS;
use crate::world::{Attempt, World, place_of};

/// What both stores hold of each tenant, before a step.
pub(super) struct Before {
    quotas: ArrayVec<QuotaRow, MAX_TENANTS>,
    hashes: ArrayVec<Option<crate::store::redis::Hash>, MAX_TENANTS>,
    /// The rows of traces that two requests share.
    shared: ArrayVec<(Trace, Option<LedgerRow>), MAX_REQUESTS>,
}

impl World {
    pub(super) fn before(&self, setup: &Setup) -> Before {
        Before {
            quotas: setup.tenants().map(|t| self.pg.quota(t)).collect(),
            hashes: setup.tenants().map(|t| self.redis.hash(t)).collect(),
            shared: setup.shared_traces().map(|trace| (trace, self.pg.row(trace))).collect(),
        }
    }

    /// After a step of an actor: money is put down to the request it is about, and periodic jobs become due by a change
    /// of what they carry over.
    pub(super) fn after_step(&mut self, setup: &Setup, actor: Actor, call: Call, before: &Before) {
        let (mut rows_changed, mut hashes_changed) = (false, false);
        let for_writer = self.remember_writers(setup, actor, before);
        for tenant in setup.tenants() {
            let (was, is) = (before.quotas[tenant.index()], self.pg.quota(tenant));
            rows_changed |= was != is;
            self.allowed[tenant.index()] = self.allowed[tenant.index()].or(Allowed::by(&is));
            hashes_changed |= before.hashes[tenant.index()] != self.redis.hash(tenant);
            let taken = match setup.met.truth() {
                Store::Postgres if actor != Actor::CopyBack => was.balance - is.balance,
                Store::Redis => self.taken_by_script(tenant, call, before),
                Store::Postgres => Money::ZERO,
            };
            if taken != Money::ZERO
                && let Some(request) = for_writer
                    .filter(|&writer| setup.charge(writer).tenant == tenant)
                    .or_else(|| self.worked_for(setup, actor, tenant, call))
            {
                let client = &mut self.clients[request.index()];
                client.moved = client.moved + taken;
            }
        }
        let commits = matches!(call.effect, Effect::Pg(op) if op == PgOp::Commit || op.writes());
        let left_unfinished = setup.flows.sweep.is_some() && commits && self.pg.has_unfinished();
        self.make_due(setup, |job| match job {
            Actor::Sync => rows_changed,
            Actor::CopyBack => hashes_changed,
            Actor::Sweeper => left_unfinished,
            Actor::Gateway(_) | Actor::Worker(_) | Actor::Task(_) => false,
        });
        self.remember_charges(setup, actor);
    }

    /// Whose row has appeared at a trace that two requests share; the request whose row this step made effective: the money
    /// that goes with it is for that one, also if an attempt of the other has taken the row up.
    fn remember_writers(&mut self, setup: &Setup, actor: Actor, before: &Before) -> Option<Request> {
        let mut for_writer = None;
        for &(trace, was) in &before.shared {
            let is = self.pg.row(trace);
            if was.is_none() && is.is_some() {
                self.writers[trace.index()] = self.request_of(setup, actor);
            }
            let effective = |row: Option<LedgerRow>| row.is_some_and(|row| row.effective());
            if effective(is) && !effective(was) {
                for_writer = self.writers[trace.index()];
            }
        }
        for_writer
    }

    /// Redis is the truth: its scripts move money, an HSET only copies.
    fn taken_by_script(&self, tenant: Tenant, call: Call, before: &Before) -> Money {
        let Effect::Redis(RedisOp::Eval { tenant: of, script, .. }) = call.effect else { return Money::ZERO };
        if of != tenant || !script.moves_money() {
            return Money::ZERO;
        }
        let balance = |hash: Option<crate::store::redis::Hash>| hash.map_or(Money::ZERO, |h| h.row.balance);
        balance(before.hashes[tenant.index()]) - balance(self.redis.hash(tenant))
    }

    /// Makes periodic jobs due.
    pub(super) fn make_due(&mut self, setup: &Setup, which: impl Fn(Actor) -> bool) {
        for (&actor, job) in setup.jobs().iter().zip(&mut self.jobs) {
            job.due |= matches!(actor, Actor::Sync | Actor::CopyBack | Actor::Sweeper) && which(actor);
        }
    }

    fn remember_charges(&mut self, setup: &Setup, actor: Actor) {
        let turn = self.turn_of(setup, actor);
        for request in setup.all_requests() {
            let charge = setup.charge(request);
            let day = self.window_of(setup, charge.tenant, turn);
            let row = self.charge_row(setup, request);
            if row.is_some() && charge.asking.is_call() {
                self.clients[request.index()].charged_on.get_or_insert(day);
            }
        }
    }

    /// The effective row of a call that costs anything, under whichever of its traces.
    fn charge_row(&self, setup: &Setup, request: Request) -> Option<LedgerRow> {
        let charge = setup.charge(request);
        let traces = (0..setup.traces.len() as u8).map(Trace).filter(|&trace| charge.has(trace));
        let rows = traces.filter_map(|trace| self.pg.row(trace));
        let wrote = |row: &LedgerRow| self.writers[row.trace.index()].is_none_or(|writer| writer == request);
        let of =
            |row: &LedgerRow| row.tenant == charge.tenant && row.effective() && row.amount != Money::ZERO && wrote(row);
        rows.filter(of).find(|row| row.kind != Kind::Refund)
    }

    /// The place in the calendar at which what an actor does arrived or, of a job, began.
    pub(super) fn turn_of(&self, setup: &Setup, actor: Actor) -> u8 {
        let known = match actor {
            Actor::Gateway(n) => self.attempt(n).map(|attempt| attempt.arrived),
            job @ (Actor::Sync | Actor::CopyBack | Actor::Sweeper | Actor::Worker(_) | Actor::Task(_)) => {
                place_of(setup, job).and_then(|place| self.jobs[place].began)
            }
        };
        known.unwrap_or(self.turn)
    }

    /// The day whose window a request that arrived then is counted and judged in: that of the tenant by the declared
    /// policy, whatever day a gateway took. Postgres counts a late one in the window that has begun meanwhile
    /// ([`QuotaRow::counted`]), the scripts in that of its own day. A window that no clock but a wrong one has begun is
    /// none.
    fn window_of(&self, setup: &Setup, tenant: Tenant, turn: u8) -> Day {
        let day = setup.date_declared(turn, tenant);
        let begun = self.pg.quota(tenant).daily_reset_at.filter(|_| setup.met.counts_in() == Store::Postgres);
        begun.map_or(day, |begun| begun.min(setup.date_declared(self.turn, tenant)).max(day))
    }

    /// The request that a step is for: that of the trace it names, else the process's own.
    fn worked_for(&self, setup: &Setup, actor: Actor, tenant: Tenant, call: Call) -> Option<Request> {
        match call.behalf {
            Some(trace) => setup.request_of(tenant, trace),
            None => self.request_of(setup, actor),
        }
    }

    pub(super) fn request_of(&self, setup: &Setup, actor: Actor) -> Option<Request> {
        match actor {
            Actor::Worker(request) | Actor::Task(request) => Some(request),
            Actor::Gateway(_) | Actor::Sync | Actor::CopyBack | Actor::Sweeper => {
                self.running(setup, actor).and_then(|process| process.work.request())
            }
        }
    }

    /// Before a command of Redis runs: whether it shows what may still roll back, or releases another's key.
    pub(super) fn watch_redis(&self, setup: &Setup, actor: Actor, op: RedisOp, did: &mut Occurrence) {
        let shows = op.shows().is_some();
        did.early |= shows && self.may_still_roll_back(setup, actor);
        did.stranger_released |= self.releases_for_another(actor, op);
    }

    /// Before an errand is handed over: whether it tells of what may still roll back.
    pub(super) fn watch_errand(&self, setup: &Setup, actor: Actor, op: LocalOp, did: &mut Occurrence) {
        did.early |= op.shows().is_some() && self.may_still_roll_back(setup, actor);
    }

    /// Before a statement runs: whether one flow ends the uncommitted work of another in the same transaction.
    pub(super) fn watch_transaction(
        &mut self,
        setup: &Setup,
        actor: Actor,
        call: Call,
        op: PgOp,
        did: &mut Occurrence,
    ) {
        let Actor::Gateway(n) = actor else { return };
        let Some(attempt) = &mut self.gateways[usize::from(n)] else { return };
        if setup.charge(attempt.request).rider.is_none() {
            return;
        }
        let ends = matches!(op, PgOp::Commit | PgOp::Rollback);
        if call.behalf.is_some() && attempt.open_work {
            did.met_others_work = Some(ends);
        }
        attempt.open_work = !ends && (attempt.open_work || call.behalf.is_none() && op.writes());
    }

    pub(super) fn may_still_roll_back(&self, setup: &Setup, actor: Actor) -> bool {
        self.pg.in_transaction(self.session(setup, actor))
    }

    fn releases_for_another(&self, actor: Actor, op: RedisOp) -> bool {
        let RedisOp::Del(key) = op else { return false };
        self.redis.key(key).is_some() && self.key_holders[key.index()] != Some(actor)
    }

    pub(super) fn forget_gone_keys(&mut self) {
        for (place, holder) in self.key_holders.iter_mut().enumerate() {
            if self.redis.key(Key(place as u8)).is_none() {
                *holder = None;
            }
        }
    }

    /// Whether this reply tells the actor that its request is charged.
    pub(super) fn sees_its_charge(&self, setup: &Setup, actor: Actor, call: Call, reply: Reply) -> bool {
        let Some(request) = self.request_of(setup, actor) else { return false };
        let charge = setup.charge(request);
        match (call.effect, reply) {
            (Effect::Pg(PgOp::Commit | PgOp::MarkCommitted(_)), Reply::Ok | Reply::Updated(1)) => {
                self.charge_row(setup, request).is_some_and(|row| row.kind != Kind::Hold)
            }
            (_, Reply::Row(Some(row))) => {
                let wrote = self.writers[row.trace.index()].is_none_or(|writer| writer == request);
                let its = row.tenant == charge.tenant && charge.has(row.trace) && wrote;
                its && row.effective() && row.kind != Kind::Hold
            }
            _ => false,
        }
    }

    /// An attempt that goes on past quota_check is admitted.
    pub(super) fn remember_admission(&mut self, setup: &Setup, gateway: u8) {
        let Some(attempt) = &self.gateways[usize::from(gateway)] else { return };
        let charge = setup.charge(attempt.request);
        let past = matches!(attempt.process.next, crate::world::Next::Ask(call) if call.step >= Step::U1);
        if past && setup.path.quota_check && charge.asking.is_call() {
            let window = self.window_of(setup, charge.tenant, attempt.arrived);
            self.clients[attempt.request.index()].admitted_on.get_or_insert(window);
        }
    }

    /// An attempt has taken the lock of a warm-up.
    pub(super) fn remember_warm_up(&mut self, actor: Actor) {
        let Actor::Gateway(n) = actor else { return };
        if let Some(attempt) = &mut self.gateways[usize::from(n)] {
            attempt.warms_up = true;
        }
    }

    /// An attempt has waited a moment: whether for one of its tenant that is alive and warms up, which may have ended before
    /// this one answers. Two that wait for the lock of a dead one do not wait for each other.
    pub(super) fn remember_wait(&mut self, setup: &Setup, actor: Actor) {
        let Actor::Gateway(n) = actor else { return };
        let tenant_of = |attempt: &Attempt| setup.charge(attempt.request).tenant;
        let Some(tenant) = self.attempt(n).map(tenant_of) else { return };
        let mut in_flight = self.gateways.iter().flatten();
        let living = in_flight.any(|attempt| attempt.warms_up && tenant_of(attempt) == tenant);
        if let Some(attempt) = &mut self.gateways[usize::from(n)] {
            attempt.waited |= living;
        }
    }

    /// For each attempt in flight: which limits are exhausted now in the store that decides.
    pub(super) fn remember_binding_limits(&mut self, setup: &Setup) {
        for place in 0..self.gateways.len() {
            let Some(attempt) = &self.gateways[place] else { continue };
            let now = self.binding(setup, attempt);
            if let Some(attempt) = &mut self.gateways[place] {
                for (seen, now) in attempt.was_binding.iter_mut().zip(now) {
                    *seen |= now;
                }
            }
        }
    }

    fn binding(&self, setup: &Setup, attempt: &Attempt) -> [bool; 4] {
        let charge = setup.charge(attempt.request);
        let of = |store: Store| match store {
            Store::Postgres => self.pg.quota(charge.tenant),
            Store::Redis => self.redis.hash(charge.tenant).map_or(self.pg.quota(charge.tenant), |hash| hash.row),
        };
        let (money, counts) = (of(setup.met.truth()), of(setup.met.counts_in()));
        let limit = self.pg.key(charge.tenant).limit;
        let day = setup.date_declared(attempt.arrived, charge.tenant);
        let let_in_that_day = self.let_in_and_not_charged(setup, attempt, |other| other == day);
        let let_in_that_month = self.let_in_and_not_charged(setup, attempt, |other| other.month() == day.month());
        // What is checked before a stream is its estimate, where that is what bounds the overdraft.
        let asks = match setup.met.overdraft() {
            Overdraft::BeyondEstimate if charge.asking == Asking::Stream => charge.estimate,
            Overdraft::InFlight | Overdraft::BeyondEstimate => charge.amount,
        };
        [
            money.balance + money.credit < asks,
            counts.used_on(day) + let_in_that_day >= counts.daily_quota,
            counts.used_in(day.month()) + let_in_that_month >= counts.monthly_quota,
            limit.is_some_and(|limit| self.spent(setup, charge.tenant) >= limit),
        ]
    }

    /// Other requests of the tenant that may have been let in and are not charged: they are in flight, or their charge is
    /// handed over and still to come. A place in the quota that one of them has taken is a right reason to refuse.
    /// `within` says whether a window is meant; a charge that carries no day counts in whichever it falls.
    fn let_in_and_not_charged(&self, setup: &Setup, attempt: &Attempt, within: impl Fn(Day) -> bool) -> u32 {
        let tenant = setup.charge(attempt.request).tenant;
        let others = setup.all_requests().filter(|&other| other != attempt.request);
        let waiting = others.filter(|&other| {
            let charge = setup.charge(other);
            charge.tenant == tenant
                && charge.asking.is_call()
                && self.clients[other.index()].charged_on.is_none()
                && (self.in_flight(other).next().is_some() || self.is_to_be_charged(setup, other, &within))
        });
        waiting.count() as u32
    }

    /// Whether the queue holds the charge of a request, for a day that is meant or for none.
    fn is_to_be_charged(&self, setup: &Setup, request: Request, within: impl Fn(Day) -> bool) -> bool {
        let Some(place) = place_of(setup, Actor::Worker(request)) else { return false };
        self.jobs[place].errands.iter().any(|queued| match queued.errand {
            Errand::Charge { day, .. } => day.is_none_or(&within),
            Errand::Settle(_) => true,
            Errand::Usage { .. } | Errand::Snapshot { .. } => false,
        })
    }

    fn spent(&self, setup: &Setup, tenant: Tenant) -> Money {
        let rows = (0..setup.traces.len() as u8).filter_map(|trace| self.pg.row(crate::row::Trace(trace)));
        let charges = rows.filter(|r| r.tenant == tenant && r.effective() && r.kind == crate::row::Kind::Deduct);
        charges.map(|row| row.amount).sum()
    }

    /// Requests of the tenant that the design's policy counts, by the day they count in.
    fn counted(&self, setup: &Setup, tenant: Tenant, within: impl Fn(Day) -> bool) -> u32 {
        let on = |request: Request| {
            let client = &self.clients[request.index()];
            if setup.met.counts_failed_calls() && setup.path.quota_check {
                client.admitted_on
            } else {
                client.charged_on
            }
        };
        let of_tenant = setup.all_requests().filter(|&request| setup.charge(request).tenant == tenant);
        let counted = of_tenant.filter_map(on).filter(|&day| within(day)).count() as u32;
        let before = if within(setup.date_declared(0, tenant)) { setup.opening(tenant).daily_used } else { 0 };
        counted + before
    }

    /// What is known of an answer when it is told.
    pub(super) fn told(&self, setup: &Setup, attempt: &Attempt, answer: Answer) -> Told {
        let was_binding = match answer {
            Answer::Refused(limit) => attempt.was_binding[place_of_limit(limit)],
            Answer::Ok(_) | Answer::Duplicate | Answer::Error(_) => false,
        };
        let tenant = setup.charge(attempt.request).tenant;
        let window = self.window_of(setup, tenant, attempt.arrived);
        let that_day = |day: Day| day == window;
        let that_month = |day: Day| day.month() == window.month();
        let let_in = |within: &dyn Fn(Day) -> bool| self.let_in_and_not_charged(setup, attempt, within);
        Told {
            answer,
            knew_charged: attempt.knows_charged,
            was_binding,
            others_in_flight: self.in_flight(attempt.request).next().is_some(),
            day: setup.date_declared(attempt.arrived, tenant),
            counted_that_day: let_in(&that_day) + self.counted(setup, tenant, that_day),
            counted_that_month: let_in(&that_month) + self.counted(setup, tenant, that_month),
            after_loss: attempt.after_loss && !attempt.touched && !attempt.overlapped,
        }
    }
}

fn place_of_limit(limit: Limit) -> usize {
    match limit {
        Limit::Balance => 0,
        Limit::Daily => 1,
        Limit::Monthly => 2,
        Limit::Budget => 3,
    }
}
