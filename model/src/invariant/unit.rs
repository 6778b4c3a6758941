use crate::books::Edge;
use crate::effect::{Effect, Increment, PgOp, RedisOp};
use crate::invariant::{Concern, Evaluation, Figure, Invariant, Subject, When, tenant_of};
use crate::row::{Tenant, Unit};
use crate::setup::Setup;

/// UNIT: a field has one unit everywhere.
///
/// Reading: the fields are the BUDGET row, whose unit is the one it was opened in, and the budget counter, which INCRBY
/// keeps in whole micro-units; judged on the write, whatever the store answers.
pub const INVARIANT: Invariant = Invariant {
    id: "unit",
    sentence: "A budget is written in the unit of its field.",
    reason: "A cent taken for a micro-unit is wrong by a factor of ten thousand; a fraction is not counted at all.",
    concerns: Concern::Money,
    when: When::Always,
    evaluation,
    figures,
};

/// The budget write of this move: the tenant, the unit of the field, the unit written and the number.
fn write(edge: &Edge<'_>) -> Option<(Tenant, &'static str, &'static str, String)> {
    let unit_of_row = |tenant: Tenant| words(edge.after.tenants[tenant.index()].budget.unit);
    match edge.did?.call?.effect {
        Effect::Pg(PgOp::AddBudget { tenant, delta, unit }) => {
            Some((tenant, unit_of_row(tenant), words(unit), delta.to_string()))
        }
        Effect::Redis(RedisOp::IncrBudget { tenant, by }) => {
            let (unit, number) = match by {
                Increment::Fraction(money) => ("a decimal fraction", money.to_string()),
                Increment::Micros(micros) => (words(Unit::Micros), micros.to_string()),
            };
            Some((tenant, words(Unit::Micros), unit, number))
        }
        Effect::Pg(_) | Effect::Redis(_) | Effect::Local(_) => None,
    }
}

fn words(unit: Unit) -> &'static str {
    match unit {
        Unit::Cents => "cents",
        Unit::Micros => "micro-units",
    }
}

fn evaluation(edge: &Edge<'_>) -> Evaluation {
    let Some(did) = edge.did else { return Evaluation::Vacuous };
    match did.call.map(|call| call.effect) {
        Some(Effect::Pg(PgOp::AddBudget { tenant, unit, .. })) => {
            let same = edge.after.tenants[tenant.index()].budget.unit == unit;
            Evaluation::judge(Subject::Tenant(tenant), true, same)
        }
        Some(Effect::Redis(RedisOp::IncrBudget { tenant, by })) => {
            Evaluation::judge(Subject::Tenant(tenant), true, matches!(by, Increment::Micros(_)))
        }
        _ => Evaluation::Vacuous,
    }
}

fn figures(edge: &Edge<'_>, subject: Subject, setup: &Setup) -> Vec<Figure> {
    let name = setup.account_name(tenant_of(edge.after, subject));
    let Some((_, field, written, number)) = write(edge) else { return Vec::new() };
    vec![
        Figure::new(format!("unit of the budget of the key of {name}"), field),
        Figure::new("unit written", written),
        Figure::new("number written", number),
    ]
}
