//! A row of the ledger as it comes from the cursor.

use model::money::Money;
use model::shown::shown;
use sqlx::postgres::PgRow;

use crate::ledger::cursor::{bytes, integer, text, truth};
use crate::ledger::sources::Names;
use crate::mapping::{Ledger, Word};
use crate::numeric::{NoMoney, money, written};

/// Where a row stands.
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

/// What a row does with its amount.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Doing {
    /// Takes it: a charge.
    Takes,
    /// Gives it.
    Gives,
    /// The amount has its own sign.
    Signed,
    /// The mapping does not say.
    Unnamed,
}

/// An amount as it was read, or what it is instead.
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

    /// The amount, or why `what` is none.
    pub fn or_why(&self, what: impl FnOnce() -> String) -> Result<Money, String> {
        self.read.map_err(|why| no_number(&what(), self.bytes, why))
    }
}

/// Why a number is none.
pub fn no_number(what: &str, bytes: Option<&[u8]>, why: NoMoney) -> String {
    match why {
        NoMoney::Null => format!("{what} is null"),
        why => format!("{what} is {}: {why}", written(bytes)),
    }
}

/// One row.
#[derive(Clone, Copy, Debug)]
pub struct Entry<'r> {
    /// Its trace, or what else names it.
    pub row: &'r str,
    /// What it is for, as it says.
    pub kind: Option<&'r str>,
    /// Where it stands, as it says.
    pub status: Option<&'r str>,
    /// What that means.
    pub standing: Standing,
    /// What it does.
    pub doing: Doing,
    /// How much.
    pub amount: Amount<'r>,
    /// The balance before it.
    pub before: Amount<'r>,
    /// The balance after it.
    pub after: Amount<'r>,
    /// Which API key.
    pub key: Option<&'r str>,
    /// When it was made, in microseconds since 2000.
    pub at: Option<i64>,
    /// What it says of that, if it is no time that has a place.
    no_time: Option<&'r str>,
    /// Whether its place in the order is not known: a column of the order is null.
    pub unplaced: bool,
}

impl<'r> Entry<'r> {
    /// Reads it.
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

    /// Why it is not known what it is for.
    pub fn no_kind(&self, names: &Names, tenant: &str) -> String {
        unnamed(&self.of(&names.kind, tenant), self.kind)
    }

    /// Why it is not known where it stands.
    pub fn no_status(&self, names: &Names, tenant: &str) -> String {
        unnamed(&self.of(&names.status, tenant), self.status)
    }

    /// Why it is not known when it was made.
    pub fn no_time(&self, names: &Names, tenant: &str) -> String {
        let Some(column) = &names.time else {
            return format!("row {} of {}: not there: ledger.time", shown(self.row), shown(tenant));
        };
        let value = self.no_time.map_or_else(|| "null".to_owned(), shown);
        format!("{} is {value}", self.of(column, tenant))
    }

    /// What it does to the balance: `eff(r)` of the invariants, or why that is not known.
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
