use crate::books::{Books, Edge};
use crate::effect::Fields;
use crate::invariant::{Figure, Invariant, Look, Subject, When, each_tenant, tenant_of};
use crate::row::Tenant;
use crate::setup::Setup;

/// CACHE_FORM: a hash is whole and will expire.
pub const INVARIANT: Invariant = Invariant {
    id: "cache-form",
    sentence: "A Redis quota hash that is there has all its fields and a time to live.",
    reason: "A missing limit is read as unlimited, and a hash without a time to live keeps a wrong balance for ever.",
    when: When::Always,
    look,
    figures,
};

fn well_formed(books: &Books, tenant: Tenant) -> bool {
    let hash = books.tenants[tenant.index()].hash;
    hash.is_none_or(|hash| hash.fields.complete() && hash.deadline.is_some())
}

fn look(edge: &Edge<'_>) -> Look {
    each_tenant(edge.after, |tenant| {
        let could_fail = edge.after.tenants[tenant.index()].hash.is_some();
        Look::judge(Subject::Tenant(tenant), could_fail, well_formed(edge.after, tenant))
    })
}

fn figures(edge: &Edge<'_>, subject: Subject, setup: &Setup) -> Vec<Figure> {
    let tenant = tenant_of(edge.after, subject);
    let name = setup.account_name(tenant);
    let Some(hash) = edge.after.tenants[tenant.index()].hash else { return Vec::new() };
    let missing: Vec<&str> =
        Fields::NAMES.iter().enumerate().filter(|(place, _)| !hash.fields.has(*place)).map(|(_, name)| *name).collect();
    let ttl = if hash.deadline.is_some() { "set" } else { "none" };
    let missing = if missing.is_empty() { "none".to_owned() } else { missing.join(", ") };
    vec![
        Figure::new(format!("time to live of the hash of {name}"), ttl),
        Figure::new(format!("missing fields of the hash of {name}"), missing),
    ]
}
