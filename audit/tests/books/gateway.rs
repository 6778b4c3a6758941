//! A gateway that charges as T1 to T7 do, and keeps the books: the quota row is locked before it is read.

use redis::aio::MultiplexedConnection;
use sqlx::{Executor, PgConnection, Row, query};

const LOCK: &str = "SELECT balance::text FROM tenant_quota WHERE tenant_id = $1 FOR UPDATE";
const INSERT: &str = "INSERT INTO billing_transaction \
         (tenant_id, api_key_id, trace_id, type, status, amount, balance_before, balance_after) \
     SELECT $1, (SELECT id FROM api_key WHERE tenant_id = $1), $2, $3, 'pending', $4::numeric, balance, \
         balance + CASE $3 WHEN 'deduct' THEN -$4::numeric ELSE $4::numeric END \
     FROM tenant_quota WHERE tenant_id = $1";
const TAKE: &str = "UPDATE tenant_quota SET balance = balance - $2::numeric, version = version + 1, \
         daily_used = CASE WHEN daily_reset_at < current_date THEN 1 ELSE daily_used + 1 END, \
         monthly_used = CASE WHEN monthly_reset_at < date_trunc('month', current_date) THEN 1 ELSE monthly_used + 1 END, \
         daily_reset_at = current_date, monthly_reset_at = date_trunc('month', current_date) WHERE tenant_id = $1";
const GIVE: &str =
    "UPDATE tenant_quota SET balance = balance + $2::numeric, version = version + 1 WHERE tenant_id = $1";
const SPEND: &str = "UPDATE api_key SET budget_used = budget_used + $2::numeric WHERE tenant_id = $1";
const USE: &str = "INSERT INTO api_key_usage AS total (api_key_id, day, hour, request_count, cost) \
     SELECT id, current_date, 0, 1, $2::numeric FROM api_key WHERE tenant_id = $1 \
     ON CONFLICT (api_key_id, day, hour) DO UPDATE SET request_count = total.request_count + 1, \
         cost = total.cost + excluded.cost";
const COMMITTED: &str = "UPDATE billing_transaction SET status = 'committed' WHERE trace_id = $1";
const SNAPSHOT: &str = "SELECT balance::text, credit_limit::text, daily_quota::text, daily_used::text, \
         monthly_quota::text, monthly_used::text, version::text, daily_reset_at::text, \
         to_char(monthly_reset_at, 'YYYY-MM') AS monthly_reset_at FROM tenant_quota WHERE tenant_id = $1";
const KEY: &str = "SELECT id::text, budget_used::text, budget_limit::text FROM api_key WHERE tenant_id = $1";

pub struct Gateway {
    postgres: PgConnection,
    redis: MultiplexedConnection,
    warm: std::collections::BTreeSet<String>,
}

impl Gateway {
    pub fn new(postgres: PgConnection, redis: MultiplexedConnection) -> Gateway {
        Gateway { postgres, redis, warm: std::collections::BTreeSet::new() }
    }

    pub async fn charge(&mut self, tenant: &str, trace: &str, amount: &str) {
        let mut set = redis::cmd("SET");
        set.arg(format!("deduct:{tenant}:{trace}")).arg(1).arg("NX").arg("EX").arg(86_400);
        set.query_async::<()>(&mut self.redis).await.unwrap();
        self.movement(tenant, trace, "deduct", amount).await;
    }

    pub async fn recharge(&mut self, tenant: &str, trace: &str, amount: &str) {
        self.movement(tenant, trace, "recharge", amount).await;
    }

    /// What gives the amount, or, of an adjustment, what has its own sign.
    pub async fn gives(&mut self, tenant: &str, trace: &str, kind: &str, amount: &str) {
        self.movement(tenant, trace, kind, amount).await;
    }

    async fn movement(&mut self, tenant: &str, trace: &str, kind: &str, amount: &str) {
        let charge = kind == "deduct";
        self.postgres.execute("BEGIN").await.unwrap();
        query(LOCK).bind(tenant).fetch_one(&mut self.postgres).await.unwrap();
        let insert = query(INSERT).bind(tenant).bind(trace).bind(kind).bind(amount);
        insert.execute(&mut self.postgres).await.unwrap();
        let statements = if charge { &[TAKE, SPEND, USE][..] } else { &[GIVE][..] };
        for statement in statements {
            query(*statement).bind(tenant).bind(amount).execute(&mut self.postgres).await.unwrap();
        }
        query(COMMITTED).bind(trace).execute(&mut self.postgres).await.unwrap();
        let quota = query(SNAPSHOT).bind(tenant).fetch_one(&mut self.postgres).await.unwrap();
        let key = query(KEY).bind(tenant).fetch_one(&mut self.postgres).await.unwrap();
        self.postgres.execute("COMMIT").await.unwrap();
        // What no charge changes is written when the hash is new.
        let changes = |column: &str| !["credit_limit", "daily_quota", "monthly_quota"].contains(&column);
        let first = self.warm.insert(tenant.to_owned());
        let mut hset = redis::cmd("HSET");
        hset.arg(format!("quota:{tenant}"));
        for column in sqlx::Row::columns(&quota) {
            let name = sqlx::Column::name(column);
            if first || changes(name) {
                hset.arg(name).arg(quota.try_get::<String, _>(name).unwrap());
            }
        }
        hset.query_async::<()>(&mut self.redis).await.unwrap();
        self.expire(&format!("quota:{tenant}")).await;
        let name = format!("apikey:{}", key.try_get::<String, _>(0).unwrap());
        let mut hset = redis::cmd("HSET");
        hset.arg(&name).arg("budget_used").arg(key.try_get::<String, _>(1).unwrap());
        hset.arg("budget_limit").arg(key.try_get::<String, _>(2).unwrap());
        hset.query_async::<()>(&mut self.redis).await.unwrap();
        self.expire(&name).await;
    }

    async fn expire(&mut self, key: &str) {
        redis::cmd("EXPIRE").arg(key).arg(86_400).query_async::<()>(&mut self.redis).await.unwrap();
    }
}
