//! One thing that can happen next. A move names its actor and the step, never a place in a list, so that a list of
//! moves survives changes of the code around it.

mod named;

use serde::{Deserialize, Serialize};

use crate::row::Request;
use crate::step::Step;
use crate::store::redis::Evicted;

pub use named::{ACTS, NamedMove, UnknownMove};

/// Who acts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Actor {
    /// A gateway, `gateway-a` being 0.
    Gateway(u8),
    /// The background sync from Postgres to Redis.
    Sync,
    /// The background copy from Redis to Postgres.
    CopyBack,
    /// The job that finishes rows nobody comes back for.
    Sweeper,
    /// The queue's worker at the errands about one request.
    Worker(Request),
    /// The task that a process started after the commit of a request's charge.
    Task(Request),
}

/// Something that happens in the world, atomically.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Move {
    /// A client sends its request, for the first time or again, to a gateway.
    Send {
        /// Which request.
        request: Request,
        /// Where to.
        gateway: u8,
    },
    /// The actor's next step is carried out and answered, or begins to wait for a lock.
    Step {
        /// Who.
        actor: Actor,
        /// The label of the step.
        step: Step,
        /// If it lets go of a lock that several wait for: who gets it.
        wins: Option<Actor>,
    },
    /// The actor dies before this step (having done, or still waiting for, what comes before).
    Crash {
        /// Who.
        actor: Actor,
        /// What it would have done next.
        before: Step,
    },
    /// The attempt is cancelled before this step; its handler does not run.
    Cancel {
        /// Which gateway's attempt.
        actor: Actor,
        /// What it would have done next.
        before: Step,
    },
    /// Redis refuses this step: it does not run.
    Unreachable {
        /// Who asks.
        actor: Actor,
        /// Which step.
        step: Step,
    },
    /// The reply to this step is lost.
    Lost {
        /// Who asks.
        actor: Actor,
        /// Which step.
        step: Step,
        /// Whether the step ran.
        ran: bool,
    },
    /// Redis is out of memory and refuses this step: it does not run.
    RedisFull {
        /// Who asks.
        actor: Actor,
        /// Which step.
        step: Step,
    },
    /// The client gives up on this step of Redis, which is still on its way and runs later.
    TimesOut {
        /// Who asks.
        actor: Actor,
        /// Which step.
        step: Step,
    },
    /// The command that was given up runs.
    RunsLate,
    /// The provider fails.
    UpstreamFails {
        /// Who has called it.
        actor: Actor,
        /// At which step.
        step: Step,
    },
    /// The client of a stream goes away while a part is on its way.
    ClientAborts {
        /// Whose attempt.
        actor: Actor,
        /// At which part.
        step: Step,
    },
    /// The provider breaks a stream off instead of a part.
    ProviderAborts {
        /// Whose attempt.
        actor: Actor,
        /// At which part.
        step: Step,
    },
    /// The queue does not hear that the worker's errand is done.
    Unheard {
        /// Which worker.
        actor: Actor,
        /// At which step.
        step: Step,
    },
    /// Postgres ends the session, which is idle in its transaction.
    IdleTimeout {
        /// Whose session.
        actor: Actor,
        /// What it would have done next.
        before: Step,
    },
    /// Postgres gives up the statement with which the actor waits for a lock.
    LockTimeout {
        /// Who waits.
        actor: Actor,
        /// At which step.
        step: Step,
    },
    /// Postgres is killed and comes back.
    PostgresRestart,
    /// Redis loses all data.
    RedisLoss,
    /// Redis comes back with the data that it began with.
    RedisTimeTravel,
    /// Redis forgets its scripts and keeps its data.
    ScriptFlush,
    /// Redis evicts a key.
    Evict(Evicted),
    /// Time passes until the next key expires.
    Expire,
    /// The broker is lost with every errand in its queue.
    BrokerLoss,
    /// The date of a gateway becomes another one than the others have.
    ClockSkew {
        /// Which gateway.
        gateway: u8,
        /// A day ahead, else a day behind.
        ahead: bool,
    },
    /// The day changes.
    Midnight,
}

