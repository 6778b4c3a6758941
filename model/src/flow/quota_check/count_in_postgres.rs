//! quota_check counts in Postgres and commits (P0-5 B).

use crate::effect::PgOp;
use crate::flow::deduct::transaction::read_quota;
use crate::flow::{AttemptInput, Io};
use crate::io::FlowResult;
use crate::reply::Reply;
use crate::row::Limit;
use crate::step::Step;

/// Q5c: one UPDATE of both counts where neither is used up, which commits by itself.
///
/// Reading where the review leaves a gap: where it updates no row, Q2 reads which limit refused; if the row has changed
/// meanwhile the daily one is named.
pub fn count(io: &mut Io<'_>, input: &AttemptInput) -> FlowResult<Option<Limit>> {
    let counted = io.pg(Step::Q5c, PgOp::CountQuota { tenant: input.tenant, day: input.day })?;
    if counted == Reply::Updated(1) {
        return Ok(None);
    }
    let quota = read_quota(io, Step::Q2, input.tenant)?;
    Ok(Some(quota.binding_count(input.day).unwrap_or(Limit::Daily)))
}
