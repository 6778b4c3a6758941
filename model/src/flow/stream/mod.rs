//! A stream (P0-1): the bytes are sent before their cost is known; how they are billed is one small file per choice.

mod billing_step;
mod callback;
mod deliver;
mod hold;
pub mod job;
mod pending_first;
pub mod usage_record;

use crate::design::{Base, Design, Idempotency, Stream};
use crate::flow::deduct::ledger_lookup::select_row;
use crate::flow::{AttemptInput, Io};
use crate::io::{FlowResult, ignoring};
use crate::reply::{Answer, Failure};
use crate::row::{Kind, LedgerRow, Status};
use crate::step::Step;

/// From the call of the provider to the end of the client's connection. The steps before, auth and quota_check, are the
/// same for every call.
pub fn streamed(io: &mut Io<'_>, input: &AttemptInput) -> FlowResult<Answer> {
    match input.design.stream {
        Stream::AsReported | Stream::Stamped => callback::deducts(io, input),
        Stream::A => billing_step::as_written(io, input),
        Stream::AFixed => billing_step::repaired(io, input),
        Stream::B => callback::hands_over(io, input),
        Stream::BFixed => callback::hands_over_what_is_known(io, input),
        Stream::C => pending_first::as_written(io, input),
        Stream::CFixed => pending_first::repaired(io, input),
        Stream::Hold => hold::as_written(io, input),
        Stream::HoldFixed => hold::repaired(io, input),
    }
}

/// U0, in repaired readings: what the ledger says about the trace, before the provider is called. A committed trace is
/// answered from its row (ST-3); one that is under way, or another tenant's, gets an error.
fn known_trace(io: &mut Io<'_>, input: &AttemptInput) -> FlowResult<Option<Answer>> {
    io.phase(|io| {
        Ok(match select_row(io, Step::U0, input.trace)? {
            None => None,
            Some(row) if row.tenant != input.tenant => Some(Answer::Error(Failure::ForeignRow)),
            Some(row) => Some(answer_from(&row)),
        })
    })
}

fn answer_from(row: &LedgerRow) -> Answer {
    match (row.status, row.kind) {
        // Whether the process that began it still lives is unknown.
        (Status::Pending, _) | (_, Kind::Hold) => Answer::Error(Failure::UnderWay),
        _ => Answer::Ok(row.trace),
    }
}

/// Runs a part whose exceptions the API layer swallows.
fn swallowed<T>(io: &mut Io<'_>, part: impl FnOnce(&mut Io<'_>) -> FlowResult<T>) -> FlowResult<()> {
    io.phase(|io| ignoring(part(io)))
}

/// The deduct that queries the ledger instead of the key (P0-3 A+fixed), where the design has no other repair of it.
fn by_ledger(design: Design) -> Design {
    match (design.base, design.idempotency) {
        (Base::AsReported, Idempotency::AsReported) => Design { idempotency: Idempotency::AFixed, ..design },
        _ => design,
    }
}
