//! What the pass reads: the three selects, each in the order of tenants, and which checks they allow.

use crate::catalog::{Catalog, Column, Found, Table, constant};
use crate::check::Check;
use crate::mapping::{BudgetUnit, Mapping};

/// The selects, and which checks cannot be made.
#[derive(Clone, Debug)]
pub struct Sources {
    /// Tenant, row, kind, status, amount, before, after, key, time: in the order of the ledger.
    pub ledger: Option<String>,
    /// Tenant, balance, used counts, windows.
    pub quotas: Option<String>,
    /// Tenant, key, used, requests, cost.
    pub keys: Option<String>,
    /// Whether rows tell when they were made.
    pub timed: bool,
    /// The slack of a day's end in microseconds: none where a row has a day only.
    pub slack: i64,
    missing: Vec<(Check, String)>,
}

/// The first of these that cannot be read.
fn first_missing<const N: usize>(columns: [&Found; N]) -> Option<String> {
    columns.into_iter().find_map(|column| column.as_ref().err().cloned())
}

/// A column's expression, or a null of that type.
fn or_null(column: &Found, expression: impl FnOnce(&Column) -> String, kind: &str) -> String {
    column.as_ref().map_or_else(|_| format!("NULL::{kind}"), expression)
}

/// An instant, from any type of time.
fn instant(column: &Column, zone: &str) -> String {
    match column.type_name.as_str() {
        "timestamp with time zone" => column.sql.clone(),
        _ => format!("({}::timestamp AT TIME ZONE {zone})", column.sql),
    }
}

/// The first instant of the day or month that a column names, `plus` later.
fn bound(column: &Column, unit: &str, plus: &str, zone: &str) -> String {
    format!("((date_trunc('{unit}', {}::date::timestamp) + interval '{plus}') AT TIME ZONE {zone})", column.sql)
}

impl Sources {
    /// What can be read of what the mapping names.
    pub fn new(catalog: &Catalog, mapping: &Mapping) -> Sources {
        let (at, table) = (&mapping.ledger, &catalog.ledger);
        let (tenant, kind) = (table.column("tenant", &at.tenant), table.column("kind", &at.kind));
        let (status, amount) = (table.column("status", &at.status), table.number("amount", &at.amount));
        let (before, after) = (table.number("before", &at.before), table.number("after", &at.after));
        let (key, trace) = (table.column("key", &at.key), table.column("trace", &at.trace));
        let time = table.column("time", &at.time);
        let order = at.order.iter().map(|name| table.column("order", &crate::mapping::Name::Is(name.0.clone())));
        let order: Result<Vec<Column>, String> = order.collect();
        let order = order.and_then(|order| if order.is_empty() { Err(NO_ORDER.to_owned()) } else { Ok(order) });
        let first: Found = order.as_ref().map(|order| order[0].clone()).map_err(Clone::clone);
        let zone = constant(&at.time_zone.0);

        let quota = QuotaColumns::find(&catalog.quota, mapping);
        let keys = KeyColumns::find(catalog, mapping);
        let moved = first_missing([&tenant, &kind, &status, &amount]);
        let need = |check, more: Option<String>| moved.clone().or(more).map(|why| (check, why));
        let pending = first_missing([&tenant, &status]);
        let missing = [
            need(Check::Conserve, first_missing([&first, &before, &quota.tenant, &quota.balance])),
            need(Check::Chain, first_missing([&first, &before, &after])),
            need(Check::Budget, first_missing([&key, &keys.id, &keys.tenant, &keys.used])),
            need(Check::Usage, first_missing([&key, &keys.id, &keys.tenant, &keys.usage])),
            need(Check::CountExact, first_missing([&time, &quota.tenant]).or_else(|| first_missing(quota.counts()))),
            pending.map(|why| (Check::NoPending, why)),
        ];
        let missing = missing.into_iter().flatten().collect();

        let row = trace.as_ref().or(first.as_ref()).ok().cloned();
        let ledger = tenant.as_ref().ok().filter(|_| status.is_ok()).map(|tenant| {
            let columns = [
                tenant.sorted_text(),
                row.map_or_else(|| "NULL::text".to_owned(), |row| row.text()),
                or_null(&kind, Column::text, "text"),
                or_null(&status, Column::text, "text"),
                or_null(&amount, numeric, "numeric"),
                or_null(&before, numeric, "numeric"),
                or_null(&after, numeric, "numeric"),
                or_null(&key, Column::text, "text"),
                or_null(&time, |time| instant(time, &zone), "timestamptz"),
            ];
            // With the table before it, an order is by the column itself and never by what is selected under its name.
            let order: String = order.iter().flatten().map(|column| format!(", l.{}", column.sql)).collect();
            format!("SELECT {} FROM {} AS l ORDER BY {}{order}", columns.join(", "), table.sql, tenant.sorted_text())
        });
        let dated = time.as_ref().is_ok_and(|time| time.type_name == "date");
        Sources {
            ledger,
            quotas: quota.select(&catalog.quota, &zone),
            keys: keys.select(catalog, mapping),
            timed: time.is_ok(),
            slack: if dated { 0 } else { i64::from(at.midnight_slack) * 1_000_000 },
            missing,
        }
    }

