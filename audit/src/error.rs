//! Errors of the servers, and how they are reported.

use model::shown::plain;

/// Why there is no report at all.
#[derive(Debug, thiserror::Error)]
pub enum AuditError {
    /// A server does not answer.
    #[error("{what} names a server that cannot be used: {why}")]
    Unreachable {
        /// The server, as the user named it.
        what: &'static str,
        /// Why, on one line, without the URL and its password.
        why: String,
    },
}

/// An error of a server while it was being read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StoreError {
    #[error("postgres: {0}")]
    Postgres(#[from] sqlx::Error),
    #[error("redis: {0}")]
    Redis(#[from] redis::RedisError),
}

impl StoreError {
    /// The error on one line of bounded length: a server may repeat its input.
    pub(crate) fn why(&self) -> String {
        format!("not read to the end: {}", one_line(&self.to_string()))
    }
}

/// The most characters of a server's message.
const SAID: usize = 300;

/// A server's message, made safe to display.
pub(crate) fn one_line(said: &str) -> String {
    let (beginning, rest): (String, bool) = (said.chars().take(SAID).collect(), said.chars().nth(SAID).is_some());
    plain(&beginning.replace('\n', " ")) + if rest { "..." } else { "" }
}
