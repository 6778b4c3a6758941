//! Balance and ledger: conserve, chain, exact, row-iff-money, status.

use expect_test::expect;
use model::money::Money;
use model::row::{Kind, Status, Tenant, TraceId};
use model::setup::{Premises, Requested, Setup};
use model::store::lua_number::Double;

use crate::clauses::{Case, Made, broken_by, money, not_broken_by, row};
use crate::exhaustive_walk::{acme, asked, beta, billing, held_by, recharge, setup, stream, traces};

/// Two charges of 5.25.
fn two() -> Setup {
    traces(2, 1, &[], "as-reported")
}

fn paid_in() -> Setup {
    setup(billing(acme("100.00"), vec![recharge("r1")], 1), &[], "as-reported")
}

fn truth_in_redis() -> Setup {
    traces(2, 1, &[], "p0-4-c+fixed")
}

/// A charge of acme's and then one of beta's.
fn two_tenants(design: &str) -> Setup {
    let of_beta = Requested { account: "beta".to_owned(), ..asked("t2") };
    setup(Premises::billing_only(vec![acme("100.00"), beta()], vec![asked("t1"), of_beta], 1), &[], design)
}

fn streamed() -> Setup {
    setup(billing(acme("100.00"), vec![stream("t1")], 1), &[], "as-reported")
}

fn held() -> Setup {
    setup(billing(acme("100.00"), vec![held_by("12.00", "t1")], 1), &[], "p0-1-hold-then-settle+fixed")
}

/// The second charge becomes effective by this move.
fn second_is_new(made: &mut Made) {
    made.before.rows[1] = None;
}

/// The second charge is under way: its money is taken in Redis and its row is not effective.
fn second_is_under_way(made: &mut Made) {
    made.after.at_rest = false;
    row(&mut made.after, 1).status = Status::Pending;
}

const BREACHES: &[Case] = &[
    ("conserve", "the balance in postgres is another", two, |m| m.after.tenants[0].quota.balance = money("1.00")),
    ("conserve", "redis is the truth and its balance is another", truth_in_redis, |m| {
        m.after.tenants[0].hash.as_mut().unwrap().row.balance = money("1.00");
    }),
    ("conserve", "the same while charges are under way", truth_in_redis, |m| {
        m.after.at_rest = false;
        m.after.tenants[0].hash.as_mut().unwrap().row.balance = money("1.00");
    }),
    ("conserve", "it is a double that only reads like the sum", truth_in_redis, |m| {
        m.after.tenants[0].hash.as_mut().unwrap().drifted = Some(Double(0x4056_6000_0000_0001));
    }),
    ("conserve", "redis is the truth, and at rest postgres does not follow", truth_in_redis, |m| {
        m.after.tenants[0].quota.balance = money("100.00");
    }),
    ("conserve", "the same, and redis has lost the hash", truth_in_redis, |m| {
        m.after.tenants[0].hash = None;
        m.after.tenants[0].quota.balance = money("100.00");
    }),
    ("conserve", "at rest money is taken for a charge without a row", truth_in_redis, |m| {
        m.both(|books| books.rows[1] = None);
        m.after.tenants[0].quota.balance = money("94.75");
    }),
    ("chain", "balance_after is not balance_before less the amount", two, |m| {
        second_is_new(m);
        row(&mut m.after, 1).after = money("1.00");
    }),
    ("chain", "balance_before is not where the row before it ended", two, |m| {
        second_is_new(m);
        row(&mut m.after, 1).before = money("90.00");
        row(&mut m.after, 1).after = money("84.75");
    }),
    ("chain", "a row that was pending does not begin where the one before it ended", two, |m| {
        row(&mut m.before, 1).status = Status::Pending;
        m.both(|books| row(books, 1).before = money("90.00"));
    }),
    ("exact", "a recharge gave less than its row says", paid_in, |m| m.after.requests[0].moved = money("-5.00")),
    ("exact", "the row has another amount, and so much was taken", two, |m| {
        row(&mut m.after, 0).amount = money("5.00");
        m.after.requests[0].moved = money("5.00");
    }),
    ("exact", "the row has the price and less was taken", two, |m| m.after.requests[0].moved = money("5.00")),
    ("exact", "a stream is charged by another price, and so much was taken", streamed, |m| {
        row(&mut m.after, 0).amount = money("5.00");
        m.after.requests[0].moved = money("5.00");
    }),
    ("exact", "the row of a stream is right and less was taken", streamed, |m| {
        m.after.requests[0].moved = money("5.00");
    }),
    ("exact", "a held stream has paid another price", held, |m| {
        row(&mut m.after, 0).amount = money("15.00");
        m.after.requests[0].moved = m.after.taken_by_rows(model::row::Request(0));
    }),
    ("exact", "the rows of a held stream are right and less was taken", held, |m| {
        m.after.requests[0].moved = money("5.00");
    }),
    ("row-iff-money", "money moves and no row says so", two, |m| m.after.requests[1].moved = money("10.50")),
    ("row-iff-money", "a row becomes effective and no money moves", two, second_is_new),
    ("row-iff-money", "the same without a hash, where postgres is the truth", two, |m| {
        second_is_new(m);
        m.before.tenants[0].hash = None;
    }),
    (
        "row-iff-money",
        "the same of beta, where redis is the truth and has lost acme's hash",
        || two_tenants("p0-4-c+fixed"),
        |m| {
            second_is_new(m);
            m.before.tenants[0].hash = None;
        },
    ),
    (
        "status",
        "a committed row changes its tenant",
        || two_tenants("as-reported"),
        |m| row(&mut m.after, 0).tenant = Tenant(1),
    ),
    ("status", "a reversed row is committed again", two, |m| row(&mut m.before, 0).status = Status::Reversed),
    ("status", "a reversed row is pending again", two, |m| {
        row(&mut m.before, 0).status = Status::Reversed;
        row(&mut m.after, 0).status = Status::Pending;
    }),
    ("status", "a row that is committed changes its amount in the same step as its status", two, |m| {
        row(&mut m.after, 0).status = Status::Reversed;
        row(&mut m.after, 0).amount = money("1.00");
    }),
];

