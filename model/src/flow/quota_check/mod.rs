//! quota_check: the hash is warmed if it is absent, the request is counted or only looked at (P0-5, P1-9, P0-4 A).

mod count_in_postgres;
mod count_in_redis;
mod deduct_estimate;
mod look_only;
mod warm_up;

use crate::design::{Cache, Counting};
use crate::flow::Charge;
use crate::io::{Flow, Io};
use crate::row::Limit;

/// Q1 to Q8; the limit that refuses the request, if one does. An unreachable store is an exception: the request is not let
/// through (`fail` = closed).
pub fn check(io: &mut Io<'_>, charge: &Charge) -> Flow<Option<Limit>> {
    io.phase(|io| warm_up::warm_up(io, charge))?;
    if matches!(charge.design.cache, Cache::A | Cache::AFixed) {
        return deduct_estimate::deduct(io, charge);
    }
    match charge.design.counting {
        Counting::AsReported | Counting::C | Counting::CFixed => count_in_redis::count(io, charge),
        Counting::A => look_only::look(io, charge),
        Counting::B => count_in_postgres::count(io, charge),
    }
}

/// Whether billing counts the request too: in P0-5 B and C quota_check has counted it, in C by a flag in the request
/// context that is set once it has.
pub fn billing_counts(charge: &Charge) -> bool {
    let counted = matches!(charge.design.counting, Counting::B | Counting::C | Counting::CFixed);
    !(counted && charge.path.quota_check)
}
