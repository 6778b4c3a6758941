use crate::books::{ClientAnswer, Edge};
use crate::invariant::{Concern, Evaluation, Figure, Invariant, Subject, When, subject_request, tenant_of};
use crate::reply::Answer;
use crate::row::{Limit, QuotaRow};
use crate::setup::Setup;

/// ROLLOVER: a new window begins with a count of 0.
pub const INVARIANT: Invariant = Invariant {
    id: "rollover",
    sentence: "The first request of a new day or month is checked against counts of 0.",
    reason: "A client refused on the first of the month for what it used the month before loses what it paid for.",
    concerns: Concern::Answers,
    when: When::Always,
    evaluation,
    figures,
};

/// Requests counted in the window that the refusal names, and its quota.
fn named(client_answer: &ClientAnswer, quota: &QuotaRow) -> Option<(u32, u32)> {
    match client_answer.answer {
        Answer::Refused(Limit::Daily) => Some((client_answer.counted_that_day, quota.daily_quota)),
        Answer::Refused(Limit::Monthly) => Some((client_answer.counted_that_month, quota.monthly_quota)),
        Answer::Ok(_) | Answer::Refused(_) | Answer::Duplicate | Answer::Error(_) => None,
    }
}

fn evaluation(edge: &Edge<'_>) -> Evaluation {
    let Some((client_answer, request)) = edge.did.and_then(|did| did.client_answer.as_ref().zip(did.request)) else {
        return Evaluation::Vacuous;
    };
    let tenant = &edge.after.tenants[edge.after.requests[request.index()].tenant.index()];
    let (quota, first_day) = (&tenant.quota, tenant.open_day);
    let refused_at_nothing = named(client_answer, quota).is_some_and(|(counted, quota)| counted == 0 && quota > 0);
    let new_window = match client_answer.answer {
        Answer::Refused(Limit::Monthly) => client_answer.day.month() > first_day.month(),
        Answer::Ok(_) | Answer::Refused(_) | Answer::Duplicate | Answer::Error(_) => client_answer.day > first_day,
    };
    Evaluation::judge(Subject::Request(request), new_window, !(new_window && refused_at_nothing))
}

fn figures(edge: &Edge<'_>, subject: Subject, setup: &Setup) -> Vec<Figure> {
    let (Some(request), Some(client_answer)) = (subject_request(subject), edge.did.and_then(|did| did.client_answer))
    else {
        return Vec::new();
    };
    let tenant = tenant_of(edge.after, subject);
    let quota = &edge.after.tenants[tenant.index()].quota;
    let Some((counted, allowed)) = named(&client_answer, quota) else { return Vec::new() };
    let (kind, window) = match client_answer.answer {
        Answer::Refused(Limit::Daily) => ("daily", client_answer.day.to_string()),
        Answer::Ok(_) | Answer::Refused(_) | Answer::Duplicate | Answer::Error(_) => {
            ("monthly", client_answer.day.month().to_string())
        }
    };
    vec![
        Figure::new(format!("{} is refused by", setup.request_name(request)), format!("the {kind} quota")),
        Figure::new(format!("requests of {} counted in {window}", setup.account_name(tenant)), counted),
        Figure::new(format!("{kind} quota of {}", setup.account_name(tenant)), allowed),
    ]
}
