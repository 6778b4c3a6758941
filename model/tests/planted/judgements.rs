//! Planted beside what looks like it and is none: a value that is right by a ghost or by an exception, and one that is not.

use expect_test::expect;
use model::flow::RequestPath;
use model::setup::{Account, Premises, RequestKind, Requested, Setup};

use crate::Planted;
use crate::attempts::{
    charge_handed_over_after_commit, charge_handed_over_before_commit, fault_is_answered_as_refusal,
    money_in_redis_after_commit, money_in_redis_before_commit, sound_or_limit_change, unlimited_or_limit_change,
};
use crate::exhaustive_walk::{acme, asked, billing, reverse, setup, stream, traces};

/// Redis is the truth and a job copies it to Postgres.
fn copied(faults: &[&str], design: &str) -> Setup {
    traces(1, 1, faults, design)
}

/// An ordinary call of the provider.
fn served(faults: &[&str]) -> Setup {
    let premises = billing(acme("100.00"), vec![asked("t1")], 1);
    setup(
        Premises { path: RequestPath { upstream: true, ..RequestPath::default() }, ..premises },
        faults,
        "as-reported",
    )
}

fn given_back_by_two(faults: &[&str]) -> Setup {
    let requests = vec![asked("t1"), reverse("v1", "t1"), reverse("v2", "t1")];
    setup(billing(acme("100.00"), requests, 1), faults, "as-reported")
}

/// None a day, which an administrator raises to two, and three that ask.
fn raised() -> Setup {
    let account = Account { daily_quota: 0, ..acme("100.00") };
    let to_two = Requested { kind: RequestKind::DailyQuota, daily_quota: Some(2), amount: None, ..asked("l1") };
    setup(billing(account, vec![to_two, asked("t1"), asked("t2"), asked("t3")], 1), &[], "as-reported")
}

/// Two a day, which an administrator lowers to one, and three that ask.
fn lowered() -> Setup {
    let account = Account { daily_quota: 2, ..acme("100.00") };
    let to_one = Requested { kind: RequestKind::DailyQuota, daily_quota: Some(1), amount: None, ..asked("l1") };
    setup(billing(account, vec![asked("t1"), asked("t2"), asked("t3"), to_one], 1), &[], "as-reported")
}

/// A stream a day and two that ask; the hash counts them at once, and their charges go to a queue.
fn queued(faults: &[&str]) -> Setup {
    let account = Account { daily_quota: 1, ..acme("100.00") };
    let premises = billing(account, vec![stream("t1"), stream("t2")], 1);
    setup(
        Premises { path: RequestPath { quota_check: true, ..RequestPath::default() }, ..premises },
        faults,
        "p0-1-b+fixed",
    )
}

/// One a month and two that ask, from this day on over a midnight.
fn one_a_month(first: Requested, today: &str, design: &str) -> Setup {
    let account = Account { monthly_quota: 1, ..acme("100.00") };
    let path = RequestPath { quota_check: true, ..RequestPath::default() };
    let premises = billing(account, vec![first, asked("t2")], 1);
    setup(Premises { path, today: today.parse().unwrap(), ..premises }, &["midnight"], design)
}

/// A charge that is taken to cost more than it does, beside a stream; this balance and a credit of 5.00.
fn within_credit(balance: &str) -> Setup {
    let account = Account { credit: "5.00".parse().unwrap(), ..acme(balance) };
    let request = Requested { estimate: Some("12.00".parse().unwrap()), ..asked("t1") };
    setup(billing(account, vec![request, stream("t2")], 1), &["lost-reply"], "p0-1-c+fixed")
}

fn with_usage() -> Setup {
    let premises = billing(acme("100.00"), vec![asked("t1")], 1);
    setup(Premises { path: RequestPath { usage: true, ..RequestPath::default() }, ..premises }, &[], "as-reported")
}

