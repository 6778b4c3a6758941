use crate::books::{Books, Edge};
use crate::effect::Field;
use crate::invariant::{Concern, Evaluation, Figure, Invariant, Subject, When, each_tenant, tenant_of};
use crate::policy::Store;
use crate::row::{KeyRow, QuotaRow, Tenant};
use crate::setup::Setup;
use crate::store::redis::Hash;

/// CONVERGE: at rest the cache agrees with the truth.
///
/// Reading: the cached principal is a cache like the hash, of what authentication reads when no principal is cached.
pub const INVARIANT: Invariant = Invariant {
    id: "converge",
    sentence: "Once all is quiet a tenant's Redis hash is absent or equal to its Postgres row, field by field, and so is \
               the cached principal of its API key; counts that the design keeps in the hash alone are not compared.",
    reason: "A stale balance admits what should be refused or refuses what is paid for, until somebody writes it again.",
    concerns: Concern::Records,
    when: When::AtRest,
    evaluation,
    figures,
};

/// The Postgres row as the hash should have it: where counts are kept in the hash alone (P0-5 C), those of the row are
/// not updated.
fn expected(books: &Books, tenant: Tenant) -> QuotaRow {
    let book = &books.tenants[tenant.index()];
    let own_counts = books.design.counts_in() == Store::Redis && books.design.truth() == Store::Postgres;
    match book.hash.filter(|_| own_counts) {
        Some(hash) => QuotaRow {
            daily_used: hash.row.daily_used,
            monthly_used: hash.row.monthly_used,
            daily_reset_at: hash.row.daily_reset_at,
            monthly_reset_at: hash.row.monthly_reset_at,
            ..book.quota
        },
        None => book.quota,
    }
}

fn agrees(books: &Books, tenant: Tenant) -> bool {
    let hash = books.tenants[tenant.index()].hash;
    hash.is_none_or(|hash| hash.fields.complete() && hash.drifted.is_none() && hash.row == expected(books, tenant))
}

/// What authentication would put into the principal: where the code reads the budget before it caches (P0-2 A), that
/// too.
fn expected_principal(books: &Books, tenant: Tenant) -> KeyRow {
    let book = &books.tenants[tenant.index()];
    let used =
        if books.design.caches_the_budget_row() { book.budget.unit.money(book.budget.used) } else { book.key.used };
    KeyRow { used, ..book.key }
}

fn principal_agrees(books: &Books, tenant: Tenant) -> bool {
    let principal = books.tenants[tenant.index()].principal;
    principal.is_none_or(|cached| cached.value == expected_principal(books, tenant))
}

fn evaluation(edge: &Edge<'_>) -> Evaluation {
    each_tenant(edge.after, |tenant| {
        let book = &edge.after.tenants[tenant.index()];
        let non_vacuous = book.hash.is_some() || book.principal.is_some();
        let agree = agrees(edge.after, tenant) && principal_agrees(edge.after, tenant);
        Evaluation::judge(Subject::Tenant(tenant), non_vacuous, agree)
    })
}

fn figures(edge: &Edge<'_>, subject: Subject, setup: &Setup) -> Vec<Figure> {
    let tenant = tenant_of(edge.after, subject);
    let (name, book) = (setup.account_name(tenant), &edge.after.tenants[tenant.index()]);
    let mut figures = book.hash.map_or_else(Vec::new, |hash| of_the_hash(edge.after, tenant, name, &hash));
    if let Some(cached) = book.principal.filter(|_| !principal_agrees(edge.after, tenant)) {
        let real = expected_principal(edge.after, tenant);
        figures.push(Figure::new(format!("spent by the key of {name} in the cached principal"), cached.value.used));
        figures.push(Figure::new(format!("spent by the key of {name} in postgres"), real.used));
    }
    figures
}

fn of_the_hash(books: &Books, tenant: Tenant, name: &str, hash: &Hash) -> Vec<Figure> {
    let mut figures = Vec::new();
    let expected = expected(books, tenant);
    for field in Field::ALL {
        let drifted = hash.drifted.filter(|_| field == Field::Balance);
        let cached = drifted.map_or_else(|| field.shown(&hash.row), |text| text.to_string());
        let (name, real) = (format!("{} of {name}", field.name()), field.shown(&expected));
        if !hash.fields.has(field) {
            figures.push(Figure::new(format!("{name} in redis"), "missing"));
        } else if cached != real {
            figures.push(Figure::new(format!("{name} in redis"), cached));
            figures.push(Figure::new(format!("{name} in postgres"), real));
        }
    }
    figures
}
