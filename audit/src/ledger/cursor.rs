//! A cursor of the server, read in portions.

use sqlx::postgres::PgRow;
use sqlx::{AssertSqlSafe, Executor, PgConnection, Row, ValueRef, query};

/// Rows of one portion: what is held of a cursor at a time, some 4 MB. Between two portions server and client wait for each
/// other.
const PORTION: usize = 10_000;

/// A cursor with one row in view.
pub struct Cursor {
    fetch: String,
    close: String,
    portion: std::vec::IntoIter<PgRow>,
    head: Option<PgRow>,
    ended: bool,
}

impl Cursor {
    /// Declares the cursor and has its first row in view. The name is ours, and plain.
    pub async fn open(connection: &mut PgConnection, name: &str, select: &str) -> Result<Cursor, sqlx::Error> {
        let declare = format!("DECLARE {name} NO SCROLL CURSOR FOR {select}");
        (&mut *connection).execute(AssertSqlSafe(declare)).await?;
        let fetch = format!("FETCH FORWARD {PORTION} FROM {name}");
        let (portion, close) = (Vec::new().into_iter(), format!("CLOSE {name}"));
        let mut cursor = Cursor { fetch, close, portion, head: None, ended: false };
        cursor.advance(connection).await?;
        Ok(cursor)
    }

    /// The row in view; nothing at the end.
    pub fn head(&self) -> Option<&PgRow> {
        self.head.as_ref()
    }

    /// The first column of the row in view, which is what cursors are ordered by; null is an empty text.
    pub fn subject(&self) -> Result<Option<&str>, sqlx::Error> {
        self.head().map(|row| text(row, 0).map(Option::unwrap_or_default)).transpose()
    }

    /// Whether the row in view is of this subject.
    pub fn is_at(&self, subject: &str) -> Result<bool, sqlx::Error> {
        Ok(self.subject()?.is_some_and(|head| head == subject))
    }

    /// On to the next row.
    pub async fn advance(&mut self, connection: &mut PgConnection) -> Result<(), sqlx::Error> {
        self.head = self.portion.next();
        if self.head.is_none() && !self.ended {
            let rows = query(AssertSqlSafe(self.fetch.as_str())).fetch_all(connection).await?;
            self.ended = rows.len() < PORTION;
            self.portion = rows.into_iter();
            self.head = self.portion.next();
        }
        Ok(())
    }

    /// Lets the server forget it.
    pub async fn close(self, connection: &mut PgConnection) -> Result<(), sqlx::Error> {
        connection.execute(AssertSqlSafe(self.close)).await.map(drop)
    }
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

/// A column of type bigint, or an instant in microseconds.
pub fn integer(row: &PgRow, column: usize) -> Result<Option<i64>, sqlx::Error> {
    let unreadable = |_| sqlx::Error::Decode("no 8 bytes".into());
    bytes(row, column)?.map(|bytes| bytes.try_into().map(i64::from_be_bytes).map_err(unreadable)).transpose()
}
