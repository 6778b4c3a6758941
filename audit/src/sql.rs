//! Expressions over columns that do not fail, whatever a row holds, and whose values have a bounded length.

use sqlx::{AssertSqlSafe, Executor, PgConnection};

use crate::catalog::{Column, Table, constant};
use crate::error::one_line;

/// The most bytes of a text that is sent whole.
const WHOLE: usize = 256;
/// The number of characters that are sent of a longer text. With its suffix it is still longer than [`WHOLE`], so it
/// cannot equal a whole text.
const BEGINNING: usize = 180;
/// The most bytes of a number that is sent as it is: more than any money needs.
const NUMBER: usize = 32;
/// The range of days and instants that are valid in any time zone, as Postgres counts (its manual, 8.5).
const EARLIEST: &str = "4700-01-01 BC";
const LATEST: &str = "294000-01-01";

/// A column's text. A text of more than 256 bytes is replaced by its first 180 characters, its length and its SHA-256,
/// so that two texts are equal exactly if their sent forms are.
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

/// The same, ordered by its bytes on every server.
pub fn sorted(column: &Column) -> String {
    format!("(({}) COLLATE \"C\")", text(column))
}

/// A number. A number with very many digits is not money: it is replaced by another that is as large or as fine.
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

/// The name of a row: the first of these columns that is not null, together with the name of that column.
pub fn name(whole: Option<&Column>, named: &[&Column], place: Option<&Column>) -> String {
    let called = |column: &Column| format!("{} || ({})", constant(&format!("{} ", column.name)), text(column));
    let called = named.iter().copied().chain(place).map(called);
    let names: Vec<String> = whole.map(text).into_iter().chain(called).collect();
    if names.is_empty() { "NULL::text".to_owned() } else { format!("coalesce({})", names.join(", ")) }
}

/// A time that may be null or out of range, as an instant and as text.
#[derive(Clone, Debug)]
pub struct Time<'c> {
    column: &'c Column,
    zone: &'c str,
}

impl<'c> Time<'c> {
    /// The time of a column of days or instants; `zone` is an SQL expression.
    pub fn new(column: &'c Column, zone: &'c str) -> Time<'c> {
        Time { column, zone }
    }

    /// Whether it is valid in every time zone; null if it is null.
    fn good(&self) -> String {
        let Column { sql, type_name, .. } = self.column;
        // A constant of the column's own type: a date that is out of range of the other types cannot be compared as
        // one.
        format!("{sql} BETWEEN {type_name} '{EARLIEST}' AND {type_name} '{LATEST}'")
    }

    /// The time without a zone.
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

    /// The first instant of its day or month plus `plus`, or null.
    pub fn bound(&self, unit: &str, plus: &str) -> String {
        let first = format!("date_trunc('{unit}', {}) + interval '{plus}'", self.local());
        format!("CASE WHEN {} THEN ({first}) AT TIME ZONE {} END", self.good(), self.zone)
    }

    /// Its text if it is out of range, or null.
    pub fn bad(&self) -> String {
        format!("CASE WHEN NOT ({}) THEN {} END", self.good(), self.column.text())
    }

    /// The time in this form of `to_char`, or its text if it is out of range.
    pub fn written(&self, form: &str) -> String {
        let text = self.column.text();
        format!("CASE WHEN {} THEN to_char({}::timestamp, '{form}') ELSE {text} END", self.good(), self.column.sql)
    }
}

/// Tests whether the server can read an expression of a column: it plans the statement and reads no row.
///
/// # Errors
/// Inner: the message of the server about the expression. Outer: the server cannot be asked.
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