#[test]
fn each_clause_about_balance_and_ledger_sees_its_breach() {
    let expected = expect![[r#"
        conserve, the balance in postgres is another: balance of acme = 1.00, opening balance of acme = 100.00, effective ledger rows of acme = -10.50, opening balance plus ledger = 89.50
        conserve, redis is the truth and its balance is another: balance of acme in redis = 1.00, taken of acme for charges under way = 0.00, balance of acme = 89.50, opening balance of acme = 100.00, effective ledger rows of acme = -10.50, opening balance plus ledger = 89.50
        conserve, the same while charges are under way: balance of acme in redis = 1.00, taken of acme for charges under way = 0.00, opening balance of acme = 100.00, effective ledger rows of acme = -10.50, opening balance plus ledger = 89.50
        conserve, it is a double that only reads like the sum: balance of acme in redis = 89.500000000000014, taken of acme for charges under way = 0.00, balance of acme = 89.50, opening balance of acme = 100.00, effective ledger rows of acme = -10.50, opening balance plus ledger = 89.50
        conserve, redis is the truth, and at rest postgres does not follow: balance of acme in redis = 89.50, taken of acme for charges under way = 0.00, balance of acme = 100.00, opening balance of acme = 100.00, effective ledger rows of acme = -10.50, opening balance plus ledger = 89.50
        conserve, the same, and redis has lost the hash: balance of acme = 100.00, opening balance of acme = 100.00, effective ledger rows of acme = -10.50, opening balance plus ledger = 89.50
        conserve, at rest money is taken for a charge without a row: balance of acme in redis = 89.50, taken of acme for charges under way = 0.00, balance of acme = 94.75, opening balance of acme = 100.00, effective ledger rows of acme = -5.25, opening balance plus ledger = 94.75
        chain, balance_after is not balance_before less the amount: balance after the rows so far = 94.75, balance_before of the row of t2 = 94.75, effect of the row of t2 = -5.25, balance_after of the row of t2 = 1.00
        chain, balance_before is not where the row before it ended: balance after the rows so far = 94.75, balance_before of the row of t2 = 90.00, effect of the row of t2 = -5.25, balance_after of the row of t2 = 84.75
        chain, a row that was pending does not begin where the one before it ended: balance after the rows so far = 94.75, balance_before of the row of t2 = 90.00, effect of the row of t2 = -5.25, balance_after of the row of t2 = 89.50
        exact, a recharge gave less than its row says: price of r1 = 5.25, money taken for r1 = -5.00, amount in the row of r1 = 5.25
        exact, the row has another amount, and so much was taken: price of t1 = 5.25, money taken for t1 = 5.00, amount in the row of t1 = 5.00
        exact, the row has the price and less was taken: price of t1 = 5.25, money taken for t1 = 5.00, amount in the row of t1 = 5.25
        exact, a stream is charged by another price, and so much was taken: counted by the provider for t1 = 9.00, money taken for t1 = 5.00, amount in the rows of t1 = 5.00
        exact, the row of a stream is right and less was taken: counted by the provider for t1 = 9.00, money taken for t1 = 5.00, amount in the rows of t1 = 9.00
        exact, a held stream has paid another price: due for t1 by stream_abort = 9.00, money taken for t1 = 12.00, amount in the rows of t1 = 12.00
        exact, the rows of a held stream are right and less was taken: due for t1 by stream_abort = 9.00, money taken for t1 = 5.00, amount in the rows of t1 = 9.00
        row-iff-money, money moves and no row says so: money taken for t2 in this step = 5.25, rows of t2 made effective in this step = 0.00
        row-iff-money, a row becomes effective and no money moves: money taken for t2 in this step = 0.00, rows of t2 made effective in this step = 5.25
        row-iff-money, the same without a hash, where postgres is the truth: money taken for t2 in this step = 0.00, rows of t2 made effective in this step = 5.25
        row-iff-money, the same of beta, where redis is the truth and has lost acme's hash: money taken for t2 in this step = 0.00, rows of t2 made effective in this step = 5.25
        status, a committed row changes its tenant: row of t1 before = committed deduct 5.25 of acme, row of t1 after = committed deduct 5.25 of beta
        status, a reversed row is committed again: row of t1 before = reversed deduct 5.25 of acme, row of t1 after = committed deduct 5.25 of acme
        status, a reversed row is pending again: row of t1 before = reversed deduct 5.25 of acme, row of t1 after = pending deduct 5.25 of acme
        status, a row that is committed changes its amount in the same step as its status: row of t1 before = committed deduct 5.25 of acme, row of t1 after = reversed deduct 1.00 of acme"#]];
    broken_by(BREACHES, &expected);
}

const NONE: &[Case] = &[
    ("conserve", "redis is the truth and postgres follows later", truth_in_redis, |m| {
        m.after.at_rest = false;
        m.after.tenants[0].quota.balance = money("100.00");
    }),
    ("conserve", "redis is the truth and the hash is gone", truth_in_redis, |m| m.after.tenants[0].hash = None),
    (
        "conserve",
        "what is taken for a charge under way has no effective row so far",
        truth_in_redis,
        second_is_under_way,
    ),
    ("conserve", "what is charged is not on hold", truth_in_redis, |m| m.after.at_rest = false),
    ("conserve", "money of a recharge under way is not on hold", truth_in_redis, |m| {
        second_is_under_way(m);
        m.after.requests[1].asking = model::flow::Asking::Recharge;
        m.after.tenants[0].hash.as_mut().unwrap().row.balance = money("94.75");
    }),
    ("conserve", "beta's charge under way is not acme's", || two_tenants("p0-4-c+fixed"), second_is_under_way),
    ("chain", "the row is not effective so far", two, |m| {
        second_is_new(m);
        row(&mut m.after, 1).status = Status::Pending;
        row(&mut m.after, 1).before = money("90.00");
    }),
    ("chain", "the row was effective before", two, |m| m.both(|books| row(books, 1).before = money("90.00"))),
    ("chain", "two rows become effective by one move and have no order", two, |m| {
        m.before.rows[0] = None;
        m.before.rows[1] = None;
        m.after.rows.swap(0, 1);
        row(&mut m.after, 0).trace = TraceId(0);
        row(&mut m.after, 1).trace = TraceId(1);
    }),
    ("chain", "the rows of another tenant are another chain", || two_tenants("as-reported"), second_is_new),
    ("exact", "redis is the truth and an estimate is still to be corrected", truth_in_redis, |m| {
        m.after.at_rest = false;
        m.after.requests[0].moved = money("6.00");
    }),
    ("exact", "a row is pending and its money has not moved", two, |m| {
        row(&mut m.after, 0).status = Status::Pending;
        m.after.requests[0].moved = Money::ZERO;
    }),
    ("exact", "a held stream is not settled so far", held, |m| {
        m.after.at_rest = false;
        m.after.requests[0].moved = money("12.00");
    }),
    ("row-iff-money", "there was no hash, so no money could move in redis", truth_in_redis, |m| {
        second_is_new(m);
        m.before.tenants[0].hash = None;
    }),
    ("status", "a hold that is settled becomes a charge", two, |m| row(&mut m.before, 0).kind = Kind::Hold),
    ("status", "a row that is pending is settled by another amount", two, |m| {
        row(&mut m.before, 0).status = Status::Pending;
        row(&mut m.before, 0).amount = Money::from_micros(1);
    }),
    ("status", "a pending row is taken back", two, |m| {
        row(&mut m.before, 0).status = Status::Pending;
        m.after.rows[0] = None;
    }),
    ("status", "a row is written", two, |m| m.before.rows[TraceId(0).index()] = None),
];

#[test]
fn what_balance_and_ledger_may_do_breaks_nothing() {
    not_broken_by(NONE);
}
