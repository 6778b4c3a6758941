//! Converts values of Redis to replies of the model.

use model::effect::{RedisOp, Script};
use model::money::Money;
use model::reply::Reply;
use model::row::{KeyRow, Limit};
use redis::{FromRedisValue, Value};

use crate::rows::{self, Unreadable};

/// The reply that a value represents for an operation.
///
/// # Errors
/// [`Unreadable`], if the model has no value for it.
pub fn reply(op: RedisOp, value: Value) -> Result<Reply, Unreadable> {
    Ok(match op {
        RedisOp::SetNx { .. } | RedisOp::TakeWarmLock { .. } => match value {
            Value::Nil => Reply::Held,
            _ => Reply::Taken,
        },
        RedisOp::Del(_)
        | RedisOp::HSet { .. }
        | RedisOp::Expire { .. }
        | RedisOp::ReadBalance(_)
        | RedisOp::SetPrincipal { .. }
        | RedisOp::ExpireBudget { .. } => Reply::Ok,
        RedisOp::Exists(_) => Reply::Exists(read::<i64>("EXISTS", &value)? == 1),
        RedisOp::ReadHash(_) => {
            let fields: Vec<(String, String)> = read("HGETALL", &value)?;
            Reply::Hash(if fields.is_empty() { None } else { Some(rows::hash(&fields)?.row) })
        }
        RedisOp::GetPrincipal(_) => {
            Reply::Key(read::<Option<String>>("the principal", &value)?.as_deref().map(principal).transpose()?)
        }
        RedisOp::GetBudget(_) | RedisOp::IncrBudget { .. } => Reply::Spent(read("the budget counter", &value)?),
        RedisOp::Eval { script: Script::Deduct { .. }, .. } => deducted(&value)?,
        RedisOp::Eval { script: Script::CountDaily(_), .. } if read::<i64>("quota_count", &value)? == 0 => {
            Reply::Denied(Limit::Daily)
        }
        RedisOp::Eval { script: Script::CountMonthly(_), .. } if read::<i64>("quota_count", &value)? == 0 => {
            Reply::Denied(Limit::Monthly)
        }
        RedisOp::Eval { .. } => Reply::Allowed,
    })
}

/// A cached principal, as [`crate::commands::principal`] writes it.
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

/// `{1, balance left}`, the balance as a string if money is exact, otherwise as an integer; or `{0, limit}`.
fn deducted(value: &Value) -> Result<Reply, Unreadable> {
    let (taken, what): (i64, String) = read("quota_deduct", value)?;
    match (taken, what.as_str()) {
        (0, "balance") => Ok(Reply::Denied(Limit::Balance)),
        (0, "daily") => Ok(Reply::Denied(Limit::Daily)),
        (0, "monthly") => Ok(Reply::Denied(Limit::Monthly)),
        (1, left) => left.parse::<Money>().map(Reply::Left).map_err(|_| unreadable("quota_deduct", value)),
        _ => Err(unreadable("quota_deduct", value)),
    }
}

fn read<T: FromRedisValue>(what: &'static str, value: &Value) -> Result<T, Unreadable> {
    T::from_redis_value_ref(value).map_err(|_| unreadable(what, value))
}

fn unreadable(what: &'static str, value: &Value) -> Unreadable {
    Unreadable::Value { what, found: format!("{value:?}") }
}
