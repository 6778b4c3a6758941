//! Moves as capsules and traces spell them: with names instead of indices.

use serde::{Deserialize, Serialize};

use crate::moves::{Act, Actor, Move, Place, every_act};
use crate::row::{IdempotencyKey, Request, Tenant, TraceId};
use crate::setup::Setup;
use crate::step::Step;
use crate::store::redis::Evicted;

/// A move as capsules and traces spell it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NamedMove {
    /// `client`, `gateway-a`, `sync`, `copy-back`, `sweeper`, `worker-1`, `task-1`, `postgres`, `redis`, `broker` or
    /// `clock`.
    pub actor: String,
    /// What happens; [`UnknownMove`] lists the acts.
    pub act: String,
    /// The label of the step, if there is one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub step: Option<Step>,
    /// The trace that is sent, or whose key is evicted.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub trace: Option<String>,
    /// The account of that request or of the evicted key.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub account: Option<String>,
    /// The gateway it is sent to, or whose clock it is.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub to: Option<String>,
    /// Who gets the lock.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub wins: Option<String>,
    /// What is evicted.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub what: Option<String>,
}

/// A named move that is not valid in its scenario.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}; expected one of {valid}", self.fault())]
pub struct UnknownMove {
    /// The part of the move.
    pub what: &'static str,
    /// The text found there; empty if the move does not have that part.
    pub found: String,
    /// The texts valid there.
    pub valid: String,
}

impl UnknownMove {
    fn fault(&self) -> String {
        let UnknownMove { what, found, .. } = self;
        if found.is_empty() { format!("it has no {what}") } else { format!("unknown {what} `{found}`") }
    }
}

impl Move {
    /// The move with names instead of indices.
    pub fn named(self, setup: &Setup) -> NamedMove {
        let actor = match (self, self.place(), self.actor()) {
            (Move::Send { .. }, ..) => "client".to_owned(),
            (_, Some(place), _) => place.name().to_owned(),
            (_, None, actor) => actor.map(Actor::name).unwrap_or_default(),
        };
        let (trace, account) = self.named_account(setup);
        NamedMove {
            actor,
            act: self.act().to_owned(),
            step: self.step(),
            trace,
            account,
            to: if let Move::Send { gateway, .. } | Move::ClockSkew { gateway, .. } = self {
                Some(Actor::Gateway(gateway).name())
            } else {
                None
            },
            wins: if let Move::Step { wins, .. } = self { wins.map(Actor::name) } else { None },
            what: if let Move::Evict(what) = self { Some(what_is_evicted(what).to_owned()) } else { None },
        }
    }

    /// The trace and the account that identify a client's request or an evicted key.
    fn named_account(self, setup: &Setup) -> (Option<String>, Option<String>) {
        if let Move::Send { request, .. } = self {
            let asked = &setup.requests[request.index()];
            return (Some(asked.called().to_owned()), Some(asked.account.clone()));
        }
        let Move::Evict(what) = self else { return (None, None) };
        match what {
            Evicted::Key(key) => {
                let (request, trace) = setup.keys[key.index()];
                (Some(setup.traces[trace.index()].clone()), Some(setup.requests[request.index()].account.clone()))
            }
            Evicted::Hash(tenant) | Evicted::Principal(tenant) | Evicted::Budget(tenant) => {
                (None, Some(setup.account_name(tenant).to_owned()))
            }
        }
    }
}

impl Place {
    fn name(self) -> &'static str {
        match self {
            Place::Postgres => "postgres",
            Place::Redis => "redis",
            Place::Broker => "broker",
            Place::Clock => "clock",
        }
    }
}

