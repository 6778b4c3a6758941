//! One thing that can happen next. A move names its actor and the step, never a place in a list, so that a list of
//! moves survives changes of the code around it.

use serde::{Deserialize, Serialize};

use crate::row::{Request, Tenant};
use crate::setup::Setup;
use crate::step::Step;
use crate::store::redis::Evicted;

/// Who acts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Actor {
    /// A gateway, `gateway-a` being 0.
    Gateway(u8),
    /// The background sync from Postgres to Redis.
    Sync,
    /// The background copy from Redis to Postgres.
    CopyBack,
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
    /// The day changes.
    Midnight,
}

impl Actor {
    /// `gateway-a`, `gateway-b`, ..., `sync`, `copy-back`, `worker-1`, `task-1` for the first request.
    pub fn name(self) -> String {
        match self {
            Actor::Gateway(n) => format!("gateway-{}", char::from(b'a' + n)),
            Actor::Sync => "sync".to_owned(),
            Actor::CopyBack => "copy-back".to_owned(),
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

    /// The step at which an actor acts or is struck.
    pub fn step(self) -> Option<Step> {
        match self {
            Move::Step { step, .. }
            | Move::Unreachable { step, .. }
            | Move::Lost { step, .. }
            | Move::RedisFull { step, .. }
            | Move::TimesOut { step, .. }
            | Move::UpstreamFails { step, .. }
            | Move::LockTimeout { step, .. } => Some(step),
            Move::Crash { before, .. } | Move::Cancel { before, .. } | Move::IdleTimeout { before, .. } => Some(before),
            _ => None,
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
            | Move::IdleTimeout { actor, .. }
            | Move::LockTimeout { actor, .. } => Some(actor),
            Move::RunsLate
            | Move::PostgresRestart
            | Move::RedisLoss
            | Move::RedisTimeTravel
            | Move::ScriptFlush
            | Move::Evict(_)
            | Move::Expire
            | Move::Midnight => None,
        }
    }
}

/// A move as capsules and traces spell it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NamedMove {
    /// `client`, `gateway-a`, `sync`, `copy-back`, `worker-1`, `task-1`, `postgres`, `redis` or `clock`.
    pub actor: String,
    /// One of [`ACTS`].
    pub act: String,
    /// The label of the step, where there is one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub step: Option<Step>,
    /// The trace that is sent, or whose key is evicted.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub trace: Option<String>,
    /// Whose trace it is, or whose key is evicted.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub account: Option<String>,
    /// The gateway it is sent to.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub to: Option<String>,
    /// Who gets the lock.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub wins: Option<String>,
    /// What is evicted: `key`, `hash`, `principal` or `budget`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub what: Option<String>,
}

/// A named move that means nothing in its scenario.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what} `{found}`: valid are {valid}")]
pub struct UnknownMove {
    /// Which part.
    pub what: &'static str,
    /// What it says.
    pub found: String,
    /// What it could say.
    pub valid: String,
}

/// What can happen, as capsules spell it.
pub const ACTS: &str = "sends, does, crashes-before, cancelled-before, unreachable, reply-lost-ran, reply-lost-not-run, \
                        redis-full, times-out, runs-late, provider-fails, idle-timeout-before, lock-timeout, restarts, \
                        loses-all, goes-back, flushes-scripts, evicts, expires-next, midnight";

impl Move {
    fn act(self) -> &'static str {
        match self {
            Move::Send { .. } => "sends",
            Move::Step { .. } => "does",
            Move::Crash { .. } => "crashes-before",
            Move::Cancel { .. } => "cancelled-before",
            Move::Unreachable { .. } => "unreachable",
            Move::Lost { ran: true, .. } => "reply-lost-ran",
            Move::Lost { ran: false, .. } => "reply-lost-not-run",
            Move::RedisFull { .. } => "redis-full",
            Move::TimesOut { .. } => "times-out",
            Move::RunsLate => "runs-late",
            Move::UpstreamFails { .. } => "provider-fails",
            Move::IdleTimeout { .. } => "idle-timeout-before",
            Move::LockTimeout { .. } => "lock-timeout",
            Move::PostgresRestart => "restarts",
            Move::RedisLoss => "loses-all",
            Move::RedisTimeTravel => "goes-back",
            Move::ScriptFlush => "flushes-scripts",
            Move::Evict(_) => "evicts",
            Move::Expire => "expires-next",
            Move::Midnight => "midnight",
        }
    }

