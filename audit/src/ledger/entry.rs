//! A row of the ledger as the cursor returns it.

use model::money::Money;
use model::shown::shown;
use sqlx::postgres::PgRow;

use crate::ledger::cursor::{bytes, integer, text, truth};
use crate::ledger::sources::Names;
use crate::mapping::{Ledger, Word};
use crate::numeric::{NoMoney, money, written};

/// The meaning of a row's status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It counts.
    Effective,
    /// It is under way.
    Pending,
    /// It never counts.
    Void,
    /// The mapping does not say.
    Unnamed,
}

/// The effect of a row's amount.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Doing {
    /// It is taken from the balance: a charge.
    Takes,
    /// It is added to the balance.
    Gives,
    /// The amount has its own sign.
    Signed,
    /// The mapping does not say.
    Unnamed,
}

/// An amount as it was read, or why it cannot be read.
#[derive(Clone, Copy, Debug)]
pub struct Amount<'r> {
    /// The amount.
    pub read: Result<Money, NoMoney>,
    bytes: Option<&'r [u8]>,
}

impl<'r> Amount<'r> {
    /// Reads it.
    pub fn of(row: &'r PgRow, column: usize) -> Result<Amount<'r>, sqlx::Error> {
        let bytes = bytes(row, column)?;
        Ok(Amount { read: money(bytes), bytes })
    }

    /// The amount, or why `what` is not an amount.
    pub fn or_why(&self, what: impl FnOnce() -> String) -> Result<Money, String> {
        self.read.map_err(|why| no_number(&what(), self.bytes, why))
    }
}

/// Why a value is not a number.
pub fn no_number(what: &str, bytes: Option<&[u8]>, why: NoMoney) -> String {
    match why {
        NoMoney::Null => format!("{what} is null"),
        why => format!("{what} is {}: {why}", written(bytes)),
    }
}

/// One row.
#[derive(Clone, Copy, Debug)]
pub struct Entry<'r> {
    /// Its trace, or another name of it.
    pub row: &'r str,
    /// Its kind, as the row has it.
    pub kind: Option<&'r str>,
    /// Its status, as the row has it.
    pub status: Option<&'r str>,
    /// The meaning of the status.
    pub standing: Standing,
    /// The effect of the amount.
    pub doing: Doing,
    /// The amount.
    pub amount: Amount<'r>,
    /// The balance before it.
    pub before: Amount<'r>,
    /// The balance after it.
    pub after: Amount<'r>,
    /// The API key.
    pub key: Option<&'r str>,
    /// The time of the row, in microseconds since 2000.
    pub at: Option<i64>,
    /// The text of the time, if it is out of range.
    no_time: Option<&'r str>,
    /// Whether its place in the order is unknown: a column of the order is null.
    pub unplaced: bool,
}

impl<'r> Entry<'r> {
    /// Reads a row.
    pub fn read(row: &'r PgRow, mapping: &Ledger) -> Result<Entry<'r>, sqlx::Error> {
        let (kind, status) = (text(row, 2)?, text(row, 3)?);
        let named = |list: &[Word], text: Option<&str>| list.iter().any(|word| Some(word.0.as_str()) == text);
        let standing = if named(&mapping.effective, status) {
            Standing::Effective
        } else if named(&mapping.pending, status) {
            Standing::Pending
        } else if named(&mapping.void, status) {
            Standing::Void
        } else {
            Standing::Unnamed
        };
        let doing = if named(&mapping.takes, kind) {
            Doing::Takes
        } else if named(&mapping.gives, kind) {
            Doing::Gives
        } else if named(&mapping.signed, kind) {
            Doing::Signed
        } else {
            Doing::Unnamed
        };
        Ok(Entry {
            row: text(row, 1)?.unwrap_or("without a name"),
            kind,
            status,
            standing,
            doing,
            amount: Amount::of(row, 4)?,
            before: Amount::of(row, 5)?,
            after: Amount::of(row, 6)?,
            key: text(row, 7)?,
            at: integer(row, 8)?,
            no_time: text(row, 9)?,
            unplaced: truth(row, 10)?,
        })
    }

    /// Whether it may be a charge.
    pub fn may_take(&self) -> bool {
        matches!(self.doing, Doing::Takes | Doing::Unnamed)
    }

    /// One of its columns, for messages.
    pub fn of(&self, column: &str, tenant: &str) -> String {
        format!("{column} of row {} of {}", shown(self.row), shown(tenant))
    }

    /// Why its kind is not known.
    pub fn no_kind(&self, names: &Names, tenant: &str) -> String {
        unnamed(&self.of(&names.kind, tenant), self.kind)
    }

    /// Why its standing is not known.
    pub fn no_status(&self, names: &Names, tenant: &str) -> String {
        unnamed(&self.of(&names.status, tenant), self.status)
    }

    /// Why its time is not known.
    pub fn no_time(&self, names: &Names, tenant: &str) -> String {
        let Some(column) = &names.time else {
            return format!("row {} of {}: not there: ledger.time", shown(self.row), shown(tenant));
        };
        let value = self.no_time.map_or_else(|| "null".to_owned(), shown);
        format!("{} is {value}", self.of(column, tenant))
    }

    /// Its effect on the balance: `eff(r)` of the invariants, or why that is not known.
    pub fn effect(&self, names: &Names, tenant: &str) -> Result<Money, String> {
        if self.doing == Doing::Unnamed {
            return Err(self.no_kind(names, tenant));
        }
        let amount = self.amount.or_why(|| self.of(&names.amount, tenant))?;
        Ok(if self.doing == Doing::Takes { -amount } else { amount })
    }
}

fn unnamed(what: &str, word: Option<&str>) -> String {
    match word {
        Some(word) => format!("{what} is `{}`, which the mapping does not name", shown(word)),
        None => format!("{what} is null"),
    }
}
