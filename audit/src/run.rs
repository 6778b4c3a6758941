//! The whole audit: connects, reads the ledger in one snapshot, then reads Redis.

use std::time::{Duration, Instant};

use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Client, ConnectionInfo};
use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions, Connection, Executor, PgConnection};

use crate::cache::{Cache, Fresh, Stores};
use crate::catalog::Catalog;
use crate::check::{Check, CheckResult};
use crate::error::{AuditError, StoreError, one_line};
use crate::ledger::{Looked, Pass, Sources};
use crate::mapping::Mapping;
use crate::report::{Report, Took};

/// How long a server may take to answer a connection.
const PATIENCE: Duration = Duration::from_secs(10);
/// One snapshot for everything; it writes nothing and declares that to the server.
const BEGIN: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY";
/// For this transaction only: all rows will be fetched, and sorting them may use some of the server's memory.
const SETTINGS: [&str; 2] = ["SET LOCAL cursor_tuple_fraction = 1", "SET LOCAL work_mem = '64MB'"];

/// The servers to audit.
#[derive(Clone, Debug)]
pub struct Target {
    /// The database.
    pub postgres: PgConnectOptions,
    /// The Redis; if it is `None`, the checks of Redis are unknown.
    pub redis: Option<ConnectionInfo>,
}

/// The options of an audit.
#[derive(Clone, Debug)]
pub struct Options {
    /// The names of the tables, columns and keys.
    pub mapping: Mapping,
    /// How many of the worst violations of each check are kept.
    pub worst: usize,
    /// How long a charge may be under way: a younger pending row or idempotency key is not suspicious.
    pub pending_older_than: Duration,
    /// How long a wrong value must stay in Redis to be reported.
    pub settle: Duration,
    /// The checks to make.
    pub only: Vec<Check>,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            mapping: Mapping::default(),
            worst: 5,
            pending_older_than: Duration::from_secs(600),
            settle: Duration::from_secs(3),
            only: Check::ALL.to_vec(),
        }
    }
}

/// Audits both servers and writes nothing.
///
/// # Errors
/// [`AuditError`], if a server cannot be reached at the start. Later errors make checks unknown.
pub async fn audit(target: &Target, options: &Options) -> Result<Report, AuditError> {
    let began = Instant::now();
    let mut postgres = connect_postgres(&target.postgres).await?;
    let mut redis = match &target.redis {
        Some(info) => Some(connect_redis(info).await?),
        None => None,
    };
    let wanted = |check: &Check| options.only.contains(check);
    let mut results = Vec::new();
    let mut looked = Looked::default();
    let mut keys = 0;
    let catalog = match snapshot(&mut postgres, options, &mut results, &mut looked).await {
        Ok(catalog) => Some(catalog),
        Err(error) => {
            lost(&mut results, options, &error.why(), |check| !check.of_redis());
            None
        }
    };
    let ledger = began.elapsed();
    if Check::ALL.iter().any(|check| check.of_redis() && wanted(check)) {
        match (&mut redis, catalog) {
            (None, _) => lost(&mut results, options, "not asked: no --redis-url and no REDIS_URL", Check::of_redis),
            (_, None) => lost(&mut results, options, "not read: the database could not be", Check::of_redis),
            (Some(redis), Some(catalog)) => {
                let fresh = Fresh::new(&catalog, &options.mapping);
                let bound = options.pending_older_than;
                let mut cache = Cache::new(&fresh, &options.mapping, options.worst, bound, options.settle);
                if let Err(error) = cache.run(&mut Stores { postgres: &mut postgres, redis }).await {
                    cache.cannot(&error.why());
                }
                keys = cache.keys;
                results.extend(cache.results());
            }
        }
    }
    // The server ends the session in any case.
    let _ = postgres.close().await;
    results.retain(|result| wanted(&result.check));
    Ok(Report::new(results, looked, keys, Took { ledger, all: began.elapsed() }))
}

/// The pass over the ledger, in its own transaction, which ends without having written.
async fn snapshot(
    postgres: &mut PgConnection,
    options: &Options,
    results: &mut Vec<CheckResult>,
    looked: &mut Looked,
) -> Result<Catalog, StoreError> {
    // Outside the transaction, since an expression that the server cannot read would abort it.
    let catalog = Catalog::read(postgres, &options.mapping).await?;
    let sources = Sources::find(postgres, &catalog, &options.mapping).await?;
    postgres.execute(BEGIN).await?;
    for setting in SETTINGS {
        postgres.execute(setting).await?;
    }
    let mut pass = Pass::new(&sources, &options.mapping, options.worst);
    let bound = i64::try_from(options.pending_older_than.as_micros()).unwrap_or(i64::MAX);
    if Check::ALL.iter().any(|check| !check.of_redis() && options.only.contains(check))
        && let Err(error) = pass.run(postgres, bound).await
    {
        pass.cannot(&StoreError::from(error).why());
    }
    *looked = pass.looked;
    for mut result in pass.results() {
        if let Some(why) = sources.missing(result.check) {
            // Its sums are of columns that do not exist.
            result = CheckResult::new(result.check, options.worst);
            result.cannot(|| why.to_owned());
        }
        results.push(result);
    }
    postgres.execute("ROLLBACK").await?;
    Ok(catalog)
}

/// Adds checks without a result, for this reason.
fn lost(results: &mut Vec<CheckResult>, options: &Options, why: &str, of: impl Fn(Check) -> bool) {
    for check in Check::ALL {
        if of(check) && !results.iter().any(|result| result.check == check) {
            let mut result = CheckResult::new(check, options.worst);
            result.cannot(|| why.to_owned());
            results.push(result);
        }
    }
}

async fn connect_postgres(options: &PgConnectOptions) -> Result<PgConnection, AuditError> {
    let options = options.clone().application_name("trial-audit").disable_statement_logging();
    // The session is read-only outside the transaction too, whatever the role may do.
    let options = options.options([("default_transaction_read_only", "on")]);
    answered("--database-url", options.connect()).await
}

async fn connect_redis(info: &ConnectionInfo) -> Result<MultiplexedConnection, AuditError> {
    let settings = info.redis_settings().clone().set_skip_set_lib_name();
    let info = info.clone().set_redis_settings(settings);
    let config = AsyncConnectionConfig::new().set_response_timeout(Some(PATIENCE));
    let connect = async {
        let client = Client::open(info)?;
        client.get_multiplexed_async_connection_with_config(&config).await
    };
    answered("--redis-url", connect).await
}

async fn answered<T, E: std::fmt::Display>(
    what: &'static str,
    question: impl Future<Output = Result<T, E>>,
) -> Result<T, AuditError> {
    let why = match tokio::time::timeout(PATIENCE, question).await {
        Ok(Ok(answer)) => return Ok(answer),
        Ok(Err(error)) => one_line(&error.to_string()),
        Err(_) => format!("no answer within {} s", PATIENCE.as_secs()),
    };
    Err(AuditError::Unreachable { what, why })
}
