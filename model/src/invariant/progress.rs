use crate::books::Edge;
use crate::flow::Asking;
use crate::invariant::{Concern, Evaluation, Figure, Invariant, Subject, When, each_request, subject_request};
use crate::setup::Setup;

/// PROGRESS: a client that repeats its trace gets a final answer.
///
/// Reading: a reverse that has left no row found nothing to give back, and its error is its final answer.
pub const INVARIANT: Invariant = Invariant {
    id: "progress",
    sentence: "A client that repeats the same trace gets a final answer within the attempts it is granted, after a fault \
               at any step.",
    reason: "A request that can neither be charged nor refused is lost business, and the client cannot know.",
    concerns: Concern::Answers,
    when: When::AtRest,
    evaluation,
    figures,
};

/// Attempts that a fault touched, or that ran beside another of the trace, do not use up the granted attempts.
fn evaluation(edge: &Edge<'_>) -> Evaluation {
    each_request(edge.after, |request| {
        let book = &edge.after.requests[request.index()];
        let gives_back = matches!(book.asking, Asking::Reverse { .. });
        let due = book.returns && (!gives_back || edge.after.row_of(request).is_some());
        Evaluation::judge(Subject::Request(request), due, !due || book.answered.is_some())
    })
}

fn figures(edge: &Edge<'_>, subject: Subject, setup: &Setup) -> Vec<Figure> {
    let Some(request) = subject_request(subject) else { return Vec::new() };
    let name = setup.request_name(request);
    let row = edge.after.row_of(request).map_or("none", |row| if row.effective() { "effective" } else { "pending" });
    let key = if edge.after.own_key(request).is_some() { "held" } else { "free" };
    vec![
        Figure::new(format!("undisturbed attempts of {name}"), setup.requests[request.index()].attempts),
        Figure::new(format!("final answers to {name}"), 0),
        Figure::new(format!("ledger row of {name}"), row),
        Figure::new(format!("key of {name}"), key),
    ]
}
