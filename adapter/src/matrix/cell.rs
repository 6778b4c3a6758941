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
pub enum Fault {
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

impl Fault {
    /// All faults, in the order of tables.
    pub const ALL: [Fault; 8] = [
        Fault::Sigkill,
        Fault::Cut,
        Fault::InDoubt,
        Fault::Sigstop,
        Fault::PostgresKill,
        Fault::RedisKill,
        Fault::RedisAof,
        Fault::ScriptFlush,
    ];

    /// The spelling in commands and JSON.
    pub fn id(self) -> &'static str {
        match self {
            Fault::Sigkill => "sigkill",
            Fault::Cut => "cut",
            Fault::InDoubt => "in-doubt",
            Fault::Sigstop => "sigstop",
            Fault::PostgresKill => "pg-kill",
            Fault::RedisKill => "redis-kill",
            Fault::RedisAof => "redis-aof",
            Fault::ScriptFlush => "script-flush",
        }
    }

    /// A description in one line.
    pub fn title(self) -> &'static str {
        match self {
            Fault::Sigkill => "SIGKILL of the worker",
            Fault::Cut => "its connection to the store is cut; Redis refuses the next one",
            Fault::InDoubt => "the reply is lost: before = the step did not run, after = it ran",
            Fault::Sigstop => "SIGSTOP of the worker, the client asks again beside it, then SIGCONT",
            Fault::PostgresKill => "SIGKILL of Postgres and its start",
            Fault::RedisKill => "SIGKILL of a Redis that keeps nothing, and its start",
            Fault::RedisAof => "SIGKILL of a Redis with an append-only file, and its start on it",
            Fault::ScriptFlush => "SCRIPT FLUSH",
        }
    }
}

impl FromStr for Fault {
    type Err = String;
    fn from_str(text: &str) -> Result<Fault, String> {
        let known = Fault::ALL.into_iter().find(|fault| fault.id() == text);
        known.ok_or_else(|| {
            format!("unknown fault of the matrix `{text}`; expected one of {}", Fault::ALL.map(Fault::id).join(", "))
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
