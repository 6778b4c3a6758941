//! The select of the API keys, with the recorded spending and usage of each.

use sqlx::PgConnection;

use crate::catalog::{Catalog, Column, Found, Table, constant};
use crate::ledger::asks::Asks;
use crate::mapping::{BudgetUnit, Mapping, Name};
use crate::sql;

/// The columns of the keys, and of their recorded spending and usage.
pub struct KeyColumns {
    pub id: Found,
    pub tenant: Found,
    /// The recorded spending.
    pub used: Found,
    /// Usage by key, one select for each table, or why there is none.
    selects: Result<Vec<String>, String>,
    /// A column that represents these selects.
    pub usage: Found,
    budget: Option<String>,
}

impl KeyColumns {
    /// Finds the columns that exist and that the server can read.
    pub async fn find(
        connection: &mut PgConnection,
        catalog: &Catalog,
        mapping: &Mapping,
    ) -> Result<KeyColumns, sqlx::Error> {
        let (at, table) = (&mapping.key, &catalog.key);
        let mut asks = Asks { connection, table };
        let id = asks.of(table.column("id", &at.id), sql::text).await?;
        let tenant = asks.of(table.column("tenant", &at.tenant), sql::sorted).await?;
        let (used, budget) = match mapping.budget.table.get() {
            None => (asks.of(table.number("used", &at.used), sql::number_of).await?, None),
            Some(_) => match budget(asks.connection, catalog, mapping).await? {
                Ok((used, select)) => (Ok(used), Some(select)),
                Err(why) => (Err(why), None),
            },
        };
        let mut selects = Ok(Vec::new());
        let count = Some(&mapping.usage.requests);
        // Only tables that the mapping names are added; one that it names but that cannot be read is reported as
        // missing.
        let totals = mapping.usage.table.get().is_some() || mapping.usage.by_trace.get().is_none();
        let traced = mapping.usage.by_trace.get().is_some();
        for (table, requests) in
            [totals.then_some((&catalog.usage, count)), traced.then_some((&catalog.by_trace, None))]
                .into_iter()
                .flatten()
        {
            let select = usage(asks.connection, table, requests, mapping).await?;
            selects = selects.and_then(|mut all: Vec<String>| {
                all.push(select?);
                Ok(all)
            });
        }
        let usage = selects.as_ref().map_err(Clone::clone).map(|_| Column {
            name: String::new(),
            sql: String::new(),
            shown: String::new(),
            type_name: String::new(),
        });
        Ok(KeyColumns { id, tenant, used, selects, usage, budget })
    }

    /// Selects tenant, name of the row, key; recorded spending, the number of rows with it, how many of these are null;
    /// requests, cost, the number of usage rows, how many of these contain a null. The last two row counts are null if
    /// there are no rows.
    pub fn select(&self, catalog: &Catalog) -> Option<String> {
        let (Ok(id), Ok(tenant)) = (&self.id, &self.tenant) else { return None };
        let (spent, join_budget) = match (&self.budget, &self.used) {
            (Some(select), _) => (
                format!("{}, b.rows, b.nulls", sql::number("b.used")),
                format!(" LEFT JOIN ({select}) AS b ON b.id = k.whole"),
            ),
            (None, Ok(_)) => (format!("{}, 1::bigint, 0::bigint", sql::number("k.used")), String::new()),
            (None, Err(_)) => ("NULL::numeric, NULL::bigint, NULL::bigint".to_owned(), String::new()),
        };
        let (usage, join_usage) = match &self.selects {
            Ok(selects) => {
                let sums = format!(
                    "SELECT id, sum(requests) AS requests, sum(cost) AS cost, count(*) AS rows, \
                     count(*) FILTER (WHERE requests IS NULL OR cost IS NULL) AS nulls FROM ({}) AS rows GROUP BY id",
                    selects.join(" UNION ALL ")
                );
                let (requests, cost) = (sql::number("u.requests"), sql::number("u.cost"));
                let join = format!(" LEFT JOIN ({sums}) AS u ON u.id = k.whole");
                (format!("{requests}, {cost}, u.rows, u.nulls"), join)
            }
            Err(_) => ("NULL::numeric, NULL::numeric, NULL::bigint, NULL::bigint".to_owned(), String::new()),
        };
        // The keys' own columns are renamed, so that they cannot clash with the names of joined ones.
        let own = match (&self.budget, &self.used) {
            (None, Ok(used)) => format!("{}::numeric", used.sql),
            _ => "NULL::numeric".to_owned(),
        };
        let keys = format!(
            "SELECT {} AS tenant, {} AS name, {} AS id, {} AS whole, {own} AS used FROM {}",
            sql::sorted(tenant),
            sql::name(None, &[id], catalog.key.place().as_ref()),
            sql::text(id),
            id.text(),
            catalog.key.sql
        );
        let joins = format!("{join_budget}{join_usage}");
        Some(format!("SELECT k.tenant, k.name, k.id, {spent}, {usage} FROM ({keys}) AS k{joins} ORDER BY 1, 3"))
    }
}

/// The recorded spending in a table of budgets: the column, and the sums by key.
async fn budget(
    connection: &mut PgConnection,
    catalog: &Catalog,
    mapping: &Mapping,
) -> Result<Result<(Column, String), String>, sqlx::Error> {
    let (at, table) = (&mapping.budget, &catalog.budget);
    let mut asks = Asks { connection, table };
    let key = asks.of(table.column("key", &at.key), Column::text).await?;
    let used = asks.of(table.number("used", &at.used), sql::number_of).await?;
    let kind = match &at.kind {
        Name::Absent => None,
        name => Some(asks.of(table.column("kind", name), Column::text).await?),
    };
    let unit = match at.unit {
        BudgetUnit::Units => "1",
        BudgetUnit::Cents => "0.01",
        BudgetUnit::Micros => "0.000001",
    };
    let select = || -> Result<(Column, String), String> {
        let (key, used) = (key?, used?);
        let of = match kind.transpose()? {
            Some(kind) => format!(" WHERE {} = {}", kind.text(), constant(&at.kind_is.0)),
            None => String::new(),
        };
        let select = format!(
            "SELECT {} AS id, sum({}::numeric) * {unit} AS used, count(*) AS rows, count(*) FILTER (WHERE {} IS NULL) \
             AS nulls FROM {}{of} GROUP BY 1",
            key.text(),
            used.sql,
            used.sql,
            table.sql
        );
        Ok((used, select))
    };
    Ok(select())
}

/// Usage as `id, requests, cost`, one row for each row of the table; without a column of requests each row is one.
async fn usage(
    connection: &mut PgConnection,
    table: &Table,
    requests: Option<&Name>,
    mapping: &Mapping,
) -> Result<Result<String, String>, sqlx::Error> {
    let (at, mut asks) = (&mapping.usage, Asks { connection, table });
    let key = asks.of(table.column("key", &at.key), Column::text).await?;
    let cost = asks.of(table.number("cost", &at.cost), sql::number_of).await?;
    let requests = match requests {
        Some(name) => asks.of(table.number("requests", name), sql::number_of).await?.map(|column| column.sql),
        None => Ok("1".to_owned()),
    };
    let select = || {
        Ok(format!(
            "SELECT {} AS id, {}::numeric AS requests, {}::numeric AS cost FROM {}",
            key?.text(),
            requests?,
            cost?.sql,
            table.sql
        ))
    };
    Ok(select())
}
