//! Books in order, and books of which not everything can be known.

use audit::check::Check;
use audit::{Options, Target, audit};
use expect_test::expect;

use crate::fixture::{Fixture, quick};

#[tokio::test]
async fn clean_books_are_ok_and_nothing_was_vacuous() {
    let mut fixture = Fixture::start().await;
    fixture.with_charges().await;
    let report = fixture.audit().await;
    expect![[r#"
        6 ledger rows, 3 tenants, 3 API keys, 11 Redis keys

        conserve    ok       3 tenants evaluated, 3 non-vacuous, 0 broken
        chain       ok       6 effective rows evaluated, 6 non-vacuous, 0 broken
        budget      ok       3 API keys evaluated, 3 non-vacuous, 0 broken
        usage       ok       3 API keys evaluated, 3 non-vacuous, 0 broken
        count-exact ok       3 tenants evaluated, 3 non-vacuous, 0 broken
        no-pending  ok       6 rows evaluated, 6 non-vacuous, 0 broken
        key         ok       5 idempotency keys evaluated, 5 non-vacuous, 0 broken
        converge    ok       6 hashes evaluated, 6 non-vacuous, 0 broken
        cache-form  ok       6 Redis keys evaluated, 6 non-vacuous, 0 broken
    "#]]
    .assert_eq(&report.text());
    assert_eq!(report.exit_code(), 0);
    fixture.servers.stop().await;
}

#[tokio::test]
async fn what_is_not_there_is_unknown_and_never_ok() {
    let mut fixture = Fixture::start().await;
    let report = fixture.audit().await;
    assert_eq!(report.exit_code(), 2, "nothing was charged, so nothing could have failed: {}", report.text());
    fixture.with_charges().await;
    fixture.sql("DROP TABLE api_key_usage; ALTER TABLE billing_transaction DROP COLUMN created_at").await;
    let without_redis = Target { redis: None, ..fixture.target() };
    let report = audit(&without_redis, &quick()).await.unwrap();
    expect![[r#"
        6 ledger rows, 3 tenants, 3 API keys, 0 Redis keys

        conserve    ok       3 tenants evaluated, 3 non-vacuous, 0 broken
        chain       ok       6 effective rows evaluated, 6 non-vacuous, 0 broken
        budget      ok       3 API keys evaluated, 3 non-vacuous, 0 broken
        usage       unknown  0 API keys evaluated, 0 non-vacuous, 0 broken
                             unknown: not there: table api_key_usage
        count-exact unknown  0 tenants evaluated, 0 non-vacuous, 0 broken
                             unknown: not there: column billing_transaction.created_at
        no-pending  ok       6 rows evaluated, 6 non-vacuous, 0 broken
        key         unknown  0 idempotency keys evaluated, 0 non-vacuous, 0 broken
                             unknown: not asked: no --redis-url and no REDIS_URL
        converge    unknown  0 hashes evaluated, 0 non-vacuous, 0 broken
                             unknown: not asked: no --redis-url and no REDIS_URL
        cache-form  unknown  0 Redis keys evaluated, 0 non-vacuous, 0 broken
                             unknown: not asked: no --redis-url and no REDIS_URL
    "#]]
    .assert_eq(&report.text());
    assert_eq!(report.exit_code(), 2);
    // Without a time the age of a pending row is unknown, but none is none.
    fixture.sql("UPDATE billing_transaction SET status = 'pending' WHERE trace_id = 't1'").await;
    expect![[r#"
        no-pending  unknown  6 rows evaluated, 6 non-vacuous, 0 broken
                             unknown: a row is pending: row t1 of acme: not there: ledger.time
        exit code 2
    "#]]
    .assert_eq(&fixture.finding(Check::NoPending).await);
    // What is asked for and known ends in 0.
    let options = Options { only: vec![Check::CacheForm], ..quick() };
    assert_eq!(audit(&fixture.target(), &options).await.unwrap().exit_code(), 0);
    fixture.servers.stop().await;
}

#[tokio::test]
async fn words_that_the_mapping_does_not_name_are_unknown() {
    let mut fixture = Fixture::start().await;
    fixture.with_charges().await;
    fixture.sql("ALTER TABLE billing_transaction DROP CONSTRAINT billing_transaction_status_check").await;
    fixture.sql("UPDATE billing_transaction SET status = 'settled' WHERE trace_id = 't4'").await;
    expect![[r#"
        no-pending  unknown  6 rows evaluated, 6 non-vacuous, 0 broken
                             unknown: billing_transaction.status of row t4 of initech is `settled`, which
                               the mapping does not name
        exit code 2
    "#]]
    .assert_eq(&fixture.finding(Check::NoPending).await);
    fixture.servers.stop().await;
}

#[tokio::test]
async fn a_server_that_is_not_there_is_named_without_its_password() {
    let fixture = Fixture::start().await;
    let nowhere = "postgres://auditor:secret@127.0.0.1:1/books".parse().unwrap();
    let target = Target { postgres: nowhere, ..fixture.target() };
    let error = audit(&target, &quick()).await.unwrap_err().to_string();
    assert!(error.contains("--database-url") && !error.contains("secret"), "{error}");
    fixture.servers.stop().await;
}
