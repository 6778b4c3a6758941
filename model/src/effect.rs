//! What a flow asks of the stores: closed enums, one value per atomic round trip.

mod fields;
mod redis;

use serde::{Deserialize, Serialize};

use crate::day::Day;
use crate::delivery::Part;
use crate::money::Money;
use crate::row::{Kind, QuotaRow, Request, Status, Tenant, TraceId, Unit, UsageRow};
use crate::step::Step;

pub use fields::{Field, Fields};
pub use redis::{
    Answered, Arithmetic, BUDGET_TTL, DAY, Increment, PRINCIPAL_TTL, RedisOp, Script, Seconds, WARM_LOCK_TTL,
};

/// One labelled round trip. A crash falls before it or after it, never inside; its reply may be lost either way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Call {
    /// Its label.
    pub step: Step,
    /// The trace of the row it works for, if that row is not for the process's own request; only the checker reads it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub behalf: Option<TraceId>,
    /// The request itself.
    pub effect: Effect,
}

/// What one round trip asks, and which system it asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Effect {
    /// One SQL statement.
    Pg(PgOp),
    /// One Redis command.
    Redis(RedisOp),
    /// Something outside both stores.
    Local(LocalOp),
}

/// One SQL statement on the attempt's own session, READ COMMITTED. Outside a transaction it commits by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PgOp {
    /// BEGIN.
    Begin,
    /// COMMIT. Durable once it answers `Ok`; in an aborted transaction it is a ROLLBACK.
    Commit,
    /// ROLLBACK. Without a connection there is nothing to roll back and it answers `Ok`.
    Rollback,
    /// SAVEPOINT, nested in the ones before.
    Savepoint,
    /// ROLLBACK TO the newest savepoint, which stays open.
    RollbackToSavepoint,
    /// RELEASE of the newest savepoint. It makes nothing durable.
    ReleaseSavepoint,
    /// SELECT of the tenant's quota.
    SelectQuota(Tenant),
    /// SELECT of the ledger row by trace; `lock` is FOR UPDATE.
    SelectRow {
        /// Which row.
        trace: TraceId,
        /// FOR UPDATE: waits for a writer and keeps the row until the transaction ends.
        lock: bool,
    },
    /// SELECT of the first ledger row, in the order of traces, that is PENDING or a hold.
    SelectUnfinished,
    /// INSERT of a ledger row.
    InsertRow {
        /// Whose money.
        tenant: Tenant,
        /// UNIQUE.
        trace: TraceId,
        /// What for.
        kind: Kind,
        /// PENDING, or COMMITTED at once.
        status: Status,
        /// How much.
        amount: Money,
        /// `balance_before`.
        before: Money,
        /// `balance_after`.
        after: Money,
    },
    /// UPDATE of the quota relative to its current values: balance down, version up by one and, where `counts` names
    /// the day, both counts up by one by the rule of [`QuotaRow::counted`].
    ChargeQuota {
        /// Whose quota.
        tenant: Tenant,
        /// How much.
        amount: Money,
        /// WHERE version = this.
        if_version: u32,
        /// The day in which the request is counted, if it is counted here.
        counts: Option<Day>,
    },
    /// UPDATE of both counts by the rule of [`QuotaRow::counted`], version up by one, WHERE neither is used up on that
    /// day.
    CountQuota {
        /// Whose quota.
        tenant: Tenant,
        /// The day that counts.
        day: Day,
    },
    /// UPDATE of the balance relative to its current value, version up by one, whatever the version is.
    AddBalance {
        /// Whose quota.
        tenant: Tenant,
        /// How much, positive for money paid in.
        amount: Money,
    },
    /// UPDATE of every column of the quota to absolute values.
    SetQuota {
        /// Whose quota.
        tenant: Tenant,
        /// The values.
        row: QuotaRow,
        /// WHERE version < the row's.
        guarded: bool,
    },
    /// UPDATE of the daily quota by an administrator, version up by one.
    SetDailyQuota {
        /// Whose quota.
        tenant: Tenant,
        /// Requests a day.
        quota: u32,
    },
    /// UPDATE of the row to COMMITTED, whatever its status was.
    MarkCommitted(TraceId),
    /// UPDATE of the row to COMMITTED with the amount and the balances known by then, whatever its status was.
    SettleRow {
        /// Which row.
        trace: TraceId,
        /// How much.
        amount: Money,
        /// `balance_before`.
        before: Money,
        /// `balance_after`.
        after: Money,
    },
    /// UPDATE of the row's type from hold to deduct.
    MarkSettled(TraceId),
    /// UPDATE of the row to REVERSED, whatever its status was.
    MarkReversed(TraceId),
    /// SELECT of the tenant's API key.
    SelectKey(Tenant),
    /// SELECT of the `api_key_quota` row of type BUDGET of the tenant's key.
    SelectBudget(Tenant),
    /// UPDATE of that row: `used_quota` up by `delta`, relative.
    AddBudget {
        /// Whose key.
        tenant: Tenant,
        /// How much, in the row's unit.
        delta: i64,
        /// The unit that the writer assumes.
        unit: Unit,
    },
    /// SELECT of the usage totals of the tenant's API key.
    SelectUsage(Tenant),
    /// UPDATE of the usage totals to absolute values.
    SetUsage {
        /// Whose key.
        tenant: Tenant,
        /// The values.
        row: UsageRow,
    },
    /// Usage of a request: an upsert of the totals, relative; or, `keyed`, an INSERT of a row of its own by trace, ON
    /// CONFLICT DO NOTHING.
    AddUsage {
        /// Whose key.
        tenant: Tenant,
        /// The trace of the request.
        trace: TraceId,
        /// What it cost.
        cost: Money,
        /// Whether it is a separate row, keyed by trace.
        keyed: bool,
    },
}

