use crate::books::Edge;
use crate::invariant::{Concern, Evaluation, Figure, Invariant, Subject, When, each_tenant, tenant_of};
use crate::row::UsageRow;
use crate::setup::Setup;

/// USAGE: usage totals are the totals of effective charges.
///
/// Reading: always where usage is written in the charge's own transaction (P1-8 C), else at rest.
pub const INVARIANT: Invariant = Invariant {
    id: "usage",
    sentence: "The usage on record for an API key is the number and the cost of its effective charges.",
    reason: "Usage that differs from the ledger is an invoice the customer can prove wrong.",
    concerns: Concern::Money,
    when: When::AsClaimed,
    evaluation,
    figures,
};

fn evaluation(edge: &Edge<'_>) -> Evaluation {
    let books = edge.after;
    let due = books.at_rest || books.design.records_usage_with_the_charge();
    if !books.path.usage || !due {
        return Evaluation::NotEvaluated;
    }
    each_tenant(books, |tenant| {
        let (usage, charged) = (books.tenants[tenant.index()].usage, books.charged(tenant));
        let non_vacuous = usage != UsageRow::default() || charged != UsageRow::default();
        Evaluation::judge(Subject::Tenant(tenant), non_vacuous, usage == charged)
    })
}

fn figures(edge: &Edge<'_>, subject: Subject, setup: &Setup) -> Vec<Figure> {
    let tenant = tenant_of(edge.after, subject);
    let (usage, charged) = (edge.after.tenants[tenant.index()].usage, edge.after.charged(tenant));
    let name = setup.account_name(tenant);
    vec![
        Figure::new(format!("requests of {name} in usage"), usage.requests),
        Figure::new(format!("effective charges of {name}"), charged.requests),
        Figure::new(format!("cost of {name} in usage"), usage.cost),
        Figure::new(format!("cost of the effective charges of {name}"), charged.cost),
    ]
}
