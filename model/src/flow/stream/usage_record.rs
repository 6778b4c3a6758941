//! The usage record of a stream: read, append, write back; repaired, one row per trace.

use crate::design::Usage;
use crate::effect::PgOp;
use crate::flow::stream::swallowed;
use crate::flow::{AttemptInput, Io, usage};
use crate::io::FlowResult;
use crate::money::Money;
use crate::reply::Reply;
use crate::row::UsageRow;
use crate::step::Step;

/// J3 and J4, in the API layer, whatever the result of the charge. A failure is not reported. Reading: where usage is a
/// row in the charge's transaction (P1-8 C) it is written already.
pub fn append(io: &mut Io<'_>, input: &AttemptInput) -> FlowResult<()> {
    if input.path.usage && input.design.usage != Usage::C {
        swallowed(io, |io| read_and_write_back(io, input))?;
    }
    Ok(())
}

fn read_and_write_back(io: &mut Io<'_>, input: &AttemptInput) -> FlowResult<()> {
    if let Reply::Usage(was) = io.pg(Step::J3, PgOp::SelectUsage(input.tenant))? {
        let row = UsageRow { requests: was.requests + 1, cost: was.cost + input.amount };
        io.pg(Step::J4, PgOp::SetUsage { tenant: input.tenant, row })?;
    }
    Ok(())
}

/// T5c, in repaired readings, in the transaction of the charge: one row per trace, so that a second one changes
/// nothing.
pub fn keep_in_transaction(io: &mut Io<'_>, input: &AttemptInput) -> FlowResult<()> {
    if input.path.usage && input.amount != Money::ZERO {
        io.pg(Step::T5c, usage::keyed(input))?;
    }
    Ok(())
}
