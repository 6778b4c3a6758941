//! Servers that were given by a URL: we are guests there and use only our own schema and key prefix.

use std::time::Duration;

use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Executor};

use super::ServersError;
use super::abandoned::{self, Alive};
use super::address::{self, DATABASE_URL, REDIS_URL};
use super::connect::connect;

/// How long a given server may take to answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// Our place on a given server.
#[derive(Debug, Clone)]
pub(super) enum Guest {
    /// A schema.
    Schema { options: PgConnectOptions, schema: String },
    /// All keys with a prefix.
    Keys { info: ::redis::ConnectionInfo, prefix: String },
}

impl Guest {
    /// Checks that the Postgres answers, removes what killed runs left there, and creates the schema, which is then the
    /// search path of connections. What is removed is added to the notices.
    pub(super) async fn in_postgres(
        url: &str,
        schema: String,
        notices: &mut Vec<String>,
    ) -> Result<(Guest, Alive, PgConnectOptions), ServersError> {
        let refused = |why: String| ServersError::Unreachable { variable: DATABASE_URL, why };
        let options = address::postgres(url).map_err(refused)?;
        let alive = answered(abandoned::settle(&options, &schema)).await.map_err(refused)?;
        // What cannot be removed, such as another account's schema, is kept and harms nothing.
        notices.extend(answered(abandoned::sweep_postgres(&options)).await.unwrap_or_default());
        let inside = options.clone().options([("search_path", &schema)]);
        Ok((Guest::Schema { options, schema }, alive, inside))
    }

    /// Checks that the Redis answers and removes what killed runs left there. What is removed or ignored is added to
    /// the notices.
    pub(super) async fn in_redis(
        url: &str,
        prefix: String,
        notices: &mut Vec<String>,
    ) -> Result<(Guest, Alive, ::redis::ConnectionInfo), ServersError> {
        let refused = |why: String| ServersError::Unreachable { variable: REDIS_URL, why };
        let info = address::redis(url).map_err(refused)?;
        let (alive, notice) = answered(abandoned::settle_in_redis(info.clone(), &prefix)).await.map_err(refused)?;
        notices.extend(notice);
        // On a server that does not let us list its clients, nothing is removed.
        notices.extend(answered(abandoned::sweep_redis(info.clone())).await.unwrap_or_default());
        Ok((Guest::Keys { info: info.clone(), prefix }, alive, info))
    }

    /// Removes the schema or the keys. Waits for that on a separate thread, so it may be called from anywhere; on a
    /// server that does not answer they are kept.
    pub(super) fn leave(self) {
        let run = move || {
            let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else {
                return;
            };
            // There is nowhere to report an error: the run is over and its results are already reported.
            let _ = runtime.block_on(async { tokio::time::timeout(PATIENCE, self.remove()).await });
        };
        let _ = std::thread::spawn(run).join();
    }

    async fn remove(self) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        match self {
            Guest::Schema { options, schema } => {
                let mut connection = options.connect().await?;
                connection.execute(AssertSqlSafe(format!("DROP SCHEMA IF EXISTS {schema} CASCADE"))).await?;
                connection.close().await?;
            }
            Guest::Keys { info, prefix } => {
                let mut connection = connect(info).await?;
                abandoned::forget(&mut connection, &prefix).await?;
            }
        }
        Ok(())
    }
}

async fn answered<T, E: std::fmt::Display>(question: impl Future<Output = Result<T, E>>) -> Result<T, String> {
    match tokio::time::timeout(PATIENCE, question).await {
        Ok(answer) => answer.map_err(|error| error.to_string().replace('\n', " ")),
        Err(_) => Err(format!("no answer within {} s", PATIENCE.as_secs())),
    }
}
