//! One thing that can happen next. A move names its actor and the step, never a place in a list, so that a list of
//! moves survives changes of the code around it.

use serde::{Deserialize, Serialize};

use crate::row::Request;
use crate::step::Step;

/// Who acts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Actor {
    /// A gateway, `gateway-a` being 0.
    Gateway(u8),
    /// The background sync.
    Sync,
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
    /// Redis loses all data.
    RedisLoss,
    /// Time passes until the next key expires.
    Expire,
}

impl Actor {
    /// `gateway-a`, `gateway-b`, ..., `sync`.
    pub fn name(self) -> String {
        match self {
            Actor::Gateway(n) => format!("gateway-{}", char::from(b'a' + n)),
            Actor::Sync => "sync".to_owned(),
        }
    }
}

impl Move {
    /// Whether the world does this to us.
    pub fn is_fault(self) -> bool {
        !matches!(self, Move::Send { .. } | Move::Step { .. })
    }

    /// Who acts or is struck, if it is one actor.
    pub fn actor(self) -> Option<Actor> {
        match self {
            Move::Send { gateway, .. } => Some(Actor::Gateway(gateway)),
            Move::Step { actor, .. }
            | Move::Crash { actor, .. }
            | Move::Cancel { actor, .. }
            | Move::Unreachable { actor, .. }
            | Move::Lost { actor, .. } => Some(actor),
            Move::RedisLoss | Move::Expire => None,
        }
    }
}

/// A move as capsules and traces spell it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NamedMove {
    /// `client`, `gateway-a`, `sync`, `redis` or `clock`.
    pub actor: String,
    /// `sends`, `does`, `crashes-before`, `cancelled-before`, `unreachable`, `reply-lost-ran`, `reply-lost-not-run`,
    /// `loses-all`, `expires-next`.
    pub act: String,
    /// The label of the step, where there is one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub step: Option<Step>,
    /// The trace that is sent.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub trace: Option<String>,
    /// Whose trace it is.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub account: Option<String>,
    /// The gateway it is sent to.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub to: Option<String>,
    /// Who gets the lock.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub wins: Option<String>,
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

const ACTS: &str = "sends, does, crashes-before, cancelled-before, unreachable, reply-lost-ran, reply-lost-not-run, \
                    loses-all, expires-next";

impl Move {
    /// The move with names instead of places.
    pub fn named(self, setup: &crate::setup::Setup) -> NamedMove {
        let (act, step) = match self {
            Move::Send { .. } => ("sends", None),
            Move::Step { step, .. } => ("does", Some(step)),
            Move::Crash { before, .. } => ("crashes-before", Some(before)),
            Move::Cancel { before, .. } => ("cancelled-before", Some(before)),
            Move::Unreachable { step, .. } => ("unreachable", Some(step)),
            Move::Lost { step, ran: true, .. } => ("reply-lost-ran", Some(step)),
            Move::Lost { step, ran: false, .. } => ("reply-lost-not-run", Some(step)),
            Move::RedisLoss => ("loses-all", None),
            Move::Expire => ("expires-next", None),
        };
        let actor = match self {
            Move::Send { .. } => "client".to_owned(),
            Move::RedisLoss => "redis".to_owned(),
            Move::Expire => "clock".to_owned(),
            other => other.actor().map(Actor::name).unwrap_or_default(),
        };
        let mut named =
            NamedMove { actor, act: act.to_owned(), step, trace: None, account: None, to: None, wins: None };
        match self {
            Move::Send { request, gateway } => {
                let asked = &setup.requests[request.index()];
                named.trace = Some(asked.trace.clone());
                named.account = Some(asked.account.clone());
                named.to = Some(Actor::Gateway(gateway).name());
            }
            Move::Step { wins, .. } => named.wins = wins.map(Actor::name),
            _ => {}
        }
        named
    }
}

impl NamedMove {
    /// The move these names mean in a setup.
    ///
    /// # Errors
    /// Names the part that means nothing and what would be valid.
    pub fn resolve(&self, setup: &crate::setup::Setup) -> Result<Move, UnknownMove> {
        match self.act.as_str() {
            "sends" => {
                let wanted = (self.trace.as_deref(), self.account.as_deref());
                let place =
                    setup.requests.iter().position(|r| (Some(r.trace.as_str()), Some(r.account.as_str())) == wanted);
                let place = place.ok_or_else(|| {
                    let valid = setup.requests.iter().map(|r| format!("{} of {}", r.trace, r.account));
                    let found = format!("{} of {}", wanted.0.unwrap_or("nothing"), wanted.1.unwrap_or("nobody"));
                    UnknownMove { what: "trace", found, valid: valid.collect::<Vec<_>>().join(", ") }
                })?;
                let to = self.to.as_deref().unwrap_or_default();
                let gateway = (0..setup.gateways).find(|&n| Actor::Gateway(n).name() == to);
                let gateway = gateway.ok_or_else(|| UnknownMove {
                    what: "gateway",
                    found: to.to_owned(),
                    valid: gateway_names(setup).join(", "),
                })?;
                Ok(Move::Send { request: Request(place as u8), gateway })
            }
            "does" => {
                let wins = self.wins.as_deref().map(|name| actor(name, setup)).transpose()?;
                Ok(Move::Step { actor: actor(&self.actor, setup)?, step: self.needs_step()?, wins })
            }
            "crashes-before" => Ok(Move::Crash { actor: actor(&self.actor, setup)?, before: self.needs_step()? }),
            "cancelled-before" => Ok(Move::Cancel { actor: actor(&self.actor, setup)?, before: self.needs_step()? }),
            "unreachable" => Ok(Move::Unreachable { actor: actor(&self.actor, setup)?, step: self.needs_step()? }),
            "reply-lost-ran" | "reply-lost-not-run" => Ok(Move::Lost {
                actor: actor(&self.actor, setup)?,
                step: self.needs_step()?,
                ran: self.act == "reply-lost-ran",
            }),
            "loses-all" => Ok(Move::RedisLoss),
            "expires-next" => Ok(Move::Expire),
            other => Err(UnknownMove { what: "act", found: other.to_owned(), valid: ACTS.to_owned() }),
        }
    }

    fn needs_step(&self) -> Result<Step, UnknownMove> {
        let valid = "T1 to T7b, E1, E2, F1 to F5, S1 to S3, reply".to_owned();
        self.step.ok_or(UnknownMove { what: "step", found: "nothing".to_owned(), valid })
    }
}

fn actor(name: &str, setup: &crate::setup::Setup) -> Result<Actor, UnknownMove> {
    let known = (0..setup.gateways).map(Actor::Gateway).chain([Actor::Sync]).find(|actor| actor.name() == name);
    known.ok_or_else(|| unknown_actor(name, setup))
}

fn unknown_actor(name: &str, setup: &crate::setup::Setup) -> UnknownMove {
    let valid = [gateway_names(setup), vec![Actor::Sync.name()]].concat();
    UnknownMove { what: "actor", found: name.to_owned(), valid: valid.join(", ") }
}

fn gateway_names(setup: &crate::setup::Setup) -> Vec<String> {
    (0..setup.gateways).map(|n| Actor::Gateway(n).name()).collect()
}
