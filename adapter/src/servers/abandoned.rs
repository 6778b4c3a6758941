//! Removes what killed runs left on given servers. A run marks what it creates there so that it cannot be confused with
//! anything else, and holds a sign of life that ends with its connection: in Postgres an advisory lock of an open
//! transaction on the name of its schema, in Redis the name of the connection itself. What has our mark and no sign of
//! life is abandoned; the next run removes it and reports that. Everything else belongs to others and is kept.

use ::redis::aio::MultiplexedConnection;
use ::redis::{ConnectionInfo, RedisError, RedisResult};
use model::shown::shown;
use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Executor, PgConnection, Row, query, query_scalar, raw_sql};

use super::connect::connect;

/// The start of the names of our schemas and of the prefixes of our keys; 32 hexadecimal digits follow.
const PREFIX: &str = "trial_balance_";
/// The comment on our schemas. It does not occur by accident on a schema with such a name.
const MARK: &str =
    "trial-balance: made by a run, dropped by it or by the next run after it died; not for anything else";
/// The set in Redis of the prefixes that runs have taken, so that no run has to search all keys for them. Redis deletes
/// it with its last member.
const RUNS: &str = "trial-balance:runs";
/// Held until the transaction ends; even a transaction pooler keeps a transaction on one backend.
const LOCK: &str = "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))";
const FREE: &str = "SELECT pg_try_advisory_xact_lock(hashtextextended($1, 0))";
/// Schemas that have our mark and were created by the connected account.
const SCHEMAS: &str = "SELECT nspname FROM pg_namespace WHERE obj_description(oid, 'pg_namespace') = $1 \
     AND pg_has_role(nspowner, 'USAGE') ORDER BY nspname";

/// A name for a schema and a key prefix that is unique on every server.
pub(super) fn unique_name() -> String {
    format!("{PREFIX}{}", uuid::Uuid::new_v4().simple())
}

/// Whether a name has exactly the form of [`unique_name`].
fn is_ours(name: &str) -> bool {
    let digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    name.strip_prefix(PREFIX).is_some_and(|rest| rest.len() == 32 && rest.bytes().all(digit))
}

/// A sign of life; it ends when this is dropped or its process ends.
#[derive(Debug)]
pub(super) enum Alive {
    /// Holds the advisory lock, in a transaction that is never ended.
    Postgres { _connection: PgConnection },
    /// Its client name is the prefix.
    Redis { _connection: MultiplexedConnection },
}

/// Why a run cannot get a place in a given Postgres.
#[derive(Debug, thiserror::Error)]
pub(super) enum NoPlace {
    /// An error of the server.
    #[error(transparent)]
    Server(#[from] sqlx::Error),
    /// Two connections share one session.
    #[error(
        "it is reached through a pooler that gives several connections one session (pgbouncer with pool_mode = \
         transaction or statement): name the server itself, or a pool with pool_mode = session"
    )]
    Pooled,
}

/// Creates a schema with our mark, which is in use for as long as the sign of life is held.
pub(super) async fn settle(options: &PgConnectOptions, schema: &str) -> Result<Alive, NoPlace> {
    if pooled(options).await? {
        return Err(NoPlace::Pooled);
    }
    let mut connection = options.clone().application_name(schema).connect().await?;
    // A server that ends idle sessions would end this one; a server too old to know the setting does not.
    let _ = connection.execute("SET idle_session_timeout = 0").await;
    connection.execute("BEGIN").await?;
    connection.execute("SET LOCAL idle_in_transaction_session_timeout = 0").await?;
    query(LOCK).bind(schema).execute(&mut connection).await?;
    // Both or neither: a schema without a mark would never be removed.
    let make = format!("BEGIN; CREATE SCHEMA {schema}; COMMENT ON SCHEMA {schema} IS '{MARK}'; COMMIT");
    let mut maker = options.connect().await?;
    maker.execute(AssertSqlSafe(make)).await?;
    maker.close().await?;
    Ok(Alive::Postgres { _connection: connection })
}

/// Whether an idle session is given to another connection's transaction. A server gives each connection its own
/// session; a transaction pooler gives the session that became free last.
async fn pooled(options: &PgConnectOptions) -> Result<bool, sqlx::Error> {
    let mut idle = options.connect().await?;
    let own = session(&mut idle).await?;
    let mut others = Vec::new();
    for _ in 0..2 {
        let mut other = options.connect().await?;
        other.execute("BEGIN").await?;
        if session(&mut other).await? == own {
            return Ok(true);
        }
        others.push(other);
    }
    Ok(false)
}

/// The backend that serves a connection. The query is not prepared, since a pooler may not support prepared statements.
async fn session(connection: &mut PgConnection) -> Result<i32, sqlx::Error> {
    raw_sql("SELECT pg_backend_pid()").fetch_one(connection).await?.try_get(0)
}

/// Marks the keys with this prefix in Redis as in use, and records the prefix for the run that follows a kill. If the
/// key of the records holds something else, it is left alone, and the returned text says so.
pub(super) async fn settle_in_redis(info: ConnectionInfo, prefix: &str) -> RedisResult<(Alive, Option<String>)> {
    let mut connection = connect(info).await?;
    ::redis::cmd("CLIENT").arg("SETNAME").arg(prefix).query_async::<()>(&mut connection).await?;
    let noted = ::redis::cmd("SADD").arg(RUNS).arg(prefix).query_async::<()>(&mut connection).await;
    let notice = match noted {
        Err(error) if is_wrong_type(&error) => Some(format!(
            "REDIS_URL: the key {RUNS} is no set, so it is not ours and is left alone; if this run is killed, its keys \
             {prefix}* stay"
        )),
        noted => noted.map(|()| None)?,
    };
    Ok((Alive::Redis { _connection: connection }, notice))
}