    /// The move with names instead of places.
    pub fn named(self, setup: &Setup) -> NamedMove {
        let actor = match self {
            Move::Send { .. } => "client".to_owned(),
            Move::RedisLoss | Move::RedisTimeTravel | Move::ScriptFlush | Move::Evict(_) | Move::RunsLate => {
                "redis".to_owned()
            }
            Move::PostgresRestart => "postgres".to_owned(),
            Move::Expire | Move::Midnight => "clock".to_owned(),
            other => other.actor().map(Actor::name).unwrap_or_default(),
        };
        let (trace, account) = match self {
            Move::Send { request, .. } | Move::Evict(Evicted::Key(request)) => {
                let asked = &setup.requests[request.index()];
                (Some(asked.trace.clone()), Some(asked.account.clone()))
            }
            Move::Evict(Evicted::Hash(tenant) | Evicted::Principal(tenant) | Evicted::Budget(tenant)) => {
                (None, Some(setup.account_name(tenant).to_owned()))
            }
            _ => (None, None),
        };
        NamedMove {
            actor,
            act: self.act().to_owned(),
            step: self.step(),
            trace,
            account,
            to: if let Move::Send { gateway, .. } = self { Some(Actor::Gateway(gateway).name()) } else { None },
            wins: if let Move::Step { wins, .. } = self { wins.map(Actor::name) } else { None },
            what: if let Move::Evict(what) = self { Some(what_is_evicted(what).to_owned()) } else { None },
        }
    }
}

fn what_is_evicted(what: Evicted) -> &'static str {
    match what {
        Evicted::Key(_) => "key",
        Evicted::Hash(_) => "hash",
        Evicted::Principal(_) => "principal",
        Evicted::Budget(_) => "budget",
    }
}

impl NamedMove {
    /// The move these names mean in a setup.
    ///
    /// # Errors
    /// Names the part that means nothing and what would be valid.
    pub fn resolve(&self, setup: &Setup) -> Result<Move, UnknownMove> {
        let who = || actor(&self.actor, setup);
        match self.act.as_str() {
            "sends" => Ok(Move::Send { request: self.request(setup)?, gateway: self.gateway(setup)? }),
            "does" => {
                let wins = self.wins.as_deref().map(|name| actor(name, setup)).transpose()?;
                Ok(Move::Step { actor: who()?, step: self.needs_step()?, wins })
            }
            "crashes-before" => Ok(Move::Crash { actor: who()?, before: self.needs_step()? }),
            "cancelled-before" => Ok(Move::Cancel { actor: who()?, before: self.needs_step()? }),
            "unreachable" => Ok(Move::Unreachable { actor: who()?, step: self.needs_step()? }),
            "reply-lost-ran" => Ok(Move::Lost { actor: who()?, step: self.needs_step()?, ran: true }),
            "reply-lost-not-run" => Ok(Move::Lost { actor: who()?, step: self.needs_step()?, ran: false }),
            "redis-full" => Ok(Move::RedisFull { actor: who()?, step: self.needs_step()? }),
            "times-out" => Ok(Move::TimesOut { actor: who()?, step: self.needs_step()? }),
            "provider-fails" => Ok(Move::UpstreamFails { actor: who()?, step: self.needs_step()? }),
            "idle-timeout-before" => Ok(Move::IdleTimeout { actor: who()?, before: self.needs_step()? }),
            "lock-timeout" => Ok(Move::LockTimeout { actor: who()?, step: self.needs_step()? }),
            "runs-late" => Ok(Move::RunsLate),
            "restarts" => Ok(Move::PostgresRestart),
            "loses-all" => Ok(Move::RedisLoss),
            "goes-back" => Ok(Move::RedisTimeTravel),
            "flushes-scripts" => Ok(Move::ScriptFlush),
            "evicts" => self.evicted(setup).map(Move::Evict),
            "expires-next" => Ok(Move::Expire),
            "midnight" => Ok(Move::Midnight),
            other => Err(UnknownMove { what: "act", found: other.to_owned(), valid: ACTS.to_owned() }),
        }
    }

