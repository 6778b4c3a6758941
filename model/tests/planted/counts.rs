//! Planted in what is counted, and in what goes back.

use expect_test::expect;
use model::flow::RequestPath;
use model::setup::{Account, Premises, Setup};

use crate::Planted;
use crate::attempts::{hash_after_commit, hash_if_newer, sound, uncounted, unlimited};
use crate::exhaustive_walk::{acme, asked, billing, setup, traces};

/// One request a day and two that ask.
fn one_a_day() -> Setup {
    let account = Account { daily_quota: 1, ..acme("100.00") };
    setup(billing(account, vec![asked("t1"), asked("t2")], 1), &[], "as-reported")
}

fn tenant(new: bool) -> Setup {
    let account = Account { new, ..acme("100.00") };
    setup(billing(account, vec![asked("t1")], 1), &[], "as-reported").with_attempt(sound)
}

/// The last day of a month of which the quota is used up.
fn at_the_end_of_the_month(design: &str) -> Setup {
    let account = Account { monthly_quota: 1, used: 1, ..acme("100.00") };
    let premises = billing(account, vec![asked("t1")], 1);
    let path = RequestPath { quota_check: true, ..RequestPath::default() };
    setup(Premises { today: "2026-01-31".parse().unwrap(), path, ..premises }, &["midnight"], design)
}

/// Two requests at two gateways in two days, counted by a script that restarts whenever the date differs.
fn two_days(design: &str) -> Setup {
    let premises = billing(acme("100.00"), vec![asked("t1"), asked("t2")], 2);
    setup(
        Premises { path: RequestPath { quota_check: true, ..RequestPath::default() }, ..premises },
        &["midnight"],
        design,
    )
}

pub fn planted() -> Vec<Planted> {
    vec![
        Planted {
            invariant: "count-limit",
            what: "nobody looks at the daily quota",
            broken: || one_a_day().with_attempt(unlimited),
            nearest: || one_a_day().with_attempt(sound),
            breach: expect![[r#"
                client sends t1 of acme to gateway-a
                gateway-a does T2 T3a T3b T4b T5 T6 reply
                client sends t2 of acme to gateway-a
                gateway-a does T2 T3a T3b T4b T5 T6
                requests of acme admitted on 2026-01-15 = 2
                daily quota of acme = 1
                requests of acme admitted in 2026-01 = 2
                monthly quota of acme = 10"#]],
        },
        Planted {
            invariant: "count-exact",
            what: "a request is charged and not counted",
            broken: || tenant(false).with_attempt(uncounted),
            nearest: || tenant(false),
            breach: expect![[r#"
                client sends t1 of acme to gateway-a
                gateway-a does T1 T2 T3a T3b T4a T4b T5 T6
                daily_used of acme in postgres = 0
                requests of acme that count in the latest day = 1
                daily_reset_at of acme in postgres = 2026-01-15
                monthly_used of acme in postgres = 0
                requests of acme that count in the latest month = 1
                monthly_reset_at of acme in postgres = 2026-01"#]],
        },
        Planted {
            invariant: "count-exact",
            what: "the first request of a tenant without dates only sets them",
            broken: || tenant(true),
            nearest: || tenant(false),
            breach: expect![[r#"
                client sends t1 of acme to gateway-a
                gateway-a does T1 T2 T3a T3b T4a T4b T5 T6
                daily_used of acme in postgres = 0
                requests of acme that count in the latest day = 1
                daily_reset_at of acme in postgres = 2026-01-15
                monthly_used of acme in postgres = 0
                requests of acme that count in the latest month = 1
                monthly_reset_at of acme in postgres = 2026-01"#]],
        },
        Planted {
            invariant: "count-exact",
            what: "a late request resets the count to the day before",
            broken: || two_days("p0-5-c+fixed"),
            nearest: || two_days("p0-5-b"),
            breach: expect![[r#"
                client sends t1 of acme to gateway-a
                gateway-a does Q1
                clock midnight
                client sends t2 of acme to gateway-b
                gateway-b does Q1 Q5
                gateway-a does Q5 Q6 Q7 T1 T2 T3a T3b T4a T4b T5 T6 T7a T7b reply
                gateway-b does Q6 Q7 T1 T2 T3a T3b T4a T4b T5 T6 T7a T7b reply
                daily_used of acme in redis = 0
                requests of acme that count in the latest day = 1
                daily_reset_at of acme in redis = 2026-01-15"#]],
        },
        Planted {
            invariant: "rollover",
            what: "the monthly count never restarts",
            broken: || at_the_end_of_the_month("as-reported"),
            nearest: || at_the_end_of_the_month("p0-5-b"),
            breach: expect![[r#"
                clock midnight
                client sends t1 of acme to gateway-a
                gateway-a does Q1 Q5 Q6 reply
                t1 is refused by = the monthly quota
                requests of acme counted in 2026-02 = 0
                monthly quota of acme = 1"#]],
        },
        Planted {
            invariant: "monotone",
            what: "two snapshots cross on their way to redis",
            broken: || traces(2, 2, &[], "as-reported").with_attempt(hash_after_commit),
            nearest: || traces(2, 2, &[], "as-reported").with_attempt(hash_if_newer),
            breach: expect![[r#"
                client sends t1 of acme to gateway-a
                client sends t2 of acme to gateway-b
                gateway-a does T2 T3a T3b T4a T4b T5 T6
                gateway-b does T2 T3a T3b T4a T4b T5 T6 T7a
                gateway-a does T7a
                version of acme in redis before = 2
                version of acme in redis after = 1
                daily_used of acme in redis before = 2
                daily_used of acme in redis after = 1
                monthly_used of acme in redis before = 2
                monthly_used of acme in redis after = 1"#]],
        },
    ]
}
