//! The bytes: from the provider's first chunk to the end, or to where the stream is broken off.

use crate::delivery::{Cut, Delivered, Part};
use crate::effect::LocalOp;
use crate::flow::{AttemptInput, Io};
use crate::io::{FlowResult, caught};
use crate::money::Money;
use crate::reply::{Answer, Failure};
use crate::step::Step;

/// U1 to U5. A provider that fails before it answers has served nothing, which is an exception; a stream that breaks
/// later counts as over, like one that ends.
pub fn deliver(io: &mut Io<'_>, input: &AttemptInput) -> FlowResult<Delivered> {
    io.phase(|io| {
        io.local(Step::U1, LocalOp::Upstream(input.request))?;
        parts(io, input)
    })
}

fn parts(io: &mut Io<'_>, input: &AttemptInput) -> FlowResult<Delivered> {
    let mut cut = Cut::Nothing;
    let parts = [(Step::U2, Part::First), (Step::U3, Part::Rest), (Step::U4, Part::Usage), (Step::U5, Part::End)];
    for (step, part) in parts {
        if part == Part::Usage && !input.stream.reports {
            continue;
        }
        match caught(io.local(step, LocalOp::Receive { request: input.request, part }))? {
            Ok(_) => cut = cut.after(part),
            Err(failure) => return Ok(Delivered { cut, broken: Some(failure) }),
        }
    }
    Ok(Delivered { cut, broken: None })
}

/// U6, in repaired readings: the usage block if it came, else what the provider reports when it is asked, else the
/// gateway's own count (ST-2, P2-14).
pub fn known_price(io: &mut Io<'_>, input: &AttemptInput, over: &Delivered) -> FlowResult<Money> {
    if over.cut != Cut::Usage && input.stream.reports {
        io.local(Step::U6, LocalOp::AskCount(input.request))?;
    }
    Ok(input.stream.known(over.cut))
}

/// What the client of a stream sees: its end, or that it broke.
pub fn answer(input: &AttemptInput, over: &Delivered) -> Answer {
    match over.broken {
        None => Answer::Ok(input.trace),
        Some(failure) => Answer::Error(failure),
    }
}

/// The same, but for a stream that did not break the failure of its charge, if there is one.
pub fn answer_unless(input: &AttemptInput, over: &Delivered, failure: Option<Failure>) -> Answer {
    match (over.broken, failure) {
        (None, Some(failure)) => Answer::Error(failure),
        _ => answer(input, over),
    }
}
