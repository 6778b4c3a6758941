//! The stores as one attempt uses them: carries out one effect and returns the reply of the store.

use model::design::Scripts;
use model::effect::{Call, Effect, PgOp, RedisOp};
use model::reply::{Failure, Reply};
use redis::RedisError;
use sqlx::{Connection, PgConnection};

use crate::commands;
use crate::names::Names;
use crate::rows::Unreadable;
use crate::statements;
use crate::stores::Stores;

/// A store answered with something for which the model has no reply.
#[derive(Debug, thiserror::Error)]
pub enum SessionError {
    /// An error of Postgres without a name in the model.
    #[error("Postgres answered {0}")]
    Postgres(#[source] sqlx::Error),
    /// An error of Redis without a name in the model.
    #[error("Redis answered {0}")]
    Redis(#[source] RedisError),
    /// A row that the model cannot represent.
    #[error("a row cannot be read: {0}")]
    Row(#[from] Unreadable),
}

/// The state of the transaction on the held connection. The driver answers `Ok` to COMMIT of an aborted transaction, so
/// only what was seen earlier distinguishes the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Tx {
    None,
    Open,
    Aborted,
}

/// The connections of one attempt or job.
#[derive(Debug)]
pub struct StoreSession {
    stores: Stores,
    names: Names,
    label: String,
    postgres: Option<PgConnection>,
    tx: Tx,
}

impl StoreSession {
    /// A session without connections; each is made when it is needed.
    pub fn new(stores: Stores, names: Names, label: String) -> StoreSession {
        StoreSession { stores, names, label, postgres: None, tx: Tx::None }
    }

    /// Connects to Postgres in advance; otherwise the first statement does.
    pub async fn warm(&mut self) {
        self.postgres = self.stores.postgres(&self.label).await.ok();
    }

    /// Continues with another attempt, under other names.
    pub fn take_up(&mut self, names: Names) {
        self.names = names;
    }

    /// Ends a transaction that is still open, together with its connection.
    pub async fn let_go(&mut self) {
        if self.tx != Tx::None {
            self.tx = Tx::None;
            if let Some(connection) = self.postgres.take() {
                // The server also notices the closed socket.
                let _ = connection.close().await;
            }
        }
    }

    /// Whether a transaction is open, aborted or not.
    pub fn in_transaction(&self) -> bool {
        self.tx != Tx::None
    }

    /// Sends a query that changes nothing, after which the session is idle in its transaction again, under the settings
    /// of that moment. False if there is no transaction or the session has already ended.
    pub async fn sit_idle_anew(&mut self) -> bool {
        match (self.tx, self.postgres.as_mut()) {
            (Tx::Open | Tx::Aborted, Some(connection)) => connection.ping().await.is_ok(),
            _ => false,
        }
    }

    /// SET LOCAL: a parameter of Postgres has this value until the transaction ends, or until a rollback to an earlier
    /// savepoint. Does nothing without a connection.
    ///
    /// # Errors
    /// As for sqlx.
    pub async fn set_local(&mut self, parameter: &str, value: &str) -> Result<(), sqlx::Error> {
        let Some(connection) = self.postgres.as_mut() else { return Ok(()) };
        let set = sqlx::query("SELECT set_config($1, $2, true)").bind(parameter).bind(value);
        set.execute(connection).await.map(drop)
    }

    /// Carries out one call. A call outside both stores succeeds by being asked for: whoever runs the attempt decides
    /// when the provider fails or a stream is interrupted, and holds the queue.
    ///
    /// # Errors
    /// [`SessionError`], if the model has no reply for the answer.
    pub async fn execute(&mut self, call: Call) -> Result<Reply, SessionError> {
        match call.effect {
            Effect::Pg(op) => self.postgres(op).await,
            Effect::Redis(op) => self.redis(op).await,
            Effect::Local(_) => Ok(Reply::Ok),
        }
    }

    /// Closes the connection to Postgres properly.
    pub async fn close(mut self) {
        if let Some(connection) = self.postgres.take() {
            // The process ends next, and the server notices that too.
            let _ = connection.close().await;
        }
    }

    /// Each command has its own connection: a command that fails before the connection exists did not run; one that
    /// fails later may have run.
    async fn redis(&mut self, op: RedisOp) -> Result<Reply, SessionError> {
        let Ok(mut connection) = self.stores.redis().await else {
            return Ok(Reply::Failed(Failure::RedisUnreachable));
        };
        let answer = commands::command(op, &self.names).query_async(&mut connection).await;
        match (reply(op, answer)?, op) {
            (Reply::Failed(Failure::NoScript), RedisOp::Eval { tenant, script, by: Scripts::ShaReload }) => {
                let whole = RedisOp::Eval { tenant, script, by: Scripts::Eval };
                reply(whole, commands::command(whole, &self.names).query_async(&mut connection).await)
            }
            (reply, _) => Ok(reply),
        }
    }

    async fn postgres(&mut self, op: PgOp) -> Result<Reply, SessionError> {
        self.leave_dead_connection().await;
        if self.postgres.is_none() {
            if op == PgOp::Rollback {
                return Ok(Reply::Ok);
            }
            match self.stores.postgres(&self.label).await {
                Ok(connection) => self.postgres = Some(connection),
                Err(error) => return self.failed(error),
            }
        }
        let Some(connection) = self.postgres.as_mut() else { return Ok(Reply::Failed(Failure::PgLost)) };
        match statements::ask(connection, &self.names, op).await {
            Ok(_) if self.ends_aborted(op) => Ok(Reply::Failed(Failure::RolledBack)),
            Ok((row, changed)) => Ok(statements::reply(op, &self.names, row.as_ref(), changed)?),
            Err(error) => self.failed(error),
        }
    }

    /// Between transactions a gateway takes a connection from its pool, which first checks that the connection is
    /// alive.
    async fn leave_dead_connection(&mut self) {
        if let (Tx::None, Some(connection)) = (self.tx, self.postgres.as_mut())
            && connection.ping().await.is_err()
        {
            self.postgres = None;
        }
    }

    /// Follows the state of the transaction. True if the statement is the COMMIT of an aborted one.
    fn ends_aborted(&mut self, op: PgOp) -> bool {
        let aborted = self.tx == Tx::Aborted;
        if matches!(op, PgOp::Begin | PgOp::RollbackToSavepoint) {
            self.tx = Tx::Open;
        } else if matches!(op, PgOp::Commit | PgOp::Rollback) {
            self.tx = Tx::None;
        }
        aborted && op == PgOp::Commit
    }

    fn failed(&mut self, error: sqlx::Error) -> Result<Reply, SessionError> {
        let failure = match &error {
            sqlx::Error::Io(_) | sqlx::Error::WorkerCrashed => Failure::PgLost,
            sqlx::Error::Database(answer) => match answer.code().as_deref() {
                Some("23505") => Failure::UniqueViolation,
                Some("25P02") => Failure::InFailedTransaction,
                // A savepoint outside a transaction, or one that does not exist: the model has one failure for
                // everything that the state of a transaction forbids.
                Some("25P01" | "3B001") => Failure::InFailedTransaction,
                Some("40P01") => Failure::Deadlock,
                Some("22003") => Failure::OutOfRange,
                Some("55P03" | "57014") => Failure::StatementTimeout,
                // The server is shutting down, is not yet up, or ends this connection.
                Some("57P01" | "57P02" | "57P03") => Failure::PgLost,
                // 57P05 is the same for a session without a transaction.
                Some("25P03" | "57P05") => Failure::IdleTimeout,
                Some(code) if code.starts_with("08") => Failure::PgLost,
                _ => return Err(SessionError::Postgres(error)),
            },
            _ => return Err(SessionError::Postgres(error)),
        };
        if matches!(failure, Failure::PgLost | Failure::IdleTimeout) {
            self.postgres = None;
            self.tx = Tx::None;
        } else if self.tx == Tx::Open {
            self.tx = Tx::Aborted;
        }
        Ok(Reply::Failed(failure))
    }
}

fn reply(op: RedisOp, answer: Result<redis::Value, RedisError>) -> Result<Reply, SessionError> {
    match answer {
        Ok(value) => Ok(commands::reply(op, value)?),
        Err(error) => refusal(&error).map(Reply::Failed).ok_or(SessionError::Redis(error)),
    }
}

/// An error that the model has a name for.
fn refusal(error: &RedisError) -> Option<Failure> {
    if error.is_io_error() || error.is_connection_dropped() || error.is_timeout() {
        return Some(Failure::RedisLost);
    }
    // Redis 7 passes on the error of a command, with its code, through the script that called it.
    match (error.code(), error.detail()) {
        (Some("OOM"), _) => Some(Failure::RedisFull),
        (Some("NOSCRIPT"), _) => Some(Failure::NoScript),
        (_, Some("value is not an integer or out of range" | "increment or decrement would overflow")) => {
            Some(Failure::NotAnInteger)
        }
        _ => None,
    }
}
