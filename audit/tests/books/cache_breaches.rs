//! One planted breach of each check that reads Redis, with the text that it must give.

use audit::check::Check;
use audit::{Options, audit};
use expect_test::expect;

use crate::fixture::{Fixture, quick};

#[tokio::test]
async fn each_breach_in_redis_is_found_with_its_numbers() {
    let mut fixture = Fixture::start().await;
    let cases: [(&str, Check, &[&str], expect_test::Expect); 13] = [
        (
            "a stale balance",
            Check::Converge,
            &["HSET", "quota:acme", "balance", "100.00"],
            expect![[r#"
            converge    BROKEN   6 hashes evaluated, 6 non-vacuous, 1 broken
                                 quota hash quota:acme: balance in redis = 100.00, balance in postgres = 113.15
            exit code 1
        "#]],
        ),
        (
            "a balance that Lua wrote",
            Check::Converge,
            &["HSET", "quota:acme", "balance", "113.15000000000001"],
            expect![[r#"
                converge    BROKEN   6 hashes evaluated, 6 non-vacuous, 1 broken
                                     quota hash quota:acme: balance in redis = 113.15000000000001, balance in
                                       postgres = 113.15
                exit code 1
            "#]],
        ),
        (
            "a count of yesterday",
            Check::Converge,
            &["HSET", "quota:acme", "daily_reset_at", "1999-12-31"],
            expect![[r#"
                converge    BROKEN   6 hashes evaluated, 6 non-vacuous, 1 broken
                                     quota hash quota:acme: daily_reset_at in redis = 1999-12-31, daily_reset_at in
                                       postgres = (today)
                exit code 1
            "#]],
        ),
        (
            "a key's hash behind its row",
            Check::Converge,
            &["HSET", "apikey:1", "budget_used", "0"],
            expect![[r#"
                converge    BROKEN   6 hashes evaluated, 6 non-vacuous, 1 broken
                                     API key hash apikey:1: budget_used in redis = 0.00, budget_used in postgres =
                                       6.85
                exit code 1
            "#]],
        ),
        (
            "a hash of nobody",
            Check::Converge,
            &["HSET", "quota:nobody", "balance", "1"],
            expect![[r#"
            converge    BROKEN   7 hashes evaluated, 7 non-vacuous, 1 broken
                                 quota hash quota:nobody: row in the database = none
            exit code 1
        "#]],
        ),
        (
            "a hash for ever",
            Check::CacheForm,
            &["PERSIST", "quota:acme"],
            expect![[r#"
            cache-form  BROKEN   6 Redis keys evaluated, 6 non-vacuous, 1 broken
                                 quota hash quota:acme: time to live = none
            exit code 1
        "#]],
        ),
        (
            "a hash without its limit",
            Check::CacheForm,
            &["HDEL", "quota:acme", "daily_quota"],
            expect![[r#"
            cache-form  BROKEN   6 Redis keys evaluated, 6 non-vacuous, 1 broken
                                 quota hash quota:acme: daily_quota = missing
            exit code 1
        "#]],
        ),
        (
            "a word for a number",
            Check::CacheForm,
            &["HSET", "quota:acme", "version", "two"],
            expect![[r#"
            cache-form  BROKEN   6 Redis keys evaluated, 6 non-vacuous, 1 broken
                                 quota hash quota:acme: version = `two`, unreadable
            exit code 1
        "#]],
        ),
        (
            "a hash that is none",
            Check::CacheForm,
            &["SET", "quota:nobody", "1", "EX", "60"],
            expect![[r#"
            cache-form  BROKEN   7 Redis keys evaluated, 7 non-vacuous, 1 broken
                                 quota hash quota:nobody: type in redis = string, type expected = hash
            exit code 1
        "#]],
        ),
        (
            "a warm-up lock for ever",
            Check::CacheForm,
            &["SET", "quota:acme:warming", "1"],
            expect![[r#"
            cache-form  BROKEN   7 Redis keys evaluated, 7 non-vacuous, 1 broken
                                 warm-up lock quota:acme:warming: time to live = none
            exit code 1
        "#]],
        ),
        (
            "a key that a crash left",
            Check::Key,
            &["SET", "deduct:acme:t9", "1", "EX", "80000"],
            expect![[r#"
            key         BROKEN   6 idempotency keys evaluated, 6 non-vacuous, 1 broken
                                 idempotency key deduct:acme:t9: ledger row = none
            exit code 1
        "#]],
        ),
        (
            "a key for ever",
            Check::Key,
            &["PERSIST", "deduct:acme:t1"],
            expect![[r#"
            key         BROKEN   5 idempotency keys evaluated, 5 non-vacuous, 1 broken
                                 idempotency key deduct:acme:t1: time to live = none
            exit code 1
        "#]],
        ),
        (
            "a key of another tenant's trace",
            Check::Key,
            &["SET", "deduct:globex:t1", "1", "EX", "80000"],
            expect![[r#"
                key         BROKEN   6 idempotency keys evaluated, 6 non-vacuous, 1 broken
                                     idempotency key deduct:globex:t1: ledger row = none
                exit code 1
            "#]],
        ),
    ];
    for (what, check, plant, expected) in cases {
        fixture.reset().await;
        fixture.with_charges().await;
        fixture.redis(plant).await;
        let today: String =
            sqlx::query_scalar("SELECT current_date::text").fetch_one(&mut fixture.postgres).await.unwrap();
        let found = fixture.finding(check).await.replace(&today, "(today)");
        println!("{what}");
        expected.assert_eq(&found);
    }
    fixture.servers.stop().await;
}

#[tokio::test]
async fn a_young_key_a_lease_and_what_is_not_ours_are_no_breach() {
    let mut fixture = Fixture::start().await;
    fixture.with_charges().await;
    fixture.redis(&["SET", "deduct:acme:young", "1", "EX", "86390"]).await;
    fixture.redis(&["SET", "deduct:acme:lease", "1", "EX", "20"]).await;
    fixture.redis(&["SET", "session:17", "somebody else's"]).await;
    fixture.redis(&["SET", "principal:a-hash", "cached", "EX", "300"]).await;
    let report = fixture.audit().await;
    assert_eq!(report.exit_code(), 0, "{}", report.text());
    // A key that lives longer than any should has no age.
    fixture.redis(&["SET", "deduct:acme:odd", "1", "EX", "100000"]).await;
    expect![[r#"
        key         unknown  8 idempotency keys evaluated, 8 non-vacuous, 0 broken
                             unknown: deduct:acme:odd lives for more than the 86400 s of
                               redis.idempotency_ttl: its age is not known
        exit code 2
    "#]]
    .assert_eq(&fixture.finding(Check::Key).await);
    fixture.servers.stop().await;
}

/// Redis counts what it sends: of fifty megabytes in one field nothing is fetched, and what is beside it is judged.
#[tokio::test]
async fn a_field_of_very_many_bytes_is_not_read_and_not_judged() {
    let mut fixture = Fixture::start().await;
    fixture.with_charges().await;
    fixture.redis(&["HSET", "quota:globex", "balance", "1"]).await;
    let huge = "redis.call('HSET', 'quota:acme', 'balance', string.rep(string.rep('9', 1000000), 50))";
    fixture.redis(&["EVAL", huge, "0"]).await;
    let sent = fixture.bytes_sent().await;
    expect![[r#"
        converge    BROKEN   6 hashes evaluated, 6 non-vacuous, 1 broken
                             unknown: balance of quota:acme has 50000000 bytes in redis: more than the 4096
                               that are read
                             quota hash quota:globex: balance in redis = 1.00, balance in postgres =
                               99.999751
        exit code 1
    "#]]
    .assert_eq(&fixture.finding(Check::Converge).await);
    expect![[r#"
        cache-form  unknown  6 Redis keys evaluated, 6 non-vacuous, 0 broken
                             unknown: balance of quota:acme has 50000000 bytes in redis: more than the 4096
                               that are read
        exit code 2
    "#]]
    .assert_eq(&fixture.finding(Check::CacheForm).await);
    let sent = fixture.bytes_sent().await - sent;
    assert!(sent < 1_000_000, "{sent} bytes");
    fixture.servers.stop().await;
}

#[tokio::test]
async fn names_with_colons_in_them_are_found() {
    let mut fixture = Fixture::start().await;
    fixture.sql("UPDATE tenant_quota SET tenant_id = 'a:b' WHERE tenant_id = 'acme'").await;
    fixture.sql("UPDATE api_key SET tenant_id = 'a:b' WHERE tenant_id = 'acme'").await;
    let mut gateway = fixture.gateway().await;
    gateway.charge("a:b", "c:d", "5.25").await;
    fixture.redis(&["EXPIRE", "deduct:a:b:c:d", "80000"]).await;
    let report = fixture.audit().await;
    assert_eq!(report.exit_code(), 0, "{}", report.text());
    fixture.servers.stop().await;
}

#[tokio::test]
async fn more_suspects_than_are_held_are_counted_and_not_judged() {
    let mut fixture = Fixture::start().await;
    let many = "for n = 1, 10050 do redis.call('HSET', 'quota:nobody-' .. n, 'balance', n) end";
    fixture.redis(&["EVAL", many, "0"]).await;
    let options = Options { only: vec![Check::Converge], worst: 1, ..quick() };
    let report = audit(&fixture.target(), &options).await.unwrap();
    let finding = report.finding(Check::Converge).unwrap();
    assert_eq!((finding.broken, finding.worst.len()), (10_000, 1), "{}", report.text());
    let why = finding.unknown.as_deref().unwrap();
    assert!(why.ends_with("more suspects than the 10000 that are read again"), "{why}");
    fixture.servers.stop().await;
}
