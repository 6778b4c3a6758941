//! What runs that were killed left on given servers. Each run holds a sign of life there that ends with its connection:
//! in Postgres an advisory lock on the name of its schema, in Redis the name of the connection itself. What has none is
//! nobody's any more, and the next run removes it.

use ::redis::aio::MultiplexedConnection;
use ::redis::{ConnectionInfo, RedisResult};
use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Executor, PgConnection, query, query_scalar};

use super::redis::connect;

/// The set in Redis of the prefixes that runs have taken, so that nobody has to look through all keys for them. It is gone
/// with its last member.
const RUNS: &str = "trial-balance:runs";
const LOCK: &str = "SELECT pg_advisory_lock(hashtextextended($1, 0))";
/// Schemas named as ours are, made by the account that asks.
const SCHEMAS: &str = "SELECT nspname FROM pg_namespace WHERE nspname ~ '^trial_[0-9]+_[0-9]+$' \
     AND pg_has_role(nspowner, 'USAGE')";
const FREE: &str = "SELECT pg_try_advisory_lock(hashtextextended($1, 0))";
const UNLOCK: &str = "SELECT pg_advisory_unlock(hashtextextended($1, 0))";

/// A sign of life; it ends when this is dropped or its process is.
#[derive(Debug)]
pub(super) enum Alive {
    /// Holds the advisory lock.
    Postgres { _connection: PgConnection },
    /// Bears the name.
    Redis { _connection: MultiplexedConnection },
}

impl Alive {
    /// Says in Postgres that the schema of this name is somebody's. It is to be said before the schema is made.
    pub(super) async fn in_postgres(options: &PgConnectOptions, schema: &str) -> Result<Alive, sqlx::Error> {
        let mut connection = options.clone().application_name(schema).connect().await?;
        // A server that ends idle sessions would end this one; one too old to know the setting does not.
        let _ = connection.execute("SET idle_session_timeout = 0").await;
        query(LOCK).bind(schema).execute(&mut connection).await?;
        Ok(Alive::Postgres { _connection: connection })
    }

    /// Says in Redis that the keys with this prefix are somebody's, and notes the prefix for whoever comes after a kill.
    pub(super) async fn in_redis(info: ConnectionInfo, prefix: &str) -> RedisResult<Alive> {
        let mut connection = connect(info).await?;
        ::redis::cmd("CLIENT").arg("SETNAME").arg(prefix).query_async::<()>(&mut connection).await?;
        ::redis::cmd("SADD").arg(RUNS).arg(prefix).query_async::<()>(&mut connection).await?;
        Ok(Alive::Redis { _connection: connection })
    }
}

/// Drops every schema of a run that is dead.
pub(super) async fn sweep_postgres(options: &PgConnectOptions) -> Result<(), sqlx::Error> {
    let mut connection = options.connect().await?;
    for schema in query_scalar::<_, String>(SCHEMAS).fetch_all(&mut connection).await? {
        if query_scalar::<_, bool>(FREE).bind(&schema).fetch_one(&mut connection).await? {
            connection.execute(AssertSqlSafe(format!("DROP SCHEMA IF EXISTS {schema} CASCADE"))).await?;
            query(UNLOCK).bind(&schema).execute(&mut connection).await?;
        }
    }
    connection.close().await
}

/// Removes the keys of every run that is dead.
pub(super) async fn sweep_redis(info: ConnectionInfo) -> RedisResult<()> {
    let mut connection = connect(info).await?;
    let noted: Vec<String> = ::redis::cmd("SMEMBERS").arg(RUNS).query_async(&mut connection).await?;
    if noted.is_empty() {
        return Ok(());
    }
    // Read after the set: a run bears its name before it notes it.
    let clients: String = ::redis::cmd("CLIENT").arg("LIST").query_async(&mut connection).await?;
    let alive = |prefix: &str| clients.split_whitespace().any(|word| word.strip_prefix("name=") == Some(prefix));
    for prefix in noted.iter().filter(|prefix| !alive(prefix)) {
        forget(&mut connection, prefix).await?;
    }
    Ok(())
}

/// Removes all keys with a prefix, and the note of it.
pub(super) async fn forget(connection: &mut MultiplexedConnection, prefix: &str) -> RedisResult<()> {
    let mut cursor: u64 = 0;
    loop {
        let mut scan = ::redis::cmd("SCAN");
        scan.arg(cursor).arg("MATCH").arg(format!("{prefix}*")).arg("COUNT").arg(1000);
        let (next, keys): (u64, Vec<Vec<u8>>) = scan.query_async(connection).await?;
        if !keys.is_empty() {
            ::redis::cmd("UNLINK").arg(keys).query_async::<()>(connection).await?;
        }
        cursor = next;
        if cursor == 0 {
            break;
        }
    }
    ::redis::cmd("SREM").arg(RUNS).arg(prefix).query_async(connection).await
}
