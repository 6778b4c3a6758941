//! What is wrong with a file of the folder of scenarios.

/// A scenario that cannot be read, with file, line and what would be valid.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ScenarioError {
    /// The file cannot be read.
    #[error("{file}: {why}")]
    Unreadable {
        /// Which file.
        file: String,
        /// What the system says.
        why: String,
    },
    /// Its text is wrong.
    #[error("{file}:{line}: {why}")]
    Wrong {
        /// Which file.
        file: String,
        /// Which line, from 1.
        line: usize,
        /// The key, what it says, and what would be valid.
        why: String,
    },
    /// No scenario has that id.
    #[error("unknown scenario `{id}`; expected one of {valid}")]
    Unknown {
        /// What was asked for.
        id: String,
        /// The ids there are.
        valid: String,
    },
}
