//! The engine's own eyes and hands on both servers: it prepares the data, reads the books and watches sessions.

use std::time::{Duration, Instant};

use model::books::Books;
use model::effect::Seconds;
use model::row::{Request, Tenant};
use model::setup::Setup;
use model::store::redis::Hash;
use redis::aio::MultiplexedConnection;
use sqlx::{PgConnection, query, query_scalar, raw_sql};

use crate::engine::RealError;
use crate::rows;
use crate::statements::{Names, texts};
use crate::stores::Stores;

/// How far a real TTL may lie below the model's: what a slow run takes.
const TTL_SLACK: u32 = 30;
/// How long to watch for something that must happen.
const PATIENCE: Duration = Duration::from_secs(5);

const BLOCKED: &str = "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE application_name = $1 \
     AND cardinality(pg_blocking_pids(pid)) > 0)";
const CONNECTED: &str = "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE application_name = $1)";
const QUOTAS: &str = "SELECT tenant_id, balance, credit_limit, daily_quota, daily_used, monthly_quota, monthly_used, \
     version FROM tenant_quota";
const LEDGER: &str = "SELECT tenant_id, trace_id, status, amount, balance_before, balance_after \
     FROM billing_transaction";
const OPEN_ACCOUNT: &str = "INSERT INTO tenant_quota (tenant_id, balance, credit_limit, daily_quota, monthly_quota) \
     VALUES ($1, $2, $3, $4, $5)";

#[derive(Debug)]
pub(crate) struct Observer {
    stores: Stores,
    postgres: PgConnection,
    redis: MultiplexedConnection,
}

impl Observer {
    pub(crate) async fn connect(stores: Stores) -> Result<Observer, RealError> {
        let postgres = stores.postgres("trial-observer").await?;
        let redis = stores.redis().await?;
        Ok(Observer { stores, postgres, redis })
    }

    pub(crate) fn postgres(&mut self) -> &mut PgConnection {
        &mut self.postgres
    }

    /// Redis was restarted.
    pub(crate) async fn reconnect(&mut self) -> Result<(), RealError> {
        self.redis = self.stores.redis().await?;
        Ok(())
    }

    /// The data before the first request: fresh quota rows, an empty ledger, warm hashes, no keys.
    pub(crate) async fn reset(&mut self, setup: &Setup, names: &Names) -> Result<(), RealError> {
        raw_sql("DELETE FROM billing_transaction; DELETE FROM tenant_quota").execute(&mut self.postgres).await?;
        self.forget_keys().await?;
        let mut warm = redis::pipe();
        for tenant in setup.tenants() {
            let row = setup.opening(tenant);
            let insert = query(OPEN_ACCOUNT).bind(names.tenant(tenant));
            let insert = insert.bind(row.balance.to_decimal()).bind(row.credit.to_decimal());
            let insert = insert.bind(i64::from(row.daily_quota)).bind(i64::from(row.monthly_quota));
            insert.execute(&mut self.postgres).await?;
            let values = model::effect::Fields::NAMES.into_iter().zip(texts(&row));
            warm.cmd("HSET").arg(names.hash(tenant)).arg(values.collect::<Vec<_>>()).ignore();
            warm.cmd("EXPIRE").arg(names.hash(tenant)).arg(model::effect::DAY.0).ignore();
        }
        Ok(warm.query_async(&mut self.redis).await?)
    }

    /// Deletes every key under our prefix.
    pub(crate) async fn forget_keys(&mut self) -> Result<(), RealError> {
        let pattern = format!("{}*", self.stores.prefix);
        let mut cursor = 0_u64;
        loop {
            let mut scan = redis::cmd("SCAN");
            scan.arg(cursor).arg("MATCH").arg(&pattern).arg("COUNT").arg(1_000);
            let (next, keys): (u64, Vec<Vec<u8>>) = scan.query_async(&mut self.redis).await?;
            if !keys.is_empty() {
                redis::cmd("DEL").arg(keys).query_async::<()>(&mut self.redis).await?;
            }
            cursor = next;
            if cursor == 0 {
                return Ok(());
            }
        }
    }

