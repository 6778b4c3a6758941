//! Planted in what is kept beside the money: budgets, usage, what was served, absolute writes.

use expect_test::expect;
use model::flow::RequestPath;
use model::setup::{Account, Premises, Setup};

use crate::Planted;
use crate::attempts::{budget_in_cents, budget_in_micros, judged_then_served, served_then_judged, sound};
use crate::exhaustive_walk::{acme, asked, billing, setup, traces};

/// One key with a budget of 1.00 and so many requests, with auth on the path.
fn with_budget(requests: u8, price: &str, design: &str) -> Setup {
    let account = Account { budget: Some("1.00".parse().unwrap()), ..acme("100.00") };
    let requests = (1..=requests).map(|i| {
        let mut asked = asked(&format!("t{i}"));
        asked.amount = Some(price.parse().unwrap());
        asked
    });
    let premises = billing(account, requests.collect(), 1);
    setup(Premises { path: RequestPath { auth: true, ..RequestPath::default() }, ..premises }, &[], design)
}

fn with_usage(gateways: u8, faults: &[&str], design: &str) -> Setup {
    let premises = billing(acme("100.00"), vec![asked("t1")], gateways);
    setup(Premises { path: RequestPath { usage: true, ..RequestPath::default() }, ..premises }, faults, design)
}

/// Money for one of two requests, with the provider on the path.
fn served() -> Setup {
    let premises = billing(acme("6.00"), vec![asked("t1"), asked("t2")], 1);
    setup(Premises { path: RequestPath { upstream: true, ..RequestPath::default() }, ..premises }, &[], "as-reported")
}

