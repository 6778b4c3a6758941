//! What a flow asks of the stores: closed enums, one value per atomic round trip.

use serde::{Deserialize, Serialize};

use crate::money::Money;
use crate::row::{QuotaRow, Request, Tenant, Trace};
use crate::step::Step;

/// One labelled round trip. A crash falls before it or after it, never inside; its reply may be lost either way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Call {
    /// Its label.
    pub step: Step,
    /// What is asked.
    pub effect: Effect,
}

/// What one round trip asks, and of whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Effect {
    /// One SQL statement.
    Pg(PgOp),
    /// One Redis command.
    Redis(RedisOp),
}

/// One SQL statement on the attempt's own session, READ COMMITTED. Outside a transaction it commits by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PgOp {
    /// BEGIN.
    Begin,
    /// COMMIT. Durable once it answers `Ok`; of an aborted transaction it is a ROLLBACK.
    Commit,
    /// ROLLBACK. Without a connection there is nothing to roll back and it answers `Ok`.
    Rollback,
    /// SAVEPOINT, nested in the ones before.
    Savepoint,
    /// ROLLBACK TO the newest savepoint, which stays.
    RollbackToSavepoint,
    /// RELEASE of the newest savepoint. It makes nothing durable.
    ReleaseSavepoint,
    /// SELECT of the tenant's quota.
    SelectQuota(Tenant),
    /// SELECT of the ledger row by trace; `lock` is FOR UPDATE.
    SelectRow {
        /// Which row.
        trace: Trace,
        /// FOR UPDATE: waits for a writer and keeps the row until the transaction ends.
        lock: bool,
    },
    /// INSERT of a PENDING deduct row.
    InsertPending {
        /// Whose money.
        tenant: Tenant,
        /// UNIQUE.
        trace: Trace,
        /// The price.
        amount: Money,
        /// Balance as read before.
        before: Money,
    },
    /// UPDATE of the quota relative to what is there: balance down, counts up by one, version up by one.
    ChargeQuota {
        /// Whose quota.
        tenant: Tenant,
        /// How much.
        amount: Money,
        /// WHERE version = this.
        if_version: u32,
    },
    /// UPDATE of the row to COMMITTED, whatever its status was.
    MarkCommitted(Trace),
}

/// One Redis command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RedisOp {
    /// SET of the idempotency key NX EX.
    SetNx {
        /// Whose key, `deduct:{tenant}:{trace}`.
        request: Request,
        /// Seconds to live.
        ttl: Seconds,
    },
    /// DEL of the idempotency key, whoever holds it.
    Del(Request),
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
}

/// A span of time on the stores' clock.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Seconds(pub u32);

/// A day, the TTL of the idempotency key and of the quota hash.
pub const DAY: Seconds = Seconds(86_400);

/// Which fields of a quota hash: one bit each, in the order of [`QuotaRow`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Fields(pub u8);

impl Fields {
    /// All seven.
    pub const ALL: Fields = Fields(0b111_1111);
    /// Only `balance`.
    pub const BALANCE: Fields = Fields(1);

    /// The names in Redis, lowest bit first.
    pub const NAMES: [&str; 7] =
        ["balance", "credit_limit", "daily_quota", "daily_used", "monthly_quota", "monthly_used", "version"];

    /// Whether all seven are there.
    pub fn complete(self) -> bool {
        self == Fields::ALL
    }

    /// Both sets together.
    pub fn union(self, other: Fields) -> Fields {
        Fields(self.0 | other.0)
    }

    /// Whether the field at this place in [`Fields::NAMES`] is in the set.
    pub fn has(self, place: usize) -> bool {
        self.0 >> place & 1 == 1
    }
}

impl PgOp {
    /// Whether the statement writes a row, so that outside a transaction it is durable at once.
    pub fn writes(self) -> bool {
        matches!(self, PgOp::InsertPending { .. } | PgOp::ChargeQuota { .. } | PgOp::MarkCommitted(_))
    }
}
