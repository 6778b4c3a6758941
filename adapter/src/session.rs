//! One attempt's side of the stores: carries out one effect and answers as the store did.

use model::effect::{Call, Effect, PgOp, RedisOp};
use model::reply::{Failure, Reply};
use redis::RedisError;
use sqlx::postgres::{PgQueryResult, PgRow};
use sqlx::{Connection, PgConnection, query, raw_sql};

use crate::rows::{self, Unreadable};
use crate::statements::{self, Names};
use crate::stores::Stores;

/// A store answered something for which the model has no reply.
#[derive(Debug, thiserror::Error)]
pub enum SessionError {
    /// An error of Postgres without a name in the model.
    #[error("Postgres answered {0}")]
    Postgres(#[source] sqlx::Error),
    /// An error of Redis without a name in the model.
    #[error("Redis answered {0}")]
    Redis(#[source] RedisError),
    /// A row that the model cannot hold.
    #[error("a row cannot be read: {0}")]
    Row(#[from] Unreadable),
}

/// Where the transaction of the held connection stands. The driver answers `Ok` to COMMIT of an aborted transaction,
/// so only what was seen before tells the two apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Tx {
    None,
    Open,
    Aborted,
}

/// The connections of one attempt or job.
#[derive(Debug)]
pub struct Session {
    stores: Stores,
    names: Names,
    label: String,
    postgres: Option<PgConnection>,
    tx: Tx,
}

impl Session {
    /// Without connections so far: each is made when it is needed.
    pub fn new(stores: Stores, names: Names, label: String) -> Session {
        Session { stores, names, label, postgres: None, tx: Tx::None }
    }

    /// Connects to Postgres ahead of the first statement, which otherwise does.
    pub async fn warm(&mut self) {
        self.postgres = self.stores.postgres(&self.label).await.ok();
    }

    /// Whether a transaction is open, aborted or not.
    pub fn in_transaction(&self) -> bool {
        self.tx != Tx::None
    }

    /// Carries out one call.
    ///
    /// # Errors
    /// [`SessionError`], where the model has no word for the answer.
    pub async fn execute(&mut self, call: Call) -> Result<Reply, SessionError> {
        match call.effect {
            Effect::Pg(op) => self.postgres(op).await,
            Effect::Redis(op) => self.redis(op).await,
        }
    }

    /// Ends the connection to Postgres in order.
    pub async fn close(mut self) {
        if let Some(connection) = self.postgres.take() {
            // The process ends next, and the server notices that as well.
            let _ = connection.close().await;
        }
    }

    /// Each command has a connection of its own: what fails before there is one did not run, and what fails after may
    /// have run.
    async fn redis(&mut self, op: RedisOp) -> Result<Reply, SessionError> {
        let Ok(mut connection) = self.stores.redis().await else {
            return Ok(Reply::Failed(Failure::RedisUnreachable));
        };
        let answer: Result<redis::Value, RedisError> =
            statements::command(op, &self.names).query_async(&mut connection).await;
        match (op, answer) {
            (RedisOp::SetNx { .. }, Ok(redis::Value::Nil)) => Ok(Reply::Held),
            (RedisOp::SetNx { .. }, Ok(_)) => Ok(Reply::Taken),
            (_, Ok(_)) => Ok(Reply::Ok),
            (_, Err(error)) if lost(&error) => Ok(Reply::Failed(Failure::RedisLost)),
            (_, Err(error)) => Err(SessionError::Redis(error)),
        }
    }

    async fn postgres(&mut self, op: PgOp) -> Result<Reply, SessionError> {
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
        match ask(connection, &self.names, op).await {
            Ok(Got::Done(done)) => Ok(self.answered(op, done.rows_affected())),
            Ok(Got::Row(row)) => self.read(op, row.as_ref()),
            Err(error) => self.failed(error),
        }
    }

    fn answered(&mut self, op: PgOp, rows: u64) -> Reply {
        let aborted = self.tx == Tx::Aborted;
        match op {
            PgOp::Begin | PgOp::RollbackToSavepoint => self.tx = Tx::Open,
            PgOp::Commit | PgOp::Rollback => self.tx = Tx::None,
            _ => {}
        }
        match op {
            PgOp::Commit if aborted => Reply::Failed(Failure::RolledBack),
            PgOp::ChargeQuota { .. } | PgOp::MarkCommitted(_) => Reply::Updated(u8::try_from(rows).unwrap_or(u8::MAX)),
            _ => Reply::Ok,
        }
    }

    fn read(&self, op: PgOp, row: Option<&PgRow>) -> Result<Reply, SessionError> {
        match (op, row) {
            (PgOp::SelectQuota(_), Some(row)) => Ok(Reply::Quota(rows::quota(row)?)),
            (PgOp::SelectQuota(_), None) => Err(SessionError::Postgres(sqlx::Error::RowNotFound)),
            (_, row) => Ok(Reply::Row(row.map(|row| rows::ledger(row, &self.names)).transpose()?)),
        }
    }

    fn failed(&mut self, error: sqlx::Error) -> Result<Reply, SessionError> {
        let failure = match &error {
            sqlx::Error::Io(_) | sqlx::Error::WorkerCrashed => Failure::PgLost,
            sqlx::Error::Database(answer) => match answer.code().as_deref() {
                Some("23505") => Failure::UniqueViolation,
                Some("25P02") => Failure::InFailedTransaction,
                Some("40P01") => Failure::Deadlock,
                Some("22003") => Failure::OutOfRange,
                // The server ends, is not up yet, or ends this connection.
                Some("57P01" | "57P02" | "57P03" | "25P03") => Failure::PgLost,
                Some(code) if code.starts_with("08") => Failure::PgLost,
                _ => return Err(SessionError::Postgres(error)),
            },
            _ => return Err(SessionError::Postgres(error)),
        };
        if failure == Failure::PgLost {
            self.postgres = None;
            self.tx = Tx::None;
        } else if self.tx == Tx::Open {
            self.tx = Tx::Aborted;
        }
        Ok(Reply::Failed(failure))
    }
}

fn lost(error: &RedisError) -> bool {
    error.is_io_error() || error.is_connection_dropped() || error.is_timeout()
}

enum Got {
    Done(PgQueryResult),
    Row(Option<PgRow>),
}

async fn ask(connection: &mut PgConnection, names: &Names, op: PgOp) -> Result<Got, sqlx::Error> {
    let sql = statements::sql(op);
    let done = match op {
        PgOp::SelectQuota(tenant) => {
            return query(sql).bind(names.tenant(tenant)).fetch_optional(connection).await.map(Got::Row);
        }
        PgOp::SelectRow { trace, .. } => {
            return query(sql).bind(names.trace(trace)).fetch_optional(connection).await.map(Got::Row);
        }
        PgOp::InsertPending { tenant, trace, amount, before } => {
            let names = query(sql).bind(names.tenant(tenant)).bind(names.trace(trace));
            names.bind(amount.to_decimal()).bind(before.to_decimal()).execute(connection).await
        }
        PgOp::ChargeQuota { tenant, amount, if_version } => {
            let charge = query(sql).bind(names.tenant(tenant)).bind(amount.to_decimal());
            charge.bind(i64::from(if_version)).execute(connection).await
        }
        PgOp::MarkCommitted(trace) => query(sql).bind(names.trace(trace)).execute(connection).await,
        _ => raw_sql(sql).execute(connection).await,
    };
    done.map(Got::Done)
}