pub fn planted() -> Vec<Planted> {
    vec![
        Planted {
            invariant: "budget",
            what: "what was spent is in request memory only, so the next request is let through",
            broken: || with_budget(2, "5.25", "as-reported"),
            nearest: || with_budget(2, "5.25", "p0-2-a+fixed"),
            breach: expect![[r#"
                client sends t1 of acme to gateway-a
                gateway-a does A1 A2 A3 T1 T2 T3a T3b T4a T4b T5 T6 T7a T7b reply
                client sends t2 of acme to gateway-a
                gateway-a does A1 T1 T2 T3a T3b T4a T4b T5 T6
                effective charges of the key of acme = 10.50
                spent by the key of acme according to api_key.budget_used = 0.00
                budget of the key of acme = 1.00
                budget plus one call per gateway = 6.25"#]],
        },
        Planted {
            invariant: "budget",
            what: "int(cost * 100) of less than a cent is nothing",
            broken: || with_budget(1, "0.0099", "p0-2-a"),
            nearest: || with_budget(1, "0.0099", "p0-2-a+fixed"),
            breach: expect![[r#"
                client sends t1 of acme to gateway-a
                gateway-a does A1 A2 A3 A4 T1 T2 T3a T3b T4a T4b T5 T6 T7a T7b B1 reply
                effective charges of the key of acme = 0.0099
                spent by the key of acme according to the budget row = 0.00
                budget of the key of acme = 1.00
                budget plus one call per gateway = 1.0099"#]],
        },
        Planted {
            invariant: "budget",
            what: "INCRBY is given a fraction",
            broken: || with_budget(1, "5.25", "p0-2-b"),
            nearest: || with_budget(1, "5.25", "p0-2-b+fixed"),
            breach: expect![[r#"
                client sends t1 of acme to gateway-a
                gateway-a does A1 A2 A3 A4 T1 T2 T3a T3b T4a T4b T5 T6 T7a T7b B1 reply
                effective charges of the key of acme = 5.25
                spent by the key of acme according to the redis counter = 0.00
                budget of the key of acme = 1.00
                budget plus one call per gateway = 6.25"#]],
        },
        Planted {
            invariant: "unit",
            what: "INCRBY is given a fraction",
            broken: || with_budget(1, "5.25", "p0-2-b"),
            nearest: || with_budget(1, "5.25", "p0-2-b+fixed"),
            breach: expect![[r#"
                client sends t1 of acme to gateway-a
                gateway-a does A1 A2 A3 A4 T1 T2 T3a T3b T4a T4b T5 T6 T7a T7b B1
                unit of the budget of the key of acme = micro-units
                unit written = a decimal fraction
                number written = 5.25"#]],
        },
        Planted {
            invariant: "unit",
            what: "cents are added to micro-units",
            broken: || with_budget(1, "5.25", "p0-2-a+fixed").with_attempt(budget_in_cents),
            nearest: || with_budget(1, "5.25", "p0-2-a+fixed").with_attempt(budget_in_micros),
            breach: expect![[r#"
                client sends t1 of acme to gateway-a
                gateway-a does T1 T2 T3a T3b T4a T4b T5 T6 B1
                unit of the budget of the key of acme = micro-units
                unit written = cents
                number written = 525"#]],
        },
        Planted {
            invariant: "usage",
            what: "a crash before the hook: the job is never sent",
            broken: || with_usage(1, &["crash"], "p1-8-a"),
            nearest: || with_usage(1, &[], "p1-8-a"),
            breach: expect![[r#"
                client sends t1 of acme to gateway-a
                gateway-a does T1 T2 T3a T3b T4a T4b T5 T6
                gateway-a crashes-before J0
                client sends t1 of acme to gateway-a
                gateway-a does T1 T1b reply
                requests of acme in usage = 0
                effective charges of acme = 1
                cost of acme in usage = 0.00
                cost of the effective charges of acme = 5.25"#]],
        },
        Planted {
            invariant: "usage",
            what: "a repeated request is answered from its row and sends the job again",
            broken: || with_usage(2, &["impatience"], "p1-8-b"),
            nearest: || with_usage(2, &["impatience"], "p1-8-b+fixed"),
            breach: expect![[r#"
                client sends t1 of acme to gateway-a
                client sends t1 of acme to gateway-b
                gateway-a does T1 T2 T3a T3b T4a T4b T5 T6 T7a T7b J0 reply
                gateway-b does T1 T1b J0 reply
                worker-1 does J1 J2 J1 J2
                requests of acme in usage = 2
                effective charges of acme = 1
                cost of acme in usage = 10.50
                cost of the effective charges of acme = 5.25"#]],
        },
        Planted {
            invariant: "usage",
            what: "usage is claimed to be in the transaction and is not",
            broken: || with_usage(1, &[], "p1-8-c").with_attempt(sound),
            nearest: || with_usage(1, &["crash"], "p1-8-c"),
            breach: expect![[r#"
                client sends t1 of acme to gateway-a
                gateway-a does T1 T2 T3a T3b T4a T4b T5 T6
                requests of acme in usage = 0
                effective charges of acme = 1
                cost of acme in usage = 0.00
                cost of the effective charges of acme = 5.25"#]],
        },
        Planted {
            invariant: "metered",
            what: "the provider serves, and then the balance does not cover it",
            broken: || served().with_attempt(served_then_judged),
            nearest: || served().with_attempt(judged_then_served),
            breach: expect![[r#"
                client sends t1 of acme to gateway-a
                gateway-a does U1 T1 T2 T3a T3b T4a T4b T5 T6 reply
                client sends t2 of acme to gateway-a
                gateway-a does U1 T1 T2 T3a T3b T4a E1 reply
                calls of the provider for t2 = 1
                price of t2 = 5.25
                charges of t2 = 0
                ledger row of t2 = none"#]],
        },
        Planted {
            invariant: "guarded",
            what: "the copy from redis overwrites the row whatever its version",
            broken: || traces(1, 1, &[], "p0-4-c"),
            nearest: || traces(1, 1, &[], "p0-4-c+fixed"),
            breach: expect![[r#"
                client sends t1 of acme to gateway-a
                gateway-a does T1 T4e T2 T3b T6 reply
                copy-back does G1 G2
                balance of acme before the write = 100.00
                version of acme before the write = 0
                balance written = 94.75
                version written = 1
                version looked at = none"#]],
        },
    ]
}
