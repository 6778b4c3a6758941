//! The flows: what one attempt or one background job does, as straight-line code over [`crate::io::Io`].
//!
//! The deduct exists once per choice of the idempotency risk (P0-3), each in a file that reads from T1 to T7.

pub mod as_reported;
pub mod background_sync;
pub mod fix_a;
pub mod fix_b;
pub mod ledger_lookup;
pub mod transaction;

use arrayvec::ArrayVec;

use crate::io::{Flow, Io};
use crate::money::Money;
use crate::reply::Answer;
use crate::row::{Request, Tenant, Trace};
use crate::store::postgres::MAX_TENANTS;

/// What one attempt is asked to charge.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Charge {
    /// The logical request, which the idempotency key stands for.
    pub request: Request,
    /// Whose money.
    pub tenant: Tenant,
    /// The trace id the client chose.
    pub trace: Trace,
    /// The price, rounded to six places before T3.
    pub amount: Money,
}

/// The deduct of one attempt, from T1 to the answer.
pub type Deduct = fn(&mut Io<'_>, &Charge) -> Flow<Answer>;

/// A background job over all tenants.
pub type Job = fn(&mut Io<'_>, &ArrayVec<Tenant, MAX_TENANTS>) -> Flow<()>;

/// The flows of one design.
#[derive(Clone, Copy, Debug)]
pub struct Flows {
    /// What each attempt runs.
    pub deduct: Deduct,
    /// The background sync, in designs that have one.
    pub sync: Option<Job>,
}
