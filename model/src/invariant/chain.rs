use crate::books::{Books, Edge};
use crate::invariant::{Concern, Evaluation, Figure, Invariant, Subject, When, each_tenant, tenant_of};
use crate::row::{LedgerRow, Tenant};
use crate::setup::Setup;

/// CHAIN: each row begins where the one before it ended.
///
/// Reading: rows in the order in which they become effective. As long as the chain holds, the last row's
/// `balance_after` is the opening balance plus the ledger, so that is what the next `balance_before` must be. CONSERVE
/// judges whether the balance itself agrees.
pub const INVARIANT: Invariant = Invariant {
    id: "chain",
    sentence: "In the order in which rows become effective each one's balance_before is the balance_after of the one \
               before it, and its balance_after is that plus or minus its amount.",
    reason: "A statement whose lines do not follow from each other cannot be shown to a customer or an auditor.",
    concerns: Concern::Money,
    when: When::Always,
    evaluation,
    figures,
};

/// The row of the tenant that became effective on this edge; `None` if there is none, or several, which have no order.
fn added<'a>(before: &Books, after: &'a Books, tenant: Tenant) -> Option<&'a LedgerRow> {
    let was = |place: usize| before.rows[place].is_some_and(|row| row.effective());
    let mut new =
        after.rows.iter().enumerate().filter_map(|(place, row)| {
            row.as_ref().filter(|row| row.tenant == tenant && row.effective() && !was(place))
        });
    new.next().filter(|_| new.next().is_none())
}

fn evaluation(edge: &Edge<'_>) -> Evaluation {
    let Some(before) = edge.before else { return Evaluation::Vacuous };
    each_tenant(edge.after, |tenant| {
        let Some(row) = added(before, edge.after, tenant) else { return Evaluation::Vacuous };
        let end_of_chain = before.tenants[tenant.index()].open + before.ledger_effect(tenant);
        let follows = row.before == end_of_chain && row.after == row.before + row.effect();
        Evaluation::judge(Subject::Tenant(tenant), true, follows)
    })
}

fn figures(edge: &Edge<'_>, subject: Subject, setup: &Setup) -> Vec<Figure> {
    let tenant = tenant_of(edge.after, subject);
    let Some(before) = edge.before else { return Vec::new() };
    let Some(row) = added(before, edge.after, tenant) else { return Vec::new() };
    let name = &setup.traces[row.trace.index()];
    let end_of_chain = before.tenants[tenant.index()].open + before.ledger_effect(tenant);
    vec![
        Figure::new("balance after the rows so far", end_of_chain),
        Figure::new(format!("balance_before of the row of {name}"), row.before),
        Figure::new(format!("effect of the row of {name}"), row.effect()),
        Figure::new(format!("balance_after of the row of {name}"), row.after),
    ]
}
