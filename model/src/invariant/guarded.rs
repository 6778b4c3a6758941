use crate::books::{Edge, Occurrence};
use crate::effect::{Effect, PgOp};
use crate::invariant::{Concern, Evaluation, Figure, Invariant, Subject, When, tenant_of};
use crate::moves::Move;
use crate::row::{QuotaRow, Tenant};
use crate::setup::Setup;

/// GUARDED: no absolute write without the version it was computed from.
///
/// Reading: judged on the write, whatever it found; a statement that did not reach the server is not a write.
pub const INVARIANT: Invariant = Invariant {
    id: "guarded",
    sentence: "Nothing overwrites a quota row with absolute values without looking at the version they were computed from.",
    reason: "Such a write undoes whatever was charged or paid in since its values were read; that it went well so far is \
             luck.",
    concerns: Concern::Money,
    when: When::Always,
    evaluation,
    figures,
};

/// The absolute write of this move: the tenant of the row, the values and whether it checks the version.
fn write(did: &Occurrence) -> Option<(Tenant, QuotaRow, bool)> {
    let arrived = !matches!(did.mv, Move::Lost { ran: false, .. });
    match did.call.filter(|_| arrived)?.effect {
        Effect::Pg(PgOp::SetQuota { tenant, row, guarded }) => Some((tenant, row, guarded)),
        Effect::Pg(_) | Effect::Redis(_) | Effect::Local(_) => None,
    }
}

fn evaluation(edge: &Edge<'_>) -> Evaluation {
    match edge.did.and_then(write) {
        Some((tenant, _, guarded)) => Evaluation::judge(Subject::Tenant(tenant), true, guarded),
        None => Evaluation::Vacuous,
    }
}

fn figures(edge: &Edge<'_>, subject: Subject, setup: &Setup) -> Vec<Figure> {
    let tenant = tenant_of(edge.after, subject);
    let (Some((_, row, _)), Some(before)) = (edge.did.and_then(write), edge.before) else { return Vec::new() };
    let (name, was) = (setup.account_name(tenant), &before.tenants[tenant.index()].quota);
    vec![
        Figure::new(format!("balance of {name} before the write"), was.balance),
        Figure::new(format!("version of {name} before the write"), was.version),
        Figure::new("balance written", row.balance),
        Figure::new("version written", row.version),
        Figure::new("version looked at", "none"),
    ]
}
