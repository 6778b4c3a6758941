//! A capsule: one finding as data, the resolved moves of one run with all that is needed to replay them on any engine.

use serde::{Deserialize, Serialize};

use crate::day::Day;
use crate::design::Design;
use crate::flow::RequestPath;
use crate::invariant::{self, Figure, UnknownInvariant};
use crate::moves::{Move, NamedMove, UnknownMove};
use crate::setup::{Account, Faults, Premises, Requested, Setup, SetupError};

/// The version of the capsule format that is written. Older versions stay readable.
pub const SCHEMA: u32 = 1;

/// A counterexample that can be replayed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Capsule {
    /// [`SCHEMA`] of the writer.
    pub schema: u32,
    /// Version of the suite that found it.
    pub version: String,
    /// One line about what it shows, if a person chose to keep it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub title: Option<String>,
    /// Id of the scenario.
    pub scenario: String,
    /// The design that breaks.
    pub design: Design,
    /// Designs that break by the same moves with the same numbers. Older versions wrote one capsule for all of them.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub also: Vec<Design>,
    /// The engine that found it: `check` or `sim`.
    pub found_by: String,
    /// The seed, if a simulation found it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub seed: Option<u64>,
    /// The accounts it begins with.
    pub accounts: Vec<Account>,
    /// The requests.
    pub requests: Vec<Requested>,
    /// Gateways.
    pub gateways: u8,
    /// The day it begins on.
    #[serde(default = "Premises::first_day")]
    pub today: Day,
    /// The parts of the request path that run.
    #[serde(default)]
    pub path: RequestPath,
    /// What happened, in order.
    pub moves: Vec<NamedMove>,
    /// The invariant it breaks.
    pub breach: Expected,
    /// A digest of everything else but the title; `None` in capsules of older versions.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub digest: Option<String>,
}

/// The breach a replay must show.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expected {
    /// Id of the invariant.
    pub invariant: String,
    /// The numbers of its broken equation.
    pub figures: Vec<Figure>,
}

/// A capsule whose parts do not fit together.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CapsuleError {
    /// Written by a newer suite.
    #[error("`schema` is {0}: this suite reads 1 to {SCHEMA}")]
    Schema(u32),
    /// Accounts or requests that no world can hold.
    #[error(transparent)]
    Setup(#[from] SetupError),
    /// A move that is not valid in this setup.
    #[error("`moves` entry {number}: {why}")]
    Move {
        /// Which move, from 1.
        number: usize,
        /// What is wrong.
        why: UnknownMove,
    },
    /// No such invariant.
    #[error("`breach.invariant`: {0}")]
    Invariant(#[from] UnknownInvariant),
    /// It has no moves.
    #[error("`moves` is empty: a counterexample has at least one move")]
    NoMoves,
}

impl Capsule {
    /// The world it begins with and its moves.
    ///
    /// # Errors
    /// Names the key that is wrong and what would be valid.
    pub fn resolve(&self) -> Result<(Setup, Vec<Move>), CapsuleError> {
        if self.schema == 0 || self.schema > SCHEMA {
            return Err(CapsuleError::Schema(self.schema));
        }
        invariant::known(&self.breach.invariant)?;
        if self.moves.is_empty() {
            return Err(CapsuleError::NoMoves);
        }
        let (accounts, requests) = (self.accounts.clone(), self.requests.clone());
        let (gateways, today, path) = (self.gateways, self.today, self.path);
        let premises = Premises { accounts, requests, gateways, today, path };
        let setup = Setup::new(premises, Faults::default(), self.design)?;
        let resolve = |(place, named): (usize, &NamedMove)| {
            named.resolve(&setup).map_err(|why| CapsuleError::Move { number: place + 1, why })
        };
        let moves = self.moves.iter().enumerate().map(resolve).collect::<Result<Vec<_>, _>>()?;
        Ok((setup, moves))
    }
}