pub fn planted() -> Vec<Planted> {
    vec![
        Planted {
            invariant: "monotone",
            what: "redis comes back with older data, which is no breach, and the copy writes it over what is newer",
            broken: || copied(&["redis-time-travel"], "p0-4-c"),
            nearest: || copied(&["redis-time-travel"], "p0-4-c+fixed"),
            breach: expect![[r#"
                client sends t1 of acme to gateway-a
                gateway-a does T1 T4e T2 T3b T6 reply
                copy-back does G1
                redis goes-back
                copy-back does G2 G1 G2
                version of acme in postgres before = 1
                version of acme in postgres after = 0
                daily_used of acme in postgres before = 1
                daily_used of acme in postgres after = 0
                monthly_used of acme in postgres before = 1
                monthly_used of acme in postgres after = 0"#]],
        },
        Planted {
            invariant: "conserve",
            what: "redis loses the hash before it is copied, and postgres never learns of the charge",
            broken: || copied(&["redis-loss"], "p0-4-c+fixed"),
            nearest: || copied(&[], "p0-4-c+fixed"),
            breach: expect![[r#"
                client sends t1 of acme to gateway-a
                gateway-a does T1 T4e T2 T3b T6 reply
                redis loses-all
                copy-back does G1
                balance of acme = 100.00
                opening balance of acme = 100.00
                effective ledger rows of acme = -5.25
                opening balance plus ledger = 94.75"#]],
        },
        Planted {
            invariant: "metered",
            what: "an ordinary call is served again after a crash and charged once",
            broken: || served(&["crash"]),
            nearest: || served(&[]),
            breach: expect![[r#"
                client sends t1 of acme to gateway-a
                gateway-a does U1 T1 T2 T3a T3b T4a T4b T5 T6
                gateway-a crashes-before T7a
                client sends t1 of acme to gateway-a
                gateway-a does U1 T1 T1b reply
                calls of the provider for t1 = 2
                price of t1 = 5.25
                charges of t1 = 1
                ledger row of t1 = effective"#]],
        },
        Planted {
            invariant: "reversal",
            what: "a refund dies between its two commits, and a second one finds the charge committed",
            broken: || given_back_by_two(&["crash"]),
            nearest: || given_back_by_two(&[]),
            breach: expect![[r#"
                client sends t1 of acme to gateway-a
                gateway-a does T1 T2 T3a T3b T4a T4b T5 T6 T7a T7b reply
                client sends v1 of acme to gateway-a
                gateway-a does V1 V2 V3 V4 V5 V6
                gateway-a crashes-before V7
                client sends v2 of acme to gateway-a
                gateway-a does V1 V2 V3 V4 V5 V6
                given back for t1 = 10.50
                effective charge of t1 = 5.25"#]],
        },
        Planted {
            invariant: "count-limit",
            what: "three are let in where two were the most, lowered or not",
            broken: || lowered().with_attempt(unlimited_or_limit_change),
            nearest: || lowered().with_attempt(sound_or_limit_change),
            breach: expect![[r#"
                client sends t1 of acme to gateway-a
                gateway-a does T2 T3a T3b T4b T5 T6 reply
                client sends t2 of acme to gateway-a
                gateway-a does T2 T3a T3b T4b T5 T6 reply
                client sends t3 of acme to gateway-a
                gateway-a does T2 T3a T3b T4b T5 T6
                requests of acme admitted on 2026-01-15 = 3
                daily quota of acme = 2
                requests of acme admitted in 2026-01 = 3
                monthly quota of acme = 10"#]],
        },
        Planted {
            invariant: "count-limit",
            what: "one is let in while the quota is none; those after it was raised may be",
            broken: || raised().with_attempt(unlimited_or_limit_change),
            nearest: || raised().with_attempt(sound_or_limit_change),
            breach: expect![[r#"
                client sends t1 of acme to gateway-a
                gateway-a does T2 T3a T3b T4b T5 T6
                requests of acme admitted on 2026-01-15 = 1
                daily quota of acme = 0
                requests of acme admitted in 2026-01 = 1
                monthly quota of acme = 10"#]],
        },
        Planted {
            invariant: "no-early-effect",
            what: "a script moves money before COMMIT",
            broken: || traces(1, 1, &[], "as-reported").with_attempt(money_in_redis_before_commit),
            nearest: || traces(1, 1, &[], "as-reported").with_attempt(money_in_redis_after_commit),
            breach: expect![[r#"
                client sends t1 of acme to gateway-a
                gateway-a does T2 T3a T3b T4a T4b T5 T4e
                before the transaction of t1 has ended = money moves in redis"#]],
        },
        Planted {
            invariant: "no-early-effect",
            what: "the charge is handed to the queue before COMMIT",
            broken: || with_usage().with_attempt(charge_handed_over_before_commit),
            nearest: || with_usage().with_attempt(charge_handed_over_after_commit),
            breach: expect![[r#"
                client sends t1 of acme to gateway-a
                gateway-a does T2 T3a T3b T4a T4b T5 B5
                before the transaction of t1 has ended = the charge is handed to the queue"#]],
        },
        Planted {
            invariant: "no-false-refusal",
            what: "the queue has lost the charge that used the quota up, of which a charge in the queue is a right reason",
            broken: || queued(&["broker-loss"]),
            nearest: || queued(&[]),
            breach: expect![[r#"
                client sends t1 of acme to gateway-a
                gateway-a does Q1 Q5 Q6 Q7 U0 U1 U2 U3 U4 U5 B5 reply
                broker broker-loses-all
                client sends t2 of acme to gateway-a
                gateway-a does Q1 Q5 reply
                told about t2 = refused: daily quota exhausted
                price of t2 = 9.00
                balance plus credit of acme = 100.00
                daily use of acme = 0 of 1
                monthly use of acme = 0 of 10
                effective charges of the key of acme = 0.00"#]],
        },
        Planted {
            invariant: "rollover",
            what: "the same on the next day",
            broken: || queued(&["midnight", "broker-loss"]),
            nearest: || queued(&["midnight"]),
            breach: expect![[r#"
                clock midnight
                client sends t1 of acme to gateway-a
                gateway-a does Q1 Q5 Q6 Q7 U0 U1 U2 U3 U4 U5 B5 reply
                client sends t2 of acme to gateway-a
                gateway-a does Q1 Q5
                broker broker-loses-all
                gateway-a does reply
                t2 is refused by = the daily quota
                requests of acme counted in 2026-01-16 = 0
                daily quota of acme = 1"#]],
        },
        Planted {
            invariant: "no-false-refusal",
            what: "a charge in the queue is a reason to refuse only in the month of the day that it carries",
            broken: || one_a_month(stream("t1"), "2026-01-31", "p0-1-b+fixed"),
            nearest: || one_a_month(stream("t1"), "2026-01-15", "p0-1-b+fixed"),
            breach: expect![[r#"
                client sends t1 of acme to gateway-a
                gateway-a does Q1 Q5 Q6 Q7 U0 U1 U2 U3 U4 U5 B5 reply
                clock midnight
                client sends t2 of acme to gateway-a
                gateway-a does Q1 Q5 Q6 reply
                told about t2 = refused: monthly quota exhausted
                price of t2 = 5.25
                balance plus credit of acme = 100.00
                daily use of acme = 0 of 10
                monthly use of acme = 0 of 1
                effective charges of the key of acme = 0.00"#]],
        },
        Planted {
            invariant: "no-false-refusal",
            what: "a settlement in the queue is a reason to refuse, and none once it is done and the month is over",
            broken: || one_a_month(asked("t1"), "2026-01-31", "p0-4-a"),
            nearest: || one_a_month(asked("t1"), "2026-01-15", "p0-4-a"),
            breach: expect![[r#"
                client sends t1 of acme to gateway-a
                gateway-a does Q1 Q8 B3 reply
                worker-1 does T1 T2 T3a T3b T4a T4b T5 T6
                clock midnight
                client sends t2 of acme to gateway-a
                gateway-a does Q1 Q8 reply
                told about t2 = refused: monthly quota exhausted
                price of t2 = 5.25
                balance plus credit of acme = 94.75
                daily use of acme = 0 of 10
                monthly use of acme = 0 of 1
                effective charges of the key of acme = 5.25"#]],
        },
        Planted {
            invariant: "no-false-refusal",
            what: "a fault is reported as an exhausted balance, where credit covers the price, if not the estimate",
            broken: || within_credit("5.00").with_attempt(fault_is_answered_as_refusal),
            nearest: || within_credit("0").with_attempt(fault_is_answered_as_refusal),
            breach: expect![[r#"
                client sends t1 of acme to gateway-a
                gateway-a reply-lost-not-run T1
                gateway-a does reply
                told about t1 = refused: balance exhausted
                price of t1 = 5.25
                balance plus credit of acme = 10.00
                daily use of acme = 0 of 10
                monthly use of acme = 0 of 10
                effective charges of the key of acme = 0.00"#]],
        },
    ]
}