    /// The books as the servers have them, ghosts as in `model`, at this instant of the model's clock.
    pub(crate) async fn read(
        &mut self,
        setup: &Setup,
        names: &Names,
        model: &Books,
        clock: Seconds,
    ) -> Result<Books, RealError> {
        let mut books = model.clone();
        self.read_postgres(names, &mut books).await?;
        let keys: Vec<&str> = setup.all_requests().map(|request| names.key(request)).collect();
        let hashes: Vec<&str> = setup.tenants().map(|tenant| names.hash(tenant)).collect();
        let mut ask = redis::pipe();
        for key in keys.iter().chain(&hashes) {
            ask.cmd("PTTL").arg(*key);
        }
        let ttls: Vec<i64> = ask.query_async(&mut self.redis).await?;
        let mut ask = redis::pipe();
        for key in &hashes {
            ask.cmd("HGETALL").arg(*key);
        }
        let fields: Vec<Vec<(String, String)>> = ask.query_async(&mut self.redis).await?;
        for (place, request) in books.requests.iter_mut().enumerate() {
            request.key = to_live(ttls[place], request.key).map(|ttl| ttl.unwrap_or(Seconds(u32::MAX)));
        }
        for (place, tenant) in books.tenants.iter_mut().enumerate() {
            let expected = tenant.hash.and_then(|hash| hash.deadline).map(|at| Seconds(at.0 - clock.0));
            let ttl = to_live(ttls[keys.len() + place], expected);
            tenant.hash = match ttl {
                None => None,
                Some(ttl) => {
                    let (row, fields) = rows::hash(&fields[place])?;
                    Some(Hash { row, fields, deadline: ttl.map(|ttl| Seconds(clock.0.saturating_add(ttl.0))) })
                }
            };
        }
        Ok(books)
    }

    async fn read_postgres(&mut self, names: &Names, books: &mut Books) -> Result<(), RealError> {
        for row in query(QUOTAS).fetch_all(&mut self.postgres).await? {
            let name: String = sqlx::Row::try_get(&row, "tenant_id")?;
            if let Some(Tenant(place)) = names.tenant_of(&name) {
                books.tenants[usize::from(place)].quota = rows::quota(&row)?;
            }
        }
        books.rows.iter_mut().for_each(|row| *row = None);
        for row in query(LEDGER).fetch_all(&mut self.postgres).await? {
            let row = rows::ledger(&row, names)?;
            books.rows[row.trace.index()] = Some(row);
        }
        Ok(())
    }

    /// Whether a session waits for a lock now.
    pub(crate) async fn blocked(&mut self, label: &str) -> Result<bool, RealError> {
        Ok(query_scalar(BLOCKED).bind(label).fetch_one(&mut self.postgres).await?)
    }

    /// Waits until a session is gone, its transaction with it.
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

    /// Moves the real TTLs to where the model's are after its clock has jumped: what is gone there expires here.
    pub(crate) async fn expire(
        &mut self,
        setup: &Setup,
        names: &Names,
        after: &Books,
        clock: Seconds,
    ) -> Result<(), RealError> {
        let keys = after.requests.iter().enumerate().map(|(place, book)| (names.key(Request(place as u8)), book.key));
        let hashes = setup.tenants().zip(&after.tenants).filter_map(|(tenant, book)| match book.hash {
            None => Some((names.hash(tenant), None)),
            Some(hash) => hash.deadline.map(|at| (names.hash(tenant), Some(Seconds(at.0 - clock.0)))),
        });
        let mut jump = redis::pipe();
        let mut expiring = Vec::new();
        for (key, left) in keys.chain(hashes) {
            match left {
                Some(Seconds(left)) => {
                    jump.cmd("EXPIRE").arg(key).arg(left).ignore();
                }
                None => {
                    jump.cmd("PEXPIRE").arg(key).arg(1).ignore();
                    expiring.push(key);
                }
            }
        }
        jump.query_async::<()>(&mut self.redis).await?;
        let since = Instant::now();
        while !expiring.is_empty() && since.elapsed() < PATIENCE {
            let left: i64 = redis::cmd("EXISTS").arg(&expiring).query_async(&mut self.redis).await?;
            if left == 0 {
                break;
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        Ok(())
    }
}

/// A PTTL reply: nothing if the key is not there, no seconds if it never expires; the expected number where the real
/// one is it but for the time the run has taken.
fn to_live(pttl: i64, expected: Option<Seconds>) -> Option<Option<Seconds>> {
    if pttl < 0 {
        return (pttl == -1).then_some(None);
    }
    let seconds = Seconds(u32::try_from((pttl + 999) / 1_000).unwrap_or(u32::MAX));
    let near = |expected: &Seconds| seconds <= *expected && expected.0 - seconds.0 <= TTL_SLACK;
    Some(Some(expected.filter(near).unwrap_or(seconds)))
}
