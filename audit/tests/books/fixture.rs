//! Private servers with the tables of the system under study, and books that are in order.

use std::collections::BTreeMap;
use std::time::Duration;

use adapter::servers::{Keeps, Servers};
use audit::check::Check;
use audit::mapping::Mapping;
use audit::report::{Finding, Report, Verdict};
use audit::{Options, Target, audit};
use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Client, ConnectionInfo};
use sqlx::{AssertSqlSafe, ConnectOptions, PgConnection, raw_sql};

use crate::gateway::Gateway;

/// The tables, with the time that rows are made at: without it neither counts nor ages can be read.
const TABLES: &str = concat!(
    include_str!("../../../adapter/migrations/0001_ledger.sql"),
    "ALTER TABLE billing_transaction ADD COLUMN created_at timestamptz NOT NULL DEFAULT now();"
);
const TENANTS: &str = "INSERT INTO tenant_quota (tenant_id, balance, credit_limit, daily_quota, monthly_quota, \
         daily_reset_at, monthly_reset_at) \
     SELECT name, 100, 0, 1000000, 1000000, current_date, date_trunc('month', current_date) \
     FROM unnest(ARRAY['acme', 'globex', 'initech']) AS name; \
     INSERT INTO api_key (tenant_id, budget_limit) SELECT tenant_id, 500 FROM tenant_quota ORDER BY 1;";
const CLEAR: &str = "TRUNCATE tenant_quota, billing_transaction, api_key, api_key_quota, api_key_usage, usage_by_trace \
     RESTART IDENTITY";

/// Both servers.
pub struct Fixture {
    pub servers: Servers,
    pub postgres: PgConnection,
    pub redis: MultiplexedConnection,
}

impl Fixture {
    /// Servers with three tenants and no charge so far.
    pub async fn start() -> Fixture {
        let options = adapter::servers::Options { keeps: Keeps::Nothing, ..adapter::servers::Options::default() };
        let servers = Servers::start(&options).await.expect("private servers");
        let mut postgres = servers.postgres().connect().await.unwrap();
        raw_sql(TABLES).execute(&mut postgres).await.unwrap();
        raw_sql(TENANTS).execute(&mut postgres).await.unwrap();
        let redis = dial(servers.redis().unwrap()).await;
        Fixture { servers, postgres, redis }
    }

    /// As begun, whatever was planted.
    pub async fn reset(&mut self) {
        self.sql(CLEAR).await;
        self.sql(TENANTS).await;
        self.redis(&["FLUSHALL"]).await;
    }

    /// The same with some charges and a recharge.
    pub async fn with_charges(&mut self) {
        let mut gateway = self.gateway().await;
        for (tenant, trace, amount) in
            [("acme", "t1", "5.25"), ("globex", "t2", "0.000249"), ("acme", "t3", "1.5"), ("initech", "t4", "3")]
        {
            gateway.charge(tenant, trace, amount).await;
        }
        gateway.recharge("acme", "r1", "20").await;
        gateway.charge("acme", "t5", "0.1").await;
    }

    pub async fn gateway(&self) -> Gateway {
        Gateway::new(self.servers.postgres().connect().await.unwrap(), dial(self.servers.redis().unwrap()).await)
    }

    pub async fn sql(&mut self, sql: &str) {
        raw_sql(AssertSqlSafe(sql)).execute(&mut self.postgres).await.unwrap();
    }

    pub async fn redis(&mut self, command: &[&str]) {
        let mut ask = redis::cmd(command[0]);
        ask.arg(&command[1..]).query_async::<()>(&mut self.redis).await.unwrap();
    }

    /// How many bytes Redis has sent to its clients since it was started.
    pub async fn bytes_sent(&mut self) -> u64 {
        let info: String = redis::cmd("INFO").arg("stats").query_async(&mut self.redis).await.unwrap();
        let line = info.lines().find_map(|line| line.strip_prefix("total_net_output_bytes:")).unwrap();
        line.trim().parse().unwrap()
    }

    pub fn target(&self) -> Target {
        Target { postgres: self.servers.postgres(), redis: Some(self.servers.redis().unwrap()) }
    }

    pub async fn audit(&self) -> Report {
        audit(&self.target(), &quick()).await.unwrap()
    }

    /// What the checks of the database are, by name, with the reason of an unknown one.
    pub async fn of_database(&self, mapping: &str) -> BTreeMap<&'static str, (Verdict, String)> {
        let only = Check::ALL.into_iter().filter(|check| !check.of_redis()).collect();
        let mapping = Mapping::parse("names.toml", mapping).unwrap();
        let target = Target { redis: None, ..self.target() };
        let report = audit(&target, &Options { only, mapping, ..quick() }).await.unwrap();
        let finding = |of: &Finding| (of.check.id(), (of.verdict, of.unknown.clone().unwrap_or_default()));
        report.checks.iter().map(finding).collect()
    }

    /// That these checks of the database are of this verdict, an unknown one for this reason, and all others ok.
    pub async fn only(&self, what: &str, mapping: &str, verdict: Verdict, checks: &str, reason: &str) {
        for (check, (found, why)) in self.of_database(mapping).await {
            let expected = if checks.split(' ').any(|of| of == check) { verdict } else { Verdict::Ok };
            assert_eq!(found, expected, "{what}: {check}: {why}");
            assert!(found != Verdict::Unknown || why.contains(reason), "{what}: {check}: {why}");
        }
    }

    /// One finding in lines.
    pub async fn finding(&self, check: Check) -> String {
        let options = Options { only: vec![check], ..quick() };
        let report = audit(&self.target(), &options).await.unwrap();
        assert_eq!(report.checks.len(), 1);
        format!("{}exit code {}\n", report.checks[0].text(), report.exit_code())
    }
}

/// What stays wrong for a quarter of a second is wrong here.
pub fn quick() -> Options {
    Options { settle: Duration::from_millis(250), ..Options::default() }
}

pub async fn dial(info: ConnectionInfo) -> MultiplexedConnection {
    // To plant a large value takes longer than the half second that the driver waits by itself.
    let patient = AsyncConnectionConfig::new().set_response_timeout(Some(Duration::from_secs(30)));
    Client::open(info).unwrap().get_multiplexed_async_connection_with_config(&patient).await.unwrap()
}
