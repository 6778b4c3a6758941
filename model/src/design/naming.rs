//! Designs as text: a preset's name, or choices; and which choices exclude each other.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::design::{Base, Budget, Cache, Counting, Design, Idempotency, Midnight, PRESETS, Scripts, Stream, Sweeper};
use crate::design::{Usage, WarmUp};

/// A design that cannot be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnknownDesign {
    /// Neither a preset nor a list of choices.
    #[error("`{text}` is no design: valid are {}, or choices such as idempotency=A,cache=D", preset_names())]
    Name {
        /// What was written.
        text: String,
    },
    /// A choice of something that cannot be chosen.
    #[error(
        "`{key}` is nothing to choose: valid are base, budget, idempotency, cache, counting, usage, warm-up, stream, sweeper, scripts, midnight"
    )]
    Key {
        /// What was written.
        key: String,
    },
    /// A choice that does not exist.
    #[error("`{key}={value}` is no choice: valid are {valid}")]
    Value {
        /// Of what.
        key: &'static str,
        /// What was written.
        value: String,
        /// What there is.
        valid: String,
    },
    /// The same thing chosen twice.
    #[error("`{key}` is chosen twice")]
    Twice {
        /// Of what.
        key: String,
    },
    /// Choices that exclude each other.
    #[error("{first} and {second} contradict each other: {why}")]
    Contradiction {
        /// One of them.
        first: String,
        /// The other.
        second: String,
        /// Why they cannot both be.
        why: &'static str,
    },
}

fn preset_names() -> String {
    PRESETS.iter().map(|preset| preset.name).collect::<Vec<_>>().join(", ")
}

impl Design {
    fn set(&mut self, key: &str, value: &str) -> Result<(), UnknownDesign> {
        macro_rules! choose {
            ($($key:literal => $field:ident: $type:ty,)*) => {
                match key {
                    $($key => self.$field = <$type>::read(value).ok_or_else(|| UnknownDesign::Value {
                        key: $key,
                        value: value.to_owned(),
                        valid: <$type>::ALL.iter().map(|c| c.text()).collect::<Vec<_>>().join(", "),
                    })?,)*
                    _ => return Err(UnknownDesign::Key { key: key.to_owned() }),
                }
            };
        }
        choose! {
            "base" => base: Base,
            "budget" => budget: Budget,
            "idempotency" => idempotency: Idempotency,
            "cache" => cache: Cache,
            "counting" => counting: Counting,
            "usage" => usage: Usage,
            "warm-up" => warm_up: WarmUp,
            "stream" => stream: Stream,
            "sweeper" => sweeper: Sweeper,
            "scripts" => scripts: Scripts,
            "midnight" => midnight: Midnight,
        }
        Ok(())
    }

    /// The design, unless two of its choices exclude each other.
    ///
    /// # Errors
    /// Names the two and why.
    pub fn consistent(self) -> Result<Design, UnknownDesign> {
        let code = self.base == Base::Code;
        let other_key = self.idempotency != Idempotency::AsReported;
        let redis_decides = matches!(self.cache, Cache::A | Cache::AFixed | Cache::C | Cache::CFixed);
        let only_redis = matches!(self.cache, Cache::C | Cache::CFixed);
        let counts_elsewhere = self.counting != Counting::AsReported;
        let in_transaction = self.budget == Budget::AFixed || self.usage == Usage::C;
        let other_stream = self.stream != Stream::AsReported;
        let own_transaction = other_stream && !matches!(self.stream, Stream::A | Stream::AFixed | Stream::Stamped);
        let stream = ("stream", self.stream.text());
        let base = ("base", self.base.text());
        let idempotency = ("idempotency", self.idempotency.text());
        let cache = ("cache", self.cache.text());
        let counting = ("counting", self.counting.text());
        let budget = if self.usage == Usage::C { ("usage", "C") } else { ("budget", self.budget.text()) };
        let rules = [
            (code && other_key, base, idempotency, "the fix replaces the steps in which the code differs"),
            (code && redis_decides, base, cache, "the fix replaces the steps in which the code differs"),
            (
                only_redis && other_key,
                cache,
                idempotency,
                "the fix judges a PENDING row by the balance in Postgres, which only follows",
            ),
            (
                redis_decides && counts_elsewhere,
                cache,
                counting,
                "the script that deducts counts as well, all or nothing",
            ),
            (
                only_redis && in_transaction,
                cache,
                budget,
                "the charge is made in Redis, there is no transaction of the charge to be part of",
            ),
            (
                redis_decides && other_stream,
                cache,
                stream,
                "the fix charges a stream in Postgres, where the balance only follows",
            ),
            (
                code && own_transaction,
                base,
                stream,
                "the fix ends its own transaction, the code leaves that to a caller who is gone when a stream is over",
            ),
        ];
        let text = |(key, value): (&str, &str)| format!("{key}={value}");
        match rules.into_iter().find(|(contradict, ..)| *contradict) {
            Some((_, first, second, why)) => {
                Err(UnknownDesign::Contradiction { first: text(first), second: text(second), why })
            }
            None => Ok(self),
        }
    }
}
impl FromStr for Design {
    type Err = UnknownDesign;
    /// Reads a preset's name, or choices such as `idempotency=A,cache=D`; what is not named is as reported.
    fn from_str(text: &str) -> Result<Design, UnknownDesign> {
        if let Some(preset) = PRESETS.iter().find(|preset| preset.name == text) {
            return Ok(preset.design);
        }
        if !text.contains('=') {
            return Err(UnknownDesign::Name { text: text.to_owned() });
        }
        let mut design = Design::default();
        let mut chosen: Vec<&str> = Vec::new();
        for choice in text.split(',') {
            let (key, value) =
                choice.trim().split_once('=').ok_or_else(|| UnknownDesign::Name { text: text.to_owned() })?;
            if chosen.contains(&key) {
                return Err(UnknownDesign::Twice { key: key.to_owned() });
            }
            chosen.push(key);
            design.set(key, value)?;
        }
        design.consistent()
    }
}

impl fmt::Display for Design {
    /// The preset's name, or the choices that are not as reported.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(preset) = self.preset() {
            return f.pad(preset.name);
        }
        let plain = Design::default().choices();
        let chosen = self.choices().into_iter().zip(plain).filter(|(choice, plain)| choice != plain);
        f.pad(&chosen.map(|((key, value), _)| format!("{key}={value}")).collect::<Vec<_>>().join(","))
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
