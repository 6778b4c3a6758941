//! P0-4 C: a job copies the hash to Postgres.

use arrayvec::ArrayVec;

use crate::design::{Cache, Design};
use crate::effect::{PgOp, RedisOp};
use crate::flow::Io;
use crate::io::FlowResult;
use crate::reply::Reply;
use crate::row::Tenant;
use crate::step::Step;
use crate::store::postgres::MAX_TENANTS;

/// One run: per tenant G1 reads the hash, G2 writes all of it to the row, absolute. An absent hash is skipped. Repaired
/// (`C+fixed`): G2 writes only where the row's version is older.
pub fn copy(io: &mut Io<'_>, tenants: &ArrayVec<Tenant, MAX_TENANTS>, design: Design) -> FlowResult<()> {
    let guarded = design.cache == Cache::CFixed;
    for &tenant in tenants {
        if let Reply::Hash(Some(row)) = io.redis(Step::G1, RedisOp::ReadHash(tenant))? {
            io.pg(Step::G2, PgOp::SetQuota { tenant, row, guarded })?;
        }
    }
    Ok(())
}
