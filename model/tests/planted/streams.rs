//! Planted in what a stream pays, and in a transaction that two requests share.

use expect_test::expect;
use model::setup::{Requested, Setup};

use crate::Planted;
use crate::attempts::one_call_and_two_charges;
use crate::exhaustive_walk::{acme, asked, billing, held_by, setup, stream};

/// One stream of an account of 100.00 at one gateway.
pub fn one(faults: &[&str], design: &str) -> Setup {
    streamed(stream("t1"), faults, design)
}

pub fn streamed(asked: Requested, faults: &[&str], design: &str) -> Setup {
    setup(billing(acme("100.00"), vec![asked], 1), faults, design)
}

/// A stream whose client asks once and never again.
pub fn asked_once(estimate: &str) -> Requested {
    Requested { returns: false, attempts: 1, ..held_by(estimate, "t1") }
}

/// A stream of a provider that sends no usage block.
fn without_usage_block(design: &str) -> Setup {
    let mut asked = stream("t1");
    asked.stream.as_mut().unwrap().reports = false;
    streamed(asked, &[], design)
}

/// Two streams of 9.00, each held by 4.00, of an account of 5.00.
fn poor(gateways: u8, design: &str) -> Setup {
    let requests = vec![held_by("4.00", "t1"), held_by("4.00", "t2")];
    setup(billing(acme("5.00"), requests, gateways), &[], design)
}

/// Two requests in one caller's transaction, with money for the first one alone.
fn shared_transaction(design: &str) -> Setup {
    let second = Requested { within: Some("t1".to_owned()), ..asked("t2") };
    setup(billing(acme("6.00"), vec![asked("t1"), second], 1), &[], design)
}

