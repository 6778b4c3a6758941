//! A system that calls everything otherwise.

use audit::mapping::Mapping;
use audit::{Options, audit};

use crate::fixture::{Fixture, quick};

const RENAMED: &str = "CREATE SCHEMA billing; \
     ALTER TABLE tenant_quota SET SCHEMA billing; ALTER TABLE billing_transaction SET SCHEMA billing; \
     ALTER TABLE api_key SET SCHEMA billing; ALTER TABLE api_key_usage SET SCHEMA billing; \
     ALTER TABLE usage_by_trace SET SCHEMA billing; ALTER TABLE api_key_quota SET SCHEMA billing; \
     ALTER TABLE billing.tenant_quota RENAME TO \"Wallets\"; \
     ALTER TABLE billing.\"Wallets\" RENAME COLUMN tenant_id TO \"order\"; \
     ALTER TABLE billing.billing_transaction RENAME COLUMN amount TO \"the \"\"amount\"\"\"; \
     ALTER TABLE billing.billing_transaction DROP CONSTRAINT billing_transaction_type_check, \
         DROP CONSTRAINT billing_transaction_status_check; \
     UPDATE billing.billing_transaction SET type = 'CHARGE' WHERE type = 'deduct'; \
     UPDATE billing.billing_transaction SET status = 'DONE'; \
     INSERT INTO billing.api_key_quota (api_key_id, quota_type, used_quota, reset_period, unit) \
         SELECT id, 'BUDGET', budget_used * 1000000, 'never', 'micros' FROM billing.api_key; \
     INSERT INTO billing.usage_by_trace (trace_id, api_key_id, cost) \
         SELECT trace_id, api_key_id, \"the \"\"amount\"\"\" FROM billing.billing_transaction WHERE type = 'CHARGE'; \
     ALTER TABLE billing.api_key DROP COLUMN budget_used";
const MAPPING: &str = r#"
schema = "billing"

[ledger]
amount = "the \"amount\""
effective = ["DONE"]
pending = ["OPEN"]
takes = ["CHARGE"]

[quota]
table = "Wallets"
tenant = "order"

[budget]
table = "api_key_quota"
unit = "micros"

[usage]
table = false
by_trace = "usage_by_trace"

[redis]
prefix = "prod:"
key = false

[redis.quota_fields]
credit = "credit"
"#;

#[tokio::test]
async fn a_mapping_is_enough_for_other_names() {
    let mut fixture = Fixture::start().await;
    fixture.with_charges().await;
    fixture.sql(RENAMED).await;
    let keys: Vec<String> = redis::cmd("KEYS").arg("*").query_async(&mut fixture.redis).await.unwrap();
    for key in keys {
        fixture.redis(&["RENAME", &key, &format!("prod:{key}")]).await;
    }
    for tenant in ["acme", "globex", "initech"] {
        fixture.redis(&["HSET", &format!("prod:quota:{tenant}"), "credit", "0"]).await;
        fixture.redis(&["HDEL", &format!("prod:quota:{tenant}"), "credit_limit"]).await;
    }
    let mapping = Mapping::parse("names.toml", MAPPING).unwrap();
    let report = audit(&fixture.target(), &Options { mapping, ..quick() }).await.unwrap();
    assert_eq!(report.exit_code(), 0, "{}", report.text());
    // Without it nothing is there, and nothing is ok.
    let report = fixture.audit().await;
    assert_eq!(report.exit_code(), 2, "{}", report.text());
    assert!(report.text().contains("not there: table billing_transaction"), "{}", report.text());
    fixture.servers.stop().await;
}
