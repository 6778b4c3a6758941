use crate::books::{Books, Edge};
use crate::invariant::{Concern, Evaluation, Figure, Invariant, Subject, When, each_request, subject_request};
use crate::row::{Kind, Request};
use crate::setup::Setup;

/// METERED: what the provider served is charged.
///
/// Reading: each call that cost anything needs a charge of its own, for streams and for other requests alike, whether
/// the design declares that it makes one or declares nothing (ST-3). A repeat that is answered from its row makes no
/// call.
pub const INVARIANT: Invariant = Invariant {
    id: "metered",
    sentence: "Once all is quiet every request has one effective charge for each time the provider served it.",
    reason: "The provider is paid for every call: what is not charged is our loss.",
    concerns: Concern::Money,
    when: When::AtRest,
    evaluation,
    figures,
};

fn evaluation(edge: &Edge<'_>) -> Evaluation {
    if !edge.after.path.upstream {
        return Evaluation::NotEvaluated;
    }
    each_request(edge.after, |request| {
        let book = &edge.after.requests[request.index()];
        let served = book.served > 0 && book.asking.is_call();
        Evaluation::judge(Subject::Request(request), served, !served || charges(edge.after, request) >= book.served)
    })
}

/// Effective charges of a request, the rest of a hold not counted.
fn charges(books: &Books, request: Request) -> u8 {
    let (own, held) = (books.requests[request.index()].trace, books.own_row(request).is_some());
    let charges = books.rows_of(request).filter(|row| row.effective());
    charges.filter(|row| row.kind != Kind::Refund && (!held || row.trace == own)).count() as u8
}

fn figures(edge: &Edge<'_>, subject: Subject, setup: &Setup) -> Vec<Figure> {
    let Some(request) = subject_request(subject) else { return Vec::new() };
    let (book, name) = (&edge.after.requests[request.index()], setup.request_name(request));
    let row = edge.after.row_of(request).map_or("none", |row| if row.effective() { "effective" } else { "pending" });
    vec![
        Figure::new(format!("calls of the provider for {name}"), book.served),
        Figure::new(format!("price of {name}"), book.price),
        Figure::new(format!("charges of {name}"), charges(edge.after, request)),
        Figure::new(format!("ledger row of {name}"), row),
    ]
}
