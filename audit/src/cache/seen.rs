//! What Redis says of some keys at about one instant.

use redis::aio::MultiplexedConnection;
use redis::{RedisError, RedisResult, Value};

use crate::cache::fields::{Field, Hash};
use crate::cache::kinds::{Kind, Named};

/// The most bytes of a field that are read: a thousand times what a number, a day or a month has. A page of hashes is then
/// some megabytes, whatever Redis holds. A field that grows between the look at its length and the reading is read whole.
const MOST: u64 = 4_096;

/// What is there of a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// Nothing.
    Missing,
    /// This text.
    Text(String),
    /// So many bytes, which were not read.
    TooLong(u64),
}

/// What one key is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// Its type, as TYPE says.
    pub holds: String,
    /// Milliseconds to live; nothing if for ever.
    pub lives: Option<i64>,
    /// The fields asked for, if it is a hash.
    pub fields: Vec<Content>,
}

impl Seen {
    /// The first of its fields that is too long to be read: its place and its bytes.
    pub fn too_long(&self) -> Option<(usize, u64)> {
        self.fields.iter().enumerate().find_map(|(place, content)| match content {
            Content::TooLong(bytes) => Some((place, *bytes)),
            _ => None,
        })
    }
}

/// Why a field of so many bytes is not judged.
pub fn too_long(key: &str, field: &str, bytes: u64) -> String {
    format!("{field} of {key} has {bytes} bytes in redis: more than the {MOST} that are read")
}

/// Looks at these keys; nothing for one that is not there.
pub async fn seen(
    redis: &mut MultiplexedConnection,
    keys: &[&Named],
    quota: &Hash,
    api_key: &Hash,
) -> Result<Vec<Option<Seen>>, RedisError> {
    let fields = |named: &Named| match named.kind {
        Kind::Quota => quota.fields.as_slice(),
        Kind::ApiKey => api_key.fields.as_slice(),
        _ => &[],
    };
    let lengths = lengths(redis, keys, &fields).await?;
    let mut ask = redis::pipe();
    // A key may become another thing between two commands; the error of one is then its own.
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

/// How many bytes the fields of each key have; none of what is missing or no hash.
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

fn one(answers: &[RedisResult<Value>], lengths: &[u64]) -> Result<Option<Seen>, RedisError> {
    let holds: String = read(&answers[0])?;
    let lives: i64 = read(&answers[1])?;
    // -2: gone since TYPE was asked.
    if holds == "none" || lives == -2 {
        return Ok(None);
    }
    let asked = lengths.iter().any(|bytes| *bytes <= MOST) && holds == "hash";
    // Gone or another thing by now: as if it had no field, which the next look sees better.
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
    Ok(Some(Seen { holds, lives: (lives >= 0).then_some(lives), fields }))
}

fn read<T: redis::FromRedisValue>(answer: &RedisResult<Value>) -> Result<T, RedisError> {
    let value = answer.as_ref().map_err(Clone::clone)?;
    // With errors ignored, the error of a command is its answer.
    Ok(T::from_redis_value(value.clone().extract_error()?)?)
}
