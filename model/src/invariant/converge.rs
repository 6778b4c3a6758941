use crate::books::{Books, Edge};
use crate::effect::Fields;
use crate::invariant::{Figure, Invariant, Look, Subject, When, each_tenant, tenant_of};
use crate::row::{QuotaRow, Tenant};
use crate::setup::Setup;

/// CONVERGE: at rest the cache agrees with the truth.
pub const INVARIANT: Invariant = Invariant {
    id: "converge",
    sentence: "Once all is quiet a tenant's Redis hash is absent or equal to its Postgres row, field by field.",
    reason: "A stale balance admits what should be refused or refuses what is paid for, until somebody writes it again.",
    when: When::AtRest,
    look,
    figures,
};

fn values(row: &QuotaRow) -> [String; 7] {
    [
        row.balance.to_string(),
        row.credit.to_string(),
        row.daily_quota.to_string(),
        row.daily_used.to_string(),
        row.monthly_quota.to_string(),
        row.monthly_used.to_string(),
        row.version.to_string(),
    ]
}

fn agrees(books: &Books, tenant: Tenant) -> bool {
    let book = &books.tenants[tenant.index()];
    book.hash.is_none_or(|hash| hash.fields.complete() && hash.row == book.quota)
}

fn look(edge: &Edge<'_>) -> Look {
    each_tenant(edge.after, |tenant| {
        let could_fail = edge.after.tenants[tenant.index()].hash.is_some();
        Look::judge(Subject::Tenant(tenant), could_fail, agrees(edge.after, tenant))
    })
}

fn figures(edge: &Edge<'_>, subject: Subject, setup: &Setup) -> Vec<Figure> {
    let tenant = tenant_of(edge.after, subject);
    let (name, book) = (setup.account_name(tenant), &edge.after.tenants[tenant.index()]);
    let Some(hash) = book.hash else { return Vec::new() };
    let mut figures = Vec::new();
    for (place, (cached, real)) in values(&hash.row).into_iter().zip(values(&book.quota)).enumerate() {
        let field = Fields::NAMES[place];
        if !hash.fields.has(place) {
            figures.push(Figure::new(format!("{field} of {name} in redis"), "missing"));
        } else if cached != real {
            figures.push(Figure::new(format!("{field} of {name} in redis"), cached));
            figures.push(Figure::new(format!("{field} of {name} in postgres"), real));
        }
    }
    figures
}
