use crate::books::{Books, Edge, RequestBook};
use crate::invariant::{Concern, Evaluation, Figure, Invariant, Subject, When, each_tenant, tenant_of};
use crate::row::{Request, Tenant};
use crate::setup::Setup;

/// FAIL_MODE: what is given away while a store is down is bounded.
///
/// Reading: a request is unmetered by an outage if a fault of a store affected an attempt of it, the provider served
/// it, and at rest it has no effective charge. The bound is the design's `fail`: closed allows none.
pub const INVARIANT: Invariant = Invariant {
    id: "fail-mode",
    sentence: "No more requests are served during a fault of a store and never charged than the design declares.",
    reason: "Calls that an outage lets through uncharged are still on the provider's bill.",
    concerns: Concern::Answers,
    when: When::AtRest,
    evaluation,
    figures,
};

fn struck(book: &RequestBook) -> bool {
    book.outage && book.asking.is_call() && book.served > 0
}

fn unmetered(books: &Books, tenant: Tenant) -> u32 {
    let requests = (0..books.requests.len() as u8).map(Request);
    let free = |request: &Request| {
        let book = &books.requests[request.index()];
        let charged = books.row_of(*request).is_some_and(|row| row.effective());
        book.tenant == tenant && struck(book) && !charged
    };
    requests.filter(free).count() as u32
}

fn evaluation(edge: &Edge<'_>) -> Evaluation {
    let books = edge.after;
    if !books.path.upstream {
        return Evaluation::NotEvaluated;
    }
    each_tenant(books, |tenant| {
        let non_vacuous = books.requests_of(tenant).any(struck);
        let bounded = unmetered(books, tenant) <= books.design.unmetered_bound();
        Evaluation::judge(Subject::Tenant(tenant), non_vacuous, bounded)
    })
}

fn figures(edge: &Edge<'_>, subject: Subject, setup: &Setup) -> Vec<Figure> {
    let (books, tenant) = (edge.after, tenant_of(edge.after, subject));
    let name = setup.account_name(tenant);
    vec![
        Figure::new(format!("requests of {name} served in an outage and never charged"), unmetered(books, tenant)),
        Figure::new("most that the design declares", books.design.unmetered_bound()),
    ]
}
