//! That it writes nothing: with a role and a user that cannot, and with ones that can.

use std::time::Duration;

use audit::{Target, audit};
use redis::IntoConnectionInfo;
use sqlx::{ConnectOptions, Row, query, raw_sql};

use crate::fixture::{Fixture, quick};

const ROLE: &str = "CREATE ROLE auditor LOGIN; ALTER ROLE auditor SET default_transaction_read_only = on; \
     GRANT SELECT ON tenant_quota, billing_transaction, api_key, api_key_usage TO auditor";
/// Vacuum and analyze take transaction ids too.
const QUIET: &str = "ALTER SYSTEM SET autovacuum = off";
/// The next transaction id: a transaction that writes takes one, whatever becomes of it.
const WRITES: &str = "SELECT pg_snapshot_xmax(pg_current_snapshot())::text, \
     (SELECT sum(n_tup_ins + n_tup_upd + n_tup_del)::text FROM pg_stat_user_tables)";

/// Read until two readings are equal: a session that finds the statistics locked reports what it did a little later.
async fn writes(fixture: &mut Fixture) -> [String; 3] {
    let mut last = reading(fixture).await;
    for _ in 0..50 {
        tokio::time::sleep(Duration::from_millis(100)).await;
        let now = reading(fixture).await;
        if now == last {
            return now;
        }
        last = now;
    }
    panic!("the statistics never come to rest: {last:?}");
}

async fn reading(fixture: &mut Fixture) -> [String; 3] {
    fixture.sql("SELECT pg_stat_force_next_flush()").await;
    let row = query(WRITES).fetch_one(&mut fixture.postgres).await.unwrap();
    let digest: String = redis::cmd("DEBUG").arg("DIGEST").query_async(&mut fixture.redis).await.unwrap();
    [row.try_get(0).unwrap(), row.try_get(1).unwrap(), digest]
}

#[tokio::test]
async fn it_runs_with_a_role_that_cannot_write_and_writes_with_none() {
    let mut fixture = Fixture::start().await;
    fixture.with_charges().await;
    fixture.sql(QUIET).await;
    fixture.sql("SELECT pg_reload_conf()").await;
    fixture.sql(ROLE).await;
    fixture.redis(&["ACL", "SETUSER", "auditor", "on", "nopass", "~*", "-@all", "+@read", "+@connection"]).await;
    let redis = fixture.servers.redis().unwrap();
    let settings = redis.redis_settings().clone().set_username("auditor").set_password("any");
    let restricted = Target {
        postgres: fixture.servers.postgres().username("auditor"),
        redis: Some(redis.into_connection_info().unwrap().set_redis_settings(settings)),
    };
    let mut connection = restricted.postgres.connect().await.unwrap();
    for write in ["DELETE FROM billing_transaction", "SET transaction_read_only = off; DELETE FROM billing_transaction"]
    {
        assert!(raw_sql(write).execute(&mut connection).await.is_err(), "the role can write");
    }
    let before = writes(&mut fixture).await;
    let report = audit(&restricted, &quick()).await.unwrap();
    assert_eq!(report.exit_code(), 0, "{}", report.text());
    assert_eq!(writes(&mut fixture).await, before, "with a role that cannot write");
    // With one that can, and with something to report.
    fixture.redis(&["PERSIST", "quota:acme"]).await;
    let before = writes(&mut fixture).await;
    let report = fixture.audit().await;
    assert_eq!(report.exit_code(), 1, "{}", report.text());
    assert_eq!(writes(&mut fixture).await, before, "with a role that can write");
    fixture.servers.stop().await;
}

#[tokio::test]
async fn what_the_role_may_not_read_is_unknown() {
    let mut fixture = Fixture::start().await;
    fixture.with_charges().await;
    fixture.sql(ROLE).await;
    fixture.sql("REVOKE SELECT ON api_key FROM auditor; GRANT SELECT (id, tenant_id) ON api_key TO auditor").await;
    let target = Target { postgres: fixture.servers.postgres().username("auditor"), ..fixture.target() };
    let report = audit(&target, &quick()).await.unwrap();
    assert_eq!(report.exit_code(), 2, "{}", report.text());
    let budget = report.finding(audit::check::Check::Budget).unwrap();
    assert_eq!(budget.unknown.as_deref(), Some("not readable: no SELECT on column api_key.budget_used"));
    fixture.servers.stop().await;
}
