//! Planted in what a stream holds, and in what is left behind when nobody comes back: holds, rows, keys, records.

use expect_test::expect;
use model::flow::RequestPath;
use model::setup::{Premises, Requested, Setup};

use crate::Planted;
use crate::exhaustive_walk::{acme, billing, held_by, recharge, reverse, setup, stream};
use crate::streams::{asked_once, one, streamed};

fn with_usage(requests: Vec<Requested>, gateways: u8, design: &str) -> Setup {
    let premises = billing(acme("100.00"), requests, gateways);
    setup(Premises { path: RequestPath { usage: true, ..RequestPath::default() }, ..premises }, &[], design)
}

/// A stream of 9.00 that was held by 12.00, given back afterwards.
fn given_back(design: &str) -> Setup {
    setup(billing(acme("100.00"), vec![held_by("12.00", "t1"), reverse("v1", "t1")], 1), &[], design)
}

pub fn planted() -> Vec<Planted> {
    vec![
        Planted {
            invariant: "hold-release",
            what: "who refunds dies between the two commits, and nobody ends it",
            broken: || streamed(held_by("12.00", "t1"), &["crash"], "p0-1-hold-then-settle"),
            nearest: || streamed(held_by("12.00", "t1"), &[], "p0-1-hold-then-settle"),
            breach: expect![[r#"
                client sends t1 of acme to gateway-a
                gateway-a does T1 T2 T3a T3b T4a T4b T5 T6 T7a T7b U1 U2 U3 U4 U5 M1 M3 M4 M5 M6
                gateway-a crashes-before M7
                client sends t1 of acme to gateway-a
                gateway-a does T1 T1b U1 U2 U3 U4 U5 M1 M3 M4 M9 reply
                held for t1 = 12.00
                taken by the rows of t1 = 12.00
                what t1 came to = 9.00"#]],
        },
        Planted {
            invariant: "hold-release",
            what: "the provider never began, the client does not come back, and the hold stays",
            broken: || streamed(asked_once("12.00"), &["upstream-failure"], "p0-1-hold-then-settle"),
            nearest: || streamed(asked_once("12.00"), &["upstream-failure"], "p0-1-hold-then-settle+fixed"),
            breach: expect![[r#"
                client sends t1 of acme to gateway-a
                gateway-a does T1 T2 T3a T3b T4a T4b T5 T6 T7a T7b
                gateway-a provider-fails U1
                gateway-a does reply
                held for t1 = 12.00
                taken by the rows of t1 = 12.00
                what t1 came to = 0.00"#]],
        },
        Planted {
            invariant: "hold-release",
            what: "what goes back of the hold is reckoned by three tokens a chunk",
            broken: || streamed(held_by("12.00", "t1"), &["provider-abort"], "p0-1-hold-then-settle"),
            nearest: || streamed(held_by("12.00", "t1"), &["provider-abort"], "p0-1-hold-then-settle+fixed"),
            breach: expect![[r#"
                client sends t1 of acme to gateway-a
                gateway-a does T1 T2 T3a T3b T4a T4b T5 T6 T7a T7b U1 U2
                gateway-a provider-aborts U3
                gateway-a does M1 M3 M4 M5 M6 M7 reply
                client sends t1 of acme to gateway-a
                gateway-a does T1 T1b U1 U2 U3 U4 U5 M1 M3 M4 M9 reply
                held for t1 = 12.00
                taken by the rows of t1 = 1.60
                what t1 came to = 5.00 or 9.00"#]],
        },
        Planted {
            invariant: "hold-release",
            what: "the sweeper makes a charge of a hold whose call was never made",
            broken: || streamed(held_by("12.00", "t1"), &["crash"], "p0-1-hold-then-settle+fixed"),
            nearest: || streamed(held_by("12.00", "t1"), &["client-abort"], "p0-1-hold-then-settle+fixed"),
            breach: expect![[r#"
                client sends t1 of acme to gateway-a
                gateway-a does U0 T1 T2 T2b T3a T3b T4a T4b T5 T5b T6
                gateway-a crashes-before T7a
                client sends t1 of acme to gateway-a
                gateway-a does U0 reply
                client sends t1 of acme to gateway-a
                gateway-a does U0 reply
                client sends t1 of acme to gateway-a
                gateway-a does U0 reply
                sweeper does W1 W2 W3 W6 W7 W1 W1
                held for t1 = 12.00
                taken by the rows of t1 = 12.00
                what t1 came to = 0.00"#]],
        },
        Planted {
            invariant: "reversal",
            what: "a hold that was given back in part is given back whole",
            broken: || given_back("p0-1-hold-then-settle+fixed"),
            nearest: || given_back("p0-1-a+fixed"),
            breach: expect![[r#"
                client sends t1 of acme to gateway-a
                gateway-a does U0 T1 T2 T2b T3a T3b T4a T4b T5 T5b T6 T7a T7b U1 U2 U3 U4 U5 M1 M2 M5 M3 M4 M7 M8 T7a T7b reply
                client sends v1 of acme to gateway-a
                gateway-a does V1 V2 V3 V4 V5 V6
                given back for t1 = 15.00
                effective charge of t1 = 12.00"#]],
        },
        Planted {
            invariant: "row-iff-money",
            what: "the refund of a hold moves the money in one commit and marks its row in another",
            broken: || streamed(held_by("12.00", "t1"), &[], "p0-1-hold-then-settle"),
            nearest: || streamed(held_by("12.00", "t1"), &[], "p0-1-hold-then-settle+fixed"),
            breach: expect![[r#"
                client sends t1 of acme to gateway-a
                gateway-a does T1 T2 T3a T3b T4a T4b T5 T6 T7a T7b U1 U2 U3 U4 U5 M1 M3 M4 M5 M6
                money taken for t1 in this step = -3.00
                rows of t1 made effective in this step = 0.00"#]],
        },
        Planted {
            invariant: "conserve",
            what: "between those commits the balance has what no effective row explains",
            broken: || streamed(held_by("12.00", "t1"), &[], "p0-1-hold-then-settle"),
            nearest: || streamed(held_by("12.00", "t1"), &[], "p0-1-hold-then-settle+fixed"),
            breach: expect![[r#"
                client sends t1 of acme to gateway-a
                gateway-a does T1 T2 T3a T3b T4a T4b T5 T6 T7a T7b U1 U2 U3 U4 U5 M1 M3 M4 M5 M6
                balance of acme = 91.00
                opening balance of acme = 100.00
                effective ledger rows of acme = -12.00
                opening balance plus ledger = 88.00"#]],
        },
        Planted {
            invariant: "count-exact",
            what: "the rest of a hold is counted like a request",
            broken: || streamed(held_by("4.00", "t1"), &[], "p0-1-hold-then-settle"),
            nearest: || streamed(held_by("4.00", "t1"), &[], "p0-1-hold-then-settle+fixed"),
            breach: expect![[r#"
                client sends t1 of acme to gateway-a
                gateway-a does T1 T2 T3a T3b T4a T4b T5 T6 T7a T7b U1 U2 U3 U4 U5 T1 T2 T3a T3b T4a T4b T5 T6
                daily_used of acme in postgres = 2
                requests of acme that count in the latest day = 1
                daily_reset_at of acme in postgres = 2026-01-15
                monthly_used of acme in postgres = 2
                requests of acme that count in the latest month = 1
                monthly_reset_at of acme in postgres = 2026-01"#]],
        },
        Planted {
            invariant: "no-pending",
            what: "the row of a stream is PENDING when its process dies, and nobody comes back for it",
            broken: || one(&["crash"], "p0-1-c"),
            nearest: || one(&["crash"], "p0-1-c+sweeper"),
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
                pending row of t1 = 9.00 of acme"#]],
        },
        Planted {
            invariant: "no-pending",
            what: "a recharge dies between its two commits",
            broken: || setup(billing(acme("0"), vec![recharge("r1")], 1), &["crash"], "as-reported"),
            nearest: || setup(billing(acme("0"), vec![recharge("r1")], 1), &["crash"], "sweeper=periodic"),
            breach: expect![[r#"
                client sends r1 of acme to gateway-a
                gateway-a does R1 R2 R3 R4 R5
                gateway-a crashes-before R6
                client sends r1 of acme to gateway-a
                gateway-a does R1 R2 R3 R7 R8 reply
                client sends r1 of acme to gateway-a
                gateway-a does R1 R2 R3 R7 R8 reply
                client sends r1 of acme to gateway-a
                gateway-a does R1 R2 R3 R7 R8 reply
                pending row of r1 = 5.25 of acme"#]],
        },
        Planted {
            invariant: "key",
            what: "the key of a trace with a timestamp outlives the attempt that took it",
            broken: || one(&["crash"], "p0-1-trace-plus-timestamp"),
            nearest: || one(&["client-abort"], "p0-1-trace-plus-timestamp"),
            breach: expect![[r#"
                client sends t1 of acme to gateway-a
                gateway-a does U1 U2 U3 U4 U5 T1
                gateway-a crashes-before T2
                key of t1@1 = there, for more than a minute
                holder of the key of t1@1 = gone
                ledger row of t1@1 = none"#]],
        },
        Planted {
            invariant: "usage",
            what: "two streams read the totals, and the second to write overwrites the first",
            broken: || with_usage(vec![stream("t1"), stream("t2")], 2, "as-reported"),
            nearest: || with_usage(vec![stream("t1"), stream("t2")], 2, "p1-8-c"),
            breach: expect![[r#"
                client sends t1 of acme to gateway-a
                client sends t2 of acme to gateway-b
                gateway-a does U1 U2 U3 U4 U5 T1 T2 T3a T3b T4a T4b T5 T6 T7a T7b J3
                gateway-b does U1 U2 U3 U4 U5 T1 T2 T3a T3b T4a T4b T5 T6 T7a T7b J3
                gateway-a does J4 reply
                gateway-b does J4 reply
                requests of acme in usage = 1
                effective charges of acme = 2
                cost of acme in usage = 9.00
                cost of the effective charges of acme = 18.00"#]],
        },
    ]
}
