//! The content of some Redis keys at about one instant.

use redis::aio::MultiplexedConnection;
use redis::{RedisError, RedisResult, Value};

use crate::cache::fields::{Field, Hash};
use crate::cache::kinds::{Kind, Named};

/// The most bytes of a field that are read: a thousand times the size of a number, a day or a month. A page of hashes
/// then takes some megabytes, whatever Redis holds. A field that grows between the check of its length and the read is
/// read whole.
const MOST: u64 = 4_096;

/// The content of a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// The field does not exist.
    Missing,
    /// This text.
    Text(String),
    /// The number of bytes, which were not read.
    TooLong(u64),
}

/// The state of one key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyState {
    /// Its type, as TYPE reports it.
    pub holds: String,
    /// Time to live in milliseconds; `None` if it never expires.
    pub lives: Option<i64>,
    /// The requested fields, if it is a hash.
    pub fields: Vec<Content>,
}

impl KeyState {
    /// The first of its fields that is too long to be read: its index and its size in bytes.
    pub fn too_long(&self) -> Option<(usize, u64)> {
        self.fields.iter().enumerate().find_map(|(place, content)| match content {
            Content::TooLong(bytes) => Some((place, *bytes)),
            _ => None,
        })
    }
}

/// Why a field of this many bytes is not judged.
pub fn too_long(key: &str, field: &str, bytes: u64) -> String {
    format!("{field} of {key} has {bytes} bytes in redis: more than the {MOST} that are read")
}

/// Reads these keys; `None` for a key that does not exist.
pub async fn read_keys(
    redis: &mut MultiplexedConnection,
    keys: &[&Named],
    quota: &Hash,
    api_key: &Hash,
) -> Result<Vec<Option<KeyState>>, RedisError> {
    let fields = |named: &Named| match named.kind {
        Kind::Quota => quota.fields.as_slice(),
        Kind::ApiKey => api_key.fields.as_slice(),
        _ => &[],
    };
    let lengths = lengths(redis, keys, &fields).await?;
    let mut ask = redis::pipe();
    // A key may change its type between two commands; only that command then has an error.
    ask.ignore_errors();
    for (named, lengths) in keys.iter().zip(&lengths) {
        ask.cmd("TYPE").arg(&named.key).cmd("PTTL").arg(&named.key);
        let short = fields(named).iter().zip(lengths).filter(|(_, bytes)| **bytes <= MOST);
        let names: Vec<&str> = short.map(|(field, _)| field.name.as_str()).collect();
        // HMGET needs a field.
        if names.is_empty() {
            ask.cmd("EXISTS").arg(&named.key);
        } else {
            ask.cmd("HMGET").arg(&named.key).arg(names);
        }
    }
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    let answers: Vec<RedisResult<Value>> = ask.query_async(redis).await?;
    answers.chunks_exact(3).zip(lengths).map(|(answers, lengths)| one(answers, &lengths)).collect()
}

/// The size in bytes of the fields of each key; none for a key that is missing or not a hash.
async fn lengths<'h>(
    redis: &mut MultiplexedConnection,
    keys: &[&Named],
    fields: &impl Fn(&Named) -> &'h [Field],
) -> Result<Vec<Vec<u64>>, RedisError> {
    let mut ask = redis::pipe();
    ask.ignore_errors();
    for named in keys {
        for field in fields(named) {
            ask.cmd("HSTRLEN").arg(&named.key).arg(&field.name);
        }
    }
    let answers: Vec<RedisResult<Value>> = if ask.is_empty() { Vec::new() } else { ask.query_async(redis).await? };
    let mut answers = answers.iter().map(|answer| read(answer).unwrap_or(0));
    Ok(keys.iter().map(|named| answers.by_ref().take(fields(named).len()).collect()).collect())
}

fn one(answers: &[RedisResult<Value>], lengths: &[u64]) -> Result<Option<KeyState>, RedisError> {
    let holds: String = read(&answers[0])?;
    let lives: i64 = read(&answers[1])?;
    // -2: the key has expired or was deleted since TYPE.
    if holds == "none" || lives == -2 {
        return Ok(None);
    }
    let asked = lengths.iter().any(|bytes| *bytes <= MOST) && holds == "hash";
    // The key is gone or has another type: it is treated as a hash without fields, and the next look sees its true
    // state.
    let read: Vec<Option<Vec<u8>>> = if asked { read(&answers[2]).unwrap_or_default() } else { Vec::new() };
    let mut read = read.into_iter();
    let content = |bytes: &u64| match *bytes {
        bytes if bytes > MOST => Content::TooLong(bytes),
        _ => match read.next().flatten() {
            Some(bytes) => Content::Text(String::from_utf8_lossy(&bytes).into_owned()),
            None => Content::Missing,
        },
    };
    let fields = if holds == "hash" { lengths.iter().map(content).collect() } else { Vec::new() };
    Ok(Some(KeyState { holds, lives: (lives >= 0).then_some(lives), fields }))
}

fn read<T: redis::FromRedisValue>(answer: &RedisResult<Value>) -> Result<T, RedisError> {
    let value = answer.as_ref().map_err(Clone::clone)?;
    // With errors ignored, the error of a command is returned as its answer.
    Ok(T::from_redis_value(value.clone().extract_error()?)?)
}