    /// Why a check cannot be made, if it cannot.
    pub fn missing(&self, check: Check) -> Option<&str> {
        self.missing.iter().find(|(of, _)| *of == check).map(|(_, why)| why.as_str())
    }
}

const NO_ORDER: &str = "not there: the mapping says that ledger.order has no columns";

fn numeric(column: &Column) -> String {
    format!("{}::numeric", column.sql)
}

struct QuotaColumns {
    tenant: Found,
    balance: Found,
    daily_used: Found,
    daily_reset: Found,
    monthly_used: Found,
    monthly_reset: Found,
}

impl QuotaColumns {
    fn find(table: &Table, mapping: &Mapping) -> QuotaColumns {
        let at = &mapping.quota;
        QuotaColumns {
            tenant: table.column("tenant", &at.tenant),
            balance: table.number("balance", &at.balance),
            daily_used: table.number("daily_used", &at.daily_used),
            daily_reset: table.column("daily_reset", &at.daily_reset),
            monthly_used: table.number("monthly_used", &at.monthly_used),
            monthly_reset: table.column("monthly_reset", &at.monthly_reset),
        }
    }

    fn counts(&self) -> [&Found; 4] {
        [&self.daily_used, &self.daily_reset, &self.monthly_used, &self.monthly_reset]
    }

    fn select(&self, table: &Table, zone: &str) -> Option<String> {
        let tenant = self.tenant.as_ref().ok()?;
        let count = |column: &Found| or_null(column, |column| format!("{}::bigint", column.sql), "bigint");
        let at = |column: &Found, unit, plus| or_null(column, |column| bound(column, unit, plus, zone), "timestamptz");
        let columns = [
            tenant.sorted_text(),
            or_null(&self.balance, numeric, "numeric"),
            count(&self.daily_used),
            at(&self.daily_reset, "day", "0 days"),
            at(&self.daily_reset, "day", "1 day"),
            count(&self.monthly_used),
            at(&self.monthly_reset, "month", "0 days"),
            at(&self.monthly_reset, "month", "1 month"),
        ];
        Some(format!("SELECT {} FROM {} ORDER BY 1", columns.join(", "), table.sql))
    }
}

struct KeyColumns {
    id: Found,
    tenant: Found,
    used: Found,
    /// Any usage at all, or why there is none.
    usage: Found,
}

impl KeyColumns {
    fn find(catalog: &Catalog, mapping: &Mapping) -> KeyColumns {
        let at = &mapping.key;
        let used = match mapping.budget.table.get() {
            None => catalog.key.number("used", &at.used),
            Some(_) => catalog.budget.column("key", &mapping.budget.key).and_then(|_| {
                let kind = mapping.budget.kind.get().map(|_| catalog.budget.column("kind", &mapping.budget.kind));
                kind.transpose()?;
                catalog.budget.number("used", &mapping.budget.used)
            }),
        };
        let (totals, traced) = usage_selects(catalog, mapping);
        // Only a table that the mapping names and that can be read is added; one that it names and that cannot is missed.
        let usage = match (mapping.usage.table.get(), mapping.usage.by_trace.get()) {
            (None, Some(_)) => traced,
            (_, None) => totals,
            (Some(_), Some(_)) => totals.and(traced),
        };
        let usage = usage.map(|sql| Column { sql, type_name: String::new() });
        KeyColumns {
            id: catalog.key.column("id", &at.id),
            tenant: catalog.key.column("tenant", &at.tenant),
            used,
            usage,
        }
    }

