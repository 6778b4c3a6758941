//! The names that identify a cell of the matrix.

use std::str::FromStr;

/// The side of a step on which the fault happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Side {
    /// Before the step is sent; for a lost reply: the step did not run.
    Before,
    /// After it was answered; for a lost reply: the step ran.
    After,
}

impl Side {
    /// Both sides, in the order of tables.
    pub const ALL: [Side; 2] = [Side::Before, Side::After];

    /// The spelling in commands and JSON.
    pub fn id(self) -> &'static str {
        match self {
            Side::Before => "before",
            Side::After => "after",
        }
    }
}

/// A kind of fault, a column of the matrix.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum MatrixFault {
    /// SIGKILL of the worker.
    Sigkill,
    /// Its connection to the store is cut: a request to Redis is refused before it is sent; a connection to Postgres is
    /// closed when the next statement is sent.
    Cut,
    /// The request is sent and its reply is lost.
    InDoubt,
    /// SIGSTOP of the worker, a retry at another gateway, then SIGCONT.
    Sigstop,
    /// SIGKILL of Postgres with all its backends, and its start on its data.
    PostgresKill,
    /// SIGKILL of a Redis without persistence, and its start: data and scripts are lost.
    RedisKill,
    /// SIGKILL of a Redis with an append-only file, and its start on that file: scripts are lost, data are kept.
    RedisAof,
    /// SCRIPT FLUSH.
    ScriptFlush,
}

impl MatrixFault {
    /// All faults, in the order of tables.
    pub const ALL: [MatrixFault; 8] = [
        MatrixFault::Sigkill,
        MatrixFault::Cut,
        MatrixFault::InDoubt,
        MatrixFault::Sigstop,
        MatrixFault::PostgresKill,
        MatrixFault::RedisKill,
        MatrixFault::RedisAof,
        MatrixFault::ScriptFlush,
    ];

    /// The spelling in commands and JSON.
    pub fn id(self) -> &'static str {
        match self {
            MatrixFault::Sigkill => "sigkill",
            MatrixFault::Cut => "cut",
            MatrixFault::InDoubt => "in-doubt",
            MatrixFault::Sigstop => "sigstop",
            MatrixFault::PostgresKill => "pg-kill",
            MatrixFault::RedisKill => "redis-kill",
            MatrixFault::RedisAof => "redis-aof",
            MatrixFault::ScriptFlush => "script-flush",
        }
    }

    /// A description in one line.
    pub fn title(self) -> &'static str {
        match self {
            MatrixFault::Sigkill => "SIGKILL of the worker",
            MatrixFault::Cut => "its connection to the store is cut; Redis refuses the next one",
            MatrixFault::InDoubt => "the reply is lost: before = the step did not run, after = it ran",
            MatrixFault::Sigstop => "SIGSTOP of the worker, the client asks again beside it, then SIGCONT",
            MatrixFault::PostgresKill => "SIGKILL of Postgres and its start",
            MatrixFault::RedisKill => "SIGKILL of a Redis that keeps nothing, and its start",
            MatrixFault::RedisAof => "SIGKILL of a Redis with an append-only file, and its start on it",
            MatrixFault::ScriptFlush => "SCRIPT FLUSH",
        }
    }
}

impl FromStr for MatrixFault {
    type Err = String;
    fn from_str(text: &str) -> Result<MatrixFault, String> {
        let known = MatrixFault::ALL.into_iter().find(|fault| fault.id() == text);
        known.ok_or_else(|| {
            format!(
                "unknown fault of the matrix `{text}`; expected one of {}",
                MatrixFault::ALL.map(MatrixFault::id).join(", ")
            )
        })
    }
}

impl FromStr for Side {
    type Err = String;
    fn from_str(text: &str) -> Result<Side, String> {
        let known = Side::ALL.into_iter().find(|side| side.id() == text);
        known.ok_or_else(|| format!("unknown side of a step `{text}`; expected one of before, after"))
    }
}
