//! The flows: what one attempt or one background job does, as straight-line code over [`crate::io::Io`].
//!
//! [`request`] is the whole path of a charge; each step of it that a risk is about has one small file per choice. What a
//! scenario does not look at is folded: see [`Path`].

pub mod auth;
pub mod billing;
pub mod budget;
pub mod cache_sync;
pub mod deduct;
pub mod errand;
pub mod limit_change;
pub mod quota_check;
pub mod recharge;
pub mod request;
pub mod reverse;
pub mod usage;

use arrayvec::ArrayVec;
use serde::{Deserialize, Serialize};

use crate::day::Day;
use crate::design::Design;
use crate::effect::{Errand, RedisOp, Script};
use crate::io::{Flow, Io};
use crate::money::Money;
use crate::reply::Answer;
use crate::row::{Request, Tenant, Trace};
use crate::store::postgres::MAX_TENANTS;

/// Which parts of the request path a scenario walks; billing and the reply always are. A part that is not walked is
/// folded: the request has passed it, and it left no trace.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Path {
    /// `auth`.
    pub auth: bool,
    /// `quota-check`.
    pub quota_check: bool,
    /// `upstream`.
    pub upstream: bool,
    /// `usage`.
    pub usage: bool,
}

/// What a client asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Asking {
    /// A call that is charged.
    Charge,
    /// Money paid in.
    Recharge,
    /// A charge given back.
    Reverse {
        /// The trace of the charge.
        of: Trace,
    },
    /// Another daily quota, set by an administrator.
    DailyQuota(u32),
}

impl Charge {
    /// A script on the hash of the tenant, sent as the design has it.
    pub fn eval(&self, script: Script) -> RedisOp {
        RedisOp::Eval { tenant: self.tenant, script, by: self.design.scripts }
    }
}

/// What one attempt is asked, with all that it knows from the start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Charge {
    /// The logical request, which the idempotency key stands for.
    pub request: Request,
    /// Whose money.
    pub tenant: Tenant,
    /// The trace id the client chose.
    pub trace: Trace,
    /// What is asked for.
    pub asking: Asking,
    /// The price, rounded to six places before T3. The gateway knows it after the upstream step.
    pub amount: Money,
    /// What quota_check takes the price to be (P0-4 A).
    pub estimate: Money,
    /// Whether the deduct commits by itself; else its caller does, at the end of the request (`commit=False`, P0-4
    /// scenario 3).
    pub commits: bool,
    /// The gateway's date when the request arrived, used to its end.
    pub day: Day,
    /// What the flow is built of.
    pub design: Design,
    /// The parts of the path that are walked.
    pub path: Path,
}

/// What an attempt runs, from arrival to answer.
pub type Attempt = fn(&mut Io<'_>, &Charge) -> Flow<Answer>;

/// A background job over all tenants.
pub type Job = fn(&mut Io<'_>, &ArrayVec<Tenant, MAX_TENANTS>, Design) -> Flow<()>;

/// What runs an errand that was handed over, for the charge it is about.
pub type Runner = fn(&mut Io<'_>, &Charge, Errand) -> Flow<()>;

/// The flows of one design.
#[derive(Clone, Copy, Debug)]
pub struct Flows {
    /// What each attempt runs.
    pub attempt: Attempt,
    /// The background sync from Postgres to Redis, in designs that have one.
    pub sync: Option<Job>,
    /// The background copy from Redis to Postgres, in designs that have one.
    pub copy_back: Option<Job>,
    /// What runs errands.
    pub errand: Runner,
}
