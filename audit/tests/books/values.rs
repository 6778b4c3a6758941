//! A value that cannot be read ends the checks that need it, and no others.

use audit::check::Check;
use audit::report::Verdict;

use crate::fixture::Fixture;

const FREE: &str = "ALTER TABLE billing_transaction ALTER tenant_id DROP NOT NULL, ALTER trace_id DROP NOT NULL, \
         ALTER type DROP NOT NULL, ALTER status DROP NOT NULL, ALTER amount DROP NOT NULL, \
         ALTER balance_before DROP NOT NULL, ALTER balance_after DROP NOT NULL, ALTER created_at DROP NOT NULL, \
         DROP CONSTRAINT billing_transaction_amount_check, ALTER amount TYPE numeric; \
     ALTER TABLE tenant_quota ALTER balance DROP NOT NULL, ALTER daily_used TYPE numeric; \
     ALTER TABLE api_key ALTER budget_used DROP NOT NULL, ALTER tenant_id DROP NOT NULL; \
     ALTER TABLE api_key_usage ALTER cost DROP NOT NULL";

#[tokio::test]
async fn a_bad_value_ends_only_the_checks_that_need_it() {
    let mut fixture = Fixture::start().await;
    fixture.sql(FREE).await;
    let row = |set: &str, trace: &str| format!("UPDATE billing_transaction SET {set} WHERE trace_id = '{trace}'");
    let quota = |set: &str| format!("UPDATE tenant_quota SET {set} WHERE tenant_id = 'initech'");
    let last_day = "tenant_quota.daily_reset_at of initech is 5874897-12-31";
    let sums = "conserve chain budget usage";
    let whole = "conserve chain budget usage count-exact";
    let all = "conserve chain budget usage count-exact no-pending";
    let cases = [
        (quota("daily_reset_at = '5874897-12-31'"), "count-exact", last_day),
        (quota("daily_reset_at = 'infinity'"), "count-exact", "tenant_quota.daily_reset_at of initech is infinity"),
        (quota("daily_reset_at = '-infinity'"), "count-exact", "tenant_quota.daily_reset_at of initech is -infinity"),
        (quota("daily_used = 'NaN'"), "count-exact", "tenant_quota.daily_used of initech is NaN: not a number"),
        (quota("daily_used = 1e30"), "count-exact", "tenant_quota.daily_used of initech is 1000000"),
        (quota("daily_used = 1.5"), "count-exact", "tenant_quota.daily_used of initech is 1.5: no whole number"),
        (quota("balance = NULL"), "conserve", "tenant_quota.balance of initech is null"),
        (
            row("created_at = 'infinity'", "t4"),
            "count-exact",
            "billing_transaction.created_at of row t4 of initech is inf",
        ),
        (row("created_at = NULL", "t4"), "count-exact", "billing_transaction.created_at of row t4 of initech is null"),
        (row("amount = NULL", "t4"), sums, "billing_transaction.amount of row t4 of initech is null"),
        (
            row("amount = 'NaN'", "r1"),
            "conserve chain",
            "billing_transaction.amount of row r1 of acme is NaN: not a number",
        ),
        (row("amount = 0.12345678", "r1"), "conserve chain", "of row r1 of acme is 0.12345678: more than six decimals"),
        (row("amount = 10::numeric ^ 9000", "r1"), "conserve chain", "is a number of very many digits: too large"),
        (
            row("amount = NULL, trace_id = NULL", "t4"),
            sums,
            "billing_transaction.amount of row id 4 of initech is null",
        ),
        (row("status = NULL", "t4"), all, "billing_transaction.status of row t4 of initech is null"),
        (row("type = NULL", "t4"), whole, "billing_transaction.type of row t4 of initech is null"),
        (row("tenant_id = NULL", "t4"), whole, "billing_transaction.tenant_id of row t4 is null"),
        (row("tenant_id = NULL", "r1"), "conserve chain", "billing_transaction.tenant_id of row r1 is null"),
        (row("balance_before = NULL", "t4"), "conserve chain", "balance_before of row t4 of initech is null"),
        (row("balance_before = NULL", "t3"), "chain", "billing_transaction.balance_before of row t3 of acme is null"),
        (row("balance_after = NULL", "t3"), "chain", "billing_transaction.balance_after of row t3 of acme is null"),
        (
            "UPDATE api_key SET budget_used = NULL WHERE id = 3".to_owned(),
            "budget",
            "budget_used of key 3 of initech is null",
        ),
        (
            "UPDATE api_key_usage SET cost = NULL WHERE api_key_id = 3".to_owned(),
            "usage",
            "of key 3 of initech in api_key_usage",
        ),
        ("UPDATE api_key SET tenant_id = NULL WHERE id = 3".to_owned(), "budget usage", "initech are of no API key"),
    ];
    for (plant, checks, reason) in cases {
        fixture.reset().await;
        fixture.with_charges().await;
        fixture.only("before", "", Verdict::Ok, "", "").await;
        fixture.sql(&plant).await;
        fixture.only(&plant, "", Verdict::Unknown, checks, reason).await;
    }
    fixture.servers.stop().await;
}

