//! Planted in what the client is told.

use expect_test::expect;
use model::flow::RequestPath;
use model::setup::{Premises, Requested, Setup};

use crate::Planted;
use crate::attempts::{
    deaf_to_commit, fault_is_answered_as_refusal, held_is_answered_as_duplicate, key_is_deleted_on_failure,
    key_is_never_deleted, release_is_taken_for_commit, sound, usage_after_commit, usage_before_commit,
};
use crate::exhaustive_walk::{acme, asked, beta, billing, reverse, setup, traces};

fn one(faults: &[&str]) -> Setup {
    traces(1, 1, faults, "as-reported")
}

/// Money for one of two requests.
fn money_for_one() -> Setup {
    setup(billing(acme("6.00"), vec![asked("t1"), asked("t2")], 1), &["lost-reply"], "as-reported")
}

/// Two tenants who chose the same trace.
fn same_trace(design: &str) -> Setup {
    let of_beta = Requested { account: "beta".to_owned(), ..asked("t1") };
    setup(Premises::billing_only(vec![acme("100.00"), beta()], vec![asked("t1"), of_beta], 1), &[], design)
}

/// A charge of acme's that this account asks back.
fn given_back_to(account: &str) -> Setup {
    let back = Requested { account: account.to_owned(), ..reverse("v1", "t1") };
    setup(Premises::billing_only(vec![acme("100.00"), beta()], vec![asked("t1"), back], 1), &[], "as-reported")
}

/// Redis is the truth and may lose everything.
fn truth_is_lost(quota_check: bool) -> Setup {
    let premises = billing(acme("100.00"), vec![asked("t1")], 1);
    setup(
        Premises { path: RequestPath { quota_check, ..RequestPath::default() }, ..premises },
        &["redis-loss"],
        "p0-4-c+fixed",
    )
}

fn with_usage() -> Setup {
    let premises = billing(acme("100.00"), vec![asked("t1")], 1);
    setup(Premises { path: RequestPath { usage: true, ..RequestPath::default() }, ..premises }, &[], "as-reported")
}

