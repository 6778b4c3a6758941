//! The model as it is, or with one rule of it wrong: an error that the comparison must find.

use model::design::Scripts;
use model::effect::{Arithmetic, DAY, Fields, RedisOp, Script};
use model::reply::Reply;
use model::store::redis::Redis;

/// By which rules the model answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rules {
    /// Its own.
    Sound,
    /// NX takes a key that is held.
    NxTakesAnyway,
    /// DEL answers, and leaves the key.
    DelLeavesTheKey,
    /// HSET renews the time to live.
    HsetRenews,
    /// A script's number comes whole.
    NothingIsCutOff,
    /// Lua reckons exactly.
    LuaIsExact,
    /// EVALSHA finds what SCRIPT FLUSH has thrown away.
    FlushKeepsScripts,
    /// A restart forgets no script.
    RestartKeepsScripts,
    /// A restart keeps what is nowhere written, or loses what is.
    RestartKeepsWrongly,
    /// Without memory everything is carried out.
    FullIsNothing,
    /// A script makes a hash of what it knows of it.
    PartIsMade,
    /// INCRBY takes a fraction for nothing.
    FractionIsZero,
}

/// Each of the wrong ones.
pub const PLANTED: [Rules; 11] = [
    Rules::NxTakesAnyway,
    Rules::DelLeavesTheKey,
    Rules::HsetRenews,
    Rules::NothingIsCutOff,
    Rules::LuaIsExact,
    Rules::FlushKeepsScripts,
    Rules::RestartKeepsScripts,
    Rules::RestartKeepsWrongly,
    Rules::FullIsNothing,
    Rules::PartIsMade,
    Rules::FractionIsZero,
];

impl Rules {
    /// A command.
    pub fn execute(self, redis: &mut Redis, op: RedisOp) -> Reply {
        match (self, op) {
            (Rules::NxTakesAnyway, RedisOp::SetNx { key, .. }) => {
                redis.execute(RedisOp::Del(key));
                redis.execute(op)
            }
            (Rules::DelLeavesTheKey, RedisOp::Del(_)) => Reply::Ok,
            (Rules::HsetRenews, RedisOp::HSet { tenant, .. }) => {
                let reply = redis.execute(op);
                redis.execute(RedisOp::Expire { tenant, ttl: DAY });
                reply
            }
            (Rules::NothingIsCutOff, RedisOp::Eval { tenant, .. }) => match redis.execute(op) {
                Reply::Left(_) => Reply::Left(redis.hash(tenant).unwrap_or_default().row.balance),
                reply => reply,
            },
            (
                Rules::LuaIsExact,
                RedisOp::Eval { tenant, script: Script::Deduct { amount, negative, counts, day, .. }, by },
            ) => {
                let script = Script::Deduct { amount, negative, counts, day, arithmetic: Arithmetic::Exact };
                redis.execute(RedisOp::Eval { tenant, script, by })
            }
            (Rules::FlushKeepsScripts, RedisOp::Eval { tenant, script, by: Scripts::Sha }) => {
                redis.execute(RedisOp::Eval { tenant, script, by: Scripts::Eval })
            }
            (Rules::PartIsMade, RedisOp::Eval { tenant, script: Script::WriteIfNewer { row, fields, ttl }, by }) => {
                let fields = if redis.hash(tenant).is_none() { Fields::ALL } else { fields };
                redis.execute(RedisOp::Eval { tenant, script: Script::WriteIfNewer { row, fields, ttl }, by })
            }
            (Rules::FractionIsZero, RedisOp::IncrBudget { tenant, by: model::effect::Increment::Fraction(_) }) => {
                redis.execute(RedisOp::IncrBudget { tenant, by: model::effect::Increment::Micros(0) })
            }
            _ => redis.execute(op),
        }
    }
}
