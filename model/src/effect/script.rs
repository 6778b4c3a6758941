//! Lua scripts on the quota hash, by their meaning, and what each is in words.

use serde::{Deserialize, Serialize};

use crate::day::{Day, Month};
use crate::effect::{Fields, Seconds};
use crate::money::Money;
use crate::row::QuotaRow;

/// A Lua script, by its meaning. Each is atomic; what it wrote before an error stays.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Script {
    /// `quota_count(1, daily, day)`: if the stored date *differs from* the caller's the count restarts at 0 and the
    /// date is the caller's; a used-up limit refuses, a missing one is unlimited; else the count goes up by one. A
    /// missing hash is created with the count and the date alone, without TTL.
    CountDaily(Day),
    /// `quota_count(1, monthly, month)`: as daily, but never restarts and keeps no date.
    CountMonthly(Month),
    /// `quota_deduct(amount, 1, 1, day, month, false)`, or with `0, 0` if it does not count: all or nothing over
    /// balance plus credit, daily, monthly; dates as in `quota_count`; a missing balance is 0; version + 1.
    Deduct {
        /// How much.
        amount: Money,
        /// `allow_negative`: the balance is not checked.
        negative: bool,
        /// Whether the request is counted too, daily and monthly; else both counts are left alone.
        counts: bool,
        /// The caller's day.
        day: Day,
        /// Its arithmetic.
        arithmetic: Arithmetic,
    },
    /// Balance up by an amount that may be negative; the version stays. It does nothing if there is no hash.
    Adjust {
        /// How much.
        by: Money,
        /// Its arithmetic.
        arithmetic: Arithmetic,
    },
    /// HSET of these fields and EXPIRE in one, unless the hash has a version that is not older than the row's. The
    /// version is written too. An absent hash is created only if all fields are written.
    WriteIfNewer {
        /// Absolute values.
        row: QuotaRow,
        /// Which of them are written.
        fields: Fields,
        /// Seconds to live.
        ttl: Seconds,
    },
}

/// How a script computes with money, and so what it stores.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Arithmetic {
    /// Lua numbers: doubles, stored with 17 digits.
    Lua,
    /// Integers of micro-units, stored as a decimal with six places.
    Exact,
}

/// How a script returns the balance left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answered {
    /// As a number, whose fraction Redis cuts off.
    WholeUnits,
    /// As a text with six places.
    Text,
}

impl Arithmetic {
    /// How a script with this arithmetic returns the balance.
    pub fn answered(self) -> Answered {
        match self {
            Arithmetic::Lua => Answered::WholeUnits,
            Arithmetic::Exact => Answered::Text,
        }
    }
}

impl Script {
    /// How many texts there are.
    pub const TEXTS: usize = 6;

    /// The place of its text among them. Arguments are not part of a text, its arithmetic is.
    pub fn text(self) -> usize {
        match self {
            Script::CountDaily(_) | Script::CountMonthly(_) => 0,
            Script::Deduct { arithmetic: Arithmetic::Lua, .. } => 1,
            Script::Deduct { arithmetic: Arithmetic::Exact, .. } => 2,
            Script::Adjust { arithmetic: Arithmetic::Lua, .. } => 3,
            Script::Adjust { arithmetic: Arithmetic::Exact, .. } => 4,
            Script::WriteIfNewer { .. } => 5,
        }
    }

    /// Whether it takes money from a balance or gives it back.
    pub fn moves_money(self) -> bool {
        match self {
            Script::Deduct { .. } | Script::Adjust { .. } => true,
            Script::CountDaily(_) | Script::CountMonthly(_) | Script::WriteIfNewer { .. } => false,
        }
    }

    /// Whether its success lets a request through.
    pub fn lets_through(self) -> bool {
        match self {
            Script::CountDaily(_) | Script::CountMonthly(_) | Script::Deduct { .. } => true,
            Script::Adjust { .. } | Script::WriteIfNewer { .. } => false,
        }
    }

    /// What it reveals to others of its sender's unfinished work, in words.
    pub fn shows(self) -> &'static str {
        match self {
            Script::WriteIfNewer { .. } => "the redis hash is written",
            Script::CountDaily(_) | Script::CountMonthly(_) => "the request is counted in redis",
            Script::Deduct { .. } | Script::Adjust { .. } => "money moves in redis",
        }
    }

    /// What it asks, in words.
    pub fn words(self) -> String {
        match self {
            Script::CountDaily(day) => format!("count daily, {day}"),
            Script::CountMonthly(month) => format!("count monthly, {month}"),
            Script::Deduct { amount, .. } => format!("script takes {amount}"),
            Script::Adjust { by, .. } => format!("script adds {by}"),
            Script::WriteIfNewer { row, .. } => format!("set hash if newer, balance {}", row.balance),
        }
    }
}
