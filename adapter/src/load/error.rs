//! Why there are no figures.

use model::setup::SetupError;

use crate::error::RealError;
use crate::servers::ServersError;

/// Why there are no figures.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// A gateway process cannot be started.
    #[error("a gateway process: {0}")]
    Process(#[source] std::io::Error),
    /// A gateway process gave up.
    #[error("a gateway process gave up: {0}")]
    Said(String),
    /// The design has too many jobs for a world.
    #[error(transparent)]
    Setup(#[from] SetupError),
    /// The servers, or what they hold.
    #[error(transparent)]
    Real(#[from] RealError),
    /// The servers.
    #[error(transparent)]
    Servers(#[from] ServersError),
    /// Sessions of dead processes stay.
    #[error("sessions of killed processes are still at work after {0} s")]
    Stays(u64),
}

impl From<sqlx::Error> for LoadError {
    fn from(error: sqlx::Error) -> LoadError {
        LoadError::Real(error.into())
    }
}

impl From<redis::RedisError> for LoadError {
    fn from(error: redis::RedisError) -> LoadError {
        LoadError::Real(error.into())
    }
}
