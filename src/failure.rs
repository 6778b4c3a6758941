//! The errors that end a command early, and their exit codes.

use adapter::servers::ServersError;
use model::shown::plain;
use sim::suite::capsules::UnreadableCapsule;
use sim::suite::check::CheckError;
use sim::suite::scenario::ScenarioError;

/// Why a command has no result.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// A scenario is invalid or unknown.
    #[error(transparent)]
    Scenario(#[from] ScenarioError),
    /// A capsule is invalid.
    #[error(transparent)]
    Capsule(#[from] UnreadableCapsule),
    /// Another input is invalid.
    #[error("{0}")]
    Input(String),
    /// A requested server is missing.
    #[error("{0}")]
    NoServer(String),
    /// A requested file cannot be written.
    #[error("{0}")]
    NotWritten(String),
    /// An internal error: the suite contradicts itself.
    #[error("{0}")]
    Internal(String),
}

impl Failure {
    /// The exit code, one of [`sim::suite::exit_code::ALL`].
    pub fn exit_code(&self) -> u8 {
        match self {
            Failure::Scenario(_) | Failure::Capsule(_) | Failure::Input(_) => 64,
            Failure::NoServer(_) => 69,
            Failure::Internal(_) => 70,
            Failure::NotWritten(_) => crate::output::NOT_WRITTEN,
        }
    }

    /// The message in which no foreign content, such as a name in a file, forges a line or changes the screen. Only the
    /// message about a missing server has several lines: it repeats the end of a server's log.
    pub fn shown(&self) -> String {
        let text = self.to_string();
        match self {
            Failure::NoServer(_) => crate::output::plain_lines(&text),
            Failure::Scenario(_)
            | Failure::Capsule(_)
            | Failure::Input(_)
            | Failure::NotWritten(_)
            | Failure::Internal(_) => plain(&text),
        }
    }
}

impl From<CheckError> for Failure {
    fn from(error: CheckError) -> Failure {
        Failure::Internal(error.to_string())
    }
}

impl From<ServersError> for Failure {
    fn from(error: ServersError) -> Failure {
        match error {
            ServersError::Unreachable { .. } | ServersError::NotOurs { .. } => Failure::Input(error.to_string()),
            ServersError::Find(_) | ServersError::NotUp { .. } => Failure::NoServer(error.to_string()),
            ServersError::Io(_) | ServersError::Redis(_) => Failure::Internal(error.to_string()),
        }
    }
}