/// What can be evicted: the part of the move that says which one it is, and the word for it.
macro_rules! evictable {
    ($($entry:ident of $which:ident = $text:literal,)*) => {
        fn what_is_evicted(what: Evicted) -> &'static str {
            match what { $(Evicted::$entry(_) => $text,)* }
        }

        impl NamedMove {
            fn evicted(&self, setup: &Setup) -> Result<Evicted, UnknownMove> {
                match self.what.as_deref() {
                    $(Some($text) => self.$which(setup).map(Evicted::$entry),)*
                    other => Err(UnknownMove {
                        what: "kind of evicted entry",
                        found: other.unwrap_or_default().to_owned(),
                        valid: [$($text),*].join(", "),
                    }),
                }
            }
        }
    };
}

evictable! {
    Key of key = "key",
    Hash of tenant = "hash",
    Principal of tenant = "principal",
    Budget of tenant = "budget",
}

impl NamedMove {
    /// The move these names mean in a setup.
    ///
    /// # Errors
    /// Names the part that is not valid and what would be.
    pub fn resolve(&self, setup: &Setup) -> Result<Move, UnknownMove> {
        let who = || actor(&self.actor, setup);
        let lost = |ran| Ok(Move::Lost { actor: who()?, step: self.needs_step()?, ran });
        let skewed = |ahead| Ok(Move::ClockSkew { gateway: self.gateway(setup)?, ahead });
        match Act::called(&self.act) {
            Some(Act::Sends) => Ok(Move::Send { request: self.request(setup)?, gateway: self.gateway(setup)? }),
            Some(Act::Does) => {
                let wins = self.wins.as_deref().map(|name| actor(name, setup)).transpose()?;
                Ok(Move::Step { actor: who()?, step: self.needs_step()?, wins })
            }
            Some(Act::LostRan) => lost(true),
            Some(Act::LostNotRun) => lost(false),
            Some(Act::RunsAhead) => skewed(true),
            Some(Act::RunsBehind) => skewed(false),
            Some(Act::RunsLate) => Ok(Move::RunsLate),
            Some(Act::Evicts) => self.evicted(setup).map(Move::Evict),
            None => Move::of_act(&self.act, || Ok((who()?, self.needs_step()?)))
                .unwrap_or_else(|| Err(UnknownMove { what: "act", found: self.act.clone(), valid: every_act() })),
        }
    }

    fn request(&self, setup: &Setup) -> Result<Request, UnknownMove> {
        let wanted = (self.trace.as_deref(), self.account.as_deref());
        let place = setup.requests.iter().position(|r| (Some(r.called()), Some(r.account.as_str())) == wanted);
        place.map(|place| Request(place as u8)).ok_or_else(|| {
            let valid = setup.requests.iter().map(|r| format!("{} of {}", r.called(), r.account));
            UnknownMove { what: "trace", found: self.trace_and_account(), valid: valid.collect::<Vec<_>>().join(", ") }
        })
    }

    /// The trace, and of whom it is; empty without a trace.
    fn trace_and_account(&self) -> String {
        let of = |account: &String| format!(" of {account}");
        let account = self.account.as_ref().map(of).unwrap_or_default();
        self.trace.as_ref().map(|trace| format!("{trace}{account}")).unwrap_or_default()
    }

    fn key(&self, setup: &Setup) -> Result<IdempotencyKey, UnknownMove> {
        let wanted = (self.trace.as_deref(), self.account.as_deref());
        let name = |&(request, trace): &(Request, TraceId)| {
            (setup.traces[trace.index()].as_str(), setup.requests[request.index()].account.as_str())
        };
        let place = setup.keys.iter().map(name).position(|(trace, account)| (Some(trace), Some(account)) == wanted);
        place.map(|place| IdempotencyKey(place as u8)).ok_or_else(|| {
            let valid = setup.keys.iter().map(name).map(|(trace, account)| format!("{trace} of {account}"));
            UnknownMove { what: "trace", found: self.trace_and_account(), valid: valid.collect::<Vec<_>>().join(", ") }
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

    fn needs_step(&self) -> Result<Step, UnknownMove> {
        let valid = "the labels of the flows, such as Q5, T1, T4b or reply".to_owned();
        self.step.ok_or(UnknownMove { what: "step", found: String::new(), valid })
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
