use crate::books::Edge;
use crate::invariant::{Figure, Invariant, Look, Subject, When, each_tenant, tenant_of};
use crate::setup::Setup;

/// CONSERVE: the balance is the opening balance plus the ledger.
pub const INVARIANT: Invariant = Invariant {
    id: "conserve",
    sentence: "A tenant's balance is its opening balance plus the sum of its effective ledger rows.",
    reason: "Otherwise money was taken that no row explains, or a row claims money that was never taken.",
    when: When::Always,
    look,
    figures,
};

fn look(edge: &Edge<'_>) -> Look {
    let books = edge.after;
    each_tenant(books, |tenant| {
        let book = &books.tenants[tenant.index()];
        let ledger = books.ledger_effect(tenant);
        let expected = book.open + ledger;
        let could_fail = book.quota.balance != book.open || expected != book.open;
        Look::judge(Subject::Tenant(tenant), could_fail, book.quota.balance == expected)
    })
}

fn figures(edge: &Edge<'_>, subject: Subject, setup: &Setup) -> Vec<Figure> {
    let tenant = tenant_of(edge.after, subject);
    let book = &edge.after.tenants[tenant.index()];
    let (name, ledger) = (setup.account_name(tenant), edge.after.ledger_effect(tenant));
    vec![
        Figure::new(format!("balance of {name}"), book.quota.balance),
        Figure::new(format!("opening balance of {name}"), book.open),
        Figure::new(format!("effective ledger rows of {name}"), ledger),
        Figure::new("opening balance plus ledger", book.open + ledger),
    ]
}