/// Something outside both stores. It answers at once, unless the provider fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LocalOp {
    /// The provider is called: its cost is incurred here; for a stream it begins here.
    Upstream(Request),
    /// A part of the stream passes from the provider to the client.
    Receive {
        /// The request of the stream.
        request: Request,
        /// Which part.
        part: Part,
    },
    /// The provider is asked for its count of a stream.
    AskCount(Request),
    /// A deferred job is handed over: to the job queue, which outlives the process and delivers at least once, or, for
    /// [`DeferredJob::Snapshot`], to a task of this process.
    Send(DeferredJob),
    /// The worker tells the queue that its deferred job is done.
    Acknowledge(DeferredJob),
    /// Waiting a moment.
    Wait,
}

/// Work handed over to another process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DeferredJob {
    /// Put the usage of a request on record (usage job).
    Usage {
        /// Which.
        request: Request,
        /// Its cost.
        cost: Money,
    },
    /// Charge this request in Postgres (P0-4 A).
    Settle(Request),
    /// Charge this stream (P0-1 B).
    Charge {
        /// Which.
        request: Request,
        /// The amount to charge.
        amount: Money,
        /// The day in which it counts; `None` means the day of its delivery.
        day: Option<Day>,
    },
    /// Write this snapshot to the hash of its tenant (P0-4 B): a task that a process starts after its commit.
    Snapshot {
        /// The request of the charge.
        request: Request,
        /// The row as the transaction left it.
        row: QuotaRow,
    },
}

impl DeferredJob {
    /// The request it is about.
    pub fn request(self) -> Request {
        match self {
            DeferredJob::Usage { request, .. }
            | DeferredJob::Settle(request)
            | DeferredJob::Charge { request, .. }
            | DeferredJob::Snapshot { request, .. } => request,
        }
    }
}

impl LocalOp {
    /// What it reveals to others of its sender's unfinished work, in words; `None` if nothing.
    pub fn shows(self) -> Option<&'static str> {
        match self {
            LocalOp::Send(deferred) => Some(match deferred {
                DeferredJob::Usage { .. } => "the usage job is sent",
                DeferredJob::Settle(_) | DeferredJob::Charge { .. } => "the charge is handed to the queue",
                DeferredJob::Snapshot { .. } => "the task that writes the hash is started",
            }),
            LocalOp::Upstream(_)
            | LocalOp::Receive { .. }
            | LocalOp::AskCount(_)
            | LocalOp::Acknowledge(_)
            | LocalOp::Wait => None,
        }
    }
}

impl PgOp {
    /// Whether the statement writes a row, so that outside a transaction it is durable at once.
    pub fn writes(self) -> bool {
        match self {
            PgOp::InsertRow { .. }
            | PgOp::ChargeQuota { .. }
            | PgOp::CountQuota { .. }
            | PgOp::AddBalance { .. }
            | PgOp::SetQuota { .. }
            | PgOp::SetDailyQuota { .. }
            | PgOp::MarkCommitted(_)
            | PgOp::MarkReversed(_)
            | PgOp::SettleRow { .. }
            | PgOp::MarkSettled(_)
            | PgOp::SetUsage { .. }
            | PgOp::AddBudget { .. }
            | PgOp::AddUsage { .. } => true,
            PgOp::Begin
            | PgOp::Commit
            | PgOp::Rollback
            | PgOp::Savepoint
            | PgOp::RollbackToSavepoint
            | PgOp::ReleaseSavepoint
            | PgOp::SelectQuota(_)
            | PgOp::SelectRow { .. }
            | PgOp::SelectKey(_)
            | PgOp::SelectBudget(_)
            | PgOp::SelectUnfinished
            | PgOp::SelectUsage(_) => false,
        }
    }
}
