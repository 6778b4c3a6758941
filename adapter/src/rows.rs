//! Converts rows of the real tables and hashes to values of the model, exactly or not at all.

use std::str::FromStr;

use model::effect::{Field, Fields};
use model::money::Money;
use model::row::{BudgetRow, KeyRow, Kind, LedgerRow, QuotaRow, Status, Unit, UsageRow};
use model::store::lua_number::Double;
use model::store::redis::Hash;
use rust_decimal::Decimal;
use sqlx::Row;
use sqlx::postgres::PgRow;

use crate::names::Names;

/// A server holds a value that the model cannot represent.
#[derive(Debug, thiserror::Error)]
pub enum Unreadable {
    /// A column is missing or of another type.
    #[error(transparent)]
    Column(#[from] sqlx::Error),
    /// A tenant's row is missing, though no statement deletes it.
    #[error("a row of `{0}` is gone")]
    Missing(String),
    /// A value outside the range of the model.
    #[error("{what} is `{found}`")]
    Value {
        /// The column or field.
        what: &'static str,
        /// Its content.
        found: String,
    },
}

fn money(row: &PgRow, column: &'static str) -> Result<Money, Unreadable> {
    exact(column, row.try_get(column)?)
}

fn exact(what: &'static str, mut value: Decimal) -> Result<Money, Unreadable> {
    // Zero has no decimals here.
    value.rescale(6);
    Money::from_exact(value).map_err(|_| Unreadable::Value { what, found: value.to_string() })
}

fn count(row: &PgRow, column: &'static str) -> Result<u32, Unreadable> {
    let value: i64 = row.try_get(column)?;
    u32::try_from(value).map_err(|_| Unreadable::Value { what: column, found: value.to_string() })
}

/// A column of text that may be null.
fn text<T: FromStr>(row: &PgRow, column: &'static str) -> Result<Option<T>, Unreadable> {
    row.try_get::<Option<&str>, _>(column)?.map(|text| parsed(column, text)).transpose()
}

fn parsed<T: FromStr>(what: &'static str, text: &str) -> Result<T, Unreadable> {
    text.parse().map_err(|_| Unreadable::Value { what, found: text.to_owned() })
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
        daily_reset_at: text(row, "daily_reset_at")?,
        monthly_reset_at: text(row, "monthly_reset_at")?,
    })
}

/// A row of `api_key`.
///
/// # Errors
/// [`Unreadable`].
pub fn key(row: &PgRow) -> Result<KeyRow, Unreadable> {
    let limit: Option<Decimal> = row.try_get("budget_limit")?;
    let limit = limit.map(|limit| exact("budget_limit", limit)).transpose()?;
    Ok(KeyRow { limit, used: money(row, "budget_used")? })
}

/// A row of `api_key_quota`.
///
/// # Errors
/// [`Unreadable`].
pub fn budget(row: &PgRow) -> Result<BudgetRow, Unreadable> {
    let unit = match row.try_get("unit")? {
        "cents" => Unit::Cents,
        "micros" => Unit::Micros,
        other => return Err(Unreadable::Value { what: "unit", found: other.to_owned() }),
    };
    Ok(BudgetRow { total: row.try_get("total_quota")?, used: row.try_get("used_quota")?, unit })
}

/// `request_count` and `cost`, from any source.
///
/// # Errors
/// [`Unreadable`].
pub fn usage(row: &PgRow) -> Result<UsageRow, Unreadable> {
    Ok(UsageRow { requests: count(row, "request_count")?, cost: money(row, "cost")? })
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
    let kind = match row.try_get("type")? {
        "deduct" => Kind::Deduct,
        "recharge" => Kind::Recharge,
        "refund" => Kind::Refund,
        "hold" => Kind::Hold,
        other => return Err(unknown("type", other)),
    };
    Ok(LedgerRow {
        tenant: names.tenant_of(tenant).ok_or_else(|| unknown("tenant_id", tenant))?,
        trace: names.trace_of(trace).ok_or_else(|| unknown("trace_id", trace))?,
        kind,
        status,
        amount: money(row, "amount")?,
        before: money(row, "balance_before")?,
        after: money(row, "balance_after")?,
    })
}

/// The fields of a quota hash, without its deadline. A balance that Lua has written may not be money with six decimals;
/// it is then rounded, and the double is kept too.
///
/// # Errors
/// [`Unreadable`], for a field that is unknown or not a plain number.
pub fn hash(pairs: &[(String, String)]) -> Result<Hash, Unreadable> {
    let mut hash = Hash { row: QuotaRow::default(), fields: Fields::default(), deadline: None, drifted: None };
    for (name, text) in pairs {
        let field = Field::ALL.into_iter().find(|known| known.name() == name);
        let field = field.ok_or_else(|| Unreadable::Value { what: "a field of the hash", found: name.clone() })?;
        let what = field.name();
        let row = &mut hash.row;
        match field {
            Field::Balance => (row.balance, hash.drifted) = balance(what, text)?,
            Field::Credit => row.credit = parsed(what, text)?,
            Field::DailyQuota => row.daily_quota = parsed(what, text)?,
            Field::DailyUsed => row.daily_used = parsed(what, text)?,
            Field::MonthlyQuota => row.monthly_quota = parsed(what, text)?,
            Field::MonthlyUsed => row.monthly_used = parsed(what, text)?,
            Field::Version => row.version = parsed(what, text)?,
            Field::DailyResetAt => row.daily_reset_at = date(what, text)?,
            Field::MonthlyResetAt => row.monthly_reset_at = date(what, text)?,
        }
        hash.fields = hash.fields.union(Fields::of(&[field]));
    }
    Ok(hash)
}

fn balance(what: &'static str, text: &str) -> Result<(Money, Option<Double>), Unreadable> {
    if let Ok(exact) = text.parse() {
        return Ok((exact, None));
    }
    Ok(parsed::<Double>(what, text)?.stored())
}

/// A date of the hash; null is an empty text.
fn date<T: FromStr>(what: &'static str, text: &str) -> Result<Option<T>, Unreadable> {
    if text.is_empty() { Ok(None) } else { parsed(what, text).map(Some) }
}

/// A ledger row's `type`.
pub(crate) fn kind_text(kind: Kind) -> &'static str {
    match kind {
        Kind::Deduct => "deduct",
        Kind::Recharge => "recharge",
        Kind::Refund => "refund",
        Kind::Hold => "hold",
    }
}

/// A ledger row's `status`.
pub(crate) fn status_text(status: Status) -> &'static str {
    match status {
        Status::Pending => "pending",
        Status::Committed => "committed",
        Status::Reversed => "reversed",
    }
}
