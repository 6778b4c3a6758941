//! Planted in what moves money and writes its rows.

use expect_test::expect;
use model::setup::Setup;

use crate::Planted;
use crate::attempts::{
    each_statement_alone, money_then_row, money_without_a_row, paid_in_without_a_row, row_after_money,
    row_without_money, sound, unlimited, whole_units_only,
};
use crate::exhaustive_walk::{acme, asked, billing, recharge, reverse, setup, traces};

fn one(faults: &[&str]) -> Setup {
    traces(1, 1, faults, "as-reported")
}

/// A price that no double holds.
fn ten_cents(design: &str) -> Setup {
    let mut asked = asked("t1");
    asked.amount = Some("0.1".parse().unwrap());
    setup(billing(acme("100.00"), vec![asked], 1), &[], design)
}

fn paid_in() -> Setup {
    setup(billing(acme("0"), vec![recharge("r1")], 1), &["crash"], "as-reported")
}

fn poor() -> Setup {
    setup(billing(acme("6.00"), vec![asked("t1"), asked("t2")], 1), &[], "as-reported")
}

fn reversed_by_two(gateways: u8) -> Setup {
    let requests = vec![asked("t1"), reverse("v1", "t1"), reverse("v2", "t1")];
    setup(billing(acme("100.00"), requests, gateways), &[], "as-reported")
}

pub fn planted() -> Vec<Planted> {
    vec![
        Planted {
            invariant: "conserve",
            what: "money is taken and no row is written",
            broken: || one(&[]).with_attempt(money_without_a_row),
            nearest: || one(&[]).with_attempt(sound),
            breach: expect![[r#"
                client sends t1 of acme to gateway-a
                gateway-a does T4a T4b
                balance of acme = 94.75
                opening balance of acme = 100.00
                effective ledger rows of acme = 0.00
                opening balance plus ledger = 100.00"#]],
        },
        Planted {
            invariant: "conserve",
            what: "a row claims money that was never taken",
            broken: || one(&[]).with_attempt(row_without_money),
            nearest: || one(&[]).with_attempt(sound),
            breach: expect![[r#"
                client sends t1 of acme to gateway-a
                gateway-a does T3a T3b T5
                balance of acme = 100.00
                opening balance of acme = 100.00
                effective ledger rows of acme = -5.25
                opening balance plus ledger = 94.75"#]],
        },
        Planted {
            invariant: "conserve",
            what: "the balance in redis is reckoned in doubles",
            broken: || ten_cents("p0-4-c"),
            nearest: || ten_cents("p0-4-c+fixed"),
            breach: expect![[r#"
                client sends t1 of acme to gateway-a
                gateway-a does T1 T4e
                balance of acme in redis = 99.900000000000006
                taken of acme for charges under way = 0.10
                opening balance of acme = 100.00
                effective ledger rows of acme = 0.00
                opening balance plus ledger = 100.00"#]],
        },
        Planted {
            invariant: "once",
            what: "each attempt takes the money before it learns that the row is there",
            broken: || one(&["crash"]).with_attempt(money_then_row),
            nearest: || one(&["crash"]).with_attempt(sound),
            breach: expect![[r#"
                client sends t1 of acme to gateway-a
                gateway-a does T4a T4b
                gateway-a crashes-before T3b
                client sends t1 of acme to gateway-a
                gateway-a does T4a T4b
                money taken for t1 = 10.50
                price of t1 = 5.25"#]],
        },
        Planted {
            invariant: "once",
            what: "money is paid in by each attempt",
            broken: || paid_in().with_attempt(paid_in_without_a_row),
            nearest: paid_in,
            breach: expect![[r#"
                client sends r1 of acme to gateway-a
                gateway-a does R4
                gateway-a crashes-before reply
                client sends r1 of acme to gateway-a
                gateway-a does R4
                money given for r1 = 10.50
                money due for r1 = 5.25"#]],
        },
        Planted {
            invariant: "exact",
            what: "the decimals of the price are cut off",
            broken: || one(&[]).with_attempt(whole_units_only),
            nearest: || one(&[]).with_attempt(sound),
            breach: expect![[r#"
                client sends t1 of acme to gateway-a
                gateway-a does T1 T2 T3a T3b T4a T4b T5 T6
                price of t1 = 5.25
                money taken for t1 = 5.00
                amount in the row of t1 = 5.00"#]],
        },
        Planted {
            invariant: "row-iff-money",
            what: "the row is marked in a statement of its own after the money was taken in another",
            broken: || one(&[]).with_attempt(each_statement_alone),
            nearest: || one(&[]).with_attempt(sound),
            breach: expect![[r#"
                client sends t1 of acme to gateway-a
                gateway-a does T3a T3b T4a T4b
                money taken for t1 in this step = 5.25
                rows of t1 made effective in this step = 0.00"#]],
        },
        Planted {
            invariant: "chain",
            what: "balance_before is read before another charge commits",
            broken: || traces(2, 2, &[], "as-reported").with_attempt(sound),
            nearest: || traces(2, 2, &[], "as-reported").with_attempt(row_after_money),
            breach: expect![[r#"
                client sends t1 of acme to gateway-a
                client sends t2 of acme to gateway-b
                gateway-a does T1 T2 T3a T3b T4a T4b T5
                gateway-b does T1 T2 T3a
                gateway-a does T6
                gateway-b does T3b T4a T4b T5 T6
                balance after the rows so far = 94.75
                balance_before of the row of t2 = 100.00
                effect of the row of t2 = -5.25
                balance_after of the row of t2 = 94.75"#]],
        },
        Planted {
            invariant: "chain",
            what: "the script answers the balance cut off to whole units",
            broken: || one_in("p0-4-c"),
            nearest: || one_in("p0-4-c+fixed"),
            breach: expect![[r#"
                client sends t1 of acme to gateway-a
                gateway-a does T1 T4e T2 T3b T6
                balance after the rows so far = 100.00
                balance_before of the row of t1 = 99.25
                effect of the row of t1 = -5.25
                balance_after of the row of t1 = 94.00"#]],
        },
        Planted {
            invariant: "floor",
            what: "nobody looks at the balance before it is taken from",
            broken: || poor().with_attempt(unlimited),
            nearest: || poor().with_attempt(sound),
            breach: expect![[r#"
                client sends t1 of acme to gateway-a
                gateway-a does T2 T3a T3b T4b T5 T6 reply
                client sends t2 of acme to gateway-a
                gateway-a does T2 T3a T3b T4b T5 T6
                balance of acme before = 0.75
                balance of acme = -4.50
                credit limit of acme = 0.00"#]],
        },
        Planted {
            invariant: "reversal",
            what: "two refunds of one charge both find it committed, since nobody locks it",
            broken: || reversed_by_two(2),
            nearest: || reversed_by_two(1),
            breach: expect![[r#"
                client sends t1 of acme to gateway-a
                client sends v1 of acme to gateway-b
                gateway-a does T1 T2 T3a T3b T4a T4b T5 T6 T7a T7b reply
                client sends v2 of acme to gateway-a
                gateway-a does V1 V2 V3 V4 V5 V6
                gateway-b does V1 V2 V3 V4 V5 V6
                given back for t1 = 10.50
                effective charge of t1 = 5.25"#]],
        },
    ]
}

fn one_in(design: &str) -> Setup {
    traces(1, 1, &[], design)
}
