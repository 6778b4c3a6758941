//! The result of a deduct.

use serde::{Deserialize, Serialize};

use crate::money::Money;
use crate::reply::Answer;
use crate::row::QuotaRow;

/// What the charging transaction did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Taken {
    /// The quota row as the transaction left it.
    pub snapshot: QuotaRow,
    /// The ledger row's `balance_after`.
    pub row_after: Money,
}

/// The result of a deduct.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Deducted {
    /// Charged and committed.
    Charged,
    /// Charged in a transaction that is still open; its caller commits it.
    Open(Taken),
    /// No charge by this attempt: this is the answer to the client, ok where a row of its trace was found.
    Answered(Answer),
}