pub fn planted() -> Vec<Planted> {
    vec![
        Planted {
            invariant: "metered",
            what: "a broken stream is served again under the same trace, which is charged once",
            broken: || one(&["client-abort"], "as-reported"),
            nearest: || one(&["client-abort"], "p0-1-trace-plus-timestamp"),
            breach: expect![[r#"
                client sends t1 of acme to gateway-a
                gateway-a does U1
                gateway-a client-aborts U2
                gateway-a does T1 T2 T3a T3b T4a T4b T5 T6 T7a T7b reply
                client sends t1 of acme to gateway-a
                gateway-a does U1 U2 U3 U4 U5 T1 T1b reply
                calls of the provider for t1 = 2
                price of t1 = 9.00
                charges of t1 = 1
                ledger row of t1 = effective"#]],
        },
        Planted {
            invariant: "metered",
            what: "the queue loses the charge of a stream that was served",
            broken: || one(&["broker-loss"], "p0-1-b+fixed"),
            nearest: || one(&["redelivery"], "p0-1-b+fixed"),
            breach: expect![[r#"
                client sends t1 of acme to gateway-a
                gateway-a does U0 U1 U2 U3 U4 U5 B5 reply
                broker broker-loses-all
                calls of the provider for t1 = 1
                price of t1 = 9.00
                charges of t1 = 0
                ledger row of t1 = none"#]],
        },
        Planted {
            invariant: "exact",
            what: "a broken stream is charged by three tokens a chunk",
            broken: || one(&["client-abort"], "as-reported"),
            nearest: || one(&["client-abort"], "p0-1-a+fixed"),
            breach: expect![[r#"
                client sends t1 of acme to gateway-a
                gateway-a does U1 U2
                gateway-a client-aborts U3
                gateway-a does T1 T2 T3a T3b T4a T4b T5 T6
                counted by the provider for t1 = 5.00
                money taken for t1 = 1.60
                amount in the rows of t1 = 1.60"#]],
        },
        Planted {
            invariant: "exact",
            what: "without a usage block three tokens a chunk are charged and nothing of it is declared",
            broken: || without_usage_block("as-reported"),
            nearest: || without_usage_block("p0-1-a+fixed"),
            breach: expect![[r#"
                client sends t1 of acme to gateway-a
                gateway-a does U1 U2 U3 U5 T1 T2 T3a T3b T4a T4b T5 T6
                counted by the provider for t1 = 9.00
                money taken for t1 = 2.50
                amount in the rows of t1 = 2.50"#]],
        },
        Planted {
            invariant: "exact",
            what: "the sweeper charges the estimate and nothing of it is declared",
            broken: || streamed(held_by("4.00", "t1"), &["crash"], "p0-1-c+sweeper"),
            nearest: || streamed(held_by("4.00", "t1"), &["crash"], "p0-1-a+fixed"),
            breach: expect![[r#"
                client sends t1 of acme to gateway-a
                gateway-a does T2 T3a T3b T3e
                gateway-a crashes-before U1
                client sends t1 of acme to gateway-a
                gateway-a does T2 T3a T3b T3c reply
                client sends t1 of acme to gateway-a
                gateway-a does T2 T3a T3b T3c reply
                client sends t1 of acme to gateway-a
                gateway-a does T2 T3a T3b T3c reply
                sweeper does W1 W2 W3 W4 W5 W6 W7
                counted by the provider for t1 = 0.00
                money taken for t1 = 4.00
                amount in the rows of t1 = 4.00"#]],
        },
        Planted {
            invariant: "exact",
            what: "the sweeper charges the estimate of a call that was never made",
            broken: || streamed(held_by("4.00", "t1"), &["crash"], "p0-1-c+fixed"),
            nearest: || streamed(held_by("4.00", "t1"), &["upstream-failure"], "p0-1-c+fixed"),
            breach: expect![[r#"
                client sends t1 of acme to gateway-a
                gateway-a does U0 U0b T2 T3a T3b T3e
                gateway-a crashes-before U1
                client sends t1 of acme to gateway-a
                gateway-a does U0 reply
                client sends t1 of acme to gateway-a
                gateway-a does U0 reply
                client sends t1 of acme to gateway-a
                gateway-a does U0 reply
                sweeper does W1 W2 W3 W4 W5 W6 W7
                due for t1 by stream_abort = 0.00
                money taken for t1 = 4.00
                amount in the rows of t1 = 4.00"#]],
        },
        Planted {
            invariant: "once",
            what: "one call is charged under two traces",
            broken: || one(&[], "p0-1-trace-plus-timestamp").with_attempt(one_call_and_two_charges),
            nearest: || one(&["client-abort"], "p0-1-trace-plus-timestamp"),
            breach: expect![[r#"
                client sends t1 of acme to gateway-a
                gateway-a does U1 U2 U3 U4 U5 T1 T2 T3a T3b T4a T4b T5 T6 T1 T2 T3a T3b T4a T4b T5 T6
                money taken for t1 = 18.00
                price of t1 = 9.00"#]],
        },
        Planted {
            invariant: "once",
            what: "a hold that nobody settles is more than the price and nothing of it is declared",
            broken: || streamed(asked_once("12.00"), &["crash"], "p0-1-hold-then-settle"),
            nearest: || streamed(asked_once("12.00"), &["client-abort"], "p0-1-hold-then-settle+fixed"),
            breach: expect![[r#"
                client sends t1 of acme to gateway-a
                gateway-a does T1 T2 T3a T3b T4a T4b T5 T6
                gateway-a crashes-before T7a
                money taken for t1 = 12.00
                price of t1 = 9.00"#]],
        },
        Planted {
            invariant: "floor",
            what: "stream after stream takes what is not there, since nobody looks before",
            broken: || poor(1, "as-reported"),
            nearest: || poor(1, "p0-1-c+fixed"),
            breach: expect![[r#"
                client sends t1 of acme to gateway-a
                gateway-a does U1 U2 U3 U4 U5 T1 T2 T3a T3b T4a T4b T5 T6 T7a T7b reply
                client sends t2 of acme to gateway-a
                gateway-a does U1 U2 U3 U4 U5 T1 T2 T3a T3b T4a T4b T5 T6
                balance of acme before = -4.00
                balance of acme = -13.00
                credit limit of acme = 0.00
                overdraft that a stream may leave = 9.00"#]],
        },
        Planted {
            invariant: "floor",
            what: "two streams look at the same balance before and neither holds it",
            broken: || poor(2, "p0-1-c+fixed"),
            nearest: || poor(2, "p0-1-hold-then-settle+fixed"),
            breach: expect![[r#"
                client sends t1 of acme to gateway-a
                client sends t2 of acme to gateway-b
                gateway-a does U0 U0b T2 T3a T3b T3e U1 U2 U3 U4 U5 T3f T3g T4a T4b T5
                gateway-b does U0 U0b
                gateway-a does T6
                gateway-b does T2 T3a T3b T3e U1 U2 U3 U4 U5 T3f T3g T4a T4b T5 T6
                balance of acme before = -4.00
                balance of acme = -13.00
                credit limit of acme = 0.00
                overdraft that a stream may leave = 10.00"#]],
        },
        Planted {
            invariant: "truth",
            what: "the exception of the charge is swallowed and the client told ok",
            broken: || one(&["redis-unreachable"], "as-reported"),
            nearest: || one(&["redis-unreachable"], "p0-1-c+fixed"),
            breach: expect![[r#"
                client sends t1 of acme to gateway-a
                gateway-a does U1 U2 U3 U4 U5
                gateway-a unreachable T1
                gateway-a does reply
                told about t1 = ok
                ledger for t1 = no row"#]],
        },
        Planted {
            invariant: "fail-mode",
            what: "redis is down, the callback swallows it, and what was served is never charged",
            broken: || one(&["redis-unreachable"], "as-reported"),
            nearest: || one(&["redis-unreachable"], "p0-1-b+fixed"),
            breach: expect![[r#"
                client sends t1 of acme to gateway-a
                gateway-a does U1 U2 U3 U4 U5
                gateway-a unreachable T1
                gateway-a does reply
                requests of acme served in an outage and never charged = 1
                most that the design declares = 0"#]],
        },
        Planted {
            invariant: "isolated",
            what: "the second request of a transaction is refused and rolls the first one back",
            broken: || shared_transaction("as-reported"),
            nearest: || shared_transaction("p0-3-a+fixed"),
            breach: expect![[r#"
                client sends t1 of acme to gateway-a
                gateway-a does T1 T2 T3a T3b T4a T4b T5 T1 T2 T3a T3b T4a E1
                uncommitted work of t1 = ended
                by the step of = t2, E1"#]],
        },
    ]
}
