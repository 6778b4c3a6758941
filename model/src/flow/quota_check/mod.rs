//! quota_check: the hash is warmed if it is absent, the request is counted or only checked (P0-5, P1-9, P0-4 A).

mod count_in_postgres;
mod count_in_redis;
mod deduct_estimate;
mod look_only;
mod warm_up;

use crate::design::Counting;
use crate::flow::{AttemptInput, Io};
use crate::io::FlowResult;
use crate::row::Limit;

/// Q1 to Q8; returns the limit that refuses the request, if one does. An unreachable store is an exception: the request
/// is not let through (`fail` = closed).
pub fn check(io: &mut Io<'_>, input: &AttemptInput) -> FlowResult<Option<Limit>> {
    io.phase(|io| {
        warm_up::warm_up(io, input)?;
        count(io, input)
    })
}

fn count(io: &mut Io<'_>, input: &AttemptInput) -> FlowResult<Option<Limit>> {
    if input.design.cache.takes_in_quota_check() {
        return deduct_estimate::deduct(io, input);
    }
    match input.design.counting {
        Counting::AsReported | Counting::C | Counting::CFixed => count_in_redis::count(io, input),
        Counting::A => look_only::look(io, input),
        Counting::B => count_in_postgres::count(io, input),
    }
}
