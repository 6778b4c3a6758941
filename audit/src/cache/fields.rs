//! The fields of a hash and the columns that they are copied from.

use model::money::Money;

use crate::catalog::{Column, Found, Table};
use crate::mapping::{Mapping, Name};
use crate::sql::Time;

/// The kind of value in a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Value {
    /// Exact money; empty if the column is null.
    Money,
    /// An integer.
    Count,
    /// A day, `2026-01-31`.
    Day,
    /// A month, `2026-01`, or a day in it.
    Month,
}

impl Value {
    /// A text in canonical form; `None` if it is not such a value. What is null in the database is empty in a hash.
    pub fn plain(self, text: &str) -> Option<String> {
        if matches!(text, "" | "null" | "None") {
            return Some("null".to_owned());
        }
        match self {
            Value::Money => text.parse::<Money>().ok().map(|money| money.to_string()),
            Value::Count => text.parse::<i64>().ok().map(|count| count.to_string()),
            Value::Day => dated(text, 3),
            Value::Month => dated(text, 2).or_else(|| dated(text, 3)?.get(..7).map(str::to_owned)),
        }
    }

    /// Whether it can be read at all: money may have too many decimals, which makes it a number but not money.
    pub fn readable(self, text: &str) -> bool {
        let number = || {
            let digits = text.strip_prefix('-').unwrap_or(text);
            let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
            [whole, fraction].iter().all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()))
        };
        self.plain(text).is_some() || (self == Value::Money && number())
    }
}

/// A date with this many parts, digits separated by hyphens.
fn dated(text: &str, parts: usize) -> Option<String> {
    let lengths = [4, 2, 2];
    let found: Vec<&str> = text.split('-').collect();
    let plain = found.len() == parts
        && found
            .iter()
            .zip(lengths)
            .all(|(part, length)| part.len() == length && part.bytes().all(|b| b.is_ascii_digit()));
    plain.then(|| text.to_owned())
}

/// A field, and the column that it is copied from.
#[derive(Clone, Debug)]
pub struct Field {
    /// Its name in Redis.
    pub name: String,
    /// The kind of value.
    pub value: Value,
    /// The column, or why it cannot be read.
    pub column: Found,
}

impl Field {
    /// The column as text; null if it cannot be read.
    pub fn sql(&self) -> String {
        match (&self.column, self.value) {
            (Err(_), _) => "NULL::text".to_owned(),
            (Ok(column), Value::Money) => format!("{}::numeric::text", column.sql),
            (Ok(column), Value::Day) => Time::new(column, "'UTC'").written("YYYY-MM-DD"),
            (Ok(column), Value::Month) => Time::new(column, "'UTC'").written("YYYY-MM"),
            (Ok(column), Value::Count) => column.text(),
        }
    }
}

/// A hash: its fields, and the table that they are copied from.
#[derive(Clone, Debug)]
pub struct Hash {
    /// The table.
    pub table: String,
    /// The column that keys name the row by, or why it cannot be read.
    pub id: Result<Column, String>,
    /// The fields.
    pub fields: Vec<Field>,
}

impl Hash {
    /// The hash of a tenant's quota.
    pub fn quota(table: &Table, mapping: &Mapping) -> Hash {
        let (at, named) = (&mapping.quota, &mapping.redis.quota_fields);
        let fields = [
            (&named.balance, Value::Money, table.number("balance", &at.balance)),
            (&named.credit, Value::Money, table.number("credit", &at.credit)),
            (&named.daily_quota, Value::Count, table.column("daily_quota", &at.daily_quota)),
            (&named.daily_used, Value::Count, table.column("daily_used", &at.daily_used)),
            (&named.monthly_quota, Value::Count, table.column("monthly_quota", &at.monthly_quota)),
            (&named.monthly_used, Value::Count, table.column("monthly_used", &at.monthly_used)),
            (&named.version, Value::Count, table.column("version", &at.version)),
            (&named.daily_reset, Value::Day, table.time("daily_reset", &at.daily_reset)),
            (&named.monthly_reset, Value::Month, table.time("monthly_reset", &at.monthly_reset)),
        ];
        let fields = fields.into_iter().filter_map(|(name, value, column)| field(name, value, column)).collect();
        Hash { table: table.sql.clone(), id: table.column("tenant", &at.tenant), fields }
    }

    /// The hash of an API key.
    pub fn api_key(table: &Table, mapping: &Mapping) -> Hash {
        let (at, named) = (&mapping.key, &mapping.redis.key_fields);
        let fields = [
            field(&named.used, Value::Money, table.number("used", &at.used)),
            field(&named.limit, Value::Money, table.number("limit", &at.limit)),
        ];
        Hash {
            table: table.sql.clone(),
            id: table.column("id", &at.id),
            fields: fields.into_iter().flatten().collect(),
        }
    }

    /// Why the first of its unreadable columns cannot be read.
    pub fn missing(&self) -> Option<&str> {
        let columns = self.fields.iter().map(|field| &field.column).chain([&self.id]);
        columns.filter_map(|column| column.as_ref().err()).next().map(String::as_str)
    }

    /// Selects the rows with the names `$1`; the name is the first column.
    pub fn select(&self) -> Option<String> {
        let id = self.id.as_ref().ok()?;
        let columns: String = self.fields.iter().map(|field| format!(", {}", field.sql())).collect();
        Some(format!("SELECT {}{columns} FROM {} WHERE {}", id.text(), self.table, id.is_any_of(1)))
    }
}

fn field(name: &Name, value: Value, column: Found) -> Option<Field> {
    name.get().map(|name| Field { name: name.to_owned(), value, column })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_value_has_one_form() {
        assert_eq!(Value::Money.plain("94.750000").as_deref(), Some("94.75"));
        assert_eq!(Value::Money.plain("99.950000000000003"), None);
        assert_eq!(Value::Count.plain("07").as_deref(), Some("7"));
        assert_eq!(Value::Month.plain("2026-01-31").as_deref(), Some("2026-01"));
        assert_eq!(Value::Month.plain("2026-01").as_deref(), Some("2026-01"));
        assert_eq!(Value::Day.plain("").as_deref(), Some("null"));
        assert_eq!(Value::Day.plain("yesterday"), None);
    }

    #[test]
    fn a_drifted_number_is_readable_and_a_word_is_not() {
        assert!(Value::Money.readable("99.950000000000003") && !Value::Money.readable("much"));
        assert!(!Value::Count.readable("1.5") && Value::Count.readable("-1"));
    }
}
