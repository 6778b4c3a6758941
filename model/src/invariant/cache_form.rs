use crate::books::Edge;
use crate::effect::{Field, Fields};
use crate::invariant::{Concern, Evaluation, Figure, Invariant, Subject, When, each_tenant, tenant_of};
use crate::setup::Setup;

/// CACHE_FORM: what is cached is whole and will expire.
///
/// Reading: what is cached is the quota hash, the cached principal and the budget counter of the API key.
pub const INVARIANT: Invariant = Invariant {
    id: "cache-form",
    sentence: "What Redis has of a tenant is whole and has a time to live: the quota hash, the principal and the budget counter of the \
               API key.",
    reason: "A missing limit is read as unlimited, and a hash without a time to live keeps a wrong balance for ever.",
    concerns: Concern::Records,
    when: When::Always,
    evaluation,
    figures,
};

fn evaluation(edge: &Edge<'_>) -> Evaluation {
    each_tenant(edge.after, |tenant| {
        let book = &edge.after.tenants[tenant.index()];
        let hash = book.hash.map(|hash| hash.fields.complete() && hash.deadline.is_some());
        let principal = book.principal.map(|cached| cached.expires);
        let counter = book.counter.map(|cached| cached.expires);
        let there = [hash, principal, counter];
        let well_formed = there.iter().all(|form| form.unwrap_or(true));
        // Only a write can break it.
        let was = edge.before.map(|before| &before.tenants[tenant.index()]);
        let written =
            was.is_some_and(|was| (was.hash, was.principal, was.counter) != (book.hash, book.principal, book.counter));
        let non_vacuous = written && there.iter().any(Option::is_some);
        Evaluation::judge(Subject::Tenant(tenant), non_vacuous, well_formed)
    })
}

fn figures(edge: &Edge<'_>, subject: Subject, setup: &Setup) -> Vec<Figure> {
    let tenant = tenant_of(edge.after, subject);
    let name = setup.account_name(tenant);
    let book = &edge.after.tenants[tenant.index()];
    let lives = |expires: bool| if expires { "set" } else { "none" };
    let mut figures = Vec::new();
    if let Some(hash) = book.hash {
        let missing: Vec<&str> = Fields::ALL.without(hash.fields).each().map(Field::name).collect();
        let missing = if missing.is_empty() { "none".to_owned() } else { missing.join(", ") };
        figures.push(Figure::new(format!("time to live of the hash of {name}"), lives(hash.deadline.is_some())));
        figures.push(Figure::new(format!("missing fields of the hash of {name}"), missing));
    }
    let of_the_key = [
        ("principal", book.principal.map(|cached| cached.expires)),
        ("budget counter", book.counter.map(|cached| cached.expires)),
    ];
    for (what, expires) in of_the_key {
        figures.extend(
            expires.map(|expires| Figure::new(format!("time to live of the {what} of {name}"), lives(expires))),
        );
    }
    figures
}
