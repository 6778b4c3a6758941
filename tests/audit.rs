//! `trial audit` on real servers: its exit codes, its text and its JSON. Needs Postgres and Redis, and fails without them.

#![allow(clippy::unwrap_used)]

use std::process::{Command, Output};

use adapter::servers::{Options, Servers};
use redis::ConnectionAddr;
use serde_json::Value;
use sqlx::{AssertSqlSafe, ConnectOptions, PgConnection, raw_sql};

const BOOKS: &str = concat!(
    include_str!("../adapter/migrations/0001_ledger.sql"),
    "ALTER TABLE billing_transaction ADD COLUMN created_at timestamptz NOT NULL DEFAULT now(); \
     INSERT INTO tenant_quota (tenant_id, balance, daily_quota, daily_used, monthly_quota, monthly_used, version, \
         daily_reset_at, monthly_reset_at) \
         VALUES ('acme', 94.75, 10, 1, 100, 1, 1, current_date, date_trunc('month', current_date)); \
     INSERT INTO api_key (tenant_id, budget_limit, budget_used) VALUES ('acme', 50, 5.25); \
     INSERT INTO api_key_usage (api_key_id, day, hour, request_count, cost) VALUES (1, current_date, 0, 1, 5.25); \
     INSERT INTO billing_transaction (tenant_id, api_key_id, trace_id, type, status, amount, balance_before, \
         balance_after) VALUES ('acme', 1, 't1', 'deduct', 'committed', 5.25, 100, 94.75);"
);

struct System {
    servers: Servers,
    postgres: PgConnection,
    database_url: String,
    redis_url: String,
}

impl System {
    async fn start() -> System {
        let servers = Servers::start(&Options::default()).await.unwrap();
        let mut postgres = servers.postgres().connect().await.unwrap();
        raw_sql(BOOKS).execute(&mut postgres).await.unwrap();
        let info = servers.redis().unwrap();
        let ConnectionAddr::Unix(socket) = info.addr() else { panic!("a private Redis has a socket") };
        let redis_url = format!("redis+unix://{}", socket.display());
        let mut redis = redis::Client::open(info).unwrap().get_multiplexed_async_connection().await.unwrap();
        let today: String = sqlx::query_scalar("SELECT current_date::text").fetch_one(&mut postgres).await.unwrap();
        let mut hash = redis::cmd("HSET");
        hash.arg("quota:acme").arg(&["balance", "94.75", "credit_limit", "0", "daily_quota", "10", "daily_used", "1"]);
        hash.arg(&["monthly_quota", "100", "monthly_used", "1", "version", "1"]);
        hash.arg(&["daily_reset_at", &today, "monthly_reset_at", &today[..7]]);
        hash.query_async::<()>(&mut redis).await.unwrap();
        redis::cmd("EXPIRE").arg("quota:acme").arg(86_400).query_async::<()>(&mut redis).await.unwrap();
        redis::cmd("SET").arg(&["deduct:acme:t1", "1", "EX", "86400"]).query_async::<()>(&mut redis).await.unwrap();
        let database_url = servers.postgres().to_url_lossy().to_string();
        System { servers, postgres, database_url, redis_url }
    }

    async fn sql(&mut self, sql: &str) {
        raw_sql(AssertSqlSafe(sql)).execute(&mut self.postgres).await.unwrap();
    }

    fn audit(&self, args: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_trial"));
        command.args(["audit", "--database-url", &self.database_url, "--settle", "1s"]).args(args);
        command.env_remove("DATABASE_URL").env("REDIS_URL", &self.redis_url).output().unwrap()
    }
}

#[tokio::test]
async fn the_exit_code_tells_clean_from_broken_from_unknown() {
    let mut system = System::start().await;
    let output = system.audit(&[]);
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(0), "{printed}");
    assert!(printed.contains("exit code 0: every check could have failed, and none did"), "{printed}");

    system.sql("UPDATE tenant_quota SET balance = 100 WHERE tenant_id = 'acme'").await;
    let output = system.audit(&["--json"]);
    let document: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&document["schema"], &document["command"]), (&Value::from(2), &Value::from("audit")));
    assert_eq!((output.status.code(), &document["exit"]), (Some(1), &Value::from(1)), "{document:#}");
    let checks = document["checks"].as_array().unwrap();
    let broken: Vec<&Value> = checks.iter().filter(|check| check["verdict"] == "broken").collect();
    let ids: Vec<&str> = broken.iter().map(|check| check["check"].as_str().unwrap()).collect();
    assert_eq!(ids, ["conserve", "converge"], "{document:#}");
    assert_eq!((&broken[0]["evaluated"], &broken[0]["non_vacuous"]), (&Value::from(1), &Value::from(1)));
    assert_eq!(broken[0]["worst"][0]["subject"], "acme");
    let balance = serde_json::json!({ "name": "balance", "value": "100.00" });
    assert_eq!(broken[0]["worst"][0]["figures"][0], balance);

    // Asked for what is not broken, it is not; asked for what is not there, it is not known.
    assert_eq!(system.audit(&["--only", "budget,usage"]).status.code(), Some(0));
    system.sql("ALTER TABLE billing_transaction DROP COLUMN created_at").await;
    let output = system.audit(&["--only", "count-exact"]);
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(2), "{printed}");
    assert!(printed.contains("unknown: not there: column billing_transaction.created_at"), "{printed}");
    system.servers.stop().await;
}
