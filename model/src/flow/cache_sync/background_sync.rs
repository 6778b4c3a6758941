//! The background sync of P0-3 B: Postgres to Redis.

use arrayvec::ArrayVec;

use crate::design::Design;
use crate::effect::{DAY, Fields, RedisOp};
use crate::flow::Io;
use crate::flow::deduct::transaction::read_quota;
use crate::io::FlowResult;
use crate::row::Tenant;
use crate::step::Step;
use crate::store::postgres::MAX_TENANTS;

/// One run of the task: per tenant S1 reads the quota, S2 writes all of it to the hash, S3 renews its TTL.
///
/// Reading where the review leaves a gap: the task is periodic and goes over every tenant; a run that fails is
/// abandoned and the next one starts over.
pub fn sync(io: &mut Io<'_>, tenants: &ArrayVec<Tenant, MAX_TENANTS>, _design: Design) -> FlowResult<()> {
    for &tenant in tenants {
        let row = read_quota(io, Step::S1, tenant)?;
        io.redis(Step::S2, RedisOp::HSet { tenant, row, fields: Fields::ALL })?;
        io.redis(Step::S3, RedisOp::Expire { tenant, ttl: DAY })?;
    }
    Ok(())
}