    fn request(&self, setup: &Setup) -> Result<Request, UnknownMove> {
        let wanted = (self.trace.as_deref(), self.account.as_deref());
        let place = setup.requests.iter().position(|r| (Some(r.trace.as_str()), Some(r.account.as_str())) == wanted);
        place.map(|place| Request(place as u8)).ok_or_else(|| {
            let valid = setup.requests.iter().map(|r| format!("{} of {}", r.trace, r.account));
            let found = format!("{} of {}", wanted.0.unwrap_or("nothing"), wanted.1.unwrap_or("nobody"));
            UnknownMove { what: "trace", found, valid: valid.collect::<Vec<_>>().join(", ") }
        })
    }

    fn gateway(&self, setup: &Setup) -> Result<u8, UnknownMove> {
        let to = self.to.as_deref().unwrap_or_default();
        let gateway = (0..setup.gateways).find(|&n| Actor::Gateway(n).name() == to);
        gateway.ok_or_else(|| UnknownMove {
            what: "gateway",
            found: to.to_owned(),
            valid: gateway_names(setup).join(", "),
        })
    }

    fn tenant(&self, setup: &Setup) -> Result<Tenant, UnknownMove> {
        let account = self.account.as_deref().unwrap_or_default();
        setup.tenants().find(|&tenant| setup.account_name(tenant) == account).ok_or_else(|| UnknownMove {
            what: "account",
            found: account.to_owned(),
            valid: setup.accounts.iter().map(|account| account.name.clone()).collect::<Vec<_>>().join(", "),
        })
    }

    fn evicted(&self, setup: &Setup) -> Result<Evicted, UnknownMove> {
        match self.what.as_deref() {
            Some("key") => self.request(setup).map(Evicted::Key),
            Some("hash") => self.tenant(setup).map(Evicted::Hash),
            Some("principal") => self.tenant(setup).map(Evicted::Principal),
            Some("budget") => self.tenant(setup).map(Evicted::Budget),
            other => Err(UnknownMove {
                what: "what",
                found: other.unwrap_or("nothing").to_owned(),
                valid: "key, hash, principal, budget".to_owned(),
            }),
        }
    }

    fn needs_step(&self) -> Result<Step, UnknownMove> {
        let valid = "a label such as Q5, T1, T4b or reply".to_owned();
        self.step.ok_or(UnknownMove { what: "step", found: "nothing".to_owned(), valid })
    }
}

fn actor(name: &str, setup: &Setup) -> Result<Actor, UnknownMove> {
    let known = (0..setup.gateways).map(Actor::Gateway).chain(setup.jobs().iter().copied());
    known.into_iter().find(|actor| actor.name() == name).ok_or_else(|| {
        let jobs = setup.jobs().iter().map(|job| job.name());
        let valid: Vec<String> = gateway_names(setup).into_iter().chain(jobs).collect();
        UnknownMove { what: "actor", found: name.to_owned(), valid: valid.join(", ") }
    })
}

fn gateway_names(setup: &Setup) -> Vec<String> {
    (0..setup.gateways).map(|n| Actor::Gateway(n).name()).collect()
}
