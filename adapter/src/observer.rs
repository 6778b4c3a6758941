//! The engine's own connections to both servers: they prepare the data, read all of it and observe sessions.

use std::time::{Duration, Instant};

use model::books::Books;
use model::row::KeyRow;
use model::store::postgres::Opening;
use model::store::redis::{Evicted, Hash, Redis};
use redis::aio::MultiplexedConnection;
use sqlx::{AssertSqlSafe, PgConnection, query_scalar, raw_sql};

use crate::contents::{self, Contents};
use crate::error::RealError;
use crate::names::Names;
use crate::scripts;
use crate::stores::Stores;
use crate::tables::{self, Tables};

/// How long to wait for something that must happen.
const PATIENCE: Duration = Duration::from_secs(5);

const NAME: &str = "trial-observer";
const BLOCKED: &str = "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE application_name = $1 \
     AND cardinality(pg_blocking_pids(pid)) > 0)";
const CANCEL: &str = "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE application_name = $1";
const CONNECTED: &str = "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE application_name = $1)";
/// The value of a Postgres timeout while it is set short.
pub(crate) const LIMIT: Duration = Duration::from_millis(200);
/// In milliseconds.
const DEADLOCK_TIMEOUT: &str = "SELECT setting::bigint FROM pg_settings WHERE name = 'deadlock_timeout'";
/// What a session has without a setting of its own, in milliseconds.
const SHOWN: &str = "SELECT reset_val FROM pg_settings WHERE name = $1";

#[derive(Debug)]
pub(crate) struct Observer {
    stores: Stores,
    postgres: PgConnection,
    redis: MultiplexedConnection,
}

impl Observer {
    pub(crate) async fn connect(stores: Stores) -> Result<Observer, RealError> {
        let postgres = stores.postgres(NAME).await?;
        let redis = stores.redis().await?;
        Ok(Observer { stores, postgres, redis })
    }

    pub(crate) fn postgres(&mut self) -> &mut PgConnection {
        &mut self.postgres
    }

    /// Reconnects after a restart of Redis.
    pub(crate) async fn reconnect_redis(&mut self) -> Result<(), RealError> {
        self.redis = self.stores.redis().await?;
        Ok(())
    }

    /// Reconnects after a restart of Postgres.
    pub(crate) async fn reconnect_postgres(&mut self) -> Result<(), RealError> {
        self.postgres = self.stores.postgres(NAME).await?;
        Ok(())
    }

    /// Sets the data to what the model begins with.
    pub(crate) async fn reset(&mut self, names: &Names, books: &Books, redis: &Redis) -> Result<(), RealError> {
        let quotas: Vec<_> = books.tenants.iter().map(|tenant| tenant.quota).collect();
        let keys: Vec<_> = books.tenants.iter().map(|tenant| tenant.key).collect();
        let budgets: Vec<_> = books.tenants.iter().map(|tenant| tenant.budget).collect();
        let opening = Opening { quotas: &quotas, keys: &keys, budgets: &budgets, traces: names.traces(), sessions: 0 };
        tables::reset(&mut self.postgres, names, &opening).await?;
        let hashes: Vec<Option<Hash>> = names.tenants().map(|tenant| redis.hash(tenant)).collect();
        let principals: Vec<Option<KeyRow>> =
            names.tenants().map(|tenant| redis.principal(tenant).map(|(key, _)| key)).collect();
        self.forget_keys().await?;
        contents::fill(&mut self.redis, names, &hashes, &principals).await
    }

    /// Loads every script, as a gateway does when it starts.
    pub(crate) async fn load_scripts(&mut self) -> Result<(), RealError> {
        for script in scripts::SCRIPTS {
            redis::cmd("SCRIPT").arg("LOAD").arg(script).query_async::<()>(&mut self.redis).await?;
        }
        Ok(())
    }

    /// Has Redis forget every script, whoever loaded it.
    pub(crate) async fn flush_scripts(&mut self) -> Result<(), RealError> {
        Ok(redis::cmd("SCRIPT").arg("FLUSH").query_async(&mut self.redis).await?)
    }

    /// Deletes every key under our prefix.
    pub(crate) async fn forget_keys(&mut self) -> Result<(), RealError> {
        contents::clear(&mut self.redis, &self.stores.prefix).await
    }

