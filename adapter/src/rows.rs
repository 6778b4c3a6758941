//! Rows of the real tables and hashes as the values of the model, exactly or not at all.

use model::effect::Fields;
use model::money::Money;
use model::row::{LedgerRow, QuotaRow, Status};
use rust_decimal::Decimal;
use sqlx::Row;
use sqlx::postgres::PgRow;

use crate::statements::Names;

/// A server holds something that the model has no value for.
#[derive(Debug, thiserror::Error)]
pub enum Unreadable {
    /// A column is missing or of another type.
    #[error(transparent)]
    Column(#[from] sqlx::Error),
    /// A value outside what the model can hold.
    #[error("{what} is `{found}`")]
    Value {
        /// Which column or field.
        what: &'static str,
        /// What it holds.
        found: String,
    },
}

fn money(row: &PgRow, column: &'static str) -> Result<Money, Unreadable> {
    let mut value: Decimal = row.try_get(column)?;
    value.rescale(6);
    Money::from_exact(value).map_err(|_| Unreadable::Value { what: column, found: value.to_string() })
}

fn count(row: &PgRow, column: &'static str) -> Result<u32, Unreadable> {
    let value: i64 = row.try_get(column)?;
    u32::try_from(value).map_err(|_| Unreadable::Value { what: column, found: value.to_string() })
}

/// A row of `tenant_quota`.
///
/// # Errors
/// [`Unreadable`].
pub fn quota(row: &PgRow) -> Result<QuotaRow, Unreadable> {
    let version: i32 = row.try_get("version")?;
    Ok(QuotaRow {
        balance: money(row, "balance")?,
        credit: money(row, "credit_limit")?,
        daily_quota: count(row, "daily_quota")?,
        daily_used: count(row, "daily_used")?,
        monthly_quota: count(row, "monthly_quota")?,
        monthly_used: count(row, "monthly_used")?,
        version: u32::try_from(version)
            .map_err(|_| Unreadable::Value { what: "version", found: version.to_string() })?,
    })
}

/// A row of `billing_transaction`.
///
/// # Errors
/// [`Unreadable`].
pub fn ledger(row: &PgRow, names: &Names) -> Result<LedgerRow, Unreadable> {
    let unknown = |what, found: &str| Unreadable::Value { what, found: found.to_owned() };
    let tenant: &str = row.try_get("tenant_id")?;
    let trace: &str = row.try_get("trace_id")?;
    let status = match row.try_get("status")? {
        "pending" => Status::Pending,
        "committed" => Status::Committed,
        "reversed" => Status::Reversed,
        other => return Err(unknown("status", other)),
    };
    Ok(LedgerRow {
        tenant: names.tenant_of(tenant).ok_or_else(|| unknown("tenant_id", tenant))?,
        trace: names.trace_of(trace).ok_or_else(|| unknown("trace_id", trace))?,
        status,
        amount: money(row, "amount")?,
        before: money(row, "balance_before")?,
        after: money(row, "balance_after")?,
    })
}

/// The fields of a quota hash.
///
/// # Errors
/// [`Unreadable`], of a field that is unknown or no plain number.
pub fn hash(pairs: &[(String, String)]) -> Result<(QuotaRow, Fields), Unreadable> {
    let (mut row, mut fields) = (QuotaRow::default(), Fields::default());
    for (name, text) in pairs {
        let place = Fields::NAMES.iter().position(|known| known == name);
        let place = place.ok_or_else(|| Unreadable::Value { what: "a field of the hash", found: name.clone() })?;
        let bad = || Unreadable::Value { what: Fields::NAMES[place], found: text.clone() };
        let amount = || text.parse::<Money>().map_err(|_| bad());
        let number = || text.parse::<u32>().map_err(|_| bad());
        match place {
            0 => row.balance = amount()?,
            1 => row.credit = amount()?,
            2 => row.daily_quota = number()?,
            3 => row.daily_used = number()?,
            4 => row.monthly_quota = number()?,
            5 => row.monthly_used = number()?,
            _ => row.version = number()?,
        }
        fields = fields.union(Fields(1 << place));
    }
    Ok((row, fields))
}
