//! The tables of Postgres as a whole: prepared before a run, read after each move.

use model::row::{BudgetRow, KeyRow, LedgerRow, QuotaRow, Tenant, Unit, UsageRow};
use model::store::postgres::Opening;
use sqlx::{PgConnection, Row, query, raw_sql};

use crate::error::RealError;
use crate::names::Names;
use crate::rows::{self, Unreadable};
use crate::statements;

const CLEAR: &str = "DELETE FROM billing_transaction; DELETE FROM usage_by_trace; DELETE FROM api_key_usage; \
     DELETE FROM api_key_quota; DELETE FROM api_key; DELETE FROM tenant_quota";
const OPEN_QUOTA: &str = "INSERT INTO tenant_quota (tenant_id, balance, credit_limit, daily_quota, daily_used, \
     monthly_quota, monthly_used, version, daily_reset_at, monthly_reset_at) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9::date, $10::date)";
/// Inserts the key, its BUDGET row and a usage row of zero.
const OPEN_KEY: &str = "WITH key AS (INSERT INTO api_key (tenant_id, budget_limit, budget_used) VALUES ($1, $2, $3) \
         RETURNING id), \
     budget AS (INSERT INTO api_key_quota (api_key_id, quota_type, total_quota, used_quota, reset_period, unit) \
         SELECT id, 'BUDGET', $4, $5, 'never', $6 FROM key) \
     INSERT INTO api_key_usage (api_key_id, day, hour) SELECT id, DATE '1970-01-01', 0 FROM key";
/// The values of each tenant; usage is the sum of the totals and the rows by trace.
const TENANTS: &str = "SELECT tenant_id, balance, credit_limit, daily_quota, daily_used, monthly_quota, monthly_used, \
         version, daily_reset_at::text, to_char(monthly_reset_at, 'YYYY-MM') AS monthly_reset_at, \
         budget_limit, budget_used, total_quota, used_quota, unit, request_count, cost \
     FROM tenant_quota JOIN api_key USING (tenant_id) \
     JOIN api_key_quota ON api_key_quota.api_key_id = api_key.id AND quota_type = 'BUDGET' \
     CROSS JOIN LATERAL (SELECT coalesce(sum(request_count), 0)::bigint AS request_count, coalesce(sum(cost), 0) AS cost \
         FROM (SELECT request_count, cost FROM api_key_usage WHERE api_key_usage.api_key_id = api_key.id \
             UNION ALL SELECT 1, cost FROM usage_by_trace WHERE usage_by_trace.api_key_id = api_key.id) AS usage) AS total";
const LEDGER: &str = "SELECT tenant_id, trace_id, type, status, amount, balance_before, balance_after \
     FROM billing_transaction";

/// The values of one tenant in Postgres.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TenantRows {
    /// `tenant_quota`.
    pub quota: QuotaRow,
    /// `api_key`.
    pub key: KeyRow,
    /// `api_key_quota` of type BUDGET.
    pub budget: BudgetRow,
    /// All usage of the key, totals and rows by trace.
    pub usage: UsageRow,
}

/// Everything that is committed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tables {
    /// One entry per tenant.
    pub tenants: Vec<TenantRows>,
    /// The ledger, by trace.
    pub rows: Vec<Option<LedgerRow>>,
}

/// Empties the tables and fills them with the data that a run begins with.
///
/// # Errors
/// [`RealError::Postgres`].
pub async fn reset(connection: &mut PgConnection, names: &Names, opening: &Opening<'_>) -> Result<(), RealError> {
    raw_sql(CLEAR).execute(&mut *connection).await?;
    let rows = opening.quotas.iter().zip(opening.keys).zip(opening.budgets);
    for (tenant, ((quota, key), budget)) in names.tenants().zip(rows) {
        let name = names.tenant(tenant);
        statements::quota(query(OPEN_QUOTA).bind(name), quota).execute(&mut *connection).await?;
        let open =
            query(OPEN_KEY).bind(name).bind(key.limit.map(statements::decimal)).bind(statements::decimal(key.used));
        let open = open.bind(budget.total).bind(budget.used).bind(unit(budget.unit));
        open.execute(&mut *connection).await?;
    }
    Ok(())
}

/// Reads everything that is committed.
///
/// # Errors
/// [`RealError::Postgres`], [`RealError::Unreadable`].
pub async fn read(connection: &mut PgConnection, names: &Names) -> Result<Tables, RealError> {
    let tenants = tenants(connection, names).await?;
    let mut ledger = vec![None; names.traces()];
    for row in query(LEDGER).fetch_all(&mut *connection).await? {
        let row = rows::ledger(&row, names)?;
        ledger[row.trace.index()] = Some(row);
    }
    Ok(Tables { tenants, rows: ledger })
}

/// Reads the values of each tenant, without the ledger.
///
/// # Errors
/// [`RealError::Postgres`], [`RealError::Unreadable`].
pub async fn tenants(connection: &mut PgConnection, names: &Names) -> Result<Vec<TenantRows>, RealError> {
    let mut tenants: Vec<Option<TenantRows>> = names.tenants().map(|_| None).collect();
    for row in query(TENANTS).fetch_all(&mut *connection).await? {
        let name: &str = row.try_get("tenant_id")?;
        let Some(tenant) = names.tenant_of(name) else { continue };
        let (quota, key) = (rows::quota(&row)?, rows::key(&row)?);
        let (budget, usage) = (rows::budget(&row)?, rows::usage(&row)?);
        tenants[tenant.index()] = Some(TenantRows { quota, key, budget, usage });
    }
    let missing = |tenant: Tenant| Unreadable::Missing(names.tenant(tenant).to_owned());
    let tenants = names.tenants().zip(tenants).map(|(tenant, rows)| rows.ok_or_else(|| missing(tenant)));
    Ok(tenants.collect::<Result<Vec<_>, _>>()?)
}

fn unit(unit: Unit) -> &'static str {
    match unit {
        Unit::Cents => "cents",
        Unit::Micros => "micros",
    }
}
