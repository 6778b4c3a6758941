use crate::books::{Books, Edge};
use crate::day::Day;
use crate::invariant::{Concern, Evaluation, Figure, Invariant, Subject, When, each_tenant, tenant_of};
use crate::policy::Store;
use crate::row::{QuotaRow, Tenant};
use crate::setup::Setup;

/// COUNT_EXACT: each request counts once.
///
/// Readings: judged in the store whose counts decide (the hash only while it is there), always where the count goes up
/// in the charge's own transaction, else at rest. The window is the latest that the row or a counted request is in: a
/// row with an earlier date has counted nothing in it. `count_failed_calls` says which requests count. A date that is
/// null counts no window, so with a counted request it is a breach.
pub const INVARIANT: Invariant = Invariant {
    id: "count-exact",
    sentence: "The used count of a window is the number of logical requests that the policy counts in it, each once \
               however many attempts it took.",
    reason: "A count that is too high refuses calls that are paid for; one that is too low gives calls away.",
    concerns: Concern::Answers,
    when: When::AsClaimed,
    evaluation,
    figures,
};

fn deciding(books: &Books, tenant: Tenant) -> Option<QuotaRow> {
    let book = &books.tenants[tenant.index()];
    match books.design.counts_in() {
        Store::Postgres => Some(book.quota),
        Store::Redis => book.hash.map(|hash| hash.row),
    }
}

/// For one kind of window: whether any request counts at all, what the row has used in the latest one, and what it
/// should have used.
struct Count {
    any: bool,
    dated: bool,
    used: u32,
    counted: u32,
}

impl Count {
    fn holds(&self) -> bool {
        self.used == self.counted && (self.dated || !self.any)
    }
}

fn count<W: Ord + Copy>(
    books: &Books,
    tenant: Tenant,
    (at, used): (Option<W>, u32),
    window: impl Fn(Day) -> W,
) -> Count {
    let counted = || {
        let days = books.requests_of(tenant).filter_map(|request| books.counted_on(request));
        days.map(&window)
    };
    let first = window(books.tenants[tenant.index()].open_day);
    let latest = counted().max().max(at).unwrap_or(first);
    let opening = if latest == first { books.tenants[tenant.index()].open_used } else { 0 };
    Count {
        any: counted().next().is_some(),
        dated: at.is_some(),
        used: if at.is_some_and(|at| at < latest) { 0 } else { used },
        counted: opening + counted().filter(|&window| window == latest).count() as u32,
    }
}

fn both(books: &Books, tenant: Tenant, row: &QuotaRow) -> [Count; 2] {
    [
        count(books, tenant, (row.daily_reset_at, row.daily_used), |day| day),
        count(books, tenant, (row.monthly_reset_at, row.monthly_used), Day::month),
    ]
}

fn evaluation(edge: &Edge<'_>) -> Evaluation {
    let books = edge.after;
    if !books.at_rest && !books.design.counts_with_the_charge() {
        return Evaluation::NotEvaluated;
    }
    each_tenant(books, |tenant| {
        let Some(row) = deciding(books, tenant) else { return Evaluation::NotEvaluated };
        let counts = both(books, tenant, &row);
        let non_vacuous = counts.iter().any(|count| count.any || count.used > 0);
        Evaluation::judge(Subject::Tenant(tenant), non_vacuous, counts.iter().all(Count::holds))
    })
}

fn figures(edge: &Edge<'_>, subject: Subject, setup: &Setup) -> Vec<Figure> {
    let (books, tenant) = (edge.after, tenant_of(edge.after, subject));
    let Some(row) = deciding(books, tenant) else { return Vec::new() };
    let name = setup.account_name(tenant);
    let store = if books.design.counts_in() == Store::Redis { "redis" } else { "postgres" };
    let dates = [row.daily_reset_at.map(|day| day.to_string()), row.monthly_reset_at.map(|month| month.to_string())];
    let mut figures = Vec::new();
    let kinds = [("daily", "day"), ("monthly", "month")];
    for ((count, date), (kind, window)) in both(books, tenant, &row).iter().zip(dates).zip(kinds) {
        if !count.holds() {
            let date = date.unwrap_or_else(|| "null".to_owned());
            figures.push(Figure::new(format!("{kind}_used of {name} in {store}"), count.used));
            figures.push(Figure::new(format!("requests of {name} that count in the latest {window}"), count.counted));
            figures.push(Figure::new(format!("{kind}_reset_at of {name} in {store}"), date));
        }
    }
    figures
}
