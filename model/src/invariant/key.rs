use crate::books::{Books, Edge};
use crate::effect::Seconds;
use crate::invariant::{Figure, Invariant, Look, Subject, When, each_request, subject_request};
use crate::row::Request;
use crate::setup::Setup;

/// KEY: an idempotency key stands for something.
pub const INVARIANT: Invariant = Invariant {
    id: "key",
    sentence: "An idempotency key that is there stands for a charge, a live holder or a lease of seconds, and only its \
               holder releases it.",
    reason: "A key that outlives its charge locks the customer out; one that a stranger deletes lets a second charge in.",
    when: When::Always,
    look,
    figures,
};

/// The longest lease that counts as seconds.
const LEASE: Seconds = Seconds(60);

fn stands_for_something(books: &Books, request: Request) -> bool {
    let book = &books.requests[request.index()];
    let charged = books.row_of(request).is_some_and(|row| row.effective());
    book.key.is_none_or(|ttl| charged || book.key_held || ttl <= LEASE)
}

fn look(edge: &Edge<'_>) -> Look {
    let keys = each_request(edge.after, |request| {
        let could_fail = edge.after.requests[request.index()].key.is_some();
        Look::judge(Subject::Request(request), could_fail, stands_for_something(edge.after, request))
    });
    match edge.did.filter(|did| did.stranger_released).and_then(|did| did.request) {
        Some(request) => keys.and(Look::Broken(Subject::Request(request))),
        None => keys,
    }
}

fn figures(edge: &Edge<'_>, subject: Subject, setup: &Setup) -> Vec<Figure> {
    let Some(request) = subject_request(subject) else { return Vec::new() };
    let name = setup.trace_name(request);
    if edge.did.is_some_and(|did| did.stranger_released) {
        return vec![Figure::new(format!("key of {name}"), "deleted by an attempt that does not hold it")];
    }
    let book = &edge.after.requests[request.index()];
    let key = if book.key.is_some() { "there, for more than a minute" } else { "absent" };
    let holder = if book.key_held { "alive" } else { "gone" };
    let row = edge.after.row_of(request).map_or("none", |row| if row.effective() { "effective" } else { "pending" });
    vec![
        Figure::new(format!("key of {name}"), key),
        Figure::new(format!("holder of the key of {name}"), holder),
        Figure::new(format!("ledger row of {name}"), row),
    ]
}
