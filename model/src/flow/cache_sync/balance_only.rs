//! P0-4 D: only the balance is written.

use crate::effect::{DAY, Fields, RedisOp, Script};
use crate::flow::deducted::Taken;
use crate::flow::{AttemptInput, Io};
use crate::io::FlowResult;
use crate::row::QuotaRow;
use crate::step::Step;

/// T7c as written: HSET of `balance` := the row's `balance_after`, which is the balance read in T3a minus the price,
/// whatever T4b found. No EXPIRE.
pub fn write(io: &mut Io<'_>, input: &AttemptInput, taken: &Taken) -> FlowResult<()> {
    let row = QuotaRow { balance: taken.row_after, ..taken.snapshot };
    io.redis(Step::T7c, RedisOp::HSet { tenant: input.tenant, row, fields: Fields::BALANCE })?;
    Ok(())
}

/// T7c repaired (`D+fixed`): one script writes the balance the transaction left and its version, unless the hash is
/// newer, and renews the TTL. An absent hash stays absent until the next warm-up fills it.
pub fn write_if_newer(io: &mut Io<'_>, input: &AttemptInput, taken: &Taken) -> FlowResult<()> {
    let fields = Fields::BALANCE.union(Fields::VERSION);
    let script = Script::WriteIfNewer { row: taken.snapshot, fields, ttl: DAY };
    io.redis(Step::T7c, input.eval(script))?;
    Ok(())
}
