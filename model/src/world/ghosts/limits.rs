//! Which limits are exhausted, how many requests count in a window, and what follows from that about an answer.

use crate::books::ClientAnswer;
use crate::day::Day;
use crate::effect::DeferredJob;
use crate::flow::Asking;
use crate::money::Money;
use crate::moves::Actor;
use crate::policy::{Overdraft, Store};
use crate::reply::Answer;
use crate::row::{Kind, Limit, Request, Tenant, TraceId};
use crate::world::Attempt;
use crate::world::ghosts::{OfAttempt, Witness};
use crate::world::mechanics::{Mechanics, place_of};

impl Witness<'_> {
    /// Notes for each attempt in flight which limits are exhausted at this moment in the store that decides.
    pub(super) fn remember_binding_limits(&mut self, at: &Mechanics) {
        for (place, attempt) in at.gateways.iter().enumerate() {
            let now = attempt
                .as_deref()
                .map_or(0, |attempt| self.binding(at, attempt, self.turn_of(at, Actor::Gateway(place as u8))));
            if let Some(known) = &mut self.ghosts.attempts[place] {
                known.was_binding |= now;
            }
        }
    }

    fn binding(&self, at: &Mechanics, attempt: &Attempt, arrived: u8) -> u8 {
        let input = self.setup.input(attempt.request);
        let of = |store: Store| match store {
            Store::Postgres => at.pg.quota(input.tenant),
            Store::Redis => at.redis.hash(input.tenant).map_or(at.pg.quota(input.tenant), |hash| hash.row),
        };
        let (money, counts) = (of(self.setup.effective.truth()), of(self.setup.effective.counts_in()));
        let limit = at.pg.key(input.tenant).limit;
        let day = self.setup.date_declared(arrived, input.tenant);
        let let_in_that_day = self.let_in_and_not_charged(at, attempt, |other| other == day);
        let let_in_that_month = self.let_in_and_not_charged(at, attempt, |other| other.month() == day.month());
        // If the estimate bounds the overdraft, the check before a stream uses the estimate.
        let asks = match self.setup.effective.overdraft() {
            Overdraft::BeyondEstimate if input.asking == Asking::Stream => input.estimate,
            Overdraft::InFlight | Overdraft::BeyondEstimate => input.amount,
        };
        let exhausted = [
            money.balance + money.credit < asks,
            counts.used_on(day) + let_in_that_day >= counts.daily_quota,
            counts.used_in(day.month()) + let_in_that_month >= counts.monthly_quota,
            limit.is_some_and(|limit| self.spent(at, input.tenant) >= limit),
        ];
        exhausted.iter().rev().fold(0, |bits, &now| bits << 1 | u8::from(now))
    }

    /// Other requests of the tenant that may have been let in and are not charged: they are in flight, or their charge
    /// is handed over and still to come. A place in the quota that one of them has taken is a valid reason to refuse.
    /// `within` says whether a day is in the window that is meant; a charge that carries no day may count in any
    /// window.
    fn let_in_and_not_charged(&self, at: &Mechanics, attempt: &Attempt, within: impl Fn(Day) -> bool) -> u32 {
        let tenant = self.setup.input(attempt.request).tenant;
        let others = self.setup.all_requests().filter(|&other| other != attempt.request);
        let waiting = others.filter(|&other| {
            let input = self.setup.input(other);
            input.tenant == tenant
                && input.asking.is_call()
                && self.ghosts.requests[other.index()].charged_on.is_none()
                && (at.in_flight(other).next().is_some() || self.is_to_be_charged(at, other, &within))
        });
        waiting.count() as u32
    }

    /// Whether the queue holds the charge of a request, for a day that `within` accepts or for none.
    fn is_to_be_charged(&self, at: &Mechanics, request: Request, within: impl Fn(Day) -> bool) -> bool {
        let Some(place) = place_of(self.setup, Actor::Worker(request)) else { return false };
        at.jobs[place].queued.iter().any(|queued| match queued.deferred {
            DeferredJob::Charge { day, .. } => day.is_none_or(&within),
            DeferredJob::Settle(_) => true,
            DeferredJob::Usage { .. } | DeferredJob::Snapshot { .. } => false,
        })
    }

    fn spent(&self, at: &Mechanics, tenant: Tenant) -> Money {
        let rows = (0..self.setup.traces.len() as u8).filter_map(|trace| at.pg.row(TraceId(trace)));
        let charges = rows.filter(|r| r.tenant == tenant && r.effective() && r.kind == Kind::Deduct);
        charges.map(|row| row.amount).sum()
    }

    /// Requests of the tenant that the design's policy counts on days that `within` accepts.
    fn counted(&self, tenant: Tenant, within: impl Fn(Day) -> bool) -> u32 {
        let on = |request: Request| {
            let known = &self.ghosts.requests[request.index()];
            if self.setup.effective.counts_failed_calls() && self.setup.path.quota_check {
                known.admitted_on
            } else {
                known.charged_on
            }
        };
        let of_tenant = self.setup.all_requests().filter(|&request| self.setup.input(request).tenant == tenant);
        let counted = of_tenant.filter_map(on).filter(|&day| within(day)).count() as u32;
        let before =
            if within(self.setup.date_declared(0, tenant)) { self.setup.opening(tenant).daily_used } else { 0 };
        counted + before
    }

    /// What is known of an answer that an attempt is about to give.
    pub(super) fn client_answer(
        &self,
        at: &Mechanics,
        (attempt, arrived): (&Attempt, u8),
        known: OfAttempt,
        answer: Answer,
    ) -> ClientAnswer {
        let was_binding = match answer {
            Answer::Refused(limit) => known.was_binding >> place_of_limit(limit) & 1 == 1,
            Answer::Ok(_) | Answer::Duplicate | Answer::Error(_) => false,
        };
        let tenant = self.setup.input(attempt.request).tenant;
        let window = self.window_of(at, tenant, arrived);
        let that_day = |day: Day| day == window;
        let that_month = |day: Day| day.month() == window.month();
        let let_in = |within: &dyn Fn(Day) -> bool| self.let_in_and_not_charged(at, attempt, within);
        ClientAnswer {
            answer,
            knew_charged: known.knows_charged,
            was_binding,
            others_in_flight: at.in_flight(attempt.request).count() > 1,
            day: self.setup.date_declared(arrived, tenant),
            counted_that_day: let_in(&that_day) + self.counted(tenant, that_day),
            counted_that_month: let_in(&that_month) + self.counted(tenant, that_month),
            after_loss: known.after_loss && !attempt.touched && !attempt.overlapped,
        }
    }
}

fn place_of_limit(limit: Limit) -> u8 {
    match limit {
        Limit::Balance => 0,
        Limit::Daily => 1,
        Limit::Monthly => 2,
        Limit::Budget => 3,
    }
}
