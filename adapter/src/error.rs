//! Why a run on real servers has no result.

use model::run::Unreachable;
use redis::RedisError;

use crate::rows::Unreadable;
use crate::servers::ServersError;
use crate::stores::TlsRedis;
use crate::worker_pool::WorkerPoolError;

/// Why a list of moves could not be carried out, or not with the outcome the model has.
#[derive(Debug, thiserror::Error)]
pub enum RealError {
    /// The servers do not behave as the model says: one of both is wrong.
    #[error("move {number}: {what}: the model says {model}, the server says {server}")]
    Disagrees {
        /// Which move, from 1; 0 is before the first.
        number: usize,
        /// About what.
        what: String,
        /// What the model says.
        model: String,
        /// What the server says.
        server: String,
    },
    /// The server chose otherwise, each time, or cannot be brought to it.
    #[error("not reachable: move {number}: {why}")]
    NotReachable {
        /// Which move, from 1.
        number: usize,
        /// What happened instead.
        why: String,
        /// Whether it may happen when the run is begun anew.
        again: bool,
    },
    /// A move of the list cannot happen where it stands.
    #[error(transparent)]
    Impossible(#[from] Unreachable),
    /// The move would hurt a server that is not ours.
    #[error("not run: not our server: move {number} needs a private one")]
    NotOurs {
        /// Which move, from 1.
        number: usize,
    },
    /// What was to end, such as the session of a process that is dead, is still there after five seconds.
    #[error("`{0}` does not end")]
    Stays(String),
    /// The servers.
    #[error(transparent)]
    Servers(#[from] ServersError),
    /// A proxy cannot listen.
    #[error("a proxy: {0}")]
    Proxy(#[from] std::io::Error),
    /// The address of Redis cannot be passed on.
    #[error(transparent)]
    Tls(#[from] TlsRedis),
    /// The schema cannot be made.
    #[error("the schema: {0}")]
    Migrate(#[from] sqlx::migrate::MigrateError),
    /// The observer's Postgres connection.
    #[error("Postgres: {0}")]
    Postgres(#[from] sqlx::Error),
    /// The observer's Redis connection.
    #[error("Redis: {0}")]
    Redis(#[from] RedisError),
    /// The servers hold what no book can.
    #[error("the books cannot be read: {0}")]
    Unreadable(#[from] Unreadable),
    /// A worker process.
    #[error(transparent)]
    WorkerPool(#[from] WorkerPoolError),
    /// A worker gave up.
    #[error("move {number}: the worker gave up: {why}")]
    Worker {
        /// Which move, from 1.
        number: usize,
        /// What it said.
        why: String,
    },
}
