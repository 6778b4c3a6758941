//! What runs that were killed left on given servers. A run marks what it makes there so that nobody else's can be taken
//! for it, and holds a sign of life that ends with its connection: in Postgres an advisory lock of an open transaction on
//! the name of its schema, in Redis the name of the connection itself. What bears our mark and has no sign of life is
//! nobody's any more, and the next run removes it and says so. Everything else is somebody's and stays.

use ::redis::aio::MultiplexedConnection;
use ::redis::{ConnectionInfo, RedisError, RedisResult};
use model::shown::shown;
use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Executor, PgConnection, Row, query, query_scalar, raw_sql};

use super::connect::connect;

/// What the names of our schemas and the prefixes of our keys begin with; 32 hexadecimal digits follow.
const PREFIX: &str = "trial_balance_";
/// The comment on our schemas. Nobody else writes it, on a schema of such a name, by accident.
const MARK: &str =
    "trial-balance: made by a run, dropped by it or by the next run after it died; not for anything else";
/// The set in Redis of the prefixes that runs have taken, so that nobody has to look through all keys for them. It is gone
/// with its last member.
const RUNS: &str = "trial-balance:runs";
/// Until the transaction ends, which also a pooler of transactions leaves to one backend.
const LOCK: &str = "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))";
const FREE: &str = "SELECT pg_try_advisory_xact_lock(hashtextextended($1, 0))";
/// Schemas that bear our mark, made by the account that asks.
const SCHEMAS: &str = "SELECT nspname FROM pg_namespace WHERE obj_description(oid, 'pg_namespace') = $1 \
     AND pg_has_role(nspowner, 'USAGE') ORDER BY nspname";

/// A name for a schema and a key prefix that nothing else on any server has.
pub(super) fn unique_name() -> String {
    format!("{PREFIX}{}", uuid::Uuid::new_v4().simple())
}

/// Whether a name has exactly the form of [`unique_name`].
fn is_ours(name: &str) -> bool {
    let digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    name.strip_prefix(PREFIX).is_some_and(|rest| rest.len() == 32 && rest.bytes().all(digit))
}

/// A sign of life; it ends when this is dropped or its process is.
#[derive(Debug)]
pub(super) enum Alive {
    /// Holds the advisory lock, in a transaction that is never ended.
    Postgres { _connection: PgConnection },
    /// Bears the name.
    Redis { _connection: MultiplexedConnection },
}

/// Why there is no place for a run in a given Postgres.
#[derive(Debug, thiserror::Error)]
pub(super) enum NoPlace {
    /// The server says so.
    #[error(transparent)]
    Server(#[from] sqlx::Error),
    /// Two connections are one session.
    #[error(
        "it is reached through a pooler that gives several connections one session (pgbouncer with pool_mode = \
         transaction or statement): name the server itself, or a pool with pool_mode = session"
    )]
    Pooled,
}

/// Makes a schema that bears our mark, and says that it is somebody's for as long as the sign of life is held.
pub(super) async fn settle(options: &PgConnectOptions, schema: &str) -> Result<Alive, NoPlace> {
    if pooled(options).await? {
        return Err(NoPlace::Pooled);
    }
    let mut connection = options.clone().application_name(schema).connect().await?;
    // A server that ends idle sessions would end this one; one too old to know the setting does not.
    let _ = connection.execute("SET idle_session_timeout = 0").await;
    connection.execute("BEGIN").await?;
    connection.execute("SET LOCAL idle_in_transaction_session_timeout = 0").await?;
    query(LOCK).bind(schema).execute(&mut connection).await?;
    // Both or neither: a schema without a mark would be nobody's for ever.
    let make = format!("BEGIN; CREATE SCHEMA {schema}; COMMENT ON SCHEMA {schema} IS '{MARK}'; COMMIT");
    let mut maker = options.connect().await?;
    maker.execute(AssertSqlSafe(make)).await?;
    maker.close().await?;
    Ok(Alive::Postgres { _connection: connection })
}

/// Whether a session that is idle is given to another connection's transaction. A server gives each connection one of its
/// own; a pooler of transactions gives the one that became free last.
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

/// The process that serves a connection. Asked without a prepared statement, of which a pooler may know nothing.
async fn session(connection: &mut PgConnection) -> Result<i32, sqlx::Error> {
    raw_sql("SELECT pg_backend_pid()").fetch_one(connection).await?.try_get(0)
}

/// Says in Redis that the keys with this prefix are somebody's, and notes the prefix for whoever comes after a kill. Where
/// somebody keeps something else at the key of the notes it is left alone: then the answer says so.
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

/// Drops every schema of a run that is dead, and says which.
pub(super) async fn sweep_postgres(options: &PgConnectOptions) -> Result<Vec<String>, sqlx::Error> {
    let mut connection = options.connect().await?;
    let marked: Vec<String> = query_scalar(SCHEMAS).bind(MARK).fetch_all(&mut connection).await?;
    let mut notices = Vec::new();
    for schema in marked.iter().filter(|name| is_ours(name)) {
        // The lock is the transaction's: whoever looks at the same time waits or finds nothing.
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

/// Removes the keys of every run that is dead, and says which. What stands in the notes and is not of our form is nobody's we
/// know.
pub(super) async fn sweep_redis(info: ConnectionInfo) -> RedisResult<Vec<String>> {
    let mut connection = connect(info).await?;
    let noted: Vec<Vec<u8>> = match ::redis::cmd("SMEMBERS").arg(RUNS).query_async(&mut connection).await {
        // It has been said when this run wanted to note itself.
        Err(error) if is_wrong_type(&error) => return Ok(Vec::new()),
        noted => noted?,
    };
    // Read after the set: a run bears its name before it notes it.
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

/// Removes all keys with a prefix, and the note of it.
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

/// A text as a pattern of Redis that it alone matches.
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
