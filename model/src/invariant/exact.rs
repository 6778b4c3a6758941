use crate::books::{Books, Edge, RequestBook, StreamBook};
use crate::invariant::{Concern, Evaluation, Figure, Invariant, Subject, When, each_request, subject_request};
use crate::policy::{Store, StreamAbort};
use crate::row::Kind;
use crate::setup::Setup;

/// EXACT: what is charged is the price, to the last micro-unit.
///
/// Reading: judged for a request whose row is effective; at once where Postgres is the truth, at rest where Redis is,
/// since the steps that correct an estimate come one by one. The price of a stream is what `stream_abort` sets for the
/// way it ended; a stream that is held by its estimate is judged at rest, by all its rows together.
pub const INVARIANT: Invariant = Invariant {
    id: "exact",
    sentence: "An effective row's amount is the rounded price of its request, and the balance moves by exactly that.",
    reason: "A rounding that is off by a little is off for every call, and nobody finds it in a total.",
    concerns: Concern::Money,
    when: When::AsClaimed,
    evaluation,
    figures,
};

fn evaluation(edge: &Edge<'_>) -> Evaluation {
    let books = edge.after;
    if books.design.truth() == Store::Redis && !books.at_rest {
        return Evaluation::NotEvaluated;
    }
    each_request(books, |request| {
        let book = &books.requests[request.index()];
        let Some(row) = books.row_of(request).filter(|row| row.effective()) else { return Evaluation::Vacuous };
        let exact = match &book.stream {
            Some(stream) if !books.design.holds() => {
                let rows = books.rows_of(request).filter(|row| row.effective() && row.kind == Kind::Deduct);
                let mut rows = rows.map(|row| row.amount);
                rows.all(|amount| books.is_due(amount, stream)) && book.moved == books.taken_by_rows(request)
            }
            Some(stream) if books.at_rest => {
                let taken = books.taken_by_rows(request);
                books.is_due(taken, stream) && book.moved == taken
            }
            Some(_) => return Evaluation::NotEvaluated,
            None => row.amount == book.price && book.moved == -row.effect(),
        };
        Evaluation::judge(Subject::Request(request), true, exact)
    })
}

fn price_name(books: &Books, stream: Option<&StreamBook>, name: &str) -> String {
    match (stream, books.design.stream_abort()) {
        (None, _) => format!("price of {name}"),
        (Some(_), StreamAbort::Counted) => format!("counted by the provider for {name}"),
        (Some(_), _) => format!("due for {name} by stream_abort"),
    }
}

/// The price, or what a stream may pay by how its calls ended.
fn due_words(books: &Books, book: &RequestBook) -> String {
    let Some(stream) = &book.stream else { return book.price.to_string() };
    let due = books.due(stream);
    due.iter().map(ToString::to_string).collect::<Vec<_>>().join(" or ")
}

fn figures(edge: &Edge<'_>, subject: Subject, setup: &Setup) -> Vec<Figure> {
    let Some(request) = subject_request(subject) else { return Vec::new() };
    let (book, name) = (&edge.after.requests[request.index()], setup.request_name(request));
    let mut figures = vec![
        Figure::new(price_name(edge.after, book.stream.as_ref(), name), due_words(edge.after, book)),
        Figure::new(format!("money taken for {name}"), book.moved),
    ];
    if let Some(row) = edge.after.row_of(request) {
        match book.stream {
            None => figures.push(Figure::new(format!("amount in the row of {name}"), row.amount)),
            Some(_) => {
                let taken = edge.after.taken_by_rows(request);
                figures.push(Figure::new(format!("amount in the rows of {name}"), taken));
            }
        }
    }
    figures
}
