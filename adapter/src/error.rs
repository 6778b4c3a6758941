//! Why a run on real servers has no result.

use model::run::Unreachable;
use redis::RedisError;

use crate::rows::Unreadable;
use crate::servers::ServersError;
use crate::stores::TlsRedis;
use crate::worker_pool::WorkerPoolError;

/// Why a list of moves could not be carried out, or not with the outcome that the model has.
#[derive(Debug, thiserror::Error)]
pub enum RealError {
    /// The servers do not behave as the model says: one of the two is wrong.
    #[error("move {number}: {what}: the model says {model}, the server says {server}")]
    Disagrees {
        /// The number of the move, from 1; 0 is before the first.
        number: usize,
        /// The value that differs.
        what: String,
        /// What the model says.
        model: String,
        /// What the server says.
        server: String,
    },
    /// The server chose otherwise each time, or cannot be made to do it.
    #[error("not reachable: move {number}: {why}")]
    NotReachable {
        /// The number of the move, from 1.
        number: usize,
        /// What happened instead.
        why: String,
        /// Whether it may succeed when the run is started again.
        again: bool,
    },
    /// A move of the list cannot happen at its place.
    #[error(transparent)]
    Impossible(#[from] Unreachable),
    /// The move would damage a server that is not ours.
    #[error("not run: not our server: move {number} needs a private one")]
    NotOurs {
        /// The number of the move, from 1.
        number: usize,
    },
    /// Something that should end, such as the session of a dead process, still exists after five seconds.
    #[error("`{0}` does not end")]
    Stays(String),
    /// An error of the servers.
    #[error(transparent)]
    Servers(#[from] ServersError),
    /// A proxy cannot listen.
    #[error("a proxy: {0}")]
    Proxy(#[from] std::io::Error),
    /// The address of Redis cannot be passed on.
    #[error(transparent)]
    Tls(#[from] TlsRedis),
    /// The schema cannot be created.
    #[error("the schema: {0}")]
    Migrate(#[from] sqlx::migrate::MigrateError),
    /// An error of the observer's Postgres connection.
    #[error("Postgres: {0}")]
    Postgres(#[from] sqlx::Error),
    /// An error of the observer's Redis connection.
    #[error("Redis: {0}")]
    Redis(#[from] RedisError),
    /// The servers hold a value that the model's books cannot hold.
    #[error("the books cannot be read: {0}")]
    Unreadable(#[from] Unreadable),
    /// An error of a worker process.
    #[error(transparent)]
    WorkerPool(#[from] WorkerPoolError),
    /// A worker gave up.
    #[error("move {number}: the worker gave up: {why}")]
    Worker {
        /// The number of the move, from 1.
        number: usize,
        /// The message of the worker.
        why: String,
    },
}
