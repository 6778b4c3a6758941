//! The kind of fault that a move is, and sets of faults without one kind.

use model::books::{Books, Occurrence};
use model::moves::Move;
use model::setup::{Fault, Faults};

/// The kind of fault that a move is, if it is one; `after` are the books after it.
pub(crate) fn kind_of(did: &Occurrence, after: &Books) -> Option<&'static str> {
    let impatient = || {
        let Move::Send { request, .. } = did.mv else { return None };
        (after.requests[request.index()].in_flight > 1).then_some(Fault::Impatience)
    };
    did.mv.fault().or_else(impatient).map(Fault::id)
}

/// The same faults without one of the [`Faults::KINDS`].
pub(crate) fn lacking(faults: Faults, kind: &str) -> Faults {
    faults.without(kind).unwrap_or(faults)
}
