use crate::books::{Books, Edge};
use crate::invariant::{Concern, Evaluation, Figure, Invariant, Subject, When, each_tenant, tenant_of};
use crate::money::Money;
use crate::policy::{Overdraft, Store};
use crate::row::Tenant;
use crate::setup::Setup;

/// FLOOR: no charge takes the balance below its floor.
///
/// Readings: `overdraft` is 0 for requests that are not streams, so the floor is the credit limit; for a stream it is
/// what the design states; judged after each step that lowers the balance in the truth store.
pub const INVARIANT: Invariant = Invariant {
    id: "floor",
    sentence: "After money was taken the balance plus the credit limit is not below zero, or, by a stream, not below the overdraft \
               that the design states.",
    reason: "What is below the floor was given away: nobody has promised to pay it.",
    concerns: Concern::Money,
    when: When::Always,
    evaluation,
    figures,
};

/// Balance and credit in the truth store, if it has them.
fn held(books: &Books, tenant: Tenant) -> Option<(Money, Money)> {
    let book = &books.tenants[tenant.index()];
    let row = match books.design.truth() {
        Store::Postgres => book.quota,
        Store::Redis => book.hash?.row,
    };
    Some((row.balance, row.credit))
}

/// How far below zero this step may go: for a stream, what the streams that can be in flight at once can cost, beyond
/// the estimate where that was held.
fn overdraft(edge: &Edge<'_>, tenant: Tenant) -> Money {
    let books = edge.after;
    let streams = || books.requests_of(tenant).filter_map(|book| Some((book, book.stream?)));
    let of_stream = match edge.did.map(|did| (did.request, did.call)) {
        Some((Some(request), _)) => books.requests[request.index()].stream.is_some(),
        // The sweeper charges whatever row it finds, so also a stream's.
        Some((None, Some(_))) => true,
        _ => false,
    };
    let one = streams().map(|(book, stream)| match books.design.overdraft() {
        Overdraft::InFlight => book.price,
        Overdraft::BeyondEstimate => (book.price - stream.estimate).max(Money::ZERO),
    });
    let one = one.max().filter(|_| of_stream).unwrap_or(Money::ZERO);
    (0..books.gateways).map(|_| one).sum()
}

fn evaluation(edge: &Edge<'_>) -> Evaluation {
    let Some(before) = edge.before else { return Evaluation::Vacuous };
    each_tenant(edge.after, |tenant| {
        let (Some((was, _)), Some((is, credit))) = (held(before, tenant), held(edge.after, tenant)) else {
            return Evaluation::Vacuous;
        };
        let lowered = is < was;
        let holds = !lowered || is + credit + overdraft(edge, tenant) >= Money::ZERO;
        Evaluation::judge(Subject::Tenant(tenant), lowered && asks_for_more(edge.after, tenant, credit), holds)
    })
}

/// Whether the tenant's requests together cost more than there is: otherwise no order of them can spend too much.
fn asks_for_more(books: &Books, tenant: Tenant, credit: Money) -> bool {
    let asked: Money = books.requests_of(tenant).filter(|r| r.asking.is_call()).map(|r| r.price).sum();
    asked > books.tenants[tenant.index()].open + credit
}

fn figures(edge: &Edge<'_>, subject: Subject, setup: &Setup) -> Vec<Figure> {
    let tenant = tenant_of(edge.after, subject);
    let name = setup.account_name(tenant);
    let Some((balance, credit)) = held(edge.after, tenant) else { return Vec::new() };
    let was = edge.before.and_then(|before| held(before, tenant)).map_or(balance, |(was, _)| was);
    let mut figures = vec![
        Figure::new(format!("balance of {name} before"), was),
        Figure::new(format!("balance of {name}"), balance),
        Figure::new(format!("credit limit of {name}"), credit),
    ];
    if edge.after.requests_of(tenant).any(|book| book.stream.is_some()) {
        figures.push(Figure::new("overdraft that a stream may leave", overdraft(edge, tenant)));
    }
    figures
}
