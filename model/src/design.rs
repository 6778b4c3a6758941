//! A design: one choice per risk and the policies it declares.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::flow::{Flows, as_reported, background_sync, fix_a, fix_b};

/// How a request is kept from being charged twice (P0-3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Idempotency {
    /// Redis key, one Postgres transaction, Redis hash.
    AsReported,
    /// P0-3 A: the ledger instead of the key, inside a savepoint.
    A,
    /// P0-3 A with ROLLBACK TO before the second lookup.
    AFixed,
    /// P0-3 B: PENDING commits alone, background sync.
    B,
    /// P0-3 B without the key and with the row locked while it is settled.
    BFixed,
}

/// The store that decides, a declared policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Truth {
    /// The quota row and the ledger decide; Redis follows.
    Postgres,
}

/// A set of choices, one per risk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Design {
    /// P0-3.
    pub idempotency: Idempotency,
}

/// A named design.
#[derive(Clone, Copy, Debug)]
pub struct Preset {
    /// What commands and scenarios call it.
    pub name: &'static str,
    /// The value of `idempotency=` that means the same.
    pub choice: &'static str,
    /// One line for people.
    pub title: &'static str,
    /// Its choices.
    pub design: Design,
}

/// Every preset, in the order of reports.
pub const PRESETS: &[Preset] = &[
    Preset {
        name: "as-reported",
        choice: "as-reported",
        title: "Redis key, one Postgres transaction, then the Redis hash: T1 to T7 as the review tells it",
        design: Design { idempotency: Idempotency::AsReported },
    },
    Preset {
        name: "p0-3-a",
        choice: "A",
        title: "No Redis key: look the ledger up, then insert, deduct and commit inside a savepoint",
        design: Design { idempotency: Idempotency::A },
    },
    Preset {
        name: "p0-3-a+fixed",
        choice: "A+fixed",
        title: "P0-3 A that rolls back to the savepoint before it looks the row up again",
        design: Design { idempotency: Idempotency::AFixed },
    },
    Preset {
        name: "p0-3-b",
        choice: "B",
        title: "Commit the PENDING row alone, deduct in a second transaction, sync Redis in the background",
        design: Design { idempotency: Idempotency::B },
    },
    Preset {
        name: "p0-3-b+fixed",
        choice: "B+fixed",
        title: "P0-3 B without the Redis key, settling the PENDING row under its row lock",
        design: Design { idempotency: Idempotency::BFixed },
    },
];

impl Design {
    /// What the design runs.
    pub fn flows(self) -> Flows {
        let (deduct, sync): (crate::flow::Deduct, Option<crate::flow::Job>) = match self.idempotency {
            Idempotency::AsReported => (as_reported::deduct, None),
            Idempotency::A => (fix_a::as_written, None),
            Idempotency::AFixed => (fix_a::repaired, None),
            Idempotency::B => (fix_b::as_written, Some(background_sync::sync)),
            Idempotency::BFixed => (fix_b::repaired, Some(background_sync::sync)),
        };
        Flows { deduct, sync }
    }

    /// Which store decides.
    pub fn truth(self) -> Truth {
        Truth::Postgres
    }

    /// The preset this design is.
    pub fn preset(self) -> &'static Preset {
        PRESETS.iter().find(|preset| preset.design == self).unwrap_or(&PRESETS[0])
    }
}

/// A text that names no design.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is no design: valid are {}, or idempotency= one of {}", names(|p| p.name), names(|p| p.choice))]
pub struct UnknownDesign {
    /// What was written.
    pub text: String,
}

fn names(of: impl Fn(&Preset) -> &'static str) -> String {
    PRESETS.iter().map(of).collect::<Vec<_>>().join(", ")
}

impl FromStr for Design {
    type Err = UnknownDesign;
    /// Reads a preset's name or `idempotency=A`.
    fn from_str(text: &str) -> Result<Design, UnknownDesign> {
        let known = match text.split_once('=') {
            Some(("idempotency", choice)) => PRESETS.iter().find(|preset| preset.choice == choice),
            Some(_) => None,
            None => PRESETS.iter().find(|preset| preset.name == text),
        };
        known.map(|preset| preset.design).ok_or_else(|| UnknownDesign { text: text.to_owned() })
    }
}

impl fmt::Display for Design {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.preset().name)
    }
}

impl Serialize for Design {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Design {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Design, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}
