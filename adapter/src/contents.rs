//! The keys under our prefix in Redis: prepared before a run, read after each move, moved forward in time.

use std::time::{Duration, Instant};

use model::effect::{Fields, PRINCIPAL_TTL, Seconds, WARM_LOCK_TTL};
use model::row::KeyRow;
use model::store::redis::{Hash, Redis};
use redis::aio::MultiplexedConnection;
use redis::{FromRedisValue, Pipeline, Value};

use crate::error::RealError;
use crate::names::Names;
use crate::rows::{self, Unreadable};
use crate::values;

/// How far a real time to live may be below the model's, to allow for a slow run.
const SLACK: u32 = 30;
/// How long to wait for something that must happen.
const PATIENCE: Duration = Duration::from_secs(5);

/// The time to live of a key; `None` if it never expires.
pub type ToLive = Option<Seconds>;

/// What Redis holds for one tenant, each value with its time to live.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TenantContents {
    /// The quota hash; its own deadline is left out.
    pub hash: Option<(Hash, ToLive)>,
    /// The warm-up lock.
    pub warm_lock: Option<ToLive>,
    /// The cached principal of the tenant's API key.
    pub principal: Option<(KeyRow, ToLive)>,
    /// The budget counter of that key, in micro-units.
    pub budget: Option<(i64, ToLive)>,
}

/// Everything under our prefix, at one instant.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Contents {
    /// The idempotency keys.
    pub keys: Vec<Option<ToLive>>,
    /// One entry per tenant.
    pub tenants: Vec<TenantContents>,
}

impl Contents {
    /// What the model of Redis holds. The model does not say when a warm-up lock expires, so its full time to live is
    /// assumed.
    pub fn of(redis: &Redis, names: &Names) -> Contents {
        let left = |deadline: Option<Seconds>| deadline.map(|at| Seconds(at.0 - redis.clock().0));
        let tenant = |tenant| TenantContents {
            hash: redis.hash(tenant).map(|hash| (Hash { deadline: None, ..hash }, left(hash.deadline))),
            warm_lock: redis.warm_lock(tenant).then_some(Some(WARM_LOCK_TTL)),
            principal: redis.principal(tenant).map(|(key, ttl)| (key, Some(ttl))),
            budget: redis.budget(tenant).map(|(micros, deadline)| (micros, left(deadline))),
        };
        Contents {
            keys: names.keys().map(|key| redis.key(key).map(Some)).collect(),
            tenants: names.tenants().map(tenant).collect(),
        }
    }

    /// Every key that can exist, with its time to live if it exists.
    fn lives<'a>(&self, names: &'a Names) -> Vec<(&'a str, Option<ToLive>)> {
        let keys = names.keys().zip(&self.keys).map(|(key, ttl)| (names.key(key), *ttl));
        let tenants = names.tenants().zip(&self.tenants).flat_map(|(tenant, there)| {
            [
                (names.hash(tenant), there.hash.map(|(_, ttl)| ttl)),
                (names.warm_lock(tenant), there.warm_lock),
                (names.principal(tenant), there.principal.map(|(_, ttl)| ttl)),
                (names.budget(tenant), there.budget.map(|(_, ttl)| ttl)),
            ]
        });
        keys.chain(tenants).collect()
    }

    /// These contents, with the model's time to live wherever the real one is lower only by the time that the run has
    /// taken.
    pub fn settled(mut self, model: &Contents) -> Contents {
        for (real, model) in self.keys.iter_mut().zip(&model.keys) {
            settle(real.as_mut(), *model);
        }
        for (real, model) in self.tenants.iter_mut().zip(&model.tenants) {
            settle(real.hash.as_mut().map(|(_, ttl)| ttl), model.hash.map(|(_, ttl)| ttl));
            settle(real.warm_lock.as_mut(), model.warm_lock);
            settle(real.principal.as_mut().map(|(_, ttl)| ttl), model.principal.map(|(_, ttl)| ttl));
            settle(real.budget.as_mut().map(|(_, ttl)| ttl), model.budget.map(|(_, ttl)| ttl));
        }
        self
    }
}

fn settle(real: Option<&mut ToLive>, model: Option<ToLive>) {
    if let (Some(Some(real)), Some(Some(model))) = (real, model)
        && *real <= model
        && model.0 - real.0 <= SLACK
    {
        *real = model;
    }
}

/// Deletes every key with this prefix.
///
/// # Errors
/// [`RealError::Redis`].
pub async fn clear(connection: &mut MultiplexedConnection, prefix: &str) -> Result<(), RealError> {
    let pattern = format!("{prefix}*");
    let mut cursor = 0_u64;
    loop {
        let mut scan = redis::cmd("SCAN");
        scan.arg(cursor).arg("MATCH").arg(&pattern).arg("COUNT").arg(1_000);
        let (next, keys): (u64, Vec<Vec<u8>>) = scan.query_async(connection).await?;
        if !keys.is_empty() {
            redis::cmd("DEL").arg(keys).query_async::<()>(connection).await?;
        }
        cursor = next;
        if cursor == 0 {
            return Ok(());
        }
    }
}

