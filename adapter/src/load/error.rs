//! Why a load run has no figures.

use model::setup::SetupError;

use crate::error::RealError;
use crate::servers::ServersError;

/// Why a load run has no figures.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// A gateway process cannot be started.
    #[error("a gateway process: {0}")]
    Process(#[source] std::io::Error),
    /// A gateway process failed with this message.
    #[error("a gateway process gave up: {0}")]
    Said(String),
    /// The design has too many jobs for the model's world.
    #[error(transparent)]
    Setup(#[from] SetupError),
    /// An error of the servers or of the data in them.
    #[error(transparent)]
    Real(#[from] RealError),
    /// The servers cannot be used.
    #[error(transparent)]
    Servers(#[from] ServersError),
    /// This many sessions of dead processes do not end.
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
