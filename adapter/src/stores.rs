//! The addresses of the stores, in a form that can be passed to another process, and connections to them.

use std::path::PathBuf;
use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::{
    AsyncConnectionConfig, Client, ConnectionAddr, ConnectionInfo, IntoConnectionInfo, RedisConnectionInfo, RedisError,
};
use serde::{Deserialize, Serialize};
use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions, PgConnection};

/// Even a server on a slow, loaded machine answers within this time; one that does not is gone.
const PATIENCE: Duration = Duration::from_secs(10);

/// Both stores, as one process describes them to another.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stores {
    postgres: String,
    schema: String,
    redis: RedisAt,
    /// The prefix of each Redis key.
    pub prefix: String,
}

/// The part of a Redis address that can be serialized.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RedisAt {
    socket: Option<PathBuf>,
    host: Option<(String, u16)>,
    db: i64,
    username: Option<String>,
    password: Option<String>,
}

/// A Redis address that cannot be passed to a worker.
#[derive(Debug, thiserror::Error)]
#[error("a Redis behind TLS cannot be used: give a `redis://` or `redis+unix://` address")]
pub struct TlsRedis;

impl Stores {
    /// The stores at these addresses.
    ///
    /// # Errors
    /// [`TlsRedis`].
    pub fn new(
        postgres: &PgConnectOptions,
        schema: &str,
        redis: &ConnectionInfo,
        prefix: &str,
    ) -> Result<Stores, TlsRedis> {
        let (socket, host) = match redis.addr() {
            ConnectionAddr::Unix(path) => (Some(path.clone()), None),
            ConnectionAddr::Tcp(host, port) => (None, Some((host.clone(), *port))),
            _ => return Err(TlsRedis),
        };
        let settings = redis.redis_settings();
        let (username, password) = (settings.username().map(str::to_owned), settings.password().map(str::to_owned));
        let redis = RedisAt { socket, host, db: settings.db(), username, password };
        let postgres = postgres.to_url_lossy().to_string();
        Ok(Stores { postgres, schema: schema.to_owned(), redis, prefix: prefix.to_owned() })
    }

    /// Opens a session of Postgres under this name in `pg_stat_activity`. A backend that waits for a lock checks every
    /// 20 ms whether its client has died; if so, it does not do what it waits to do.
    ///
    /// # Errors
    /// As for sqlx.
    pub async fn postgres(&self, name: &str) -> Result<PgConnection, sqlx::Error> {
        let options: PgConnectOptions = self.postgres.parse()?;
        let settings = [("search_path", self.schema.as_str()), ("client_connection_check_interval", "20")];
        options.application_name(name).options(settings).disable_statement_logging().connect().await
    }

    /// Opens a connection to Redis.
    ///
    /// # Errors
    /// As for the client; the server has then not received any command.
    pub async fn redis(&self) -> Result<MultiplexedConnection, RedisError> {
        let config =
            AsyncConnectionConfig::new().set_connection_timeout(Some(PATIENCE)).set_response_timeout(Some(PATIENCE));
        Client::open(self.redis.info()?)?.get_multiplexed_async_connection_with_config(&config).await
    }
}

impl RedisAt {
    fn info(&self) -> Result<ConnectionInfo, RedisError> {
        let addr = match (&self.socket, &self.host) {
            (Some(path), _) => ConnectionAddr::Unix(path.clone()),
            (None, Some((host, port))) => ConnectionAddr::Tcp(host.clone(), *port),
            (None, None) => ConnectionAddr::Unix(PathBuf::new()),
        };
        let mut settings = RedisConnectionInfo::default().set_db(self.db).set_skip_set_lib_name();
        if let Some(username) = &self.username {
            settings = settings.set_username(username);
        }
        if let Some(password) = &self.password {
            settings = settings.set_password(password);
        }
        Ok(addr.into_connection_info()?.set_redis_settings(settings))
    }
}
