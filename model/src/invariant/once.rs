use crate::books::Edge;
use crate::invariant::{Figure, Invariant, Look, Subject, When, each_request, subject_request};
use crate::money::Money;
use crate::setup::Setup;

/// ONCE: no double deduction.
pub const INVARIANT: Invariant = Invariant {
    id: "once",
    sentence: "The money taken for one request is at most its price, however often it is retried, replayed or recovered.",
    reason: "Anything more is a double deduction: the customer paid twice for one call.",
    when: When::Always,
    look,
    figures,
};

/// By ghost tag, not by balance: two wrongs may add up to a right balance. More than one effective row per trace cannot
/// be, since the trace is unique in the ledger; the money can still move twice.
fn look(edge: &Edge<'_>) -> Look {
    each_request(edge.after, |request| {
        let book = &edge.after.requests[request.index()];
        Look::judge(Subject::Request(request), book.moved != Money::ZERO, book.moved <= book.price)
    })
}

fn figures(edge: &Edge<'_>, subject: Subject, setup: &Setup) -> Vec<Figure> {
    let Some(request) = subject_request(subject) else { return Vec::new() };
    let book = &edge.after.requests[request.index()];
    let name = setup.trace_name(request);
    vec![
        Figure::new(format!("money taken for {name}"), book.moved),
        Figure::new(format!("price of {name}"), book.price),
    ]
}
