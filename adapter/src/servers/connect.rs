//! A connection to a Redis.

use std::time::Duration;

use ::redis::aio::MultiplexedConnection;
use ::redis::{AsyncConnectionConfig, Client, ConnectionInfo, RedisResult};

/// Connects. The timeout of a second is enough, since the caller reconnects.
pub(super) async fn connect(info: ConnectionInfo) -> RedisResult<MultiplexedConnection> {
    let config = AsyncConnectionConfig::new().set_connection_timeout(Some(Duration::from_secs(1)));
    Client::open(info)?.get_multiplexed_async_connection_with_config(&config).await
}
