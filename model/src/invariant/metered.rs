use crate::books::{Books, Edge, RequestBook};
use crate::invariant::{Figure, Invariant, Look, Subject, When, each_request, subject_request};
use crate::row::{Kind, Request};
use crate::setup::Setup;

/// METERED: what the provider served is charged.
///
/// Readings: calls beyond the first of a request that is no stream are covered by its one charge. Of a stream each call that
/// cost anything needs a charge of its own, whether the design declares that it makes one or declares nothing (ST-3).
pub const INVARIANT: Invariant = Invariant {
    id: "metered",
    sentence: "Once all is quiet every request that the provider served has an effective charge, and a stream as many as it was \
               served.",
    reason: "The provider is paid for every call: what is not charged is our loss.",
    when: When::AtRest,
    look,
    figures,
};

fn look(edge: &Edge<'_>) -> Look {
    if !edge.after.path.upstream {
        return Look::NotJudged;
    }
    each_request(edge.after, |request| {
        let book = &edge.after.requests[request.index()];
        let served = book.served > 0 && book.asking.is_call();
        Look::judge(Subject::Request(request), served, !served || charges(edge.after, request) >= needed(book))
    })
}

/// Effective charges of a request, the rest of a hold not counted.
fn charges(books: &Books, request: Request) -> u8 {
    let (own, held) = (books.requests[request.index()].trace, books.own_row(request).is_some());
    let charges = books.rows_of(request).filter(|row| row.effective());
    charges.filter(|row| row.kind != Kind::Refund && (!held || row.trace == own)).count() as u8
}

fn needed(book: &RequestBook) -> u8 {
    if book.stream.is_some() { book.served } else { 1 }
}

fn figures(edge: &Edge<'_>, subject: Subject, setup: &Setup) -> Vec<Figure> {
    let Some(request) = subject_request(subject) else { return Vec::new() };
    let (book, name) = (&edge.after.requests[request.index()], setup.trace_name(request));
    let row = edge.after.row_of(request).map_or("none", |row| if row.effective() { "effective" } else { "pending" });
    let mut figures = vec![
        Figure::new(format!("calls of the provider for {name}"), book.served),
        Figure::new(format!("price of {name}"), book.price),
    ];
    if book.stream.is_some() {
        figures.push(Figure::new(format!("charges of {name}"), charges(edge.after, request)));
    }
    figures.push(Figure::new(format!("ledger row of {name}"), row));
    figures
}
