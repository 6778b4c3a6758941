use crate::books::{Books, Edge, KeyBook};
use crate::effect::Seconds;
use crate::invariant::{Concern, Evaluation, Figure, Invariant, Subject, When, subject_request};
use crate::setup::Setup;

/// KEY: an idempotency key has a charge, a holder or a lease.
pub const INVARIANT: Invariant = Invariant {
    id: "key",
    sentence: "An idempotency key that is there stands for a charge, a live holder or a lease of seconds, and only its \
               holder releases it.",
    reason: "A key that outlives its charge locks the customer out; one that another attempt deletes lets a second charge in.",
    concerns: Concern::Records,
    when: When::Always,
    evaluation,
    figures,
};

/// The longest lease that counts as seconds.
const LEASE: Seconds = Seconds(60);

fn stands_for_something(books: &Books, key: &KeyBook) -> bool {
    let charged = books.rows[key.trace.index()].is_some_and(|row| row.effective() && books.tenant(key) == row.tenant);
    key.ttl.is_none_or(|ttl| charged || key.held || ttl <= LEASE)
}

fn evaluation(edge: &Edge<'_>) -> Evaluation {
    let keys = edge.after.keys.iter().map(|key| {
        Evaluation::judge(Subject::Request(key.request), key.ttl.is_some(), stands_for_something(edge.after, key))
    });
    let keys = keys.fold(Evaluation::NotEvaluated, Evaluation::and);
    match edge.did.filter(|did| did.released_foreign_key).and_then(|did| did.request) {
        Some(request) => keys.and(Evaluation::Broken(Subject::Request(request))),
        None => keys,
    }
}

fn figures(edge: &Edge<'_>, subject: Subject, setup: &Setup) -> Vec<Figure> {
    let Some(request) = subject_request(subject) else { return Vec::new() };
    if edge.did.is_some_and(|did| did.released_foreign_key) {
        let name = setup.request_name(request);
        return vec![Figure::new(format!("key of {name}"), "deleted by an attempt that does not hold it")];
    }
    let books = edge.after;
    let mut keys = books.keys.iter().filter(|key| key.request == request);
    let Some(key) = keys.find(|key| !stands_for_something(books, key)) else { return Vec::new() };
    let name = &setup.traces[key.trace.index()];
    let holder = if key.held { "alive" } else { "gone" };
    let row = books.rows[key.trace.index()].filter(|row| row.tenant == books.tenant(key));
    let row = row.map_or("none", |row| if row.effective() { "effective" } else { "pending" });
    vec![
        Figure::new(format!("key of {name}"), "there, for more than a minute"),
        Figure::new(format!("holder of the key of {name}"), holder),
        Figure::new(format!("ledger row of {name}"), row),
    ]
}
