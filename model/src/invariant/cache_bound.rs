use crate::books::{Books, Edge};
use crate::effect::Field;
use crate::invariant::{Concern, Evaluation, Figure, Invariant, Subject, When, each_tenant, tenant_of};
use crate::policy::Staleness;
use crate::row::Tenant;
use crate::setup::Setup;

/// CACHE_BOUND: the hash lags by no more than is declared.
///
/// Readings: what lags is the balance. `staleness` in flight: whenever no attempt of the tenant is in flight the
/// balance in the hash is that of the row. In the background: at rest, when the jobs have run. A balance that drifted
/// is compared as rounded to six places; CONVERGE judges the drift itself, and CACHE_FORM a missing balance.
pub const INVARIANT: Invariant = Invariant {
    id: "cache-bound",
    sentence: "The balance in the Redis hash differs from that in Postgres only while an attempt of the tenant is in \
               flight or, where a background job carries it over, only until that has run.",
    reason: "A hash that lags without bound shows, and admits requests by, a balance that is already spent.",
    concerns: Concern::Records,
    when: When::AsClaimed,
    evaluation,
    figures,
};

fn judged(books: &Books, tenant: Tenant) -> bool {
    match books.design.staleness() {
        Staleness::InFlight => !books.busy(tenant),
        Staleness::Background => books.at_rest,
    }
}

fn evaluation(edge: &Edge<'_>) -> Evaluation {
    let books = edge.after;
    each_tenant(books, |tenant| {
        if !judged(books, tenant) {
            return Evaluation::NotEvaluated;
        }
        let book = &books.tenants[tenant.index()];
        let Some(hash) = book.hash.filter(|hash| hash.fields.has(Field::Balance)) else { return Evaluation::Vacuous };
        let non_vacuous = book.quota.balance != book.open || hash.row.balance != book.open;
        Evaluation::judge(Subject::Tenant(tenant), non_vacuous, hash.row.balance == book.quota.balance)
    })
}

fn figures(edge: &Edge<'_>, subject: Subject, setup: &Setup) -> Vec<Figure> {
    let tenant = tenant_of(edge.after, subject);
    let (name, book) = (setup.account_name(tenant), &edge.after.tenants[tenant.index()]);
    let Some(hash) = book.hash else { return Vec::new() };
    let in_flight: u8 = edge.after.requests_of(tenant).map(|request| request.in_flight).sum();
    vec![
        Figure::new(format!("balance of {name} in redis"), hash.row.balance),
        Figure::new(format!("balance of {name} in postgres"), book.quota.balance),
        Figure::new(format!("attempts of {name} in flight"), in_flight),
    ]
}
