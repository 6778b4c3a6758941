//! Streams whose attempts are charged under traces of their own, and what else has more rows than one: exact, usage.

use expect_test::expect;
use model::row::{LedgerRow, Status, TraceId, UsageRow};
use model::setup::{Premises, Requested, Setup};

use crate::clauses::{Case, Made, broken_by, money, not_broken_by, row};
use crate::exhaustive_walk::{WHOLE_PATH, acme, billing, held_by, setup, stream};

/// A stream of 9.00, charged under `t1@1`; the trace of its client has no row.
fn stamped() -> Setup {
    setup(billing(acme("100.00"), vec![stream("t1")], 1), &[], "p0-1-trace-plus-timestamp")
}

fn whole_path_stamped() -> Setup {
    let premises = billing(acme("100.00"), vec![stream("t1")], 1);
    setup(Premises { path: WHOLE_PATH, ..premises }, &[], "p0-1-trace-plus-timestamp")
}

fn two_stamped() -> Setup {
    let once = |trace: &str| Requested { attempts: 1, ..stream(trace) };
    setup(billing(acme("100.00"), vec![once("t1"), once("t2")], 1), &[], "p0-1-trace-plus-timestamp")
}

/// The whole path of a stream of 9.00, held by 12.00.
fn held() -> Setup {
    let premises = billing(acme("100.00"), vec![held_by("12.00", "t1")], 1);
    setup(Premises { path: WHOLE_PATH, ..premises }, &[], "p0-1-hold-then-settle+fixed")
}

/// A second attempt has a row of its own, `t1@2`, of this amount.
fn second_row(made: &mut Made, amount: &str, status: Status) {
    let amount = money(amount);
    made.after.rows[2] = made.after.rows[1].map(|row| LedgerRow { trace: TraceId(2), amount, status, ..row });
}

const BREACHES: &[Case] = &[
    ("exact", "the row under a suffix has another amount, and so much was taken", stamped, |m| {
        row(&mut m.after, 1).amount = money("5.00");
        m.after.requests[0].moved = money("5.00");
    }),
    ("exact", "that of the second attempt has, and so much was taken", stamped, |m| {
        second_row(m, "5.00", Status::Committed);
        m.after.requests[0].moved = money("14.00");
    }),
    ("exact", "two attempts have the right rows, and the money of one was taken", stamped, |m| {
        second_row(m, "9.00", Status::Committed);
    }),
    ("exact", "one attempt has the right row, and the money of two was taken", stamped, |m| {
        m.after.requests[0].moved = money("18.00");
    }),
    ("fail-mode", "a held stream has only a refund, and was served in an outage", held, |m| {
        m.after.requests[0].outage = true;
        m.after.rows[0] = None;
    }),
    ("usage", "a held stream is on record by what was held", held, |m| {
        m.after.tenants[0].usage.cost = money("12.00");
    }),
    ("usage", "what it got back is on record as a request of its own", held, |m| {
        m.after.tenants[0].usage.requests = 2;
    }),
];

#[test]
fn each_clause_sees_its_breach_in_rows_with_suffixes() {
    broken_by(
        BREACHES,
        &expect![[r#"
            exact, the row under a suffix has another amount, and so much was taken: counted by the provider for t1 = 9.00, money taken for t1 = 5.00, amount in the rows of t1 = 5.00
            exact, that of the second attempt has, and so much was taken: counted by the provider for t1 = 9.00, money taken for t1 = 14.00, amount in the rows of t1 = 14.00
            exact, two attempts have the right rows, and the money of one was taken: counted by the provider for t1 = 9.00, money taken for t1 = 9.00, amount in the rows of t1 = 18.00
            exact, one attempt has the right row, and the money of two was taken: counted by the provider for t1 = 9.00, money taken for t1 = 18.00, amount in the rows of t1 = 9.00
            fail-mode, a held stream has only a refund, and was served in an outage: requests of acme served in an outage and never charged = 1, most that the design declares = 0
            usage, a held stream is on record by what was held: requests of acme in usage = 1, effective charges of acme = 1, cost of acme in usage = 12.00, cost of the effective charges of acme = 9.00
            usage, what it got back is on record as a request of its own: requests of acme in usage = 2, effective charges of acme = 1, cost of acme in usage = 9.00, cost of the effective charges of acme = 9.00"#]],
    );
}

const NONE: &[Case] = &[
    ("exact", "two attempts have the right rows and their money was taken", stamped, |m| {
        second_row(m, "9.00", Status::Committed);
        m.after.requests[0].moved = money("18.00");
    }),
    ("exact", "the row of the second attempt is wrong and pending, and nothing was taken for it", stamped, |m| {
        second_row(m, "5.00", Status::Pending);
    }),
    ("exact", "the rows of another stream are not its own", two_stamped, |_| {}),
    ("fail-mode", "the first attempt's row is pending and the second's is effective", stamped, |m| {
        m.after.path.upstream = true;
        m.after.requests[0].outage = true;
        second_row(m, "9.00", Status::Committed);
        row(&mut m.after, 1).status = Status::Pending;
    }),
    ("usage", "a stream that is charged under a suffix alone is one request", whole_path_stamped, |_| {}),
    ("usage", "a held stream that came to nothing is no request", held, |m| {
        row(&mut m.after, 1).amount = money("12.00");
        m.after.tenants[0].usage = UsageRow::default();
    }),
    ("truth", "ok by the row of an attempt", stamped, |_| {}),
    ("hold-release", "a row that is pending has held nothing so far", held, |m| {
        row(&mut m.after, 0).status = Status::Pending;
    }),
];

#[test]
fn what_rows_with_suffixes_may_be_breaks_nothing() {
    not_broken_by(NONE);
}
