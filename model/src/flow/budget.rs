//! The record of what an API key has spent (P0-2).

use crate::design::Budget;
use crate::effect::{BUDGET_TTL, Increment, PgOp, RedisOp};
use crate::flow::{AttemptInput, Io};
use crate::io::{FlowResult, caught, ignoring};
use crate::money::Money;
use crate::reply::Reply;
use crate::row::{KeyRow, Unit};
use crate::step::Step;

/// P0-2 A: the BUDGET row as money.
pub fn row(io: &mut Io<'_>, input: &AttemptInput) -> FlowResult<KeyRow> {
    let Reply::Budget(row) = io.pg(Step::A4, PgOp::SelectBudget(input.tenant))? else { return Ok(KeyRow::default()) };
    Ok(KeyRow { limit: row.total.map(|total| row.unit.money(total)), used: row.unit.money(row.used) })
}

/// P0-2 B: the counter as money; without a counter nothing is spent.
pub fn counter(io: &mut Io<'_>, input: &AttemptInput) -> FlowResult<Money> {
    let Reply::Spent(Some(micros)) = io.redis(Step::A4, RedisOp::GetBudget(input.tenant))? else {
        return Ok(Money::ZERO);
    };
    Ok(Money::from_micros(micros))
}

/// B1 and B2, after the deduct answered ok: writes what the design's choice prescribes.
///
/// As reported: `budget_used` goes up in request memory only, which is not a step. P0-2 A: `delta = int(cost * 100)`,
/// cents, relative; its failure is an exception like any other. P0-2 B: INCRBY with a fraction, which fails on every
/// call, then EXPIRE. Reading where the review leaves a gap: a helper that counts in Redis does not fail the request,
/// so errors of B1 and B2 are swallowed, and EXPIRE comes only after an INCRBY that was answered. A request answered
/// from its ledger row has passed billing as well and is added again.
pub fn add_after_charge(io: &mut Io<'_>, input: &AttemptInput) -> FlowResult<()> {
    let tenant = input.tenant;
    if !input.path.auth {
        return Ok(());
    }
    let by = match input.design.budget {
        Budget::AsReported | Budget::AFixed => return Ok(()),
        Budget::A => {
            let delta = Unit::Cents.whole(input.amount);
            io.pg(Step::B1, PgOp::AddBudget { tenant, delta, unit: Unit::Cents })?;
            return Ok(());
        }
        Budget::B => Increment::Fraction(input.amount),
        Budget::BFixed => Increment::Micros(input.amount.micros()),
    };
    if caught(io.redis(Step::B1, RedisOp::IncrBudget { tenant, by }))?.is_ok() {
        ignoring(io.redis(Step::B2, RedisOp::ExpireBudget { tenant, ttl: BUDGET_TTL }))?;
    }
    Ok(())
}

/// T5a, P0-2 A repaired: the row is increased in micro-units inside the charge's transaction, so that it commits with
/// it or not at all, and only once.
pub fn add_in_transaction(io: &mut Io<'_>, input: &AttemptInput) -> FlowResult<()> {
    if input.path.auth && input.design.budget == Budget::AFixed {
        let delta = Unit::Micros.whole(input.amount);
        io.pg(Step::T5a, PgOp::AddBudget { tenant: input.tenant, delta, unit: Unit::Micros })?;
    }
    Ok(())
}
