//! One planted breach of each check that reads the database, with the text that it must give.

use audit::check::Check;
use expect_test::expect;

use crate::fixture::Fixture;

#[tokio::test]
async fn each_breach_in_the_database_is_found_with_its_numbers() {
    let mut fixture = Fixture::start().await;
    let cases = [
        (
            "money moved without a row",
            Check::Conserve,
            "UPDATE tenant_quota SET balance = balance + 0.000001 WHERE tenant_id = 'acme'",
            expect![[r#"
                conserve    BROKEN   3 tenants evaluated, 3 non-vacuous, 1 broken
                                     acme: balance = 113.150001, opening balance = 100.00, effective rows = 13.15,
                                       opening balance plus rows = 113.15
                exit code 1
            "#]],
        ),
        (
            "rows of a tenant without a quota",
            Check::Conserve,
            "DELETE FROM tenant_quota WHERE tenant_id = 'globex'",
            expect![[r#"
                conserve    BROKEN   3 tenants evaluated, 3 non-vacuous, 1 broken
                                     globex: balance = no row of the tenant, opening balance = 100.00, effective
                                       rows = -0.000249, opening balance plus rows = 99.999751
                exit code 1
            "#]],
        ),
        (
            "a row that begins at a balance which another one has taken from",
            Check::Chain,
            "UPDATE billing_transaction SET balance_before = 100, balance_after = 98.5 WHERE trace_id = 't3'",
            expect![[r#"
                chain       BROKEN   6 effective rows evaluated, 6 non-vacuous, 2 broken
                                     acme row t3: balance_after of the row before, t1 = 94.75, balance_before =
                                       100.00, effect = -1.50, balance_after = 98.50
                                     acme row r1: balance_after of the row before, t3 = 98.50, balance_before =
                                       93.25, effect = 20.00, balance_after = 113.25
                exit code 1
            "#]],
        ),
        (
            "a row whose own numbers do not add up",
            Check::Chain,
            "UPDATE billing_transaction SET amount = 3.01 WHERE trace_id = 't4'",
            expect![[r#"
                chain       BROKEN   6 effective rows evaluated, 6 non-vacuous, 1 broken
                                     initech row t4: balance_before = 100.00, effect = -3.01, balance_after = 97.00
                exit code 1
            "#]],
        ),
        (
            "a key that saw one charge only",
            Check::Budget,
            "UPDATE api_key SET budget_used = 0.1 WHERE tenant_id = 'acme'",
            expect![[r#"
                budget      BROKEN   3 API keys evaluated, 3 non-vacuous, 1 broken
                                     key 1 of acme: on record as spent = 0.10, effective charges = 6.85
                exit code 1
            "#]],
        ),
        (
            "a charge of no key",
            Check::Budget,
            "UPDATE billing_transaction SET api_key_id = 99 WHERE trace_id = 't4'",
            expect![[r#"
                budget      BROKEN   3 API keys evaluated, 3 non-vacuous, 1 broken
                                     unknown: 1 effective charges of initech are of no API key that is there
                                     key 3 of initech: on record as spent = 3.00, effective charges = 0.00
                exit code 1
            "#]],
        ),
        (
            "usage that was delivered twice",
            Check::Usage,
            "UPDATE api_key_usage SET request_count = 4, cost = cost + 5.25 WHERE api_key_id = 1",
            expect![[r#"
                usage       BROKEN   3 API keys evaluated, 3 non-vacuous, 1 broken
                                     key 1 of acme: requests in usage = 4, effective charges = 3, cost in usage =
                                       12.10, cost of the effective charges = 6.85
                exit code 1
            "#]],
        ),
        (
            "a request that was counted twice",
            Check::CountExact,
            "UPDATE tenant_quota SET daily_used = 4 WHERE tenant_id = 'acme'",
            expect![[r#"
                count-exact BROKEN   3 tenants evaluated, 3 non-vacuous, 1 broken
                                     acme: daily_used = 4, charges of its day = 3
                exit code 1
            "#]],
        ),
        (
            "a new tenant whose window never began",
            Check::CountExact,
            "UPDATE tenant_quota SET daily_reset_at = NULL, daily_used = 0 WHERE tenant_id = 'globex'",
            expect![[r#"
                count-exact BROKEN   3 tenants evaluated, 3 non-vacuous, 1 broken
                                     globex: daily_used = 0, daily_reset = null, effective charges = 1
                exit code 1
            "#]],
        ),
        (
            "a count that was set back a day",
            Check::CountExact,
            "UPDATE tenant_quota SET daily_reset_at = current_date - 2, daily_used = 0 WHERE tenant_id = 'initech'",
            expect![[r#"
                count-exact BROKEN   3 tenants evaluated, 3 non-vacuous, 1 broken
                                     initech: daily_used = 0, charges of its day = 0, charges after its day = 1
                exit code 1
            "#]],
        ),
        (
            "a row that a crash left pending",
            Check::NoPending,
            "INSERT INTO billing_transaction (tenant_id, trace_id, type, status, amount, balance_before, balance_after, \
                 created_at) VALUES ('acme', 't9', 'deduct', 'pending', 7.5, 113.15, 105.65, date_trunc('hour', now()) - \
                 interval '1000 days')",
            expect![[r#"
                no-pending  BROKEN   # rows evaluated, # non-vacuous, # broken
                                     acme row t#: pending for seconds = ########, deduct = #.##
                exit code #
            "#]],
        ),
    ];
    for (what, check, plant, expected) in cases {
        fixture.reset().await;
        fixture.with_charges().await;
        fixture.sql(plant).await;
        let found = fixture.finding(check).await;
        // How long a row is pending depends on the minute.
        let found = found.replace(|digit: char| check == Check::NoPending && digit.is_ascii_digit(), "#");
        println!("{what}");
        expected.assert_eq(&found);
    }
    fixture.servers.stop().await;
}

#[tokio::test]
async fn a_young_pending_row_is_no_breach() {
    let mut fixture = Fixture::start().await;
    fixture.with_charges().await;
    let young = "INSERT INTO billing_transaction (tenant_id, trace_id, type, status, amount, balance_before, balance_after) \
         VALUES ('acme', 't9', 'deduct', 'pending', 7.5, 113.15, 105.65)";
    fixture.sql(young).await;
    let report = fixture.audit().await;
    assert_eq!(report.exit_code(), 0, "{}", report.text());
    fixture.servers.stop().await;
}

#[tokio::test]
async fn the_worst_come_first_and_the_rest_is_counted() {
    let mut fixture = Fixture::start().await;
    let many = "INSERT INTO tenant_quota (tenant_id, balance, daily_quota, monthly_quota) \
             SELECT 'tenant-' || n, 100 + n, 10, 10 FROM generate_series(1, 200) AS n; \
         INSERT INTO billing_transaction (tenant_id, trace_id, type, status, amount, balance_before, balance_after) \
             SELECT 'tenant-' || n, 'many-' || n, 'deduct', 'committed', 1, 101, 100 FROM generate_series(1, 200) AS n";
    fixture.sql(many).await;
    let found = fixture.finding(Check::Conserve).await;
    expect![[r#"
        conserve    BROKEN   203 tenants evaluated, 200 non-vacuous, 200 broken
                             tenant-200: balance = 300.00, opening balance = 101.00, effective rows = -1.00,
                               opening balance plus rows = 100.00
                             tenant-199: balance = 299.00, opening balance = 101.00, effective rows = -1.00,
                               opening balance plus rows = 100.00
                             tenant-198: balance = 298.00, opening balance = 101.00, effective rows = -1.00,
                               opening balance plus rows = 100.00
                             tenant-197: balance = 297.00, opening balance = 101.00, effective rows = -1.00,
                               opening balance plus rows = 100.00
                             tenant-196: balance = 296.00, opening balance = 101.00, effective rows = -1.00,
                               opening balance plus rows = 100.00
                             and 195 more, none worse
        exit code 1
    "#]]
    .assert_eq(&found);
    fixture.servers.stop().await;
}
