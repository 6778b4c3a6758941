//! Which arguments of a command are keys, and whether it writes them.

/// What a command does with its keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Access {
    Reads,
    Writes,
    /// Writes the first and reads the others.
    Stores,
}

/// Where among the arguments the keys stand.
#[derive(Debug, Clone, Copy)]
enum Keys {
    Nowhere,
    First,
    FirstTwo,
    All,
    AllButTheLast,
    EverySecond,
}

use {Access::*, Keys::*};

/// The commands whose keys are known. Any other may touch anything.
const COMMANDS: &[(Access, Keys, &str)] = &[
    (
        Reads,
        First,
        "GET STRLEN GETRANGE TTL PTTL TYPE HGET HMGET HGETALL HLEN HKEYS HVALS HEXISTS LLEN LRANGE LINDEX SISMEMBER SMEMBERS SCARD",
    ),
    (
        Reads,
        First,
        "ZSCORE ZMSCORE ZRANGE ZRANGEBYSCORE ZREVRANGE ZRANK ZCARD ZCOUNT XLEN XRANGE GETBIT BITCOUNT HSCAN SSCAN ZSCAN",
    ),
    (Reads, All, "MGET EXISTS TOUCH WATCH SINTER SUNION SDIFF"),
    (
        Writes,
        First,
        "SET SETEX PSETEX SETNX GETSET GETDEL GETEX APPEND SETRANGE SETBIT INCR INCRBY INCRBYFLOAT DECR DECRBY EXPIRE PEXPIRE EXPIREAT",
    ),
    (
        Writes,
        First,
        "PEXPIREAT PERSIST HSET HSETNX HMSET HDEL HINCRBY HINCRBYFLOAT LPUSH RPUSH LPOP RPOP LSET LREM LTRIM SADD SREM SPOP",
    ),
    (Writes, First, "ZADD ZREM ZINCRBY ZPOPMIN ZPOPMAX ZREMRANGEBYSCORE ZREMRANGEBYRANK XADD XDEL XTRIM XACK PFADD"),
    (Writes, FirstTwo, "RENAME RENAMENX COPY LMOVE BLMOVE RPOPLPUSH SMOVE"),
    (Writes, All, "DEL UNLINK"),
    (Writes, AllButTheLast, "BLPOP BRPOP BZPOPMIN BZPOPMAX"),
    (Writes, EverySecond, "MSET MSETNX"),
    (Stores, All, "SINTERSTORE SUNIONSTORE SDIFFSTORE"),
    (
        Reads,
        Nowhere,
        "PING ECHO AUTH HELLO SELECT CLIENT INFO COMMAND TIME READONLY READWRITE QUIT RESET MULTI DISCARD UNWATCH",
    ),
];

/// The keys among the arguments after the name `command`, in capitals, and what it does with them. `None` if that is not known.
pub(super) fn keys<'a>(command: &str, arguments: &'a [Vec<u8>]) -> Option<(Access, Vec<&'a [u8]>)> {
    let (access, keys, _) = COMMANDS.iter().find(|(_, _, names)| names.split(' ').any(|name| name == command))?;
    let (count, step) = match keys {
        Nowhere => (0, 1),
        First => (1, 1),
        FirstTwo => (2, 1),
        All => (arguments.len(), 1),
        AllButTheLast => (arguments.len().saturating_sub(1), 1),
        EverySecond => (arguments.len(), 2),
    };
    Some((*access, arguments.iter().take(count).step_by(step).map(Vec::as_slice).collect()))
}
