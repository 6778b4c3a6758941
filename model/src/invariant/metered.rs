use crate::books::Edge;
use crate::flow::Asking;
use crate::invariant::{Figure, Invariant, Look, Subject, When, each_request, subject_request};
use crate::setup::Setup;

/// METERED: what the provider served is charged.
///
/// Reading: calls beyond the first of a request are covered by its one charge; no design declares anything else for
/// them.
pub const INVARIANT: Invariant = Invariant {
    id: "metered",
    sentence: "Once all is quiet every request that the provider served has an effective charge.",
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
        let served = book.served > 0 && book.asking == Asking::Charge;
        let charged = edge.after.row_of(request).is_some_and(|row| row.effective());
        Look::judge(Subject::Request(request), served, !served || charged)
    })
}

fn figures(edge: &Edge<'_>, subject: Subject, setup: &Setup) -> Vec<Figure> {
    let Some(request) = subject_request(subject) else { return Vec::new() };
    let (book, name) = (&edge.after.requests[request.index()], setup.trace_name(request));
    let row = edge.after.row_of(request).map_or("none", |row| if row.effective() { "effective" } else { "pending" });
    vec![
        Figure::new(format!("calls of the provider for {name}"), book.served),
        Figure::new(format!("price of {name}"), book.price),
        Figure::new(format!("ledger row of {name}"), row),
    ]
}
