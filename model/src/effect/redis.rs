//! Requests to Redis: commands, scripts by their meaning, and how long keys live.

use serde::{Deserialize, Serialize};

use crate::day::{Day, Month};
use crate::design::Scripts;
use crate::effect::Fields;
use crate::money::Money;
use crate::row::{IdempotencyKey, KeyRow, QuotaRow, Tenant};

/// One Redis command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RedisOp {
    /// SET of the idempotency key NX EX.
    SetNx {
        /// Which, `deduct:{tenant}:{trace}`.
        key: IdempotencyKey,
        /// Seconds to live.
        ttl: Seconds,
    },
    /// DEL of the idempotency key, whoever holds it.
    Del(IdempotencyKey),
    /// HSET of the fields of a snapshot into `quota:{tenant}`. Keeps the hash's TTL; a hash it creates has none.
    HSet {
        /// Whose hash.
        tenant: Tenant,
        /// Absolute values.
        row: QuotaRow,
        /// Which of them are written.
        fields: Fields,
    },
    /// EXPIRE of `quota:{tenant}`.
    Expire {
        /// Whose hash.
        tenant: Tenant,
        /// Seconds to live.
        ttl: Seconds,
    },
    /// EXISTS of `quota:{tenant}`.
    Exists(Tenant),
    /// HGET of the balance, which the flow reads but does not act on.
    ReadBalance(Tenant),
    /// HGETALL of `quota:{tenant}`.
    ReadHash(Tenant),
    /// EVAL of a script on `quota:{tenant}`, or EVALSHA of it.
    Eval {
        /// Whose hash.
        tenant: Tenant,
        /// Which script.
        script: Script,
        /// How it is sent.
        by: Scripts,
    },
    /// SET of `quota:{tenant}:warming` NX EX.
    TakeWarmLock {
        /// Whose lock.
        tenant: Tenant,
        /// Seconds to live.
        ttl: Seconds,
    },
    /// GET of the cached principal of the tenant's API key.
    GetPrincipal(Tenant),
    /// SET of it EX.
    SetPrincipal {
        /// Whose principal.
        tenant: Tenant,
        /// What it carries.
        key: KeyRow,
        /// Seconds to live.
        ttl: Seconds,
    },
    /// GET of `apikey:budget:{key}`.
    GetBudget(Tenant),
    /// INCRBY of it.
    IncrBudget {
        /// Whose key.
        tenant: Tenant,
        /// By how much.
        by: Increment,
    },
    /// EXPIRE of it.
    ExpireBudget {
        /// Whose key.
        tenant: Tenant,
        /// Seconds to live.
        ttl: Seconds,
    },
}

/// The argument of INCRBY.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Increment {
    /// A decimal with six places such as `0.050000`: Redis answers that it is not an integer, even when the fraction is
    /// zero.
    Fraction(Money),
    /// Whole micro-units.
    Micros(i64),
}

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

/// A span of time on the stores' clock.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Seconds(pub u32);

/// A day, the TTL of the idempotency key and of the quota hash.
pub const DAY: Seconds = Seconds(86_400);

/// How long a cached principal lives.
pub const PRINCIPAL_TTL: Seconds = Seconds(300);
/// How long a budget counter lives after a write (P0-2 B).
pub const BUDGET_TTL: Seconds = Seconds(30 * 86_400);
/// How long a warm-up lock lives (P1-9).
pub const WARM_LOCK_TTL: Seconds = Seconds(5);

impl Script {
    /// Whether it takes money from a balance or gives it back.
    pub fn moves_money(self) -> bool {
        match self {
            Script::Deduct { .. } | Script::Adjust { .. } => true,
            Script::CountDaily(_) | Script::CountMonthly(_) | Script::WriteIfNewer { .. } => false,
        }
    }
}

impl RedisOp {
    /// What the command reveals to others of its sender's unfinished work, in words; `None` for reads, locks, times to
    /// live and the principal, which contains only what was read.
    pub fn shows(self) -> Option<&'static str> {
        match self {
            RedisOp::HSet { .. } => Some("the redis hash is written"),
            RedisOp::Eval { script, .. } => Some(match script {
                Script::WriteIfNewer { .. } => "the redis hash is written",
                Script::CountDaily(_) | Script::CountMonthly(_) => "the request is counted in redis",
                Script::Deduct { .. } | Script::Adjust { .. } => "money moves in redis",
            }),
            RedisOp::IncrBudget { .. } => Some("the budget counter goes up"),
            RedisOp::SetNx { .. }
            | RedisOp::Del(_)
            | RedisOp::Expire { .. }
            | RedisOp::Exists(_)
            | RedisOp::ReadBalance(_)
            | RedisOp::ReadHash(_)
            | RedisOp::TakeWarmLock { .. }
            | RedisOp::GetPrincipal(_)
            | RedisOp::SetPrincipal { .. }
            | RedisOp::GetBudget(_)
            | RedisOp::ExpireBudget { .. } => None,
        }
    }

    /// Whether the command can change what Redis holds.
    pub fn writes(self) -> bool {
        match self {
            RedisOp::Exists(_)
            | RedisOp::ReadBalance(_)
            | RedisOp::ReadHash(_)
            | RedisOp::GetPrincipal(_)
            | RedisOp::GetBudget(_) => false,
            RedisOp::SetNx { .. }
            | RedisOp::Del(_)
            | RedisOp::HSet { .. }
            | RedisOp::Expire { .. }
            | RedisOp::Eval { .. }
            | RedisOp::TakeWarmLock { .. }
            | RedisOp::SetPrincipal { .. }
            | RedisOp::IncrBudget { .. }
            | RedisOp::ExpireBudget { .. } => true,
        }
    }

    /// Whether Redis refuses the command when it is out of memory and evicts nothing: all writes except DEL and EXPIRE.
    pub fn needs_memory(self) -> bool {
        self.writes() && !matches!(self, RedisOp::Del(_) | RedisOp::Expire { .. } | RedisOp::ExpireBudget { .. })
    }

    /// The command that is sent first; it is the only one if its client has given up, since that client does not send a
    /// script again.
    pub fn sent_first(self) -> RedisOp {
        if let RedisOp::Eval { tenant, script, by: Scripts::ShaReload } = self {
            RedisOp::Eval { tenant, script, by: Scripts::Sha }
        } else {
            self
        }
    }
}
