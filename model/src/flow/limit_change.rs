//! An administrator changes a limit, once per choice.

use crate::design::LimitChange;
use crate::effect::PgOp;
use crate::flow::{AttemptInput, Io};
use crate::io::FlowResult;
use crate::reply::Answer;
use crate::step::Step;

/// Sets the daily quota. Reading where the review leaves a gap: one UPDATE in Postgres, and the hash is not written.
pub fn daily_quota(io: &mut Io<'_>, input: &AttemptInput, quota: u32) -> FlowResult<Answer> {
    match input.design.limit_change {
        LimitChange::AsReported => io.pg(Step::L1, PgOp::SetDailyQuota { tenant: input.tenant, quota })?,
    };
    Ok(Answer::Ok(input.trace))
}
