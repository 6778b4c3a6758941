//! What was served is paid, and no more is given back: metered, hold-release, fail-mode, reversal.

use expect_test::expect;
use model::invariant::Evaluation;
use model::money::Money;
use model::row::{Kind, LedgerRow, Status, TraceId};
use model::setup::{Account, Premises, Setup};

use crate::clauses::{Case, Made, broken_by, money, not_broken_by, row};
use crate::exhaustive_walk::{WHOLE_PATH, acme, asked, billing, held_by, recharge, reverse, setup};

/// The whole path of one charge of 5.25, of a key with a budget of 5.00.
fn whole(design: &str) -> Setup {
    let account = Account { budget: Some("5.00".parse().unwrap()), ..acme("100.00") };
    setup(Premises { path: WHOLE_PATH, ..billing(account, vec![asked("t1")], 1) }, &[], design)
}

fn whole_path() -> Setup {
    whole("p0-2-a+fixed")
}

fn paid_in() -> Setup {
    setup(billing(acme("100.00"), vec![recharge("r1")], 1), &[], "as-reported")
}

fn given_back() -> Setup {
    setup(billing(acme("100.00"), vec![asked("t1"), reverse("v1", "t1"), reverse("v2", "t1")], 1), &[], "as-reported")
}

/// Two charges, each given back.
fn both_given_back() -> Setup {
    let requests = vec![asked("t1"), asked("t2"), reverse("v1", "t1"), reverse("v2", "t2")];
    setup(billing(acme("100.00"), requests, 1), &[], "as-reported")
}

fn held() -> Setup {
    setup(billing(acme("100.00"), vec![held_by("12.00", "t1")], 1), &[], "p0-1-hold-then-settle+fixed")
}

/// A hold of 4.00 and a rest of 5.00.
fn held_by_less() -> Setup {
    setup(billing(acme("100.00"), vec![held_by("4.00", "t1")], 1), &[], "p0-1-hold-then-settle+fixed")
}

/// The second refund has a row too.
fn second_refund(made: &mut Made, status: Status) {
    made.after.rows[2] = made.after.rows[1].map(|row| LedgerRow { trace: TraceId(2), status, ..row });
}

const BREACHES: &[Case] = &[
    ("metered", "an ordinary call is served twice and charged once", whole_path, |m| m.after.requests[0].served = 2),
    ("metered", "its row is pending", whole_path, |m| row(&mut m.after, 0).status = Status::Pending),
    ("metered", "it was only given back", whole_path, |m| row(&mut m.after, 0).kind = Kind::Refund),
    ("metered", "a held stream is served twice, and its rest is no charge of its own", held_by_less, |m| {
        m.after.requests[0].served = 2;
    }),
    ("hold-release", "a row is a hold although what was taken is right", held, |m| {
        row(&mut m.after, 0).kind = Kind::Hold;
    }),
    ("hold-release", "no row is a hold and the rest has not gone back", held, |m| {
        row(&mut m.after, 0).amount = money("15.00");
    }),
    ("fail-mode", "served in an outage and not charged", whole_path, |m| {
        m.after.requests[0].outage = true;
        m.after.rows[0] = None;
    }),
    ("fail-mode", "served in an outage and its row is pending", whole_path, |m| {
        m.after.requests[0].outage = true;
        row(&mut m.after, 0).status = Status::Pending;
    }),
    ("reversal", "a second refund of the same charge", given_back, |m| {
        second_refund(m, Status::Committed);
        m.after.requests[2].moved = money("-5.25");
    }),
    ("reversal", "its process died between the two commits: the money went and its row is pending", given_back, |m| {
        second_refund(m, Status::Pending);
        m.after.requests[2].moved = money("-5.25");
    }),
    ("reversal", "its row is effective and its money did not move", given_back, |m| {
        second_refund(m, Status::Committed);
    }),
    ("reversal", "what is given back is no effective charge", given_back, |m| {
        row(&mut m.after, 0).status = Status::Pending;
    }),
    ("reversal", "a held stream gets back more than its hold", held, |m| row(&mut m.after, 1).amount = money("12.01")),
];

