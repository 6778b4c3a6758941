//! An administrator changes a limit, once per choice.

use crate::design::LimitChange;
use crate::effect::PgOp;
use crate::flow::{Charge, Io};
use crate::io::Flow;
use crate::reply::Answer;
use crate::step::Step;

/// Sets the daily quota. Reading where the review leaves a gap: one UPDATE in Postgres, and nothing writes the hash.
pub fn daily_quota(io: &mut Io<'_>, charge: &Charge, quota: u32) -> Flow<Answer> {
    match charge.design.limit_change {
        LimitChange::AsReported => io.pg(Step::L1, PgOp::SetDailyQuota { tenant: charge.tenant, quota })?,
    };
    Ok(Answer::Ok(charge.trace))
}
