//! Why servers cannot be obtained or damaged.

use super::find::{FindError, Kind};

/// Why servers cannot be obtained or damaged.
#[derive(Debug, thiserror::Error)]
pub enum ServersError {
    /// There is no program to start.
    #[error(transparent)]
    Find(#[from] FindError),
    /// The value of a variable is not an address of such a server, or the server does not answer.
    #[error("{variable} names a server that cannot be used: {why}")]
    Unreachable {
        /// The variable.
        variable: &'static str,
        /// What went wrong, on one line, without the URL and its password.
        why: String,
    },
    /// A private server did not start.
    #[error("the private {kind} did not start: {why}\n{log}")]
    NotUp {
        /// The kind of the server.
        kind: Kind,
        /// What happened.
        why: String,
        /// The end of its log.
        log: String,
    },
    /// The server was given, so it may not be killed, restarted, flushed or proxied.
    #[error("not our server: {kind} was given by {variable}, and is not to be hurt")]
    NotOurs {
        /// The kind of the server.
        kind: Kind,
        /// The variable.
        variable: &'static str,
    },
    /// A file operation on the private folder failed.
    #[error("the private folder of the servers: {0}")]
    Io(#[source] std::io::Error),
    /// Redis answered with an error.
    #[error("Redis: {0}")]
    Redis(#[source] ::redis::RedisError),
}
