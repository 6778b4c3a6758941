//! What a flow asks of the stores: closed enums, one value per atomic round trip.

mod fields;
mod postgres;
mod redis;
mod script;

use serde::{Deserialize, Serialize};

use crate::day::Day;
use crate::delivery::Part;
use crate::money::Money;
use crate::row::{QuotaRow, Request, TraceId};
use crate::step::Step;

pub use fields::{Field, Fields};
pub use postgres::{PgOp, Sort};
pub use redis::{BUDGET_TTL, DAY, Increment, PRINCIPAL_TTL, RedisOp, WARM_LOCK_TTL};
pub use script::{Answered, Arithmetic, Script};

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

/// A span of time on the stores' clock.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Seconds(pub u32);

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
