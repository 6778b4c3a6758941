use crate::books::{Books, ClientAnswer, Edge};
use crate::flow::Asking;
use crate::invariant::{Concern, Evaluation, Figure, Invariant, Subject, When, subject_request};
use crate::reply::{Answer, Failure};
use crate::row::Request;
use crate::setup::Setup;

/// TRUTH: a truthful answer.
///
/// Readings: a recharge and a reverse are answered like a charge, by a row of their own; a new quota has none. Where
/// the row is written later by a job (P0-4 A, P0-1 B) there is no durable charge when the client gets ok. That the
/// provider broke a stream off says nothing about its charge; a client that went away gets no answer.
pub const INVARIANT: Invariant = Invariant {
    id: "truth",
    sentence: "The client's answer is true: ok means a durable charge, refused means a limit was binding and nothing \
               was charged, duplicate means charged or in flight, an error never hides a known success.",
    reason: "A client acts on the answer: after an error it pays for what it believes it did not get.",
    concerns: Concern::Answers,
    when: When::Always,
    evaluation,
    figures,
};

fn is_true(books: &Books, request: Request, client_answer: &ClientAnswer) -> bool {
    let charged = books.row_of(request).is_some_and(|row| row.effective());
    match client_answer.answer {
        Answer::Ok(trace) => {
            let book = &books.requests[request.index()];
            let row = books.rows[trace.index()].as_ref().filter(|row| row.effective() && row.tenant == book.tenant);
            let charged = row.and_then(|row| books.request_of(row)) == Some(request);
            matches!(book.asking, Asking::DailyQuota(_)) || charged
        }
        Answer::Refused(_) => !charged && client_answer.was_binding,
        Answer::Duplicate => charged || client_answer.others_in_flight,
        Answer::Error(Failure::ProviderGone) => true,
        Answer::Error(_) => !(charged && client_answer.knew_charged),
    }
}

fn evaluation(edge: &Edge<'_>) -> Evaluation {
    let Some((client_answer, request)) = edge.did.and_then(|did| did.client_answer.as_ref().zip(did.request)) else {
        return Evaluation::Vacuous;
    };
    Evaluation::judge(Subject::Request(request), true, is_true(edge.after, request, client_answer))
}

fn figures(edge: &Edge<'_>, subject: Subject, setup: &Setup) -> Vec<Figure> {
    let (Some(request), Some(client_answer)) = (subject_request(subject), edge.did.and_then(|did| did.client_answer))
    else {
        return Vec::new();
    };
    let name = setup.request_name(request);
    let row = match edge.after.row_of(request) {
        Some(row) if row.effective() => format!("charged {}", row.amount),
        Some(row) => format!("pending {}", row.amount),
        None => "no row".to_owned(),
    };
    vec![
        Figure::new(format!("told about {name}"), answer(client_answer.answer)),
        Figure::new(format!("ledger for {name}"), row),
    ]
}

/// An answer in words.
pub(super) fn answer(answer: Answer) -> String {
    match answer {
        Answer::Ok(_) => "ok".to_owned(),
        Answer::Refused(limit) => format!("refused: {}", Failure::Refused(limit).words()),
        Answer::Duplicate => "duplicate".to_owned(),
        Answer::Error(failure) => format!("error: {}", failure.words()),
    }
}
