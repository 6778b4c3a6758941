//! The flows: what one attempt or one background job does, as straight-line code over [`crate::io::Io`].
//!
//! [`request`] is the whole path of a charge; each of its steps that a risk is about has one small file per choice. A
//! part that a scenario does not examine is folded: see [`RequestPath`].

pub mod auth;
mod bill_and_commit;
pub mod billing;
pub mod budget;
pub mod cache_sync;
pub mod carried;
pub mod deduct;
pub mod deducted;
pub mod deferred;
pub mod limit_change;
pub mod quota_check;
pub mod recharge;
pub mod request;
pub mod reverse;
pub mod stream;
pub mod sweep;
pub mod usage;

use arrayvec::ArrayVec;
use serde::{Deserialize, Serialize};

use crate::day::Day;
use crate::delivery::StreamPrices;
use crate::design::{Counting, Design};
use crate::effect::{DeferredJob, RedisOp, Script};
use crate::io::FlowResult;
use crate::money::Money;
use crate::reply::Answer;
use crate::row::{IdempotencyKey, Kind, Request, Tenant, TraceId};
use crate::store::postgres::MAX_TENANTS;

pub use carried::{Carried, Io, Recorded};

/// Which parts of the request path a scenario walks; billing and the reply are always walked. A part that is not walked
/// is folded: the request has passed it without any effect.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct RequestPath {
    /// `auth`.
    pub auth: bool,
    /// `quota-check`.
    pub quota_check: bool,
    /// `upstream`.
    pub upstream: bool,
    /// `usage`.
    pub usage: bool,
    /// Whether some request is a stream; derived, not stated in a scenario.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub stream: bool,
}

/// What a client asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Asking {
    /// A call that is charged.
    Charge,
    /// A call whose answer is streamed.
    Stream,
    /// Money paid in.
    Recharge,
    /// A charge given back.
    Reverse {
        /// The trace of the charge.
        of: TraceId,
    },
    /// Another daily quota, set by an administrator.
    DailyQuota(u32),
}

impl Asking {
    /// Whether the provider is called and the call charged.
    pub fn is_call(self) -> bool {
        matches!(self, Asking::Charge | Asking::Stream)
    }
}

/// A request that is charged in the transaction of another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct JoinedCharge {
    /// The other request.
    pub request: Request,
    /// Its trace.
    pub trace: TraceId,
    /// Its idempotency key.
    pub key: IdempotencyKey,
    /// Its price.
    pub amount: Money,
}

/// Other traces that rows of a stream can have, in designs that use them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Suffixes {
    /// `<trace>-refund`.
    pub refund: TraceId,
    /// `<trace>-rest`.
    pub rest: TraceId,
    /// The idempotency key of `<trace>-rest`.
    pub rest_key: IdempotencyKey,
    /// The first of `<trace>@1`, `<trace>@2`, ..., one per attempt.
    pub stamped: TraceId,
    /// The first of their idempotency keys.
    pub stamped_key: IdempotencyKey,
    /// How many stamped traces there are; 0 where attempts are not stamped.
    pub stamps: u8,
}

impl AttemptInput {
    /// The input of the n-th attempt, from 0: with a trace of its own where attempts are stamped.
    pub fn of_attempt(self, nth: u8) -> AttemptInput {
        let Suffixes { stamped, stamped_key, stamps, .. } = self.suffixes;
        if stamps == 0 {
            return self;
        }
        AttemptInput { trace: TraceId(stamped.0 + nth), key: IdempotencyKey(stamped_key.0 + nth), ..self }
    }

    /// Whether billing counts the request: not in P0-5 B and C, where quota_check has counted it, in C marked by a flag
    /// in the request context that is set after the count.
    pub fn billing_counts(&self) -> bool {
        let counted = matches!(self.design.counting, Counting::B | Counting::C | Counting::CFixed);
        !(counted && self.path.quota_check)
    }

    /// A script on the hash of the tenant, sent in the way of the design.
    pub fn eval(&self, script: Script) -> RedisOp {
        RedisOp::Eval { tenant: self.tenant, script, by: self.design.scripts }
    }
}

/// What one attempt is asked to do, with all that it knows from the start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct AttemptInput {
    /// The logical request, which the idempotency key identifies.
    pub request: Request,
    /// The tenant whose money it is.
    pub tenant: Tenant,
    /// The trace of its row: the id the client chose, or that id with a suffix.
    pub trace: TraceId,
    /// Its idempotency key.
    pub key: IdempotencyKey,
    /// Other traces its rows can have.
    pub suffixes: Suffixes,
    /// What is asked for.
    pub asking: Asking,
    /// The price, rounded to six places before T3. The gateway knows it after the upstream step.
    pub amount: Money,
    /// Another request charged in the same transaction.
    pub joined: Option<JoinedCharge>,
    /// What a stream costs by how far it gets; for streams only.
    pub stream: StreamPrices,
    /// The kind of its row.
    pub kind: Kind,
    /// `allow_negative`: the balance is not checked.
    pub negative: bool,
    /// The price assumed before the call (P0-4 A, and the amount that a stream holds).
    pub estimate: Money,
    /// Whether the deduct commits by itself; otherwise its caller does, at the end of the request (`commit=False`, P0-4
    /// scenario 3).
    pub commits: bool,
    /// The gateway's date when the request arrived, used until the request ends.
    pub day: Day,
    /// The design that the flow follows.
    pub design: Design,
    /// The parts of the path that are walked.
    pub path: RequestPath,
}

/// What an attempt runs, from arrival to answer.
pub type Attempt = fn(&mut Io<'_>, &AttemptInput) -> FlowResult<Answer>;

/// A background job over all tenants.
pub type Job = fn(&mut Io<'_>, &ArrayVec<Tenant, MAX_TENANTS>, Design) -> FlowResult<()>;

/// Runs a deferred job that was handed over, for its charge.
pub type Runner = fn(&mut Io<'_>, &AttemptInput, DeferredJob) -> FlowResult<()>;

/// One date per tenant.
pub type Days = [Day; MAX_TENANTS];

/// The job that finishes rows; the input of any charge supplies the design and the path.
pub type Sweep = fn(&mut Io<'_>, &AttemptInput, &Days) -> FlowResult<()>;

/// The flows of one design.
#[derive(Clone, Copy, Debug)]
pub struct Flows {
    /// What each attempt runs.
    pub attempt: Attempt,
    /// The background sync from Postgres to Redis, in designs that have one.
    pub sync: Option<Job>,
    /// The background copy from Redis to Postgres, in designs that have one.
    pub copy_back: Option<Job>,
    /// The job that finishes abandoned rows, in designs that have one.
    pub sweep: Option<Sweep>,
    /// What runs deferred jobs.
    pub deferred: Runner,
}
