//! How far a stream got, what the provider has counted by then, and what the gateway estimates.

use serde::{Deserialize, Serialize};

use crate::money::Money;
use crate::reply::Failure;

/// The part of a stream that passes in one step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Part {
    /// The first chunks.
    First,
    /// The other chunks.
    Rest,
    /// The usage block, from a provider that sends one.
    Usage,
    /// The end of the stream.
    End,
}

/// How far a stream got before it ended or broke.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cut {
    /// Not to its first chunk.
    Nothing,
    /// To the middle of its chunks.
    Midway,
    /// To its last chunk, without a usage block.
    NoUsage,
    /// To the usage block.
    Usage,
}

impl Cut {
    /// Every cut, the shortest first.
    pub const ALL: [Cut; 4] = [Cut::Nothing, Cut::Midway, Cut::NoUsage, Cut::Usage];

    /// How far a stream is once this part has passed by.
    pub fn after(self, part: Part) -> Cut {
        match part {
            Part::First => Cut::Midway,
            Part::Rest => Cut::NoUsage,
            Part::Usage => Cut::Usage,
            Part::End => self,
        }
    }
}

/// A stream that is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Delivered {
    /// How far it got.
    pub cut: Cut,
    /// Who broke it, if it did not end by itself.
    pub broken: Option<Failure>,
}

/// What a stream costs, by how far it got.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct StreamPrices {
    /// The prompt alone: what the provider has counted before the first chunk.
    pub prompt: Money,
    /// What the provider has counted midway.
    pub midway: Money,
    /// What the provider counts for the whole.
    pub whole: Money,
    /// Prompt and three tokens a chunk, midway.
    pub guess_midway: Money,
    /// Prompt and three tokens a chunk, for the whole.
    pub guess_whole: Money,
    /// Whether the provider sends a usage block at the end, and reports afterwards what a broken stream has cost.
    pub reports: bool,
}

impl StreamPrices {
    /// What the provider has counted.
    pub fn counted(&self, cut: Cut) -> Money {
        match cut {
            Cut::Nothing => self.prompt,
            Cut::Midway => self.midway,
            Cut::NoUsage | Cut::Usage => self.whole,
        }
    }

    /// What the gateway can compute by itself: the usage block if it came, else prompt and three tokens a chunk (ST-2,
    /// P2-14).
    pub fn guessed(&self, cut: Cut) -> Money {
        match cut {
            Cut::Nothing => self.prompt,
            Cut::Midway => self.guess_midway,
            Cut::NoUsage => self.guess_whole,
            Cut::Usage => self.whole,
        }
    }

    /// What can be known: the provider's count if it reports it, else the gateway's own.
    pub fn known(&self, cut: Cut) -> Money {
        if self.reports { self.counted(cut) } else { self.guessed(cut) }
    }
}

/// The set of ways in which the calls of one request ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Endings(u8);

impl Endings {
    /// A call that cost anything was left by its process before it was billed.
    const ABANDONED: u8 = 1 << 7;

    /// Adds a call that got this far.
    pub fn add(&mut self, cut: Cut) {
        self.0 |= 1 << cut as u8;
    }

    /// Adds that a call that cost anything was left by its process before it was billed.
    pub fn abandon(&mut self) {
        self.0 |= Endings::ABANDONED;
    }

    /// Whether a call that cost anything was left by its process before it was billed.
    pub fn abandoned(self) -> bool {
        self.0 & Endings::ABANDONED != 0
    }

    /// The cuts in it.
    pub fn cuts(self) -> impl Iterator<Item = Cut> {
        Cut::ALL.into_iter().filter(move |&cut| self.0 & (1 << cut as u8) != 0)
    }
}