    /// Reads everything on both servers, with the model's times to live where the real ones are lower only by the time
    /// that the run has taken.
    pub(crate) async fn look(&mut self, names: &Names, model: &Contents) -> Result<(Tables, Contents), RealError> {
        let tables = tables::read(&mut self.postgres, names).await?;
        let found = contents::read(&mut self.redis, names).await?;
        let settled = found.clone().settled(model);
        if settled == *model {
            contents::hold(&mut self.redis, names, &found, model).await?;
        }
        Ok((tables, settled))
    }

    /// Sets the real times to live to the model's after its clock has jumped: keys that are missing in `after` expire.
    pub(crate) async fn expire(&mut self, names: &Names, after: &Contents) -> Result<(), RealError> {
        contents::jump(&mut self.redis, names, after).await
    }

    /// Deletes one key.
    pub(crate) async fn evict(&mut self, names: &Names, which: Evicted) -> Result<(), RealError> {
        let key = match which {
            Evicted::Key(key) => names.key(key),
            Evicted::Hash(tenant) => names.hash(tenant),
            Evicted::Principal(tenant) => names.principal(tenant),
            Evicted::Budget(tenant) => names.budget(tenant),
        };
        Ok(redis::cmd("DEL").arg(key).query_async(&mut self.redis).await?)
    }

    /// Leaves Redis no memory for writes, or lifts that limit. Redis evicts nothing (`noeviction`, its default).
    pub(crate) async fn fill_redis(&mut self, full: bool) -> Result<(), RealError> {
        let bytes = u8::from(full);
        Ok(redis::cmd("CONFIG").arg("SET").arg("maxmemory").arg(bytes).query_async(&mut self.redis).await?)
    }

    /// Sets one of Postgres's timeouts to its usual value or to [`LIMIT`]. What began before keeps the old setting.
    pub(crate) async fn have_patience(&mut self, with: &str, patient: bool) -> Result<(), RealError> {
        let (set, shown) = if patient { ("RESET", "0") } else { ("SET", "200") };
        let value = if patient { "" } else { " = '200ms'" };
        // The observer's own statements have time, however slow the disk is.
        raw_sql("SET statement_timeout = 0").execute(&mut self.postgres).await?;
        raw_sql(AssertSqlSafe(format!("ALTER SYSTEM {set} {with}{value}"))).execute(&mut self.postgres).await?;
        raw_sql("SELECT pg_reload_conf()").execute(&mut self.postgres).await?;
        let since = Instant::now();
        // All sessions are signalled at the same time, and each reads the setting with the next message that it
        // receives.
        while query_scalar::<_, String>(SHOWN).bind(with).fetch_one(&mut self.postgres).await? != shown {
            if since.elapsed() > PATIENCE {
                return Err(RealError::Stays("the old configuration".to_owned()));
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        Ok(())
    }

    /// Waits until every session that waits for a lock has done its one check for a deadlock. The victim of a later
    /// deadlock is then the session that causes it.
    pub(crate) async fn let_deadlock_checks_pass(&mut self) -> Result<(), RealError> {
        let timeout: i64 = query_scalar(DEADLOCK_TIMEOUT).fetch_one(&mut self.postgres).await?;
        // On a loaded machine a timer may be late.
        tokio::time::sleep(Duration::from_millis(timeout.unsigned_abs() + 100)).await;
        Ok(())
    }

    /// Whether a session waits for a lock.
    pub(crate) async fn blocked(&mut self, label: &str) -> Result<bool, RealError> {
        Ok(query_scalar(BLOCKED).bind(label).fetch_one(&mut self.postgres).await?)
    }

    /// Has Postgres cancel the statement that a session waits in, as its own timeouts do (57014).
    pub(crate) async fn cancel(&mut self, label: &str) -> Result<(), RealError> {
        query_scalar::<_, bool>(CANCEL).bind(label).fetch_one(&mut self.postgres).await?;
        Ok(())
    }

    /// Waits until a session has ended, and its transaction with it.
    pub(crate) async fn gone(&mut self, label: &str) -> Result<(), RealError> {
        let since = Instant::now();
        while query_scalar(CONNECTED).bind(label).fetch_one(&mut self.postgres).await? {
            if since.elapsed() > PATIENCE {
                return Err(RealError::Stays(label.to_owned()));
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        Ok(())
    }
}
