//! What the mapping names and what matches nothing is unknown: no sum of nothing is a breach.

use audit::report::Verdict;

use crate::fixture::Fixture;

#[tokio::test]
async fn what_matches_nothing_is_unknown() {
    let mut fixture = Fixture::start().await;
    let budgets = "INSERT INTO api_key_quota (api_key_id, quota_type, used_quota, reset_period, unit) \
         SELECT id, 'BUDGET', budget_used * 1000000, 'never', 'micros' FROM api_key";
    let table = "[budget]\ntable = \"api_key_quota\"\nunit = \"micros\"\n";
    let other = format!("{table}kind_is = \"MONEY\"");
    let holds = "[ledger]\ntakes = [\"hold\"]\nsigned = [\"adjust\", \"deduct\"]";
    let cases = [
        (
            "",
            table,
            "budget",
            "matches nothing: no row of api_key_quota with quota_type = BUDGET is of one of api_key.id",
        ),
        (budgets, other.as_str(), "budget", "matches nothing: no row of api_key_quota with quota_type = MONEY is of"),
        ("TRUNCATE api_key_usage", "", "usage", "matches nothing: no row of api_key_usage is of one of api_key.id"),
        (
            "UPDATE api_key_usage SET api_key_id = 90 + api_key_id",
            "",
            "usage",
            "matches nothing: no row of api_key_usage",
        ),
        (
            "UPDATE billing_transaction SET api_key_id = 99",
            "",
            "budget usage",
            "matches nothing: no billing_transaction.api_",
        ),
        ("TRUNCATE tenant_quota", "", "conserve count-exact", "matches nothing: no tenant_quota.tenant_id is one of"),
        (
            "UPDATE billing_transaction SET amount = -amount WHERE type = 'deduct'",
            holds,
            "budget usage",
            "matches nothing: no effective row has a billing_transaction.type of ledger.takes, hold",
        ),
    ];
    for (plant, mapping, checks, reason) in cases {
        fixture.reset().await;
        fixture.with_charges().await;
        fixture.sql(plant).await;
        let what = format!("{plant} {mapping}");
        let checks = if mapping == holds { format!("{checks} count-exact") } else { checks.to_owned() };
        fixture.only(&what, mapping, Verdict::Unknown, &checks, reason).await;
    }
    // A key of which nothing is on record beside others that have something.
    fixture.reset().await;
    fixture.with_charges().await;
    fixture.sql(budgets).await;
    fixture.only("all", table, Verdict::Ok, "", "").await;
    fixture.sql("DELETE FROM api_key_quota WHERE api_key_id = 3").await;
    fixture.only("one", table, Verdict::Unknown, "budget", "there is no row of api_key_quota with").await;
    fixture.servers.stop().await;
}