impl Actor {
    /// `gateway-a`, `gateway-b`, ..., `sync`, `copy-back`, `sweeper`, `worker-1`, `task-1` for the first request.
    pub fn name(self) -> String {
        match self {
            Actor::Gateway(n) => format!("gateway-{}", char::from(b'a' + n)),
            Actor::Sync => "sync".to_owned(),
            Actor::CopyBack => "copy-back".to_owned(),
            Actor::Sweeper => "sweeper".to_owned(),
            Actor::Worker(Request(place)) => format!("worker-{}", place + 1),
            Actor::Task(Request(place)) => format!("task-{}", place + 1),
        }
    }

    /// Whether it is a gateway.
    pub fn is_gateway(self) -> bool {
        matches!(self, Actor::Gateway(_))
    }
}

impl Move {
    /// Whether the world does this to us.
    pub fn is_fault(self) -> bool {
        !matches!(self, Move::Send { .. } | Move::Step { .. })
    }

    /// Whether it happens to the servers or to the clock by itself, so that what it changes nobody has written. A command
    /// that was given up and runs late is a write.
    pub fn is_of_the_servers(self) -> bool {
        match self {
            Move::PostgresRestart
            | Move::RedisLoss
            | Move::RedisTimeTravel
            | Move::ScriptFlush
            | Move::Evict(_)
            | Move::Expire
            | Move::BrokerLoss
            | Move::ClockSkew { .. }
            | Move::Midnight => true,
            Move::Send { .. }
            | Move::Step { .. }
            | Move::Crash { .. }
            | Move::Cancel { .. }
            | Move::Unreachable { .. }
            | Move::Lost { .. }
            | Move::RedisFull { .. }
            | Move::TimesOut { .. }
            | Move::RunsLate
            | Move::UpstreamFails { .. }
            | Move::ClientAborts { .. }
            | Move::ProviderAborts { .. }
            | Move::Unheard { .. }
            | Move::IdleTimeout { .. }
            | Move::LockTimeout { .. } => false,
        }
    }

    /// The step at which an actor acts or is struck.
    pub fn step(self) -> Option<Step> {
        match self {
            Move::Step { step, .. }
            | Move::Unreachable { step, .. }
            | Move::Lost { step, .. }
            | Move::RedisFull { step, .. }
            | Move::TimesOut { step, .. }
            | Move::UpstreamFails { step, .. }
            | Move::ClientAborts { step, .. }
            | Move::ProviderAborts { step, .. }
            | Move::Unheard { step, .. }
            | Move::LockTimeout { step, .. } => Some(step),
            Move::Crash { before, .. } | Move::Cancel { before, .. } | Move::IdleTimeout { before, .. } => Some(before),
            Move::Send { .. }
            | Move::RunsLate
            | Move::PostgresRestart
            | Move::RedisLoss
            | Move::RedisTimeTravel
            | Move::ScriptFlush
            | Move::Evict(_)
            | Move::Expire
            | Move::BrokerLoss
            | Move::ClockSkew { .. }
            | Move::Midnight => None,
        }
    }

    /// Who acts or is struck, if it is one actor.
    pub fn actor(self) -> Option<Actor> {
        match self {
            Move::Send { gateway, .. } => Some(Actor::Gateway(gateway)),
            Move::Step { actor, .. }
            | Move::Crash { actor, .. }
            | Move::Cancel { actor, .. }
            | Move::Unreachable { actor, .. }
            | Move::Lost { actor, .. }
            | Move::RedisFull { actor, .. }
            | Move::TimesOut { actor, .. }
            | Move::UpstreamFails { actor, .. }
            | Move::ClientAborts { actor, .. }
            | Move::ProviderAborts { actor, .. }
            | Move::Unheard { actor, .. }
            | Move::IdleTimeout { actor, .. }
            | Move::LockTimeout { actor, .. } => Some(actor),
            Move::RunsLate
            | Move::PostgresRestart
            | Move::RedisLoss
            | Move::RedisTimeTravel
            | Move::ScriptFlush
            | Move::Evict(_)
            | Move::Expire
            | Move::BrokerLoss
            | Move::ClockSkew { .. }
            | Move::Midnight => None,
        }
    }
}
