//! Auth: the principal from the cache or the database, and the check of its budget.

use crate::design::Budget;
use crate::effect::{PRINCIPAL_TTL, PgOp, RedisOp};
use crate::flow::{AttemptInput, Io, budget};
use crate::io::FlowResult;
use crate::money::Money;
use crate::reply::Reply;
use crate::row::{KeyRow, Limit};
use crate::step::Step;

/// A1 to A4; returns the limit that refuses the request, if one does.
///
/// Readings where the review leaves a gap: the request is refused once the recorded spending has reached the limit,
/// since its own cost is not known here; a principal that is not cached is cached for 300 s.
pub fn authenticate(io: &mut Io<'_>, input: &AttemptInput) -> FlowResult<Option<Limit>> {
    io.phase(|io| {
        let key = principal(io, input)?;
        let spent = match input.design.budget {
            Budget::AsReported => key.used,
            // P0-2 A in the code: the value cached with the principal.
            Budget::A | Budget::AFixed if input.design.caches_the_budget_row() => key.used,
            Budget::A | Budget::AFixed => budget::row(io, input)?.used,
            Budget::B | Budget::BFixed => budget::counter(io, input)?,
        };
        Ok(key.limit.filter(|&limit| spent >= limit).map(|_| Limit::Budget))
    })
}

fn principal(io: &mut Io<'_>, input: &AttemptInput) -> FlowResult<KeyRow> {
    if let Reply::Key(Some(cached)) = io.redis(Step::A1, RedisOp::GetPrincipal(input.tenant))? {
        return Ok(cached);
    }
    let mut key = KeyRow { limit: None, used: Money::ZERO };
    if let Reply::Key(Some(known)) = io.pg(Step::A2, PgOp::SelectKey(input.tenant))? {
        key = known;
    }
    if input.design.caches_the_budget_row() {
        key.used = budget::row(io, input)?.used;
    }
    io.redis(Step::A3, RedisOp::SetPrincipal { tenant: input.tenant, key, ttl: PRINCIPAL_TTL })?;
    Ok(key)
}