    fn select(&self, catalog: &Catalog, mapping: &Mapping) -> Option<String> {
        let (Ok(id), Ok(tenant)) = (&self.id, &self.tenant) else { return None };
        let budget = mapping.budget.table.get().and(self.used.as_ref().ok()).map(|used| {
            let key =
                catalog.budget.column("key", &mapping.budget.key).map_or_else(|_| String::new(), |key| key.text());
            let of = catalog.budget.column("kind", &mapping.budget.kind).map_or_else(
                |_| String::new(),
                |kind| format!(" WHERE {} = {}", kind.text(), constant(&mapping.budget.kind_is.0)),
            );
            let unit = match mapping.budget.unit {
                BudgetUnit::Units => "1",
                BudgetUnit::Cents => "0.01",
                BudgetUnit::Micros => "0.000001",
            };
            let table = &catalog.budget.sql;
            format!("SELECT {key} AS id, sum({}::numeric) * {unit} AS used FROM {table}{of} GROUP BY 1", used.sql)
        });
        let (used, join_budget) = match (&budget, &self.used) {
            (Some(select), _) => {
                ("coalesce(b.used, 0)".to_owned(), format!(" LEFT JOIN ({select}) AS b ON b.id = k.id"))
            }
            (None, Ok(used)) if mapping.budget.table.get().is_none() => (format!("k.{}", used.sql), String::new()),
            (None, _) => ("NULL".to_owned(), String::new()),
        };
        let (totals, traced) = usage_selects(catalog, mapping);
        let rows: Vec<String> = [totals, traced].into_iter().flatten().collect();
        let (usage, join_usage) = if self.usage.is_ok() && !rows.is_empty() {
            let sums = format!(
                "SELECT id, sum(requests)::bigint AS requests, sum(cost) AS cost FROM ({}) AS rows GROUP BY id",
                rows.join(" UNION ALL ")
            );
            ("coalesce(u.requests, 0), coalesce(u.cost, 0)", format!(" LEFT JOIN ({sums}) AS u ON u.id = k.id"))
        } else {
            ("NULL::bigint, NULL::numeric", String::new())
        };
        // The keys' own columns are renamed, so that no name of theirs is taken for a joined one.
        let own = self
            .used
            .as_ref()
            .ok()
            .filter(|_| budget.is_none())
            .map_or_else(String::new, |used| format!(", {}", used.sql));
        let keys =
            format!("SELECT {} AS tenant, {} AS id{own} FROM {}", tenant.sorted_text(), id.text(), catalog.key.sql);
        Some(format!(
            "SELECT k.tenant, k.id, {used}::numeric, {usage} FROM ({keys}) AS k{join_budget}{join_usage} ORDER BY 1, 2"
        ))
    }
}

/// Usage as `id, requests, cost`: the totals, and the rows by trace.
fn usage_selects(catalog: &Catalog, mapping: &Mapping) -> (Result<String, String>, Result<String, String>) {
    let at = &mapping.usage;
    let select = |table: &Table, requests: Found| -> Result<String, String> {
        let (key, cost) = (table.column("key", &at.key)?, table.number("cost", &at.cost)?);
        let requests = requests?.sql;
        Ok(format!(
            "SELECT {} AS id, {requests}::bigint AS requests, {}::numeric AS cost FROM {}",
            key.text(),
            cost.sql,
            table.sql
        ))
    };
    let totals = select(&catalog.usage, catalog.usage.number("requests", &at.requests));
    let one = Column { sql: "1".to_owned(), type_name: "integer".to_owned() };
    (totals, select(&catalog.by_trace, Ok(one)))
}
