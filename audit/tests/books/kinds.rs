//! Every kind of row and of key that is read: books with it in order, and with it broken.

use audit::check::Check;
use audit::report::Verdict;

use crate::fixture::Fixture;

/// A row of each kind and status, and a young one that is pending.
async fn every_kind(fixture: &mut Fixture) {
    fixture.with_charges().await;
    let mut gateway = fixture.gateway().await;
    gateway.gives("acme", "f1", "refund", "1.5").await;
    gateway.gives("acme", "a1", "adjust", "-0.25").await;
    gateway.gives("globex", "a2", "adjust", "0.75").await;
    gateway.charge("globex", "v1", "2").await;
    let more = "UPDATE billing_transaction SET status = 'reversed' WHERE trace_id = 'v1'; \
         INSERT INTO billing_transaction (tenant_id, api_key_id, trace_id, type, status, amount, balance_before, \
             balance_after) VALUES ('initech', 3, 'x1', 'deduct', 'failed', 40, 97, 57), \
             ('initech', 3, 'p1', 'deduct', 'pending', 7, 97, 90); \
         INSERT INTO api_key_quota (api_key_id, quota_type, used_quota, reset_period, unit) \
             SELECT id, 'BUDGET', budget_used * 1000000, 'never', 'micros' FROM api_key; \
         INSERT INTO api_key_quota (api_key_id, quota_type, used_quota, reset_period, unit) \
             SELECT id, 'REQUESTS', 17, 'never', 'micros' FROM api_key; \
         INSERT INTO usage_by_trace (trace_id, api_key_id, cost) SELECT trace_id, api_key_id, amount \
             FROM billing_transaction WHERE type = 'deduct' AND status IN ('committed', 'reversed')";
    fixture.sql(more).await;
}

const VOID: &str = "[ledger]\nvoid = [\"failed\"]\n";
const TABLES: &str = "[ledger]\nvoid = [\"failed\"]\n[budget]\ntable = \"api_key_quota\"\nunit = \"micros\"\n\
     [usage]\ntable = false\nby_trace = \"usage_by_trace\"\n";

#[tokio::test]
async fn every_kind_of_row_is_read_and_its_breach_is_found() {
    let mut fixture = Fixture::start().await;
    fixture.sql("ALTER TABLE billing_transaction DROP CONSTRAINT billing_transaction_status_check").await;
    let row = |set: &str, trace: &str| format!("UPDATE billing_transaction SET {set} WHERE trace_id = '{trace}'");
    let (moves, spends) = ("conserve chain", "conserve chain budget usage");
    let cases = [
        (VOID, row("amount = amount + 1", "f1"), moves),
        (VOID, row("status = 'failed'", "f1"), moves),
        (VOID, row("amount = -amount", "a1"), moves),
        (VOID, row("amount = 0", "a2"), moves),
        (VOID, row("amount = amount + 1", "r1"), moves),
        (VOID, row("amount = amount + 1", "t3"), spends),
        (VOID, row("amount = amount + 1", "v1"), spends),
        (VOID, row("status = 'committed'", "x1"), "conserve budget usage count-exact"),
        (VOID, row("status = 'committed'", "p1"), "conserve budget usage count-exact"),
        (VOID, row("created_at = now() - interval '1 hour'", "p1"), "no-pending"),
        (VOID, row("type = 'refund'", "t5"), "conserve chain budget usage count-exact"),
        (
            TABLES,
            "UPDATE api_key_quota SET used_quota = 1 + used_quota WHERE quota_type = 'BUDGET'".to_owned(),
            "budget",
        ),
        (TABLES, "UPDATE usage_by_trace SET cost = cost + 1 WHERE trace_id = 't2'".to_owned(), "usage"),
        (TABLES, "DELETE FROM usage_by_trace WHERE trace_id = 't2'".to_owned(), "usage"),
    ];
    for (mapping, plant, checks) in cases {
        fixture.reset().await;
        every_kind(&mut fixture).await;
        fixture.only("before", mapping, Verdict::Ok, "", "").await;
        fixture.sql(&plant).await;
        fixture.only(&plant, mapping, Verdict::Broken, checks, "").await;
    }
    fixture.servers.stop().await;
}

#[tokio::test]
async fn every_kind_of_key_must_end() {
    let mut fixture = Fixture::start().await;
    for (key, what) in [
        ("apikey:budget:1", "budget counter apikey:budget:1: time to live = none"),
        ("principal:a-hash", "principal principal:a-hash: time to live = none"),
        ("quota:acme:warming", "warm-up lock quota:acme:warming: time to live = none"),
    ] {
        fixture.reset().await;
        fixture.with_charges().await;
        fixture.redis(&["SET", key, "1", "EX", "60"]).await;
        assert_eq!(fixture.audit().await.exit_code(), 0, "{key}");
        fixture.redis(&["PERSIST", key]).await;
        let found = fixture.finding(Check::CacheForm).await;
        assert!(found.contains(what), "{found}");
    }
    fixture.servers.stop().await;
}
