use crate::books::{Books, Edge};
use crate::effect::Field;
use crate::invariant::{Concern, Evaluation, Figure, Invariant, Subject, When, each_tenant, tenant_of};
use crate::money::Money;
use crate::policy::Store;
use crate::row::Tenant;
use crate::setup::Setup;

/// CONSERVE: the balance is the opening balance plus the ledger.
///
/// Reading: where Redis is the truth the hash must add up, exactly, while it is there (a balance missing from it is
/// read as 0; an absent hash is not a breach by itself). What was taken for charges that have no effective row yet is
/// an open hold; at rest there is none, and then the row in Postgres has to add up too, whichever store is the truth.
pub const INVARIANT: Invariant = Invariant {
    id: "conserve",
    sentence: "A tenant's balance is its opening balance plus the sum of its effective ledger rows; where Redis is the \
               truth, less what is taken for charges that are still under way.",
    reason: "Otherwise money was taken that no row explains, or a row claims money that was never taken.",
    concerns: Concern::Money,
    when: When::Always,
    evaluation,
    figures,
};

/// Taken in Redis for charges that have no effective row and are still under way.
fn on_hold(books: &Books, tenant: Tenant) -> Money {
    if books.at_rest {
        return Money::ZERO;
    }
    let open = (0..books.requests.len() as u8).map(crate::row::Request).filter(|&request| {
        let book = &books.requests[request.index()];
        let charged = books.row_of(request).is_some_and(|row| row.effective());
        book.tenant == tenant && book.asking.is_call() && !charged
    });
    open.map(|request| books.requests[request.index()].moved).sum()
}

fn evaluation(edge: &Edge<'_>) -> Evaluation {
    let books = edge.after;
    each_tenant(books, |tenant| {
        let book = &books.tenants[tenant.index()];
        let expected = book.open + books.ledger_effect(tenant);
        let adds_up = |balance: Money, exact: bool| {
            let non_vacuous = balance != book.open || expected != book.open;
            Evaluation::judge(Subject::Tenant(tenant), non_vacuous, exact && balance == expected)
        };
        let in_postgres = adds_up(book.quota.balance, true);
        let in_redis = book.hash.map_or(Evaluation::NotEvaluated, |hash| {
            adds_up(hash.row.balance + on_hold(books, tenant), hash.drifted.is_none())
        });
        match books.design.truth() {
            Store::Postgres => in_postgres,
            Store::Redis if books.at_rest => in_redis.and(in_postgres),
            Store::Redis => in_redis,
        }
    })
}

fn figures(edge: &Edge<'_>, subject: Subject, setup: &Setup) -> Vec<Figure> {
    let tenant = tenant_of(edge.after, subject);
    let book = &edge.after.tenants[tenant.index()];
    let (name, ledger) = (setup.account_name(tenant), edge.after.ledger_effect(tenant));
    let mut figures = match (edge.after.design.truth(), book.hash) {
        (Store::Redis, Some(hash)) => vec![
            match hash.drifted {
                _ if !hash.fields.has(Field::Balance) => Figure::new(format!("balance of {name} in redis"), "missing"),
                Some(text) => Figure::new(format!("balance of {name} in redis"), text),
                None => Figure::new(format!("balance of {name} in redis"), hash.row.balance),
            },
            Figure::new(format!("taken of {name} for charges under way"), on_hold(edge.after, tenant)),
        ],
        (Store::Postgres, _) | (Store::Redis, None) => Vec::new(),
    };
    if edge.after.design.truth() == Store::Postgres || edge.after.at_rest {
        figures.push(Figure::new(format!("balance of {name}"), book.quota.balance));
    }
    figures.extend([
        Figure::new(format!("opening balance of {name}"), book.open),
        Figure::new(format!("effective ledger rows of {name}"), ledger),
        Figure::new("opening balance plus ledger", book.open + ledger),
    ]);
    figures
}
