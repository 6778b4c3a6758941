//! Tests with the server whether a column can be read.

use sqlx::PgConnection;

use crate::catalog::{Column, Found, Table};
use crate::sql::probe;

/// A column's expression, or a null of the given type.
pub fn or_null(column: &Found, expression: impl FnOnce(&Column) -> String, kind: &str) -> String {
    column.as_ref().map_or_else(|_| format!("NULL::{kind}"), expression)
}

/// Tests with the server whether it can read columns of one table.
pub struct Asks<'c> {
    pub connection: &'c mut PgConnection,
    pub table: &'c Table,
}

impl Asks<'_> {
    /// The column, if it can be read by this expression.
    pub async fn of(&mut self, column: Found, way: impl FnOnce(&Column) -> String) -> Result<Found, sqlx::Error> {
        let Ok(column) = column else { return Ok(column) };
        let expression = way(&column);
        probe(self.connection, self.table, column, &expression, false).await
    }
}
