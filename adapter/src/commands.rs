//! Each operation on Redis as a command: one command, or the EVAL or EVALSHA of one script; and how its answer is read.

use model::design::Scripts;
use model::effect::{Field, Increment, RedisOp, Script};
use model::reply::Reply;
use redis::{Cmd, Value};

use crate::names::Names;
use crate::rows::{self, Unreadable};
use crate::values::{money, principal_text, write_fields};
use crate::{scripts, values};

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
            cmd.arg("SET").arg(names.principal(tenant)).arg(principal_text(&key)).arg("EX").arg(ttl.0);
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
    let text = scripts::SCRIPTS[script.text()];
    match by {
        Scripts::Eval => cmd.arg("EVAL").arg(text),
        Scripts::Sha | Scripts::ShaReload => cmd.arg("EVALSHA").arg(redis::Script::new(text).get_hash()),
    };
    cmd.arg(1).arg(hash);
    scripts::arguments(cmd, script);
}

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
        RedisOp::Exists(_) => Reply::Exists(values::read::<i64>("EXISTS", &value)? == 1),
        RedisOp::ReadHash(_) => {
            let fields: Vec<(String, String)> = values::read("HGETALL", &value)?;
            Reply::Hash(if fields.is_empty() { None } else { Some(rows::hash(&fields)?.row) })
        }
        RedisOp::GetPrincipal(_) => Reply::Key(
            values::read::<Option<String>>("the principal", &value)?.as_deref().map(values::principal).transpose()?,
        ),
        RedisOp::GetBudget(_) | RedisOp::IncrBudget { .. } => Reply::Spent(values::read("the budget counter", &value)?),
        RedisOp::Eval { script, .. } => scripts::reply(script, &value)?,
    })
}
