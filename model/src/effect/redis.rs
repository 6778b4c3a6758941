//! Requests to Redis: commands, what each is in words, and how long keys live.

use serde::{Deserialize, Serialize};

use crate::design::Scripts;
use crate::effect::script::Script;
use crate::effect::{Fields, Seconds};
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

/// A day, the TTL of the idempotency key and of the quota hash.
pub const DAY: Seconds = Seconds(86_400);

/// How long a cached principal lives.
pub const PRINCIPAL_TTL: Seconds = Seconds(300);
/// How long a budget counter lives after a write (P0-2 B).
pub const BUDGET_TTL: Seconds = Seconds(30 * 86_400);
/// How long a warm-up lock lives (P1-9).
pub const WARM_LOCK_TTL: Seconds = Seconds(5);

impl RedisOp {
    /// What the command reveals to others of its sender's unfinished work, in words; `None` for reads, locks, times to
    /// live and the principal, which contains only what was read.
    pub fn shows(self) -> Option<&'static str> {
        match self {
            RedisOp::HSet { .. } => Some("the redis hash is written"),
            RedisOp::Eval { script, .. } => Some(script.shows()),
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

    /// What it asks, in words, with these names of accounts.
    pub fn words<'a>(self, account: impl Fn(Tenant) -> &'a str) -> String {
        match self {
            RedisOp::SetNx { .. } => "set key".to_owned(),
            RedisOp::Del(_) => "delete key".to_owned(),
            RedisOp::HSet { row, fields: Fields::BALANCE, .. } => format!("set balance of hash to {}", row.balance),
            RedisOp::HSet { row, fields: Fields::ALL, .. } => format!("set hash, balance {}", row.balance),
            RedisOp::HSet { row, .. } => format!("set hash but its counts, balance {}", row.balance),
            RedisOp::Expire { .. } => "renew the hash's time to live".to_owned(),
            RedisOp::Exists(_) => "look for the hash".to_owned(),
            RedisOp::ReadBalance(_) => "look at the hash's balance".to_owned(),
            RedisOp::ReadHash(_) => "read hash".to_owned(),
            RedisOp::Eval { script, .. } => script.words(),
            RedisOp::TakeWarmLock { .. } => "take warm-up lock".to_owned(),
            RedisOp::GetPrincipal(tenant) => format!("look for the principal of {}", account(tenant)),
            RedisOp::SetPrincipal { key, .. } => format!("cache the principal, {} spent", key.used),
            RedisOp::GetBudget(_) => "read budget counter".to_owned(),
            RedisOp::IncrBudget { by: Increment::Fraction(money), .. } => format!("budget counter up by {money}"),
            RedisOp::IncrBudget { by: Increment::Micros(micros), .. } => format!("budget counter up by {micros}"),
            RedisOp::ExpireBudget { .. } => "renew the budget counter's time to live".to_owned(),
        }
    }
}
