use crate::books::Edge;
use crate::invariant::truth::answer;
use crate::invariant::{Concern, Evaluation, Figure, Invariant, Subject, When, subject_request};
use crate::reply::Answer;
use crate::setup::Setup;

/// RECOVER: after a loss of Redis the next attempt works.
///
/// Readings: an attempt at a charge that began after Redis had lost all data or its scripts, the last fault so far, and
/// that ran beside no other attempt of its request ends with ok or with a limit that was binding.
pub const INVARIANT: Invariant = Invariant {
    id: "recover",
    sentence: "After the loss of all Redis data or scripts the first undisturbed attempt charges, or refuses by a \
               limit that is exhausted.",
    reason: "A cache that has to be repaired by hand before money can be taken again costs every call until then.",
    concerns: Concern::Answers,
    when: When::Always,
    evaluation,
    figures,
};

fn evaluation(edge: &Edge<'_>) -> Evaluation {
    let Some((client_answer, request)) = edge.did.and_then(|did| did.client_answer.as_ref().zip(did.request)) else {
        return Evaluation::Vacuous;
    };
    let judged = client_answer.after_loss && edge.after.requests[request.index()].asking.is_call();
    let back = match client_answer.answer {
        Answer::Ok(_) => true,
        Answer::Refused(_) => client_answer.was_binding,
        Answer::Duplicate | Answer::Error(_) => client_answer.others_in_flight,
    };
    Evaluation::judge(Subject::Request(request), judged, !judged || back)
}

fn figures(edge: &Edge<'_>, subject: Subject, setup: &Setup) -> Vec<Figure> {
    let (Some(request), Some(client_answer)) = (subject_request(subject), edge.did.and_then(|did| did.client_answer))
    else {
        return Vec::new();
    };
    let tenant = &edge.after.tenants[edge.after.requests[request.index()].tenant.index()];
    let hash = match tenant.hash {
        Some(hash) if hash.fields.complete() => "whole",
        Some(_) => "partial",
        None => "absent",
    };
    let name = setup.request_name(request);
    vec![
        Figure::new(format!("told about {name}, asked after the loss"), answer(client_answer.answer)),
        Figure::new(format!("redis hash of {}", setup.account_name(edge.after.requests[request.index()].tenant)), hash),
    ]
}
