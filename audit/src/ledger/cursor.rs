//! A server-side cursor, read in portions.

use sqlx::postgres::PgRow;
use sqlx::{AssertSqlSafe, Executor, PgConnection, Row, ValueRef, query};

/// The bytes of a cursor that are held at a time, estimated from the widest row of the previous portion. No row is
/// wider than some kilobytes, since no value is ([`crate::sql`]).
const PORTION: usize = 4_000_000;
/// Rows of the first portion.
const FIRST: usize = 500;
/// The most rows of one portion. Between two portions server and client wait for each other.
const MOST: usize = 10_000;
/// A portion has at most this many times the rows of the previous one.
const GROWTH: usize = 4;
/// The memory of a value in addition to its bytes.
const VALUE: usize = 16;

/// A statement that fails ends only what is in its savepoint, and no other cursor.
const SAVE: &str = "SAVEPOINT trial_statement";
const KEEP: &str = "RELEASE SAVEPOINT trial_statement";
const UNDO: &str = "ROLLBACK TO SAVEPOINT trial_statement";

/// A cursor with a current row.
pub struct Cursor {
    name: &'static str,
    portion: std::vec::IntoIter<PgRow>,
    /// The number of rows of the next portion.
    next: usize,
    head: Option<PgRow>,
    ended: bool,
    /// Why the server could not go on, if so.
    pub lost: Option<String>,
}

/// The tenant of the current row. Rows without a tenant come last, as Postgres sorts nulls.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject<'r> {
    /// Rows of this tenant.
    Of(&'r str),
    /// Rows of no tenant: null.
    Nobody,
}

impl Cursor {
    /// Declares the cursor and fetches its first row; without a select it is empty. The name is chosen by us and needs
    /// no quotes.
    pub async fn open(
        connection: &mut PgConnection,
        name: &'static str,
        select: Option<&str>,
    ) -> Result<Cursor, sqlx::Error> {
        let portion = Vec::new().into_iter();
        let mut cursor = Cursor { name, portion, next: FIRST, head: None, ended: select.is_none(), lost: None };
        if let Some(select) = select {
            let declare = format!("DECLARE {name} NO SCROLL CURSOR FOR {select}");
            cursor.saved(connection, declare).await?;
            cursor.advance(connection).await?;
        }
        Ok(cursor)
    }

    /// The current row; `None` at the end.
    pub fn head(&self) -> Option<&PgRow> {
        self.head.as_ref()
    }

    /// The first column of the current row, by which cursors are ordered.
    pub fn subject(&self) -> Result<Option<Subject<'_>>, sqlx::Error> {
        let subject = self.head().map(|row| Ok(text(row, 0)?.map_or(Subject::Nobody, Subject::Of)));
        subject.transpose()
    }

    /// Whether the current row belongs to this subject.
    pub fn is_at(&self, subject: Subject<'_>) -> Result<bool, sqlx::Error> {
        Ok(self.subject()?.is_some_and(|head| head == subject))
    }

    /// Moves to the next row.
    pub async fn advance(&mut self, connection: &mut PgConnection) -> Result<(), sqlx::Error> {
        self.head = self.portion.next();
        if self.head.is_none() && !self.ended {
            let asked = self.next;
            let rows = self.saved(connection, format!("FETCH FORWARD {asked} FROM {}", self.name)).await?;
            self.ended = self.lost.is_some() || rows.len() < asked;
            let widest = rows.iter().map(width).max().unwrap_or(0).max(1);
            self.next = (asked * GROWTH).min(MOST).min(PORTION / widest).max(1);
            self.portion = rows.into_iter();
            self.head = self.portion.next();
        }
        Ok(())
    }

    /// Runs a statement whose failure ends only this cursor.
    async fn saved(&mut self, connection: &mut PgConnection, statement: String) -> Result<Vec<PgRow>, sqlx::Error> {
        connection.execute(SAVE).await?;
        match query(AssertSqlSafe(statement)).persistent(false).fetch_all(&mut *connection).await {
            Ok(rows) => {
                connection.execute(KEEP).await?;
                Ok(rows)
            }
            Err(sqlx::Error::Database(error)) => {
                connection.execute(UNDO).await?;
                connection.execute(KEEP).await?;
                (self.ended, self.lost) = (true, Some(error.message().to_owned()));
                Ok(Vec::new())
            }
            Err(error) => Err(error),
        }
    }
}

/// The approximate size of a row in bytes.
fn width(row: &PgRow) -> usize {
    let value = |column| bytes(row, column).ok().flatten().map_or(0, <[u8]>::len);
    (0..row.len()).map(|column| VALUE + value(column)).sum()
}

/// The bytes of a column as the server sent them.
pub fn bytes(row: &PgRow, column: usize) -> Result<Option<&[u8]>, sqlx::Error> {
    let value = row.try_get_raw(column)?;
    if value.is_null() { Ok(None) } else { value.as_bytes().map(Some).map_err(sqlx::Error::Decode) }
}

/// A column of text.
pub fn text(row: &PgRow, column: usize) -> Result<Option<&str>, sqlx::Error> {
    let text = bytes(row, column)?.map(std::str::from_utf8).transpose();
    text.map_err(|error| sqlx::Error::Decode(error.into()))
}

/// A boolean column; null is false.
pub fn truth(row: &PgRow, column: usize) -> Result<bool, sqlx::Error> {
    Ok(bytes(row, column)?.is_some_and(|bytes| bytes == [1]))
}

/// A column of type bigint, or an instant in microseconds.
pub fn integer(row: &PgRow, column: usize) -> Result<Option<i64>, sqlx::Error> {
    let unreadable = |_| sqlx::Error::Decode("no 8 bytes".into());
    bytes(row, column)?.map(|bytes| bytes.try_into().map(i64::from_be_bytes).map_err(unreadable)).transpose()
}
