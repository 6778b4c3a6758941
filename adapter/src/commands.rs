//! Each operation on Redis as a command: one command, or the EVAL or EVALSHA of one script.

use model::design::Scripts;
use model::effect::{Arithmetic, Field, Fields, Increment, RedisOp, Script, Seconds};
use model::money::Money;
use model::row::{KeyRow, QuotaRow};
use redis::Cmd;

use crate::names::Names;

/// `quota_count`, daily and monthly.
pub const QUOTA_COUNT: &str = include_str!("scripts/quota_count.lua");
/// `quota_deduct` on Lua numbers.
pub const QUOTA_DEDUCT: &str =
    concat!(include_str!("scripts/money_as_double.lua"), include_str!("scripts/quota_deduct.lua"));
/// `quota_deduct` on exact money.
pub const QUOTA_DEDUCT_EXACT: &str =
    concat!(include_str!("scripts/money_exact.lua"), include_str!("scripts/quota_deduct.lua"));
/// The correction of the balance on Lua numbers.
pub const QUOTA_ADJUST: &str =
    concat!(include_str!("scripts/money_as_double.lua"), include_str!("scripts/quota_adjust.lua"));
/// The correction of the balance on exact money.
pub const QUOTA_ADJUST_EXACT: &str =
    concat!(include_str!("scripts/money_exact.lua"), include_str!("scripts/quota_adjust.lua"));
/// The write of a snapshot that is newer than the hash.
pub const WRITE_IF_NEWER: &str = include_str!("scripts/write_if_newer.lua");

/// Every script, as an argument of SCRIPT LOAD.
pub const SCRIPTS: [&str; 6] =
    [QUOTA_COUNT, QUOTA_DEDUCT, QUOTA_DEDUCT_EXACT, QUOTA_ADJUST, QUOTA_ADJUST_EXACT, WRITE_IF_NEWER];

/// The command of an operation. For a script that is sent again if Redis does not have it, this is the first command.
pub fn command(op: RedisOp, names: &Names) -> Cmd {
    let mut cmd = Cmd::new();
    match op {
        RedisOp::SetNx { key, ttl } => {
            cmd.arg("SET").arg(names.key(key)).arg(1).arg("NX").arg("EX").arg(ttl.0);
        }
        RedisOp::Del(key) => {
            cmd.arg("DEL").arg(names.key(key));
        }
        RedisOp::HSet { tenant, row, fields } => {
            cmd.arg("HSET").arg(names.hash(tenant));
            write_fields(&mut cmd, &row, fields);
        }
        RedisOp::Expire { tenant, ttl } => {
            cmd.arg("EXPIRE").arg(names.hash(tenant)).arg(ttl.0);
        }
        RedisOp::Exists(tenant) => {
            cmd.arg("EXISTS").arg(names.hash(tenant));
        }
        RedisOp::ReadBalance(tenant) => {
            cmd.arg("HGET").arg(names.hash(tenant)).arg(Field::Balance.name());
        }
        RedisOp::ReadHash(tenant) => {
            cmd.arg("HGETALL").arg(names.hash(tenant));
        }
        RedisOp::Eval { tenant, script, by } => eval(&mut cmd, names.hash(tenant), script, by),
        RedisOp::TakeWarmLock { tenant, ttl } => {
            cmd.arg("SET").arg(names.warm_lock(tenant)).arg(1).arg("NX").arg("EX").arg(ttl.0);
        }
        RedisOp::GetPrincipal(tenant) => {
            cmd.arg("GET").arg(names.principal(tenant));
        }
        RedisOp::SetPrincipal { tenant, key, ttl } => {
            cmd.arg("SET").arg(names.principal(tenant)).arg(principal(&key)).arg("EX").arg(ttl.0);
        }
        RedisOp::GetBudget(tenant) => {
            cmd.arg("GET").arg(names.budget(tenant));
        }
        RedisOp::IncrBudget { tenant, by } => {
            cmd.arg("INCRBY").arg(names.budget(tenant));
            match by {
                Increment::Fraction(amount) => cmd.arg(money(amount)),
                Increment::Micros(micros) => cmd.arg(micros),
            };
        }
        RedisOp::ExpireBudget { tenant, ttl } => {
            cmd.arg("EXPIRE").arg(names.budget(tenant)).arg(ttl.0);
        }
    }
    cmd
}

fn eval(cmd: &mut Cmd, hash: &str, script: Script, by: Scripts) {
    let text = match script {
        Script::CountDaily(_) | Script::CountMonthly(_) => QUOTA_COUNT,
        Script::Deduct { arithmetic: Arithmetic::Lua, .. } => QUOTA_DEDUCT,
        Script::Deduct { arithmetic: Arithmetic::Exact, .. } => QUOTA_DEDUCT_EXACT,
        Script::Adjust { arithmetic: Arithmetic::Lua, .. } => QUOTA_ADJUST,
        Script::Adjust { arithmetic: Arithmetic::Exact, .. } => QUOTA_ADJUST_EXACT,
        Script::WriteIfNewer { .. } => WRITE_IF_NEWER,
    };
    match by {
        Scripts::Eval => cmd.arg("EVAL").arg(text),
        Scripts::Sha | Scripts::ShaReload => cmd.arg("EVALSHA").arg(redis::Script::new(text).get_hash()),
    };
    cmd.arg(1).arg(hash);
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

fn write_fields(cmd: &mut Cmd, row: &QuotaRow, fields: Fields) {
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
pub fn principal(key: &KeyRow) -> String {
    format!("{}|{}", key.limit.map(money).unwrap_or_default(), money(key.used))
}
