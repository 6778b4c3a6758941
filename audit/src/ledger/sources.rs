//! The sources of the pass: the three selects, each in the order of tenants, and the checks that they allow.

use sqlx::PgConnection;

use crate::catalog::{Catalog, Column, Found, Table, constant};
use crate::check::Check;
use crate::error::one_line;
use crate::ledger::asks::{Asks, or_null};
use crate::ledger::keys::KeyColumns;
use crate::ledger::quotas::QuotaColumns;
use crate::mapping::{Ledger, Mapping, Name};
use crate::sql::{self, Time, probe};

/// The selects, and the checks that cannot be made.
#[derive(Clone, Debug)]
pub struct Sources {
    /// Tenant, row, kind, status, amount, before, after, key, time, time that is out of range, whether its place in the
    /// order is null; in the order of the ledger.
    pub ledger: Option<String>,
    /// As [`QuotaColumns::select`].
    pub quotas: Option<String>,
    /// As [`KeyColumns::select`].
    pub keys: Option<String>,
    /// The names used in messages.
    pub names: Names,
    /// The slack at the end of a day in microseconds: 0 if a row has only a day.
    pub slack: i64,
    missing: Vec<(Check, String)>,
}

/// The names of the columns in messages, with their tables.
#[derive(Clone, Debug)]
pub struct Names {
    pub tenant: String,
    pub kind: String,
    pub status: String,
    pub amount: String,
    pub before: String,
    pub after: String,
    pub order: String,
    /// `None` if rows do not have a time.
    pub time: Option<String>,
    pub key: String,
    pub quota_tenant: String,
    pub balance: String,
    pub daily_used: String,
    pub daily_reset: String,
    pub monthly_used: String,
    pub monthly_reset: String,
    pub key_tenant: String,
    pub key_id: String,
    /// The column or the sum of the recorded spending.
    pub spent: String,
    /// The row that must exist for a key to have recorded spending.
    pub budget_rows: String,
    /// The tables of usage.
    pub usage: String,
}

/// Why the first unreadable one of these columns cannot be read.
pub fn first_missing<const N: usize>(columns: [&Found; N]) -> Option<String> {
    columns.into_iter().find_map(|column| column.as_ref().err().cloned())
}

/// The name of a column in messages.
pub fn called(column: &Found) -> String {
    column.as_ref().map_or_else(Clone::clone, |column| column.shown.clone())
}

struct LedgerColumns {
    tenant: Found,
    trace: Found,
    kind: Found,
    status: Found,
    amount: Found,
    before: Found,
    after: Found,
    key: Found,
    time: Found,
    order: Result<Vec<Column>, String>,
}

const NO_ORDER: &str = "not there: the mapping says that ledger.order has no columns";

impl LedgerColumns {
    async fn find(
        connection: &mut PgConnection,
        table: &Table,
        at: &Ledger,
        zone: &str,
    ) -> Result<LedgerColumns, sqlx::Error> {
        let mut order = if at.order.is_empty() { Err(NO_ORDER.to_owned()) } else { Ok(Vec::new()) };
        for name in &at.order {
            let column = match table.column("order", &Name::Is(name.0.clone())) {
                Ok(column) => {
                    let by = column.sql.clone();
                    probe(connection, table, column, &by, true).await?
                }
                Err(why) => Err(why),
            };
            order = order.and_then(|mut columns: Vec<Column>| {
                columns.push(column?);
                Ok(columns)
            });
        }
        let mut asks = Asks { connection, table };
        let instant = |time: &Column| Time::new(time, zone).instant();
        Ok(LedgerColumns {
            tenant: asks.of(table.column("tenant", &at.tenant), sql::sorted).await?,
            trace: asks.of(table.column("trace", &at.trace), sql::text).await?,
            kind: asks.of(table.column("kind", &at.kind), sql::text).await?,
            status: asks.of(table.column("status", &at.status), sql::text).await?,
            amount: asks.of(table.number("amount", &at.amount), sql::number_of).await?,
            before: asks.of(table.number("before", &at.before), sql::number_of).await?,
            after: asks.of(table.number("after", &at.after), sql::number_of).await?,
            key: asks.of(table.column("key", &at.key), sql::text).await?,
            time: asks.of(table.time("time", &at.time), instant).await?,
            order,
        })
    }

    fn select(&self, table: &Table, zone: &str) -> Option<String> {
        self.status.as_ref().ok()?;
        let order = self.order.as_deref().unwrap_or_default();
        let (named, place): (Vec<&Column>, _) = (order.iter().take(1).collect(), table.place());
        let nulls: Vec<String> = order.iter().map(|column| format!("l.{} IS NULL", column.sql)).collect();
        let tenant = or_null(&self.tenant, sql::sorted, "text");
        let columns = [
            tenant.clone(),
            sql::name(self.trace.as_ref().ok(), &named, place.as_ref()),
            or_null(&self.kind, sql::text, "text"),
            or_null(&self.status, sql::text, "text"),
            or_null(&self.amount, sql::number_of, "numeric"),
            or_null(&self.before, sql::number_of, "numeric"),
            or_null(&self.after, sql::number_of, "numeric"),
            or_null(&self.key, sql::text, "text"),
            or_null(&self.time, |time| Time::new(time, zone).instant(), "timestamptz"),
            or_null(&self.time, |time| Time::new(time, zone).bad(), "text"),
            if nulls.is_empty() { "false".to_owned() } else { nulls.join(" OR ") },
        ];
        // Qualified with the table, an order refers to the column itself and never to a select item of the same name.
        let order: String = order.iter().map(|column| format!(", l.{}", column.sql)).collect();
        Some(format!("SELECT {} FROM {} AS l ORDER BY {tenant}{order}", columns.join(", "), table.sql))
    }
}

