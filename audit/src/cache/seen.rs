//! What Redis says of some keys at about one instant.

use redis::aio::MultiplexedConnection;
use redis::{RedisError, RedisResult, Value};

use crate::cache::fields::Hash;
use crate::cache::kinds::{Kind, Named};

/// What one key is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// Its type, as TYPE says.
    pub holds: String,
    /// Milliseconds to live; nothing if for ever.
    pub lives: Option<i64>,
    /// The fields asked for, if it is a hash.
    pub fields: Vec<Option<String>>,
}

/// Looks at these keys; nothing for one that is not there.
pub async fn seen(
    redis: &mut MultiplexedConnection,
    keys: &[&Named],
    quota: &Hash,
    api_key: &Hash,
) -> Result<Vec<Option<Seen>>, RedisError> {
    let mut ask = redis::pipe();
    // A key may become another thing between two commands; the error of one is then its own.
    ask.ignore_errors();
    for named in keys {
        ask.cmd("TYPE").arg(&named.key).cmd("PTTL").arg(&named.key);
        let fields = match named.kind {
            Kind::ApiKey => &api_key.fields,
            _ => &quota.fields,
        };
        // HMGET needs a field.
        if named.kind.is_hash() && !fields.is_empty() {
            ask.cmd("HMGET").arg(&named.key).arg(fields.iter().map(|field| &field.name).collect::<Vec<_>>());
        } else {
            ask.cmd("EXISTS").arg(&named.key);
        }
    }
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    let answers: Vec<RedisResult<Value>> = ask.query_async(redis).await?;
    answers.chunks_exact(3).zip(keys).map(|(answers, named)| one(answers, named)).collect()
}

fn one(answers: &[RedisResult<Value>], named: &Named) -> Result<Option<Seen>, RedisError> {
    let holds: String = read(&answers[0])?;
    let lives: i64 = read(&answers[1])?;
    let whole = !named.kind.is_hash() || holds == "hash";
    // -2: gone since TYPE was asked.
    if holds == "none" || lives == -2 {
        return Ok(None);
    }
    let fields = if named.kind.is_hash() && whole {
        // Gone or another thing by now: as if it had no field, which the next look sees better.
        read::<Vec<Option<Vec<u8>>>>(&answers[2]).unwrap_or_default()
    } else {
        Vec::new()
    };
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    let fields = fields.into_iter().map(|field| field.map(text)).collect();
    Ok(Some(Seen { holds, lives: (lives >= 0).then_some(lives), fields }))
}

fn read<T: redis::FromRedisValue>(answer: &RedisResult<Value>) -> Result<T, RedisError> {
    let value = answer.as_ref().map_err(Clone::clone)?;
    // With errors ignored, the error of a command is its answer.
    Ok(T::from_redis_value(value.clone().extract_error()?)?)
}
