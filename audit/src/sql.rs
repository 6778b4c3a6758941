//! Expressions over columns that end no statement, whatever a row holds, and whose values are of bounded length.

use sqlx::{AssertSqlSafe, Executor, PgConnection};

use crate::catalog::{Column, Table, constant};
use crate::error::one_line;

/// The most bytes of a text that is sent whole.
const WHOLE: usize = 256;
/// The most characters that are sent of a longer one. What is sent of it is still longer than [`WHOLE`], so that no whole
/// text equals it.
const BEGINNING: usize = 180;
/// The most bytes of a number that is sent as it is: more than any money takes.
const NUMBER: usize = 32;
/// The days and instants that have a place in any time zone, as Postgres counts (its manual, 8.5).
const EARLIEST: &str = "4700-01-01 BC";
const LATEST: &str = "294000-01-01";

/// A column's text. One of more than 256 bytes is cut: its first 180 characters, its length and its SHA-256 stand for
/// it, so that two texts are equal exactly if what is sent of them is.
pub fn text(column: &Column) -> String {
    let text = column.text();
    match column.type_name.as_str() {
        "smallint" | "integer" | "bigint" | "uuid" | "boolean" | "tid" => text,
        _ => format!(
            "CASE WHEN octet_length({text}) <= {WHOLE} THEN {text} ELSE left({text}, {BEGINNING}) || '... (' || \
             octet_length({text}) || ' bytes, sha256 ' || \
             encode(sha256(convert_to({text}, getdatabaseencoding())), 'hex') || ')' END"
        ),
    }
}

/// The same, in an order that is that of its bytes on every server.
pub fn sorted(column: &Column) -> String {
    format!("(({}) COLLATE \"C\")", text(column))
}

/// A number. One of very many digits is no money: another such number stands for it, as large or as fine.
pub fn number(expression: &str) -> String {
    format!(
        "CASE WHEN pg_column_size({expression}) > {NUMBER} \
         THEN CASE WHEN abs({expression}) >= 1e12 THEN 1e40 ELSE 1e-40 END ELSE {expression} END"
    )
}

/// A column's number.
pub fn number_of(column: &Column) -> String {
    match column.type_name.as_str() {
        "numeric" => number(&column.sql),
        _ => format!("{}::numeric", column.sql),
    }
}

/// A row's own name, of the first of these columns that is not null, with what it is called.
pub fn name(whole: Option<&Column>, named: &[&Column], place: Option<&Column>) -> String {
    let called = |column: &Column| format!("{} || ({})", constant(&format!("{} ", column.name)), text(column));
    let called = named.iter().copied().chain(place).map(called);
    let names: Vec<String> = whole.map(text).into_iter().chain(called).collect();
    if names.is_empty() { "NULL::text".to_owned() } else { format!("coalesce({})", names.join(", ")) }
}

/// A time that may be null or out of range, as instants and as text.
#[derive(Clone, Debug)]
pub struct Time<'c> {
    column: &'c Column,
    zone: &'c str,
}

impl<'c> Time<'c> {
    /// Of a column of days or instants; `zone` is an SQL expression.
    pub fn new(column: &'c Column, zone: &'c str) -> Time<'c> {
        Time { column, zone }
    }

    /// Whether it has a place in every time zone; null if it is null.
    fn good(&self) -> String {
        let Column { sql, type_name, .. } = self.column;
        // A constant of the column's own type: a date that is out of range of the other types cannot be compared as one.
        format!("{sql} BETWEEN {type_name} '{EARLIEST}' AND {type_name} '{LATEST}'")
    }

    /// Without a zone.
    fn local(&self) -> String {
        match self.column.type_name.as_str() {
            "timestamp with time zone" => format!("({} AT TIME ZONE {})", self.column.sql, self.zone),
            _ => format!("{}::timestamp", self.column.sql),
        }
    }

    /// The instant, or null.
    pub fn instant(&self) -> String {
        match self.column.type_name.as_str() {
            "timestamp with time zone" => format!("CASE WHEN {} THEN {} END", self.good(), self.column.sql),
            _ => format!("CASE WHEN {} THEN {} AT TIME ZONE {} END", self.good(), self.local(), self.zone),
        }
    }

    /// The first instant of its day or month, `plus` later, or null.
    pub fn bound(&self, unit: &str, plus: &str) -> String {
        let first = format!("date_trunc('{unit}', {}) + interval '{plus}'", self.local());
        format!("CASE WHEN {} THEN ({first}) AT TIME ZONE {} END", self.good(), self.zone)
    }

    /// What it says where it has no place, or null.
    pub fn bad(&self) -> String {
        format!("CASE WHEN NOT ({}) THEN {} END", self.good(), self.column.text())
    }

    /// It in this form of `to_char`, or what it says where it has no place.
    pub fn written(&self, form: &str) -> String {
        let text = self.column.text();
        format!("CASE WHEN {} THEN to_char({}::timestamp, '{form}') ELSE {text} END", self.good(), self.column.sql)
    }
}

/// Whether the server can read an expression of a column: it plans the statement and reads no row.
///
/// # Errors
/// What it says of it; inner, that it cannot be asked.
pub async fn probe(
    connection: &mut PgConnection,
    table: &Table,
    column: Column,
    expression: &str,
    order: bool,
) -> Result<Result<Column, String>, sqlx::Error> {
    let order = if order { format!(" ORDER BY {expression}") } else { String::new() };
    let select = format!("SELECT {expression} FROM {}{order} LIMIT 0", table.sql);
    match connection.execute(AssertSqlSafe(select)).await {
        Ok(_) => Ok(Ok(column)),
        Err(sqlx::Error::Database(error)) => Ok(Err(format!(
            "not readable: column {} is {}: {}",
            column.shown,
            column.type_name,
            one_line(error.message())
        ))),
        Err(error) => Err(error),
    }
}