/// Writes the hashes and principals that a run begins with. A hash that never expires in the model never expires here.
///
/// # Errors
/// [`RealError::Redis`].
pub async fn fill(
    connection: &mut MultiplexedConnection,
    names: &Names,
    hashes: &[Option<Hash>],
    principals: &[Option<KeyRow>],
) -> Result<(), RealError> {
    let mut ask = redis::pipe();
    for (tenant, hash) in names.tenants().zip(hashes) {
        let Some(hash) = hash.filter(|hash| hash.fields != Fields::default()) else { continue };
        let values = hash.fields.each().map(|field| (field.name(), values::text(field, &hash.row)));
        ask.cmd("HSET").arg(names.hash(tenant)).arg(values.collect::<Vec<_>>()).ignore();
        if let Some(Seconds(at)) = hash.deadline {
            ask.cmd("EXPIRE").arg(names.hash(tenant)).arg(at).ignore();
        }
    }
    for (tenant, key) in names.tenants().zip(principals) {
        if let Some(key) = key {
            ask.cmd("SET")
                .arg(names.principal(tenant))
                .arg(values::principal_text(key))
                .arg("EX")
                .arg(PRINCIPAL_TTL.0)
                .ignore();
        }
    }
    send(connection, &ask).await
}

/// Reads all keys under our prefix.
///
/// # Errors
/// [`RealError::Redis`], [`RealError::Unreadable`].
pub async fn read(connection: &mut MultiplexedConnection, names: &Names) -> Result<Contents, RealError> {
    let mut ask = redis::pipe();
    for key in names.keys() {
        ask.cmd("PTTL").arg(names.key(key));
    }
    for tenant in names.tenants() {
        ask.cmd("PTTL").arg(names.hash(tenant)).cmd("HGETALL").arg(names.hash(tenant));
        ask.cmd("PTTL").arg(names.warm_lock(tenant));
        ask.cmd("PTTL").arg(names.principal(tenant)).cmd("GET").arg(names.principal(tenant));
        ask.cmd("PTTL").arg(names.budget(tenant)).cmd("GET").arg(names.budget(tenant));
    }
    let answers: Vec<Value> = ask.query_async(connection).await?;
    let mut next = answers.into_iter();
    let mut contents = Contents::default();
    for _ in names.keys() {
        contents.keys.push(to_live(&mut next)?);
    }
    for _ in names.tenants() {
        let ttl = to_live(&mut next)?;
        let fields: Vec<(String, String)> = take("HGETALL", &mut next)?;
        let hash = if fields.is_empty() { None } else { Some(rows::hash(&fields)?) };
        let warm_lock = to_live(&mut next)?;
        let (lives, text) = (to_live(&mut next)?, take::<Option<String>>("the principal", &mut next)?);
        let principal = text.as_deref().map(values::principal).transpose()?.zip(lives);
        let (lives, counter) = (to_live(&mut next)?, take::<Option<i64>>("the budget counter", &mut next)?);
        let tenant = TenantContents { hash: hash.zip(ttl), warm_lock, principal, budget: counter.zip(lives) };
        contents.tenants.push(tenant);
    }
    Ok(contents)
}

/// Lets time pass: every key gets its time to live in `after`, and keys that are missing there expire.
///
/// # Errors
/// [`RealError::Redis`].
pub async fn jump(connection: &mut MultiplexedConnection, names: &Names, after: &Contents) -> Result<(), RealError> {
    let (mut ask, mut expiring) = (redis::pipe(), Vec::new());
    for (key, left) in after.lives(names) {
        match left {
            Some(Some(Seconds(left))) => drop(ask.cmd("EXPIRE").arg(key).arg(left).ignore()),
            Some(None) => {}
            None => {
                ask.cmd("PEXPIRE").arg(key).arg(1).ignore();
                expiring.push(key);
            }
        }
    }
    send(connection, &ask).await?;
    let since = Instant::now();
    while !expiring.is_empty() && since.elapsed() < PATIENCE {
        let left: i64 = redis::cmd("EXISTS").arg(&expiring).query_async(connection).await?;
        if left == 0 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    Ok(())
}

/// Compensates for the time that the run has taken: a key found with a lower time to live than in the model gets the
/// model's. A warm-up lock lives for only seconds, while the model's clock does not move.
///
/// # Errors
/// [`RealError::Redis`].
pub async fn hold(
    connection: &mut MultiplexedConnection,
    names: &Names,
    found: &Contents,
    model: &Contents,
) -> Result<(), RealError> {
    let mut ask = redis::pipe();
    for ((key, found), (_, model)) in found.lives(names).into_iter().zip(model.lives(names)) {
        if let (Some(Some(found)), Some(Some(model))) = (found, model)
            && found < model
        {
            ask.cmd("EXPIRE").arg(key).arg(model.0).ignore();
        }
    }
    send(connection, &ask).await
}

/// Does nothing for an empty pipeline, which the driver refuses to send.
async fn send(connection: &mut MultiplexedConnection, ask: &Pipeline) -> Result<(), RealError> {
    if ask.is_empty() { Ok(()) } else { Ok(ask.query_async(connection).await?) }
}

/// A PTTL reply in seconds, rounded up; `None` if the key does not exist.
fn to_live(next: &mut impl Iterator<Item = Value>) -> Result<Option<ToLive>, Unreadable> {
    Ok(match take::<i64>("PTTL", next)? {
        -1 => Some(None),
        pttl if pttl < 0 => None,
        pttl => Some(Some(Seconds(u32::try_from((pttl + 999) / 1_000).unwrap_or(u32::MAX)))),
    })
}

fn take<T: FromRedisValue>(what: &'static str, next: &mut impl Iterator<Item = Value>) -> Result<T, Unreadable> {
    let value = next.next().unwrap_or(Value::Nil);
    let found = format!("{value:?}");
    T::from_redis_value(value).map_err(|_| Unreadable::Value { what, found })
}
