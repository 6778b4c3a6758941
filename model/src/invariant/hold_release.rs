use crate::books::{Books, Edge};
use crate::invariant::{Concern, Evaluation, Figure, Invariant, Subject, When, each_request, subject_request};
use crate::row::{Kind, Request};
use crate::setup::Setup;

/// HOLD_RELEASE: what was held is settled or given back.
///
/// Reading: a hold is settled when its request's rows together have taken what the stream may pay by the way it ended,
/// and no row is still a hold.
pub const INVARIANT: Invariant = Invariant {
    id: "hold-release",
    sentence: "Once all is quiet every hold is settled: its request has paid the price of what was streamed, and no \
               row is a hold.",
    reason: "Money that stays on hold is money the customer cannot use and nobody has earned.",
    concerns: Concern::Money,
    when: When::AtRest,
    evaluation,
    figures,
};

fn settled(books: &Books, request: Request) -> bool {
    let Some(stream) = &books.requests[request.index()].stream else { return true };
    let open = books.rows_of(request).any(|row| row.kind == Kind::Hold);
    !open && books.is_due(books.taken_by_rows(request), stream)
}

fn evaluation(edge: &Edge<'_>) -> Evaluation {
    let books = edge.after;
    if !books.design.holds() {
        return Evaluation::NotEvaluated;
    }
    each_request(books, |request| {
        let held = books.row_of(request).is_some_and(|row| row.effective());
        let streams = books.requests[request.index()].stream.is_some();
        Evaluation::judge(Subject::Request(request), held && streams, !held || settled(books, request))
    })
}

fn figures(edge: &Edge<'_>, subject: Subject, setup: &Setup) -> Vec<Figure> {
    let Some(request) = subject_request(subject) else { return Vec::new() };
    let (books, name) = (edge.after, setup.request_name(request));
    let Some(stream) = &books.requests[request.index()].stream else { return Vec::new() };
    let due = books.due(stream).iter().map(ToString::to_string).collect::<Vec<_>>();
    let due = due.join(" or ");
    vec![
        Figure::new(format!("held for {name}"), stream.estimate),
        Figure::new(format!("taken by the rows of {name}"), books.taken_by_rows(request)),
        Figure::new(format!("what {name} came to"), due),
    ]
}
