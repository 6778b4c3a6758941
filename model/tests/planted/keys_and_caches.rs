//! Planted in what is kept in Redis.

use expect_test::expect;
use model::setup::Setup;

use crate::Planted;
use crate::attempts::{
    hash_after_commit, hash_before_commit, hash_from_before_the_charge, key_is_deleted_on_failure,
    key_is_never_deleted, only_the_balance, others_delete_the_key, sound,
};
use crate::exhaustive_walk::{acme, asked, billing, setup, traces};

fn one(faults: &[&str]) -> Setup {
    traces(1, 1, faults, "as-reported")
}

fn refused() -> Setup {
    setup(billing(acme("1.00"), vec![asked("t1")], 1), &[], "as-reported")
}

pub fn planted() -> Vec<Planted> {
    vec![
        Planted {
            invariant: "key",
            what: "a refused request leaves its key behind",
            broken: || refused().with_attempt(key_is_never_deleted),
            nearest: || refused().with_attempt(key_is_deleted_on_failure),
            breach: expect![[r#"
                client sends t1 of acme to gateway-a
                gateway-a does T1 T2 T4a E1 reply
                key of t1 = there, for more than a minute
                holder of the key of t1 = gone
                ledger row of t1 = none"#]],
        },
        Planted {
            invariant: "key",
            what: "an attempt that met a held key deletes it",
            broken: || traces(1, 2, &["impatience"], "as-reported").with_attempt(others_delete_the_key),
            nearest: || traces(1, 2, &["impatience"], "as-reported").with_attempt(key_is_deleted_on_failure),
            breach: expect![[r#"
                client sends t1 of acme to gateway-a
                client sends t1 of acme to gateway-b
                gateway-a does T1
                gateway-b does T1 T1b E2
                key of t1 = deleted by an attempt that does not hold it"#]],
        },
        Planted {
            invariant: "converge",
            what: "the hash is written as the quota was before the charge",
            broken: || one(&[]).with_attempt(hash_from_before_the_charge),
            nearest: || one(&[]).with_attempt(hash_after_commit),
            breach: expect![[r#"
                client sends t1 of acme to gateway-a
                gateway-a does T2 T3a T3b T4a T4b T5 T6 T7a reply
                balance of acme in redis = 100.00
                balance of acme in postgres = 94.75
                daily_used of acme in redis = 0
                daily_used of acme in postgres = 1
                monthly_used of acme in redis = 0
                monthly_used of acme in postgres = 1
                version of acme in redis = 0
                version of acme in postgres = 1"#]],
        },
        Planted {
            invariant: "converge",
            what: "the hash is never written",
            broken: || one(&[]).with_attempt(sound),
            nearest: || one(&[]).with_attempt(hash_after_commit),
            breach: expect![[r#"
                client sends t1 of acme to gateway-a
                gateway-a does T1 T2 T3a T3b T4a T4b T5 T6 reply
                balance of acme in redis = 100.00
                balance of acme in postgres = 94.75
                daily_used of acme in redis = 0
                daily_used of acme in postgres = 1
                monthly_used of acme in redis = 0
                monthly_used of acme in postgres = 1
                version of acme in redis = 0
                version of acme in postgres = 1"#]],
        },
        Planted {
            invariant: "cache-form",
            what: "the whole hash is written but no time to live",
            broken: || one(&["redis-loss"]).with_attempt(hash_after_commit),
            nearest: || one(&[]).with_attempt(hash_after_commit),
            breach: expect![[r#"
                client sends t1 of acme to gateway-a
                gateway-a does T2 T3a T3b T4a T4b T5 T6
                redis loses-all
                gateway-a does T7a
                time to live of the hash of acme = none
                missing fields of the hash of acme = none"#]],
        },
        Planted {
            invariant: "cache-form",
            what: "only the balance is written, to a hash that may be gone",
            broken: || one(&["redis-loss"]).with_attempt(only_the_balance),
            nearest: || one(&[]).with_attempt(only_the_balance),
            breach: expect![[r#"
                client sends t1 of acme to gateway-a
                gateway-a does T2 T3a T3b T4a T4b T5 T6
                redis loses-all
                gateway-a does T7a
                time to live of the hash of acme = none
                missing fields of the hash of acme = credit_limit, daily_quota, daily_used, monthly_quota, monthly_used, version, daily_reset_at, monthly_reset_at"#]],
        },
        Planted {
            invariant: "cache-bound",
            what: "a crash after COMMIT leaves the hash behind for ever",
            broken: || one(&["crash"]).with_attempt(hash_after_commit),
            nearest: || one(&[]).with_attempt(hash_after_commit),
            breach: expect![[r#"
                client sends t1 of acme to gateway-a
                gateway-a does T2 T3a T3b T4a T4b T5 T6
                gateway-a crashes-before T7a
                balance of acme in redis = 100.00
                balance of acme in postgres = 94.75
                attempts of acme in flight = 0"#]],
        },
        Planted {
            invariant: "cache-bound",
            what: "there is no background job that would carry the balance over",
            broken: || traces(1, 1, &["crash"], "p0-4-b").with_attempt(sound),
            nearest: || traces(1, 1, &["crash"], "p0-3-b+fixed"),
            breach: expect![[r#"
                client sends t1 of acme to gateway-a
                gateway-a does T1 T2 T3a T3b T4a T4b T5 T6 reply
                balance of acme in redis = 100.00
                balance of acme in postgres = 94.75
                attempts of acme in flight = 0"#]],
        },
        Planted {
            invariant: "no-early-effect",
            what: "T7 comes before T6",
            broken: || one(&[]).with_attempt(hash_before_commit),
            nearest: || one(&[]).with_attempt(hash_after_commit),
            breach: expect![[r#"
                client sends t1 of acme to gateway-a
                gateway-a does T2 T3a T3b T4a T4b T5 T7a
                before the transaction of t1 has ended = the redis hash is written"#]],
        },
    ]
}