#[tokio::test]
async fn a_column_that_cannot_be_read_ends_only_the_checks_that_need_it() {
    let much = "ALTER TABLE api_key DROP CONSTRAINT api_key_budget_used_check, ALTER budget_used DROP DEFAULT, \
         ALTER budget_used TYPE text USING 'much'";
    let meta = "ALTER TABLE billing_transaction ADD COLUMN meta json";
    let fails = "ALTER TABLE tenant_quota RENAME TO quotas; CREATE VIEW tenant_quota AS SELECT tenant_id, \
         balance * (1 / (CASE tenant_id WHEN 'globex' THEN 0 ELSE 1 END)) AS balance, daily_used, daily_reset_at, \
         monthly_used, monthly_reset_at FROM quotas";
    let retyped = |table: &str, column: &str, kind: &str, using: &str| {
        format!("ALTER TABLE {table} ALTER {column} DROP DEFAULT, ALTER {column} TYPE {kind} USING {using}")
    };
    let (text, bigint) = ("not a time: column tenant_quota.daily_reset_at is text", "created_at is bigint");
    let cases = [
        (retyped("billing_transaction", "created_at", "bigint", "0"), "", "count-exact", bigint),
        (retyped("tenant_quota", "daily_reset_at", "text", "'yesterday'"), "", "count-exact", text),
        (much.to_owned(), "", "budget", "not exact: column api_key.budget_used is text"),
        (
            meta.to_owned(),
            "[ledger]\norder = [\"meta\"]",
            "conserve chain",
            "column billing_transaction.meta is json: could",
        ),
        (
            fails.to_owned(),
            "",
            "conserve count-exact",
            "the quotas were not read to the end: postgres: division by zero",
        ),
        (
            String::new(),
            "[ledger]\nbefore = false",
            "conserve chain",
            "the mapping says that there is no ledger.before",
        ),
        (String::new(), "[ledger]\norder = []", "conserve chain", "the mapping says that ledger.order has no columns"),
        (String::new(), "[ledger]\namount = false", "conserve chain budget usage", "there is no ledger.amount"),
        (String::new(), "[ledger]\ntime_zone = \"Mars\"", "count-exact", "ledger.time_zone is Mars: time zone"),
    ];
    for (plant, mapping, checks, reason) in cases {
        let mut fixture = Fixture::start().await;
        fixture.with_charges().await;
        fixture.sql(&plant).await;
        fixture.only(&format!("{plant} {mapping}"), mapping, Verdict::Unknown, checks, reason).await;
        fixture.servers.stop().await;
    }
}

#[tokio::test]
async fn a_day_without_a_place_is_compared_with_what_is_cached() {
    let mut fixture = Fixture::start().await;
    fixture.with_charges().await;
    fixture.sql("UPDATE tenant_quota SET daily_reset_at = '5874897-12-31' WHERE tenant_id = 'initech'").await;
    let report = fixture.audit().await;
    let verdict = |check| report.finding(check).map(|finding| finding.verdict);
    assert_eq!((verdict(Check::Key), verdict(Check::CacheForm)), (Some(Verdict::Ok), Some(Verdict::Ok)));
    let converge = report.finding(Check::Converge).unwrap();
    assert_eq!((converge.broken, converge.worst[0].figures[1].value.as_str()), (1, "5874897-12-31"));
    fixture.servers.stop().await;
}
