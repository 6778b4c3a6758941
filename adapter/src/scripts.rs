//! The Lua scripts: text, arguments, and how the answer is read.

use model::effect::{Script, Seconds};
use model::money::Money;
use model::reply::Reply;
use model::row::Limit;
use redis::{Cmd, Value};

use crate::rows::Unreadable;
use crate::values::{money, read, unreadable, write_fields};

/// Follows the arithmetic.
macro_rules! quota_deduct {
    () => {
        r"-- quota_deduct(amount, daily, monthly, today, month, allow_negative): KEYS[1] the quota hash; ARGV: amount, requests in the
-- day, requests in the month, today, `1` if the balance is not looked at; of 0 requests nothing is checked or counted. All
-- or nothing. Answers {1, balance left} or {0, limit}.
local hash, amount, today, allow_negative = KEYS[1], money(ARGV[1]), ARGV[4], ARGV[5] == '1'
local daily, monthly = tonumber(ARGV[2]), tonumber(ARGV[3])
local function count(field) return tonumber(redis.call('HGET', hash, field) or 0) end
local function used_up(kind, used)
  local limit = redis.call('HGET', hash, kind .. '_quota')
  return limit and used > tonumber(limit)
end
local balance = money(redis.call('HGET', hash, 'balance') or '0')
local credit = money(redis.call('HGET', hash, 'credit_limit') or '0')
if not allow_negative and less(plus(balance, credit), amount) then return { 0, 'balance' } end
local daily_used = daily
if redis.call('HGET', hash, 'daily_reset_at') == today then daily_used = daily_used + count('daily_used') end
if daily > 0 and used_up('daily', daily_used) then return { 0, 'daily' } end
local monthly_used = monthly + count('monthly_used')
if monthly > 0 and used_up('monthly', monthly_used) then return { 0, 'monthly' } end
local left = minus(balance, amount)
redis.call('HSET', hash, 'balance', written(left))
if daily > 0 then redis.call('HSET', hash, 'daily_used', daily_used, 'daily_reset_at', today) end
if monthly > 0 then redis.call('HSET', hash, 'monthly_used', monthly_used) end
redis.call('HINCRBY', hash, 'version', 1)
return { 1, written(left) }
"
    };
}

macro_rules! quota_adjust {
    () => {
        r"-- The balance of the quota hash KEYS[1] up by ARGV[1], which may be negative; nothing where there is no hash.
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
local balance = money(redis.call('HGET', KEYS[1], 'balance') or '0')
redis.call('HSET', KEYS[1], 'balance', written(plus(balance, money(ARGV[1]))))
return 1
"
    };
}

/// Every text, at its place ([`Script::text`]).
pub const SCRIPTS: [&str; Script::TEXTS] = [
    r"-- quota_count(amount, kind, date): KEYS[1] the quota hash; ARGV: amount, `daily` or `monthly`, the caller's date.
-- A stored date that differs from the caller's restarts the daily count, also backwards; the monthly one never restarts
-- and keeps no date. Answers 1, or 0 where the limit is used up, and then writes nothing.
local hash, amount, kind, date = KEYS[1], tonumber(ARGV[1]), ARGV[2], ARGV[3]
local used = tonumber(redis.call('HGET', hash, kind .. '_used') or 0)
if kind == 'daily' and redis.call('HGET', hash, 'daily_reset_at') ~= date then used = 0 end
local limit = redis.call('HGET', hash, kind .. '_quota')
if limit and used + amount > tonumber(limit) then return 0 end
redis.call('HSET', hash, kind .. '_used', used + amount)
if kind == 'daily' then redis.call('HSET', hash, 'daily_reset_at', date) end
return 1
",
    concat!(include_str!("scripts/money_as_double.lua"), quota_deduct!()),
    concat!(include_str!("scripts/money_exact.lua"), quota_deduct!()),
    concat!(include_str!("scripts/money_as_double.lua"), quota_adjust!()),
    concat!(include_str!("scripts/money_exact.lua"), quota_adjust!()),
    r"-- Fields of the quota hash KEYS[1], unless it has a version that is not older: ARGV: the version, seconds to live, `1` if
-- the fields are all there are, then names and values. A hash that is absent is made only of all fields.
local version, ttl, whole = ARGV[1], ARGV[2], ARGV[3] == '1'
if redis.call('EXISTS', KEYS[1]) == 0 then
  if not whole then return 0 end
else
  local there = redis.call('HGET', KEYS[1], 'version')
  if there and tonumber(there) >= tonumber(version) then return 0 end
end
redis.call('HSET', KEYS[1], 'version', version, unpack(ARGV, 4))
redis.call('EXPIRE', KEYS[1], ttl)
return 1
",
];

/// Adds the arguments after the key.
pub(crate) fn arguments(cmd: &mut Cmd, script: Script) {
    match script {
        Script::CountDaily(day) => cmd.arg(1).arg("daily").arg(day.to_string()),
        Script::CountMonthly(month) => cmd.arg(1).arg("monthly").arg(month.to_string()),
        Script::Deduct { amount, negative, counts, day, arithmetic: _ } => {
            let requests = u8::from(counts);
            cmd.arg(money(amount)).arg(requests).arg(requests).arg(day.to_string()).arg(u8::from(negative))
        }
        Script::Adjust { by, arithmetic: _ } => cmd.arg(money(by)),
        Script::WriteIfNewer { row, fields, ttl: Seconds(ttl) } => {
            cmd.arg(row.version).arg(ttl).arg(u8::from(fields.complete()));
            write_fields(cmd, &row, fields);
            cmd
        }
    };
}

/// The reply that an answer is.
pub(crate) fn reply(script: Script, value: &Value) -> Result<Reply, Unreadable> {
    match script {
        Script::CountDaily(_) => counted(value, Limit::Daily),
        Script::CountMonthly(_) => counted(value, Limit::Monthly),
        Script::Deduct { .. } => deducted(value),
        Script::Adjust { .. } | Script::WriteIfNewer { .. } => Ok(Reply::Allowed),
    }
}

/// 1, or 0 where this limit is used up.
fn counted(value: &Value, limit: Limit) -> Result<Reply, Unreadable> {
    Ok(if read::<i64>("quota_count", value)? == 0 { Reply::Denied(limit) } else { Reply::Allowed })
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
