//! A server that keeps a log writes it before it answers, unless it puts that off since the disk is slow: for up to two
//! seconds then, in which a kill would lose what was answered.

use std::time::{Duration, Instant};

use ::redis::aio::MultiplexedConnection;

/// Several times what Redis may put it off for.
const PATIENCE: Duration = Duration::from_secs(60);

/// Returns when all that was answered is in the file.
pub async fn log_written(connection: &mut MultiplexedConnection) {
    let since = Instant::now();
    loop {
        let info: String = ::redis::cmd("INFO").arg("persistence").query_async(connection).await.unwrap();
        let left = info.lines().find_map(|line| line.strip_prefix("aof_buffer_length:"));
        if left.is_none_or(|left| left.trim() == "0") {
            return;
        }
        assert!(since.elapsed() < PATIENCE, "Redis does not write its log: {left:?} bytes are left");
    }
}
