use crate::books::Edge;
use crate::invariant::truth::answer;
use crate::invariant::{Concern, Evaluation, Figure, Invariant, Subject, When, subject_request};
use crate::reply::Answer;
use crate::setup::Setup;

/// NO_FALSE_REFUSAL: only an exhausted limit refuses.
///
/// Reading: exhausted at some instant of the attempt in the store that decides, whatever the hash said.
pub const INVARIANT: Invariant = Invariant {
    id: "no-false-refusal",
    sentence: "A client refused by a limit had exhausted it at some instant of the request; a fault is answered as an \
               error.",
    reason: "A false refusal turns away a customer who has paid, and who will not ask again.",
    concerns: Concern::Answers,
    when: When::Always,
    evaluation,
    figures,
};

fn evaluation(edge: &Edge<'_>) -> Evaluation {
    let Some((client_answer, request)) = edge.did.and_then(|did| did.client_answer.as_ref().zip(did.request)) else {
        return Evaluation::Vacuous;
    };
    let refused = matches!(client_answer.answer, Answer::Refused(_));
    Evaluation::judge(Subject::Request(request), refused, !refused || client_answer.was_binding)
}

fn figures(edge: &Edge<'_>, subject: Subject, setup: &Setup) -> Vec<Figure> {
    let (Some(request), Some(client_answer)) = (subject_request(subject), edge.did.and_then(|did| did.client_answer))
    else {
        return Vec::new();
    };
    let (book, name) = (&edge.after.requests[request.index()], setup.request_name(request));
    let (tenant, account) = (&edge.after.tenants[book.tenant.index()], setup.account_name(book.tenant));
    let quota = &tenant.quota;
    vec![
        Figure::new(format!("told about {name}"), answer(client_answer.answer)),
        Figure::new(format!("price of {name}"), book.price),
        Figure::new(format!("balance plus credit of {account}"), quota.balance + quota.credit),
        Figure::new(
            format!("daily use of {account}"),
            format!("{} of {}", quota.used_on(client_answer.day), quota.daily_quota),
        ),
        Figure::new(
            format!("monthly use of {account}"),
            format!("{} of {}", quota.used_in(client_answer.day.month()), quota.monthly_quota),
        ),
        Figure::new(format!("effective charges of the key of {account}"), edge.after.charged(book.tenant).cost),
    ]
}
