//! Converts between values of Redis and of the model.

use model::effect::{Field, Fields};
use model::money::Money;
use model::row::{KeyRow, QuotaRow};
use redis::{Cmd, FromRedisValue, Value};

use crate::rows::Unreadable;

/// Names and values of these fields as arguments.
pub(crate) fn write_fields(cmd: &mut Cmd, row: &QuotaRow, fields: Fields) {
    for field in fields.each() {
        cmd.arg(field.name()).arg(text(field, row));
    }
}

/// Money as the gateway writes it, with all six decimals.
pub fn money(amount: Money) -> String {
    amount.to_decimal().to_string()
}

/// The value of a field as the hash stores it. A date that is null is an empty text.
pub fn text(field: Field, row: &QuotaRow) -> String {
    match field {
        Field::Balance => money(row.balance),
        Field::Credit => money(row.credit),
        Field::DailyQuota | Field::DailyUsed | Field::MonthlyQuota | Field::MonthlyUsed | Field::Version => {
            field.shown(row)
        }
        Field::DailyResetAt => row.daily_reset_at.map(|day| day.to_string()).unwrap_or_default(),
        Field::MonthlyResetAt => row.monthly_reset_at.map(|month| month.to_string()).unwrap_or_default(),
    }
}

/// A cached principal: limit and used, separated by `|`; an absent limit is an empty text.
pub fn principal_text(key: &KeyRow) -> String {
    format!("{}|{}", key.limit.map(money).unwrap_or_default(), money(key.used))
}

/// A cached principal, as [`principal_text`] writes it.
///
/// # Errors
/// [`Unreadable`].
pub fn principal(text: &str) -> Result<KeyRow, Unreadable> {
    let bad = || Unreadable::Value { what: "the principal", found: text.to_owned() };
    let (limit, used) = text.split_once('|').ok_or_else(bad)?;
    let limit = Some(limit).filter(|limit| !limit.is_empty());
    let limit = limit.map(|limit| limit.parse().map_err(|_| bad())).transpose()?;
    Ok(KeyRow { limit, used: used.parse().map_err(|_| bad())? })
}

/// A reply as a value of this type.
pub(crate) fn read<T: FromRedisValue>(what: &'static str, value: &Value) -> Result<T, Unreadable> {
    T::from_redis_value_ref(value).map_err(|_| unreadable(what, value))
}

pub(crate) fn unreadable(what: &'static str, value: &Value) -> Unreadable {
    Unreadable::Value { what, found: format!("{value:?}") }
}