#[test]
fn each_clause_about_what_is_served_and_given_back_sees_its_breach() {
    broken_by(
        BREACHES,
        &expect![[r#"
            metered, an ordinary call is served twice and charged once: calls of the provider for t1 = 2, price of t1 = 5.25, charges of t1 = 1, ledger row of t1 = effective
            metered, its row is pending: calls of the provider for t1 = 1, price of t1 = 5.25, charges of t1 = 0, ledger row of t1 = pending
            metered, it was only given back: calls of the provider for t1 = 1, price of t1 = 5.25, charges of t1 = 0, ledger row of t1 = effective
            metered, a held stream is served twice, and its rest is no charge of its own: calls of the provider for t1 = 2, price of t1 = 9.00, charges of t1 = 1, ledger row of t1 = effective
            hold-release, a row is a hold although what was taken is right: held for t1 = 12.00, taken by the rows of t1 = 9.00, what t1 came to = 9.00
            hold-release, no row is a hold and the rest has not gone back: held for t1 = 12.00, taken by the rows of t1 = 12.00, what t1 came to = 9.00
            fail-mode, served in an outage and not charged: requests of acme served in an outage and never charged = 1, most that the design declares = 0
            fail-mode, served in an outage and its row is pending: requests of acme served in an outage and never charged = 1, most that the design declares = 0
            reversal, a second refund of the same charge: given back for t1 = 10.50, effective charge of t1 = 5.25
            reversal, its process died between the two commits: the money went and its row is pending: given back for t1 = 10.50, effective charge of t1 = 5.25
            reversal, its row is effective and its money did not move: given back for t1 = 10.50, effective charge of t1 = 5.25
            reversal, what is given back is no effective charge: given back for t1 = 5.25, effective charge of t1 = 0.00
            reversal, a held stream gets back more than its hold: given back for t1 = 12.01, effective charge of t1 = 12.00"#]],
    );
}

const NONE: &[Case] = &[
    ("metered", "an ordinary call has a charge for each time it was served", whole_path, |m| {
        m.after.requests[0].served = 1;
    }),
    ("metered", "the provider is not on the path", whole_path, |m| {
        m.after.path.upstream = false;
        m.after.requests[0].served = 2;
    }),
    ("metered", "money paid in is no call", paid_in, |m| {
        m.after.path.upstream = true;
        m.after.requests[0].served = 2;
    }),
    ("hold-release", "nothing was held", held, |m| m.after.rows.iter_mut().for_each(|row| *row = None)),
    ("fail-mode", "it was charged all the same", whole_path, |m| m.after.requests[0].outage = true),
    ("fail-mode", "the provider is not on the path", whole_path, |m| {
        m.after.path.upstream = false;
        m.after.requests[0].outage = true;
        m.after.rows[0] = None;
    }),
    ("fail-mode", "no store had a fault", whole_path, |m| m.after.rows[0] = None),
    ("fail-mode", "the provider did not serve it", whole_path, |m| {
        m.after.requests[0].outage = true;
        m.after.requests[0].served = 0;
        m.after.rows[0] = None;
    }),
    ("fail-mode", "money paid in is no call", paid_in, |m| {
        m.after.path.upstream = true;
        m.after.requests[0].outage = true;
        m.after.requests[0].served = 1;
        m.after.rows[0] = None;
    }),
    ("reversal", "what is given back is of a hold that is not settled", held, |m| {
        row(&mut m.after, 0).kind = Kind::Hold
    }),
    ("reversal", "a held stream is to get back more, and its row is pending", held, |m| {
        row(&mut m.after, 1).amount = money("12.01");
        row(&mut m.after, 1).status = Status::Pending;
    }),
    ("reversal", "another charge is given back too", both_given_back, |_| {}),
    ("reversal", "one refund, its row and its money", given_back, |_| {}),
    ("reversal", "the row of a second one that never moved money is pending", given_back, |m| {
        second_refund(m, Status::Pending);
    }),
    ("reversal", "one refund whose row is pending", given_back, |m| row(&mut m.after, 1).status = Status::Pending),
    ("reversal", "a held stream gets back a part", held, |m| row(&mut m.after, 1).amount = Money::from_micros(1)),
];

#[test]
fn a_request_that_was_not_served_does_not_put_metered_to_the_test() {
    let setup = whole_path();
    let mut made = Made::unmoved(&setup);
    assert_eq!(made.evaluation("metered", &setup).0, Evaluation::Held);
    made.after.requests[0].served = 0;
    assert_eq!(made.evaluation("metered", &setup).0, Evaluation::Vacuous);
}

#[test]
fn what_may_be_served_and_given_back_breaks_nothing() {
    not_broken_by(NONE);
}