pub fn planted() -> Vec<Planted> {
    vec![
        Planted {
            invariant: "tenant",
            what: "a row is looked up by its trace alone",
            broken: || same_trace("p0-3-a").with_attempt(sound),
            nearest: || same_trace("p0-3-a+fixed").with_attempt(sound),
            breach: expect![[r#"
                client sends t1 of acme to gateway-a
                gateway-a does T1 T2 T3a T3b T4a T4b T5 T6 reply
                client sends t1 of beta to gateway-a
                gateway-a does T1 reply
                t1 is asked by = beta
                row that is returned = 5.25 of acme"#]],
        },
        Planted {
            invariant: "tenant",
            what: "a charge is given back to whoever names its trace",
            broken: || given_back_to("beta"),
            nearest: || given_back_to("acme"),
            breach: expect![[r#"
                client sends t1 of acme to gateway-a
                gateway-a does T1 T2 T3a T3b T4a T4b T5 T6 T7a T7b reply
                client sends v1 of beta to gateway-a
                gateway-a does V1 V2 V3 V4 V5 V6 V7 V8 V9 V10
                v1 is asked by = beta
                row that is given back = 5.25 of acme"#]],
        },
        Planted {
            invariant: "truth",
            what: "the client is told ok whatever COMMIT said",
            broken: || one(&["lost-reply"]).with_attempt(deaf_to_commit),
            nearest: || one(&["lost-reply"]).with_attempt(sound),
            breach: expect![[r#"
                client sends t1 of acme to gateway-a
                gateway-a does T1 T2 T3a T3b T4a T4b T5
                gateway-a reply-lost-not-run T6
                gateway-a does reply
                told about t1 = ok
                ledger for t1 = no row"#]],
        },
        Planted {
            invariant: "truth",
            what: "a connection that broke is reported as an exhausted balance",
            broken: || one(&["lost-reply"]).with_attempt(fault_is_answered_as_refusal),
            nearest: || one(&["lost-reply"]).with_attempt(sound),
            breach: expect![[r#"
                client sends t1 of acme to gateway-a
                gateway-a reply-lost-not-run T1
                gateway-a does reply
                told about t1 = refused: balance exhausted
                ledger for t1 = no row"#]],
        },
        Planted {
            invariant: "truth",
            what: "a key that is held is reported as a duplicate although nobody is at it",
            broken: || one(&["crash"]).with_attempt(held_is_answered_as_duplicate),
            nearest: || one(&["crash"]).with_attempt(key_is_deleted_on_failure),
            breach: expect![[r#"
                client sends t1 of acme to gateway-a
                gateway-a does T1
                gateway-a crashes-before T2
                client sends t1 of acme to gateway-a
                gateway-a does T1 T1b reply
                told about t1 = duplicate
                ledger for t1 = no row"#]],
        },
        Planted {
            invariant: "no-false-refusal",
            what: "a connection that broke is reported as an exhausted balance",
            broken: || money_for_one().with_attempt(fault_is_answered_as_refusal),
            nearest: || money_for_one().with_attempt(sound),
            breach: expect![[r#"
                client sends t1 of acme to gateway-a
                gateway-a reply-lost-not-run T1
                gateway-a does reply
                told about t1 = refused: balance exhausted
                price of t1 = 5.25
                balance plus credit of acme = 6.00
                daily use of acme = 0 of 10
                monthly use of acme = 0 of 10
                effective charges of the key of acme = 0.00"#]],
        },
        Planted {
            invariant: "in-doubt",
            what: "the client is told ok whatever COMMIT said",
            broken: || one(&["lost-reply"]).with_attempt(deaf_to_commit),
            nearest: || one(&["lost-reply"]).with_attempt(sound),
            breach: expect![[r#"
                client sends t1 of acme to gateway-a
                gateway-a does T1 T2 T3a T3b T4a T4b T5
                gateway-a reply-lost-not-run T6
                gateway-a does reply
                final answer to t1 = ok
                ledger row of t1 = none"#]],
        },
        Planted {
            invariant: "progress",
            what: "an attempt that lost a race for the version leaves its key behind",
            broken: || traces(2, 2, &[], "as-reported").with_attempt(key_is_never_deleted),
            nearest: || traces(2, 2, &[], "as-reported").with_attempt(key_is_deleted_on_failure),
            breach: expect![[r#"
                client sends t1 of acme to gateway-a
                client sends t2 of acme to gateway-b
                gateway-a does T1 T2 T4a T3b T4b T5
                gateway-b does T1 T2 T4a
                gateway-a does T6 reply
                gateway-b does T3b T4b E1 reply
                client sends t2 of acme to gateway-a
                gateway-a does T1 T1b reply
                client sends t2 of acme to gateway-a
                gateway-a does T1 T1b reply
                undisturbed attempts of t2 = 3
                final answers to t2 = 0
                ledger row of t2 = none
                key of t2 = held"#]],
        },
        Planted {
            invariant: "recover",
            what: "a hash that is gone is nobody's to fill, and reads as a balance of nothing",
            broken: || truth_is_lost(false),
            nearest: || truth_is_lost(true),
            breach: expect![[r#"
                redis loses-all
                client sends t1 of acme to gateway-a
                gateway-a does T1 T4e E1 E2 reply
                told about t1, asked after the loss = refused: balance exhausted
                redis hash of acme = absent"#]],
        },
        Planted {
            invariant: "no-early-effect",
            what: "the client is told ok when the savepoint is released",
            broken: || one(&[]).with_attempt(release_is_taken_for_commit),
            nearest: || one(&[]).with_attempt(sound),
            breach: expect![[r#"
                client sends t1 of acme to gateway-a
                gateway-a does T2 T2b T3a T3b T4a T4b T5 T5b reply
                before the transaction of t1 has ended = the client is told ok"#]],
        },
        Planted {
            invariant: "no-early-effect",
            what: "the usage job is sent before COMMIT",
            broken: || with_usage().with_attempt(usage_before_commit),
            nearest: || with_usage().with_attempt(usage_after_commit),
            breach: expect![[r#"
                client sends t1 of acme to gateway-a
                gateway-a does T2 T3a T3b T4a T4b T5 J0
                before the transaction of t1 has ended = the usage job is sent"#]],
        },
    ]
}
