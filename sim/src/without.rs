//! What a counterexample owes to each fault in it: does the invariant still break if that kind of fault cannot happen?

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use explore::{Limits, shortest};
use model::books::{Books, Occurrence};
use model::invariant;
use model::moves::Move;
use model::setup::Faults;
use model::trace::Entry;

use crate::check::CaseMachine;
use crate::scenario::Case;
use crate::verdict::Counterexample;

/// Fills [`Counterexample::without`] by exploring the case once more per kind of fault that occurs, with none of it
/// allowed. An exploration that is cut leaves its kind out.
pub fn compare(case: &Case, counterexamples: &mut [Counterexample], stop: &Arc<AtomicBool>) {
    for (kind, budget) in case.setup.faults.budgets() {
        let strikes = |entry: &Entry| kind_of(&entry.did, &entry.books) == Some(kind);
        let concerns = |shown: &Counterexample| shown.run.entries.iter().any(strikes);
        if budget == 0 || !counterexamples.iter().any(concerns) {
            continue;
        }
        let mut setup = case.setup.clone();
        setup.faults = lacking(setup.faults, kind);
        let limits = Limits { stop: Some(Arc::clone(stop)), ..Limits::default() };
        let Ok(explored) = shortest(&CaseMachine::new(&setup), &limits) else { continue };
        if !explored.ended.is_complete() {
            continue;
        }
        for shown in counterexamples.iter_mut().filter(|shown| concerns(shown)) {
            let place = invariant::place(shown.breach.invariant);
            let breaks = place.is_some_and(|place| explored.properties[place].trace.is_some());
            shown.without.push((kind.to_owned(), breaks));
        }
    }
}

/// The kind of fault that a move is, if it is one; `after` are the books after it.
pub(crate) fn kind_of(did: &Occurrence, after: &Books) -> Option<&'static str> {
    Some(match did.mv {
        Move::Crash { .. } => "crash",
        Move::Cancel { .. } => "cancel",
        Move::Unreachable { .. } => "redis-unreachable",
        Move::Lost { .. } => "lost-reply",
        Move::RedisLoss => "redis-loss",
        Move::RedisTimeTravel => "redis-time-travel",
        Move::ScriptFlush => "script-flush",
        Move::Expire => "expiry",
        Move::UpstreamFails { .. } => "upstream-failure",
        Move::Midnight => "midnight",
        Move::ClientAborts { .. } => "client-abort",
        Move::ProviderAborts { .. } => "provider-abort",
        Move::Unheard { .. } => "redelivery",
        Move::BrokerLoss => "broker-loss",
        Move::ClockSkew { .. } => "clock-skew",
        Move::Evict(_) => "eviction",
        Move::RedisFull { .. } => "redis-full",
        Move::PostgresRestart => "postgres-restart",
        Move::IdleTimeout { .. } => "idle-timeout",
        Move::LockTimeout { .. } => "lock-timeout",
        Move::TimesOut { .. } | Move::RunsLate => "late",
        Move::Send { request, .. } if after.requests[request.index()].in_flight > 1 => "impatience",
        Move::Send { .. } | Move::Step { .. } => return None,
    })
}

/// The same faults without one kind of [`Faults::KINDS`].
pub(crate) fn lacking(faults: Faults, kind: &str) -> Faults {
    faults.without(kind).unwrap_or(faults)
}
