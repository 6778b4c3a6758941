use crate::books::Edge;
use crate::invariant::{Figure, Invariant, Look, Subject, When, each_request, subject_request};
use crate::policy::Store;
use crate::setup::Setup;

/// EXACT: what is charged is the price, to the last micro-unit.
///
/// Reading: judged of a request whose row is effective; at once where Postgres is the truth, at rest where Redis is,
/// since the steps that correct an estimate come one by one.
pub const INVARIANT: Invariant = Invariant {
    id: "exact",
    sentence: "An effective row's amount is the rounded price of its request, and the balance moves by exactly that.",
    reason: "A rounding that is off by a little is off for every call, and nobody finds it in a total.",
    when: When::AsClaimed,
    look,
    figures,
};

fn look(edge: &Edge<'_>) -> Look {
    let books = edge.after;
    if books.design.truth() == Store::Redis && !books.at_rest {
        return Look::NotJudged;
    }
    each_request(books, |request| {
        let book = &books.requests[request.index()];
        let Some(row) = books.row_of(request).filter(|row| row.effective()) else { return Look::Vacuous };
        let exact = row.amount == book.price && book.moved == -row.effect();
        Look::judge(Subject::Request(request), true, exact)
    })
}

fn figures(edge: &Edge<'_>, subject: Subject, setup: &Setup) -> Vec<Figure> {
    let Some(request) = subject_request(subject) else { return Vec::new() };
    let (book, name) = (&edge.after.requests[request.index()], setup.trace_name(request));
    let mut figures = vec![
        Figure::new(format!("price of {name}"), book.price),
        Figure::new(format!("money taken for {name}"), book.moved),
    ];
    if let Some(row) = edge.after.row_of(request) {
        figures.push(Figure::new(format!("amount in the row of {name}"), row.amount));
    }
    figures
}
