//! A connection to a Redis.

use std::time::Duration;

use ::redis::aio::MultiplexedConnection;
use ::redis::{AsyncConnectionConfig, Client, ConnectionInfo, RedisResult};

/// How long a server may take to start or to answer.
pub(super) const PATIENCE: Duration = Duration::from_secs(15);

/// Connects. The client library's own limit of half a second for an answer is too short for a busy machine.
pub(super) async fn connect(info: ConnectionInfo) -> RedisResult<MultiplexedConnection> {
    let config =
        AsyncConnectionConfig::new().set_connection_timeout(Some(PATIENCE)).set_response_timeout(Some(PATIENCE));
    Client::open(info)?.get_multiplexed_async_connection_with_config(&config).await
}
