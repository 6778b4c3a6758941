//! The kind of fault that a move is, and sets of faults without one kind.

use model::books::{Books, Occurrence};
use model::moves::Move;
use model::setup::{Fault, Faults};

/// The kind of fault that a move is, if it is one; `after` are the books after it.
pub(crate) fn kind_of(did: &Occurrence, after: &Books) -> Option<&'static str> {
    let impatient = || match did.mv {
        Move::Send { request, .. } if after.requests[request.index()].in_flight > 1 => Some(Fault::Impatience),
        _ => None,
    };
    did.mv.fault().or_else(impatient).map(Fault::id)
}

/// The same faults without one of the [`Faults::KINDS`].
pub(crate) fn lacking(faults: Faults, kind: &str) -> Faults {
    faults.without(kind).unwrap_or(faults)
}
