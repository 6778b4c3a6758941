use crate::books::Edge;
use crate::invariant::{Concern, Evaluation, Figure, Invariant, Subject, When, subject_request};
use crate::setup::Setup;

/// ISOLATED: requests that share a transaction do not end each other's work.
///
/// Reading: two flows in one caller's transaction. Its commit and rollback are the caller's; a flow that sends one
/// while the other's work is uncommitted ends work that is not its own.
pub const INVARIANT: Invariant = Invariant {
    id: "isolated",
    sentence: "No request's failure or success rolls back or commits the work of another one in the same transaction.",
    reason: "Otherwise a call that fails undoes the charge of another call, in which nothing went wrong.",
    concerns: Concern::Answers,
    when: When::Always,
    evaluation,
    figures,
};

fn evaluation(edge: &Edge<'_>) -> Evaluation {
    let Some((did, request)) = edge.did.and_then(|did| Some((did, did.request?))) else {
        return Evaluation::NotEvaluated;
    };
    match did.met_others_work {
        Some(ended) => Evaluation::judge(Subject::Request(request), true, !ended),
        None => Evaluation::Vacuous,
    }
}

fn figures(edge: &Edge<'_>, subject: Subject, setup: &Setup) -> Vec<Figure> {
    let Some(request) = subject_request(subject) else { return Vec::new() };
    let Some(call) = edge.did.and_then(|did| did.call) else { return Vec::new() };
    let by = call.behalf.map_or("another", |trace| setup.traces[trace.index()].as_str());
    vec![
        Figure::new(format!("uncommitted work of {}", setup.request_name(request)), "ended"),
        Figure::new("by the step of", format!("{by}, {}", call.step)),
    ]
}
