//! The mapped tables and columns that exist and may be read, and the SQL that names them.

use std::collections::BTreeMap;

use sqlx::{PgConnection, Row, query};

use crate::mapping::{Mapping, Name};

/// The columns of a relation, with their types and whether we may read them. A view has no `ctid`.
const COLUMNS: &str = "SELECT a.attname::text, format_type(a.atttypid, NULL), has_column_privilege(c.oid, a.attnum, 'SELECT') \
     FROM pg_catalog.pg_class c JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid \
     WHERE c.oid = to_regclass($1) AND (a.attnum > 0 OR a.attname = 'ctid') AND NOT a.attisdropped";

/// A readable column, or why it cannot be read.
pub type Found = Result<Column, String>;

/// An existing column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// The same, quoted.
    pub sql: String,
    /// Its name with that of its table, for messages.
    pub shown: String,
    /// Its type, as `format_type` writes it.
    pub type_name: String,
}

impl Column {
    /// Its value as text.
    pub fn text(&self) -> String {
        format!("{}::text", self.sql)
    }

    /// A condition that it equals one of the texts `$n`; it can use an index on the column if that is a text or an
    /// integer.
    pub fn is_any_of(&self, parameter: u8) -> String {
        match self.type_name.as_str() {
            "smallint" | "integer" | "bigint" => {
                // A text that is not an integer cannot be a key of the table.
                format!(
                    "{} = ANY (ARRAY(SELECT t::bigint FROM unnest(${parameter}::text[]) AS t WHERE t ~ '^-?[0-9]{{1,18}}$'))",
                    self.sql
                )
            }
            _ => format!("{}::text = ANY (${parameter}::text[])", self.sql),
        }
    }
}

/// A table's columns, or why it cannot be read.
#[derive(Clone, Debug)]
pub struct Table {
    /// Its section in the mapping.
    section: &'static str,
    /// Its quoted name, with the schema if there is one.
    pub sql: String,
    /// Its name for messages.
    pub shown: String,
    columns: Result<BTreeMap<String, (String, bool)>, String>,
}

impl Table {
    /// Looks the table up.
    ///
    /// # Errors
    /// An error of Postgres.
    pub async fn find(
        connection: &mut PgConnection,
        mapping: &Mapping,
        section: &'static str,
        name: &Name,
    ) -> Result<Table, sqlx::Error> {
        let Some(name) = name.get() else {
            let why = format!("not there: the mapping says that there is no table for [{section}]");
            return Ok(Table { section, sql: String::new(), shown: String::new(), columns: Err(why) });
        };
        let (sql, shown) = match &mapping.schema {
            Some(schema) => (format!("{}.{}", quoted(&schema.0), quoted(name)), format!("{}.{name}", schema.0)),
            None => (quoted(name), name.to_owned()),
        };
        let rows = query(COLUMNS).bind(&sql).fetch_all(connection).await?;
        let columns = rows.iter().map(|row| {
            let (name, kind): (String, String) = (row.try_get(0)?, row.try_get(1)?);
            Ok((name, (kind, row.try_get(2)?)))
        });
        let columns: BTreeMap<_, _> = columns.collect::<Result<_, sqlx::Error>>()?;
        let columns = if columns.is_empty() { Err(format!("not there: table {shown}")) } else { Ok(columns) };
        Ok(Table { section, sql, shown, columns })
    }

    /// One of its columns; `key` is its name in the mapping.
    ///
    /// # Errors
    /// Why it cannot be read.
    pub fn column(&self, key: &str, name: &Name) -> Found {
        let columns = self.columns.as_ref().map_err(Clone::clone)?;
        let name =
            name.get().ok_or_else(|| format!("not there: the mapping says that there is no {}.{key}", self.section))?;
        match columns.get(name) {
            None => Err(format!("not there: column {}.{name}", self.shown)),
            Some((_, false)) => Err(format!("not readable: no SELECT on column {}.{name}", self.shown)),
            Some((kind, true)) => Ok(Column {
                name: name.to_owned(),
                sql: quoted(name),
                shown: format!("{}.{name}", self.shown),
                type_name: kind.clone(),
            }),
        }
    }

    /// One of its columns that holds exact numbers.
    ///
    /// # Errors
    /// Why it cannot be read.
    pub fn number(&self, key: &str, name: &Name) -> Found {
        let column = self.column(key, name)?;
        match column.type_name.as_str() {
            "numeric" | "smallint" | "integer" | "bigint" => Ok(column),
            other => Err(format!("not exact: column {} is {other}", column.shown)),
        }
    }

    /// One of its columns that holds days or instants.
    ///
    /// # Errors
    /// Why it cannot be read.
    pub fn time(&self, key: &str, name: &Name) -> Found {
        let column = self.column(key, name)?;
        match column.type_name.as_str() {
            "date" | "timestamp without time zone" | "timestamp with time zone" => Ok(column),
            other => Err(format!("not a time: column {} is {other}", column.shown)),
        }
    }

    /// The physical place of a row, for a row without another name; `None` for a view.
    pub fn place(&self) -> Option<Column> {
        self.column("", &Name::Is("ctid".to_owned())).ok()
    }
}

/// An identifier, quoted (the manual of Postgres, 4.1.1).
pub fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// A text constant (the manual of Postgres, 4.1.2.1, with `standard_conforming_strings` on, its default).
pub fn constant(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// Everything the mapping names in the database.
#[derive(Clone, Debug)]
pub struct Catalog {
    /// `[ledger]`
    pub ledger: Table,
    /// `[quota]`
    pub quota: Table,
    /// `[key]`
    pub key: Table,
    /// `[budget]`
    pub budget: Table,
    /// `[usage]`, the totals.
    pub usage: Table,
    /// `[usage]`, the rows by trace.
    pub by_trace: Table,
}

impl Catalog {
    /// Looks everything up.
    ///
    /// # Errors
    /// An error of Postgres.
    pub async fn read(connection: &mut PgConnection, mapping: &Mapping) -> Result<Catalog, sqlx::Error> {
        Ok(Catalog {
            ledger: Table::find(connection, mapping, "ledger", &mapping.ledger.table).await?,
            quota: Table::find(connection, mapping, "quota", &mapping.quota.table).await?,
            key: Table::find(connection, mapping, "key", &mapping.key.table).await?,
            budget: Table::find(connection, mapping, "budget", &mapping.budget.table).await?,
            usage: Table::find(connection, mapping, "usage", &mapping.usage.table).await?,
            by_trace: Table::find(connection, mapping, "usage", &mapping.usage.by_trace).await?,
        })
    }
}
