//! P0-4 C: Redis is the only truth. The money is taken by the script; Postgres gets the row, and a job copies the
//! balance.

use crate::design::Cache;
use crate::effect::{Arithmetic, DAY, PgOp, RedisOp, Script};
use crate::flow::deduct::as_reported::on_exception;
use crate::flow::deduct::ledger_lookup::{answer_what_is_found, look_up};
use crate::flow::deducted::Deducted;
use crate::flow::usage;
use crate::flow::{AttemptInput, Io};
use crate::io::{FlowResult, caught, fail};
use crate::money::Money;
use crate::reply::{Answer, Failure, Reply};
use crate::row::{Kind, Status};
use crate::step::Step;

/// T1 the key, T4e `quota_deduct` in Redis, T2 to T6 the ledger row, COMMITTED at once; no T7.
///
/// Readings where the review leaves a gap: key and handler stay as reported; the row's balances are what the script
/// answered, a Lua number truncated to whole units; the script counts as billing does, whether or not quota_check has
/// counted; what the script took is not given back when the row cannot be written. Repaired (`C+fixed`) the script
/// calculates exactly and does not count a request again that quota_check has counted.
pub fn deduct(io: &mut Io<'_>, input: &AttemptInput) -> FlowResult<Deducted> {
    match caught(io.redis(Step::T1, RedisOp::SetNx { key: input.key, ttl: DAY }))? {
        Ok(Reply::Taken) => {}
        Ok(_held) => {
            let found = look_up(io, Step::T1b, input);
            return answer_what_is_found(found).map(Deducted::Answered);
        }
        Err(failure) => return Ok(Deducted::Answered(Answer::Error(failure))),
    }
    match caught(take_and_record(io, input))? {
        Ok(()) => {
            usage::send_by_hook(io, input)?;
            Ok(Deducted::Charged)
        }
        Err(failure) => on_exception(io, input, failure).map(Deducted::Answered),
    }
}

fn take_and_record(io: &mut Io<'_>, input: &AttemptInput) -> FlowResult<()> {
    let after = take(io, input)?;
    let AttemptInput { tenant, trace, amount, .. } = *input;
    io.pg(Step::T2, PgOp::Begin)?;
    let (kind, status, before) = (Kind::Deduct, Status::Committed, after + amount);
    io.pg(Step::T3b, PgOp::InsertRow { tenant, trace, kind, status, amount, before, after })?;
    io.pg(Step::T6, PgOp::Commit)?;
    Ok(())
}

/// T4e: returns the balance that is left, as the script answers it.
fn take(io: &mut Io<'_>, input: &AttemptInput) -> FlowResult<Money> {
    let literal = input.design.cache == Cache::C;
    let arithmetic = if literal { Arithmetic::Lua } else { Arithmetic::Exact };
    let counts = literal || !input.path.quota_check;
    let script = Script::Deduct { amount: input.amount, negative: input.negative, counts, day: input.day, arithmetic };
    io.phase(|io| {
        let reply = io.redis(Step::T4e, input.eval(script))?;
        if let Reply::Denied(limit) = reply {
            return fail(Failure::Refused(limit));
        }
        if let Reply::Left(balance) = reply { Ok(balance) } else { Ok(Money::ZERO) }
    })
}
