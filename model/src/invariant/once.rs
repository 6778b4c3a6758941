use crate::books::{Books, Edge, RequestBook};
use crate::flow::Asking;
use crate::invariant::{Concern, Evaluation, Figure, Invariant, Subject, When, each_request, subject_request};
use crate::money::Money;
use crate::policy::{Repeats, Store};
use crate::setup::Setup;

/// ONCE: no double deduction, and nothing paid in or given back twice.
///
/// Reading: where Redis is the truth quota_check takes an estimate that a later step corrects, so a request is judged
/// when no attempt of it is in flight; a stream that is held by its estimate is judged at rest. Where each call of a
/// stream is charged by declaration, each may cost its price.
pub const INVARIANT: Invariant = Invariant {
    id: "once",
    sentence: "The money moved for one request is at most its price, however often it is retried, replayed or recovered.",
    reason: "Anything more is a double deduction: the customer paid twice for one call, or got the same money twice.",
    concerns: Concern::Money,
    when: When::Always,
    evaluation,
    figures,
};

/// What was moved in the direction of the request: taken for a charge, given for a recharge or a refund.
fn moved(book: &RequestBook) -> Money {
    if book.asking.is_call() { book.moved } else { -book.moved }
}

/// The price or, for a stream, what `stream_abort` lets it pay if that is more, as many times as the design declares to
/// charge it.
fn most(books: &Books, book: &RequestBook) -> Money {
    let Some(stream) = &book.stream else { return book.price };
    let one = books.due(stream).into_iter().fold(book.price, Money::max);
    match books.design.repeats() {
        Repeats::Charged => (0..book.served.max(1)).map(|_| one).sum(),
        Repeats::Undeclared => one,
    }
}

fn judged(books: &Books, book: &RequestBook) -> bool {
    let in_pieces = books.design.truth() == Store::Redis || book.stream.is_some() && books.design.holds();
    !in_pieces || book.in_flight == 0 && (book.stream.is_none() || books.at_rest)
}

/// By ghost tag, not by balance: two errors may add up to a right balance. More than one effective row per trace is
/// impossible, since the trace is unique in the ledger; the money can still move twice.
fn evaluation(edge: &Edge<'_>) -> Evaluation {
    each_request(edge.after, |request| {
        let book = &edge.after.requests[request.index()];
        if !judged(edge.after, book) {
            return Evaluation::NotEvaluated;
        }
        let moved = moved(book);
        Evaluation::judge(Subject::Request(request), moved != Money::ZERO, moved <= most(edge.after, book))
    })
}

fn figures(edge: &Edge<'_>, subject: Subject, setup: &Setup) -> Vec<Figure> {
    let Some(request) = subject_request(subject) else { return Vec::new() };
    let book = &edge.after.requests[request.index()];
    let name = setup.request_name(request);
    let (what, of) = match book.asking {
        Asking::Charge | Asking::Stream => ("money taken for", "price of"),
        Asking::Recharge | Asking::Reverse { .. } | Asking::DailyQuota(_) => ("money given for", "money due for"),
    };
    vec![
        Figure::new(format!("{what} {name}"), moved(book)),
        Figure::new(format!("{of} {name}"), most(edge.after, book)),
    ]
}
