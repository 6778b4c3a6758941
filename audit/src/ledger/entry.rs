//! A row of the ledger as it comes from the cursor.

use model::money::Money;
use sqlx::postgres::PgRow;

use crate::ledger::cursor::{bytes, integer, text};
use crate::mapping::{Ledger, Word};
use crate::numeric::{NoMoney, money};

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

/// One row.
#[derive(Clone, Copy, Debug)]
pub struct Entry<'r> {
    /// Its trace, or what it is ordered by.
    pub row: &'r str,
    /// What it is for, as it says.
    pub kind: &'r str,
    /// Where it stands, as it says.
    pub status: &'r str,
    /// What that means.
    pub standing: Standing,
    /// What it does.
    pub doing: Doing,
    /// How much.
    pub amount: Result<Money, NoMoney>,
    /// The balance before it.
    pub before: Result<Money, NoMoney>,
    /// The balance after it.
    pub after: Result<Money, NoMoney>,
    /// Which API key.
    pub key: Option<&'r str>,
    /// When it was made, in microseconds since 2000.
    pub at: Option<i64>,
}

impl<'r> Entry<'r> {
    /// Reads it.
    pub fn read(row: &'r PgRow, mapping: &Ledger) -> Result<Entry<'r>, sqlx::Error> {
        let kind = text(row, 2)?.unwrap_or_default();
        let status = text(row, 3)?.unwrap_or_default();
        let named = |list: &[Word], text: &str| list.iter().any(|word| word.0 == text);
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
            amount: money(bytes(row, 4)?),
            before: money(bytes(row, 5)?),
            after: money(bytes(row, 6)?),
            key: text(row, 7)?,
            at: integer(row, 8)?,
        })
    }

    /// What it does to the balance: `eff(r)` of the invariants. Nothing where the mapping does not name its kind.
    pub fn effect(&self) -> Option<Result<Money, NoMoney>> {
        match self.doing {
            Doing::Takes => Some(self.amount.map(|amount| -amount)),
            Doing::Gives | Doing::Signed => Some(self.amount),
            Doing::Unnamed => None,
        }
    }
}
