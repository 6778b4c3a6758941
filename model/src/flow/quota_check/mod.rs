//! quota_check: the hash is warmed if it is absent, the request is counted or only looked at (P0-5, P1-9, P0-4 A).

mod count_in_postgres;
mod count_in_redis;
mod deduct_estimate;
mod look_only;
mod warm_up;

use crate::design::{Cache, Counting};
use crate::flow::{Charge, Io};
use crate::io::Flow;
use crate::row::Limit;

/// Q1 to Q8; the limit that refuses the request, if one does. An unreachable store is an exception: the request is not let
/// through (`fail` = closed).
pub fn check(io: &mut Io<'_>, charge: &Charge) -> Flow<Option<Limit>> {
    io.phase(|io| {
        warm_up::warm_up(io, charge)?;
        count(io, charge)
    })
}

fn count(io: &mut Io<'_>, charge: &Charge) -> Flow<Option<Limit>> {
    if matches!(charge.design.cache, Cache::A | Cache::AFixed) {
        return deduct_estimate::deduct(io, charge);
    }
    match charge.design.counting {
        Counting::AsReported | Counting::C | Counting::CFixed => count_in_redis::count(io, charge),
        Counting::A => look_only::look(io, charge),
        Counting::B => count_in_postgres::count(io, charge),
    }
}
