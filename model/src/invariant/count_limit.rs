use crate::books::{Books, Edge, RequestBook};
use crate::day::{Day, Month};
use crate::invariant::{Concern, Evaluation, Figure, Invariant, Subject, When, each_request, subject_request};
use crate::row::Request;
use crate::setup::Setup;

/// COUNT_LIMIT: no more requests than the quota.
///
/// Readings: a request is admitted when it has passed quota_check or, where that is folded, when it is charged; once,
/// in the window of the first time. The quota in force is the largest that Postgres has had in that window: lowering it
/// takes back nothing that was sold, and CONVERGE judges a hash that keeps the old one. What was counted before the run
/// counts in the window of its first day.
pub const INVARIANT: Invariant = Invariant {
    id: "count-limit",
    sentence: "A tenant has no more requests admitted in a day or month than the largest quota in force in it allows.",
    reason: "Calls beyond the quota are sold to nobody: the limit is what the tenant's plan pays for.",
    concerns: Concern::Answers,
    when: When::Always,
    evaluation,
    figures,
};

fn admitted_on(books: &Books, book: &RequestBook) -> Option<Day> {
    if books.path.quota_check { book.admitted_on } else { book.charged_on }
}

/// The windows in which a request was admitted on this edge: the day, and the requests admitted and allowed in the day
/// and the month.
fn counts(edge: &Edge<'_>, request: Request) -> Option<(Day, [(u32, u32); 2])> {
    let (before, after) = (edge.before?, edge.after);
    let book = &after.requests[request.index()];
    let day = admitted_on(after, book)?;
    if admitted_on(before, &before.requests[request.index()]).is_some() {
        return None;
    }
    let tenant = &after.tenants[book.tenant.index()];
    let opening = |same_window: bool| if same_window { tenant.open_used } else { 0 };
    let days = || after.requests_of(book.tenant).filter_map(|other| admitted_on(after, other));
    let month = |day: Day| -> Month { day.month() };
    let by_day = days().filter(|&other| other == day).count() as u32 + opening(day == tenant.open_day);
    let by_month = days().filter(|&other| month(other) == month(day)).count() as u32
        + opening(month(day) == month(tenant.open_day));
    Some((day, [(by_day, tenant.allowed.daily), (by_month, tenant.allowed.monthly)]))
}

fn evaluation(edge: &Edge<'_>) -> Evaluation {
    each_request(edge.after, |request| match counts(edge, request) {
        Some((_, counts)) => {
            let within = counts.iter().all(|(admitted, allowed)| admitted <= allowed);
            Evaluation::judge(Subject::Request(request), asks_for_more(edge.after, request, &counts), within)
        }
        None => Evaluation::Vacuous,
    })
}

/// Whether all requests of the tenant together are more than a quota in force: otherwise no order of them can exceed
/// it.
fn asks_for_more(books: &Books, request: Request, counts: &[(u32, u32); 2]) -> bool {
    let tenant = books.requests[request.index()].tenant;
    let asked = books.requests_of(tenant).filter(|r| r.asking.is_call()).count() as u32;
    let asked = asked + books.tenants[tenant.index()].open_used;
    counts.iter().any(|(_, allowed)| asked > *allowed)
}

fn figures(edge: &Edge<'_>, subject: Subject, setup: &Setup) -> Vec<Figure> {
    let Some(request) = subject_request(subject) else { return Vec::new() };
    let Some((day, [(by_day, daily), (by_month, monthly)])) = counts(edge, request) else { return Vec::new() };
    let name = setup.account_name(edge.after.requests[request.index()].tenant);
    vec![
        Figure::new(format!("requests of {name} admitted on {day}"), by_day),
        Figure::new(format!("daily quota of {name}"), daily),
        Figure::new(format!("requests of {name} admitted in {}", day.month()), by_month),
        Figure::new(format!("monthly quota of {name}"), monthly),
    ]
}
