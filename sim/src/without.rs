//! Which kind of fault a move is, and faults that lack a kind.

use model::books::{Books, Occurrence};
use model::moves::Move;
use model::setup::Faults;

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