fn is_wrong_type(error: &RedisError) -> bool {
    error.code() == Some("WRONGTYPE")
}

/// Drops every schema of a dead run and reports them.
pub(super) async fn sweep_postgres(options: &PgConnectOptions) -> Result<Vec<String>, sqlx::Error> {
    let mut connection = options.connect().await?;
    let marked: Vec<String> = query_scalar(SCHEMAS).bind(MARK).fetch_all(&mut connection).await?;
    let mut notices = Vec::new();
    for schema in marked.iter().filter(|name| is_ours(name)) {
        // The lock belongs to the transaction: a concurrent sweep waits or finds nothing.
        connection.execute("BEGIN").await?;
        let free: bool = query_scalar(FREE).bind(schema).fetch_one(&mut connection).await?;
        if free {
            connection.execute(AssertSqlSafe(format!("DROP SCHEMA IF EXISTS {schema} CASCADE"))).await?;
            notices.push(format!("DATABASE_URL: dropped the schema {schema}, which a run that was killed had left"));
        }
        connection.execute("COMMIT").await?;
    }
    connection.close().await?;
    Ok(notices)
}

/// Removes the keys of every dead run and reports them. Records that do not have our form belong to an unknown owner
/// and are kept.
pub(super) async fn sweep_redis(info: ConnectionInfo) -> RedisResult<Vec<String>> {
    let mut connection = connect(info).await?;
    let noted: Vec<Vec<u8>> = match ::redis::cmd("SMEMBERS").arg(RUNS).query_async(&mut connection).await {
        // This was reported when this run tried to record itself.
        Err(error) if is_wrong_type(&error) => return Ok(Vec::new()),
        noted => noted?,
    };
    // Read after the set: a run sets its client name before it records it.
    let clients: String = ::redis::cmd("CLIENT").arg("LIST").query_async(&mut connection).await?;
    let alive = |prefix: &str| clients.split_whitespace().any(|word| word.strip_prefix("name=") == Some(prefix));
    let mut notices = Vec::new();
    for member in noted {
        let text = String::from_utf8_lossy(&member).into_owned();
        if !text.strip_suffix(':').is_some_and(is_ours) {
            let member = shown(&text);
            notices.push(format!(
                "REDIS_URL: the set {RUNS} has the member `{member}`, which no run writes; it is ignored"
            ));
        } else if !alive(&text) {
            forget(&mut connection, &text).await?;
            notices.push(format!("REDIS_URL: removed the keys {text}*, which a run that was killed had left"));
        }
    }
    Ok(notices)
}

/// Removes all keys with a prefix, and its record.
pub(super) async fn forget(connection: &mut MultiplexedConnection, prefix: &str) -> RedisResult<()> {
    let mut cursor: u64 = 0;
    loop {
        let mut scan = ::redis::cmd("SCAN");
        scan.arg(cursor).arg("MATCH").arg(format!("{}*", escaped(prefix))).arg("COUNT").arg(1000);
        let (next, keys): (u64, Vec<Vec<u8>>) = scan.query_async(connection).await?;
        if !keys.is_empty() {
            ::redis::cmd("UNLINK").arg(keys).query_async::<()>(connection).await?;
        }
        cursor = next;
        if cursor == 0 {
            break;
        }
    }
    match ::redis::cmd("SREM").arg(RUNS).arg(prefix).query_async(connection).await {
        Err(error) if is_wrong_type(&error) => Ok(()),
        removed => removed,
    }
}

/// A text as a Redis pattern that matches only this text.
fn escaped(text: &str) -> String {
    let special = |c: char| matches!(c, '*' | '?' | '[' | ']' | '^' | '-' | '\\');
    text.chars().flat_map(|c| special(c).then_some('\\').into_iter().chain([c])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_exactly_our_form_is_ours() {
        let ours = unique_name();
        assert!(is_ours(&ours) && ours != unique_name());
        let hex = "0123456789abcdef0123456789abcdef";
        assert!(is_ours(&format!("trial_balance_{hex}")));
        for other in [
            "trial_2024_11".to_owned(),
            "trial_1764277200000000000_4711".to_owned(),
            "trial_balance_".to_owned(),
            format!("trial_balance_{}", &hex[1..]),
            format!("trial_balance_{hex}0"),
            format!("trial_balance_{}", hex.to_uppercase()),
            format!(" trial_balance_{hex}"),
            format!("trial_balance_{}g", &hex[1..]),
            format!("trial_balance_{hex}:"),
            "*".to_owned(),
            String::new(),
        ] {
            assert!(!is_ours(&other), "{other}");
        }
    }

    #[test]
    fn a_pattern_matches_itself_alone() {
        assert_eq!(escaped("a*b?[c]^-\\d:"), "a\\*b\\?\\[c\\]\\^\\-\\\\d:");
        assert!(!MARK.contains('\''));
    }
}
