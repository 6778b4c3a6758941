use crate::books::{Edge, Told};
use crate::invariant::{Concern, Figure, Invariant, Look, Subject, When, subject_request, tenant_of};
use crate::reply::Answer;
use crate::row::{Limit, QuotaRow};
use crate::setup::Setup;

/// ROLLOVER: a new window begins at nothing.
pub const INVARIANT: Invariant = Invariant {
    id: "rollover",
    sentence: "The first request of a new day or month is judged against nothing used.",
    reason: "Who is refused on the first of the month for what was used the month before loses what is paid for.",
    concerns: Concern::Answers,
    when: When::Always,
    look,
    figures,
};

/// Requests counted in the window that the refusal names, and its quota.
fn named(told: &Told, quota: &QuotaRow) -> Option<(u32, u32)> {
    match told.answer {
        Answer::Refused(Limit::Daily) => Some((told.counted_that_day, quota.daily_quota)),
        Answer::Refused(Limit::Monthly) => Some((told.counted_that_month, quota.monthly_quota)),
        Answer::Ok(_) | Answer::Refused(_) | Answer::Duplicate | Answer::Error(_) => None,
    }
}

fn look(edge: &Edge<'_>) -> Look {
    let Some((told, request)) = edge.did.and_then(|did| did.told.as_ref().zip(did.request)) else {
        return Look::Vacuous;
    };
    let tenant = &edge.after.tenants[edge.after.requests[request.index()].tenant.index()];
    let (quota, first_day) = (&tenant.quota, tenant.open_day);
    let refused_at_nothing = named(told, quota).is_some_and(|(counted, quota)| counted == 0 && quota > 0);
    let new_window = match told.answer {
        Answer::Refused(Limit::Monthly) => told.day.month() > first_day.month(),
        Answer::Ok(_) | Answer::Refused(_) | Answer::Duplicate | Answer::Error(_) => told.day > first_day,
    };
    Look::judge(Subject::Request(request), new_window, !(new_window && refused_at_nothing))
}

fn figures(edge: &Edge<'_>, subject: Subject, setup: &Setup) -> Vec<Figure> {
    let (Some(request), Some(told)) = (subject_request(subject), edge.did.and_then(|did| did.told)) else {
        return Vec::new();
    };
    let tenant = tenant_of(edge.after, subject);
    let quota = &edge.after.tenants[tenant.index()].quota;
    let Some((counted, allowed)) = named(&told, quota) else { return Vec::new() };
    let (kind, window) = match told.answer {
        Answer::Refused(Limit::Daily) => ("daily", told.day.to_string()),
        Answer::Ok(_) | Answer::Refused(_) | Answer::Duplicate | Answer::Error(_) => {
            ("monthly", told.day.month().to_string())
        }
    };
    vec![
        Figure::new(format!("{} is refused by", setup.request_name(request)), format!("the {kind} quota")),
        Figure::new(format!("requests of {} counted in {window}", setup.account_name(tenant)), counted),
        Figure::new(format!("{kind} quota of {}", setup.account_name(tenant)), allowed),
    ]
}