impl Sources {
    /// Finds what can be read of the names in the mapping.
    ///
    /// # Errors
    /// An error of Postgres, if it cannot be asked.
    pub async fn find(
        connection: &mut PgConnection,
        catalog: &Catalog,
        mapping: &Mapping,
    ) -> Result<Sources, sqlx::Error> {
        let (at, zone) = (&mapping.ledger, constant(&mapping.ledger.time_zone.0));
        let mut ledger = LedgerColumns::find(connection, &catalog.ledger, at, &zone).await?;
        let mut quota = QuotaColumns::find(connection, &catalog.quota, mapping, &zone).await?;
        let keys = KeyColumns::find(connection, catalog, mapping).await?;
        if let Some(why) = no_zone(connection, mapping, &zone).await? {
            quota.no_zone(&why);
            // An instant needs no zone.
            if ledger.time.as_ref().is_ok_and(|time| time.type_name != "timestamp with time zone") {
                ledger.time = Err(why);
            }
        }
        let LedgerColumns { tenant, kind, status, amount, before, after, key, time, .. } = &ledger;
        let order: Found = ledger.order.as_ref().map(|order| order[0].clone()).map_err(Clone::clone);
        let missing = first_missing([tenant, kind, status]);
        let moved = missing.clone().or_else(|| first_missing([amount]));
        let need = |check, moved: &Option<String>, more: Option<String>| moved.clone().or(more).map(|why| (check, why));
        let counts = first_missing([time, &quota.tenant]).or_else(|| first_missing(quota.counts()));
        let missing = [
            need(Check::Conserve, &moved, first_missing([&order, before, &quota.tenant, &quota.balance])),
            need(Check::Chain, &moved, first_missing([&order, before, after])),
            need(Check::Budget, &moved, first_missing([key, &keys.id, &keys.tenant, &keys.used])),
            need(Check::Usage, &moved, first_missing([key, &keys.id, &keys.tenant, &keys.usage])),
            need(Check::CountExact, &missing, counts),
            need(Check::NoPending, &None, first_missing([status])),
        ];
        let dated = time.as_ref().is_ok_and(|time| time.type_name == "date");
        Ok(Sources {
            ledger: ledger.select(&catalog.ledger, &zone),
            quotas: quota.select(&catalog.quota, &zone),
            keys: keys.select(catalog),
            names: names(&ledger, &quota, &keys, catalog, mapping),
            slack: if dated { 0 } else { i64::from(at.midnight_slack) * 1_000_000 },
            missing: missing.into_iter().flatten().collect(),
        })
    }

    /// Why a check cannot be made, if it cannot.
    pub fn missing(&self, check: Check) -> Option<&str> {
        self.missing.iter().find(|(of, _)| *of == check).map(|(_, why)| why.as_str())
    }
}

fn names(
    ledger: &LedgerColumns,
    quota: &QuotaColumns,
    keys: &KeyColumns,
    catalog: &Catalog,
    mapping: &Mapping,
) -> Names {
    let tables = [&catalog.usage, &catalog.by_trace].map(|table| table.shown.as_str());
    let tables: Vec<&str> = tables.into_iter().filter(|table| !table.is_empty()).collect();
    let kind = mapping
        .budget
        .kind
        .get()
        .map_or_else(String::new, |kind| format!(" with {kind} = {}", mapping.budget.kind_is.0));
    Names {
        tenant: called(&ledger.tenant),
        kind: called(&ledger.kind),
        status: called(&ledger.status),
        amount: called(&ledger.amount),
        before: called(&ledger.before),
        after: called(&ledger.after),
        order: mapping.ledger.order.iter().map(|name| name.0.as_str()).collect::<Vec<_>>().join(", "),
        time: ledger.time.as_ref().ok().map(|time| time.shown.clone()),
        key: called(&ledger.key),
        quota_tenant: called(&quota.tenant),
        balance: called(&quota.balance),
        daily_used: called(&quota.daily_used),
        daily_reset: called(&quota.daily_reset),
        monthly_used: called(&quota.monthly_used),
        monthly_reset: called(&quota.monthly_reset),
        key_tenant: called(&keys.tenant),
        key_id: called(&keys.id),
        spent: called(&keys.used),
        budget_rows: format!("row of {}{kind}", catalog.budget.shown),
        usage: tables.join(" and "),
    }
}

/// Why the time zone is not valid, if so.
async fn no_zone(connection: &mut PgConnection, mapping: &Mapping, zone: &str) -> Result<Option<String>, sqlx::Error> {
    use sqlx::{AssertSqlSafe, Executor};
    match connection.execute(AssertSqlSafe(format!("SELECT now() AT TIME ZONE {zone}"))).await {
        Ok(_) => Ok(None),
        Err(sqlx::Error::Database(error)) => {
            let zone = &mapping.ledger.time_zone.0;
            Ok(Some(format!("no time zone: ledger.time_zone is {zone}: {}", one_line(error.message()))))
        }
        Err(error) => Err(error),
    }
}
