use crate::books::{Books, Edge};
use crate::effect::Field;
use crate::invariant::{Concern, Evaluation, Figure, Invariant, Subject, When, each_tenant, tenant_of};
use crate::row::{QuotaRow, Tenant};
use crate::setup::Setup;

/// MONOTONE: versions, dates and counts do not go back.
///
/// Readings: of the row in Postgres, and of the Redis hash while it is there on both sides of the step; what expires or
/// is lost does not go back. A fault is not a write: a Redis restored with old data breaks it only with the next write
/// of an older value, if there is one.
pub const INVARIANT: Invariant = Invariant {
    id: "monotone",
    sentence: "Versions and dates never go back, a used count never shrinks within its window, and no write replaces a \
               newer version by an older one, in either store.",
    reason: "A value that goes back forgets charges and calls that were made: they are given away.",
    concerns: Concern::Records,
    when: When::Always,
    evaluation,
    figures,
};

fn onward(was: &QuotaRow, is: &QuotaRow) -> bool {
    let day_is_kept = was.daily_reset_at != is.daily_reset_at || was.daily_used <= is.daily_used;
    let month_is_kept = was.monthly_reset_at != is.monthly_reset_at || was.monthly_used <= is.monthly_used;
    let dates = was.daily_reset_at <= is.daily_reset_at && was.monthly_reset_at <= is.monthly_reset_at;
    was.version <= is.version && dates && day_is_kept && month_is_kept
}

fn in_redis<'a>(before: &'a Books, after: &'a Books, tenant: Tenant) -> Option<(&'a QuotaRow, &'a QuotaRow)> {
    let (was, is) = (&before.tenants[tenant.index()].hash, &after.tenants[tenant.index()].hash);
    Some((&was.as_ref()?.row, &is.as_ref()?.row))
}

fn evaluation(edge: &Edge<'_>) -> Evaluation {
    let Some(before) = edge.before else { return Evaluation::Vacuous };
    if edge.did.is_none_or(|did| did.mv.is_of_the_servers()) {
        return Evaluation::Vacuous;
    }
    each_tenant(edge.after, |tenant| {
        let judge =
            |(was, is): (&QuotaRow, &QuotaRow)| Evaluation::judge(Subject::Tenant(tenant), was != is, onward(was, is));
        let in_postgres = judge((&before.tenants[tenant.index()].quota, &edge.after.tenants[tenant.index()].quota));
        in_redis(before, edge.after, tenant).map_or(in_postgres, |rows| in_postgres.and(judge(rows)))
    })
}

fn figures(edge: &Edge<'_>, subject: Subject, setup: &Setup) -> Vec<Figure> {
    let tenant = tenant_of(edge.after, subject);
    let Some(before) = edge.before else { return Vec::new() };
    let name = setup.account_name(tenant);
    let in_postgres = (&before.tenants[tenant.index()].quota, &edge.after.tenants[tenant.index()].quota);
    let rows = [("postgres", Some(in_postgres)), ("redis", in_redis(before, edge.after, tenant))];
    let mut figures = Vec::new();
    for (store, rows) in rows {
        let Some((was, is)) = rows.filter(|(was, is)| !onward(was, is)) else { continue };
        for field in FIELDS {
            let (was, is) = (field.shown(was), field.shown(is));
            if was != is {
                let name = format!("{} of {name} in {store}", field.name());
                figures.push(Figure::new(format!("{name} before"), was));
                figures.push(Figure::new(format!("{name} after"), is));
            }
        }
    }
    figures
}

/// The fields that must not go back.
const FIELDS: [Field; 5] =
    [Field::Version, Field::DailyResetAt, Field::DailyUsed, Field::MonthlyResetAt, Field::MonthlyUsed];
