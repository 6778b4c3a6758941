//! P0-4 B: a hook after the commit starts a task that writes the snapshot.

use crate::design::Cache;
use crate::effect::{DAY, DeferredJob, Fields, LocalOp, RedisOp, Script};
use crate::flow::deducted::Taken;
use crate::flow::{AttemptInput, Io};
use crate::io::FlowResult;
use crate::row::QuotaRow;
use crate::step::Step;

/// H0: the task is started with the snapshot taken in the transaction. It belongs to the process and dies with it.
pub fn start_task(io: &mut Io<'_>, input: &AttemptInput, taken: &Taken) -> FlowResult<()> {
    io.local(Step::H0, LocalOp::Send(DeferredJob::Snapshot { request: input.request, row: taken.snapshot }))?;
    Ok(())
}

/// H1 HSET of the snapshot, H2 EXPIRE. Reading where the review leaves a gap: a task that fails is not started again.
/// Repaired (`B+fixed`): one script that does not replace a newer version.
pub fn write_by_task(io: &mut Io<'_>, input: &AttemptInput, row: QuotaRow) -> FlowResult<()> {
    let tenant = input.tenant;
    if input.design.cache == Cache::BFixed {
        let script = Script::WriteIfNewer { row, fields: Fields::ALL, ttl: DAY };
        io.redis(Step::H1, input.eval(script))?;
        return Ok(());
    }
    io.redis(Step::H1, RedisOp::HSet { tenant, row, fields: Fields::ALL })?;
    io.redis(Step::H2, RedisOp::Expire { tenant, ttl: DAY })?;
    Ok(())
}
