//! What may be taken and what is on record of it: once, floor, budget, usage, unit, guarded.

use expect_test::expect;
use model::effect::{Call, Effect, Increment, PgOp, RedisOp};
use model::flow::RequestPath;
use model::moves::{Actor, Move};
use model::row::{Request, Status, Tenant, Unit, UsageRow};
use model::setup::{Account, Premises, Requested, Setup};
use model::step::Step;

use crate::clauses::{Case, Made, broken_by, money, not_broken_by, row};
use crate::exhaustive_walk::{WHOLE_PATH, acme, asked, billing, held_by, recharge, reverse, setup, stream, traces};

/// The whole path of one charge of 5.25, of a key with a budget of 5.00.
fn whole(design: &str) -> Setup {
    let account = Account { budget: Some("5.00".parse().unwrap()), ..acme("100.00") };
    setup(Premises { path: WHOLE_PATH, ..billing(account, vec![asked("t1")], 1) }, &[], design)
}

fn whole_path() -> Setup {
    whole("p0-2-a+fixed")
}

fn one() -> Setup {
    traces(1, 1, &[], "as-reported")
}

fn paid_in() -> Setup {
    setup(billing(acme("100.00"), vec![recharge("r1")], 1), &[], "as-reported")
}

/// The same of two gateways.
fn two_gateways() -> Setup {
    let account = Account { budget: Some("5.00".parse().unwrap()), ..acme("100.00") };
    setup(Premises { path: WHOLE_PATH, ..billing(account, vec![asked("t1")], 2) }, &[], "p0-2-a+fixed")
}

/// The whole path of a charge of 5.25, of a key with a budget of 5.00, and 50.00 paid in.
fn paid_in_beside() -> Setup {
    let account = Account { budget: Some("5.00".parse().unwrap()), ..acme("100.00") };
    let paid_in = Requested { amount: Some("50.00".parse().unwrap()), ..recharge("r1") };
    setup(Premises { path: WHOLE_PATH, ..billing(account, vec![asked("t1"), paid_in], 1) }, &[], "p0-2-a+fixed")
}

fn streamed(design: &str) -> Setup {
    let premises = billing(acme("100.00"), vec![stream("t1"), asked("t2")], 2);
    setup(Premises { path: RequestPath { upstream: true, ..RequestPath::default() }, ..premises }, &[], design)
}

/// A charge and what gives it back.
fn given_back() -> Setup {
    setup(billing(acme("100.00"), vec![asked("t1"), reverse("v1", "t1")], 1), &[], "as-reported")
}

fn given_back_with_usage() -> Setup {
    let premises = billing(acme("100.00"), vec![asked("t1"), reverse("v1", "t1")], 1);
    setup(Premises { path: RequestPath { usage: true, ..RequestPath::default() }, ..premises }, &[], "as-reported")
}

/// A stream that is held and a charge that is not.
fn beside_holds() -> Setup {
    let requests = vec![held_by("12.00", "t1"), asked("t2")];
    setup(billing(acme("100.00"), requests, 1), &[], "p0-1-hold-then-settle+fixed")
}

/// A stream of 9.00, estimated at 12.00, which is what it pays where nobody knows better.
fn estimated() -> Setup {
    setup(billing(acme("100.00"), vec![held_by("12.00", "t1")], 1), &[], "p0-1-c+fixed")
}

fn held() -> Setup {
    setup(billing(acme("100.00"), vec![held_by("12.00", "t1")], 1), &[], "p0-1-hold-then-settle+fixed")
}

/// The balance falls from 1.00 to this by a step of the request.
fn falls_to(made: &mut Made, balance: &str, request: u8) {
    made.before.tenants[0].quota.balance = money("1.00");
    made.after.tenants[0].quota.balance = money(balance);
    made.did.request = Some(Request(request));
}

fn asks(made: &mut Made, effect: Effect) {
    made.did.call = Some(Call { step: Step::B1, behalf: None, effect });
}

fn set_quota(guarded: bool) -> Effect {
    Effect::Pg(PgOp::SetQuota { tenant: Tenant(0), row: Default::default(), guarded })
}

const BREACHES: &[Case] = &[
    ("once", "a charge took its price twice", one, |m| m.after.requests[0].moved = money("10.50")),
    ("once", "a recharge gave twice", paid_in, |m| m.after.requests[0].moved = money("-10.50")),
    ("once", "a refund gave twice", given_back, |m| m.after.requests[1].moved = money("-10.50")),
    ("once", "a charge that is not held took twice, in flight, where streams are", beside_holds, |m| {
        m.after.at_rest = false;
        m.after.requests[1].in_flight = 1;
        m.after.requests[1].moved = money("10.50");
    }),
    (
        "once",
        "redis is the truth and took twice, and other requests are under way",
        || traces(1, 1, &[], "p0-4-c+fixed"),
        |m| {
            m.after.at_rest = false;
            m.after.requests[0].moved = money("10.50");
        },
    ),
    (
        "once",
        "a stream took its price twice",
        || streamed("as-reported"),
        |m| {
            m.after.requests[0].moved = money("18.00");
        },
    ),
    ("floor", "the balance falls below zero", one, |m| falls_to(m, "-0.01", 0)),
    ("floor", "it falls below the credit limit", one, |m| {
        falls_to(m, "-2.01", 0);
        m.after.tenants[0].quota.credit = money("2.00");
    }),
    (
        "floor",
        "redis is the truth and falls below zero",
        || traces(1, 1, &[], "p0-4-c+fixed"),
        |m| {
            m.after.tenants[0].hash.as_mut().unwrap().row.balance = money("-0.01");
        },
    ),
    (
        "floor",
        "a stream leaves more than two streams can cost",
        || streamed("as-reported"),
        |m| {
            falls_to(m, "-18.01", 0);
        },
    ),
    (
        "floor",
        "a request that is no stream goes below zero beside one",
        || streamed("as-reported"),
        |m| {
            falls_to(m, "-0.01", 1);
        },
    ),
    (
        "floor",
        "no step of anybody's takes it below zero beside a stream",
        || streamed("as-reported"),
        |m| {
            falls_to(m, "-0.01", 0);
            (m.did.request, m.did.call) = (None, None);
        },
    ),
    ("budget", "less is on record than was spent", whole_path, |m| m.after.tenants[0].budget.used = 5_000_000),
    ("budget", "the same in flight, where the charge writes it", whole_path, |m| {
        m.after.at_rest = false;
        m.after.tenants[0].budget.used = 5_000_000;
    }),
    (
        "budget",
        "the same at rest, where it is written later",
        || whole("p0-2-b+fixed"),
        |m| {
            m.after.tenants[0].counter.as_mut().unwrap().value = 5_000_000;
        },
    ),
    ("budget", "what is spent is on record and beyond the budget and one call", whole_path, |m| {
        row(&mut m.after, 0).amount = money("10.26");
        m.after.tenants[0].budget.used = 10_260_000;
    }),
    ("budget", "the same beside money paid in, which is more and no call", paid_in_beside, |m| {
        row(&mut m.after, 0).amount = money("10.26");
        m.after.tenants[0].budget.used = 10_260_000;
    }),
    ("budget", "a key without a limit has a record, and less is on it than was spent", whole_path, |m| {
        m.after.tenants[0].key.limit = None;
        m.after.tenants[0].budget.used = 5_000_000;
    }),
    ("usage", "a request too many, at the right cost", whole_path, |m| m.after.tenants[0].usage.requests = 2),
    ("usage", "the right number, at another cost", whole_path, |m| {
        m.after.tenants[0].usage.cost = money("5.00");
    }),
    (
        "usage",
        "in flight, where the charge writes it",
        || whole("p1-8-c"),
        |m| {
            m.after.at_rest = false;
            m.after.tenants[0].usage.requests = 0;
        },
    ),
    ("unit", "cents are added to micro-units", whole_path, |m| {
        asks(m, Effect::Pg(PgOp::AddBudget { tenant: Tenant(0), delta: 1, unit: Unit::Cents }));
    }),
    ("unit", "a fraction is added to the counter", whole_path, |m| {
        let by = Increment::Fraction(money("0.50"));
        asks(m, Effect::Redis(RedisOp::IncrBudget { tenant: Tenant(0), by }));
    }),
    ("guarded", "absolute values are written whatever the version", one, |m| asks(m, set_quota(false))),
];

#[test]
fn each_clause_about_what_is_taken_sees_its_breach() {
    broken_by(
        BREACHES,
        &expect![[r#"
            once, a charge took its price twice: money taken for t1 = 10.50, price of t1 = 5.25
            once, a recharge gave twice: money given for r1 = 10.50, money due for r1 = 5.25
            once, a refund gave twice: money given for v1 = 10.50, money due for v1 = 5.25
            once, a charge that is not held took twice, in flight, where streams are: money taken for t2 = 10.50, price of t2 = 5.25
            once, redis is the truth and took twice, and other requests are under way: money taken for t1 = 10.50, price of t1 = 5.25
            once, a stream took its price twice: money taken for t1 = 18.00, price of t1 = 9.00
            floor, the balance falls below zero: balance of acme before = 1.00, balance of acme = -0.01, credit limit of acme = 0.00
            floor, it falls below the credit limit: balance of acme before = 1.00, balance of acme = -2.01, credit limit of acme = 2.00
            floor, redis is the truth and falls below zero: balance of acme before = 94.75, balance of acme = -0.01, credit limit of acme = 0.00
            floor, a stream leaves more than two streams can cost: balance of acme before = 1.00, balance of acme = -18.01, credit limit of acme = 0.00, overdraft that a stream may leave = 18.00
            floor, a request that is no stream goes below zero beside one: balance of acme before = 1.00, balance of acme = -0.01, credit limit of acme = 0.00, overdraft that a stream may leave = 0.00
            floor, no step of anybody's takes it below zero beside a stream: balance of acme before = 1.00, balance of acme = -0.01, credit limit of acme = 0.00, overdraft that a stream may leave = 0.00
            budget, less is on record than was spent: effective charges of the key of acme = 5.25, spent by the key of acme according to the budget row = 5.00, budget of the key of acme = 5.00, budget plus one call per gateway = 10.25
            budget, the same in flight, where the charge writes it: effective charges of the key of acme = 5.25, spent by the key of acme according to the budget row = 5.00, budget of the key of acme = 5.00, budget plus one call per gateway = 10.25
            budget, the same at rest, where it is written later: effective charges of the key of acme = 5.25, spent by the key of acme according to the redis counter = 5.00, budget of the key of acme = 5.00, budget plus one call per gateway = 10.25
            budget, what is spent is on record and beyond the budget and one call: effective charges of the key of acme = 10.26, spent by the key of acme according to the budget row = 10.26, budget of the key of acme = 5.00, budget plus one call per gateway = 10.25
            budget, the same beside money paid in, which is more and no call: effective charges of the key of acme = 10.26, spent by the key of acme according to the budget row = 10.26, budget of the key of acme = 5.00, budget plus one call per gateway = 10.25
            budget, a key without a limit has a record, and less is on it than was spent: effective charges of the key of acme = 5.25, spent by the key of acme according to the budget row = 5.00
            usage, a request too many, at the right cost: requests of acme in usage = 2, effective charges of acme = 1, cost of acme in usage = 5.25, cost of the effective charges of acme = 5.25
            usage, the right number, at another cost: requests of acme in usage = 1, effective charges of acme = 1, cost of acme in usage = 5.00, cost of the effective charges of acme = 5.25
            usage, in flight, where the charge writes it: requests of acme in usage = 0, effective charges of acme = 1, cost of acme in usage = 5.25, cost of the effective charges of acme = 5.25
            unit, cents are added to micro-units: unit of the budget of the key of acme = micro-units, unit written = cents, number written = 1
            unit, a fraction is added to the counter: unit of the budget of the key of acme = micro-units, unit written = a decimal fraction, number written = 0.50
            guarded, absolute values are written whatever the version: balance of acme before the write = 94.75, version of acme before the write = 1, balance written = 0.00, version written = 0, version looked at = none"#]],
    );
}

const NONE: &[Case] = &[
    (
        "once",
        "redis is the truth and an estimate is still to be corrected",
        || traces(1, 1, &[], "p0-4-c+fixed"),
        |m| {
            m.after.requests[0].in_flight = 1;
            m.after.requests[0].moved = money("6.00");
        },
    ),
    ("once", "a hold is more than the price until it is settled", held, |m| {
        m.after.at_rest = false;
        m.after.requests[0].moved = money("12.00");
    }),
    ("once", "a stream that was left by its process may pay the estimate, which is more", estimated, |m| {
        m.after.requests[0].stream.as_mut().unwrap().endings.abandon();
        m.after.requests[0].moved = money("12.00");
    }),
    (
        "once",
        "a stream may pay its price before it is known to be served",
        || streamed("p0-1-trace-plus-timestamp"),
        |m| {
            m.after.requests[0].served = 0;
        },
    ),
    (
        "once",
        "two calls of a stream are charged where that is declared",
        || streamed("p0-1-trace-plus-timestamp"),
        |m| {
            m.after.requests[0].served = 2;
            m.after.requests[0].moved = money("18.00");
        },
    ),
    ("floor", "the balance was below zero and stays there", one, |m| {
        m.both(|books| books.tenants[0].quota.balance = money("-9.00"));
    }),
    ("floor", "it falls to the credit limit", one, |m| {
        falls_to(m, "-2.00", 0);
        m.after.tenants[0].quota.credit = money("2.00");
    }),
    (
        "floor",
        "redis is the truth and postgres falls below zero",
        || traces(1, 1, &[], "p0-4-c+fixed"),
        |m| {
            falls_to(m, "-0.01", 0);
        },
    ),
    ("floor", "two streams may leave what they cost", || streamed("as-reported"), |m| falls_to(m, "-18.00", 0)),
    (
        "floor",
        "so may the sweeper for them",
        || streamed("as-reported"),
        |m| {
            falls_to(m, "-18.00", 0);
            m.did.request = None;
            asks(m, Effect::Pg(PgOp::Commit));
        },
    ),
    ("floor", "a stream that costs less than was held may leave nothing", held, |m| falls_to(m, "0.00", 0)),
    ("budget", "each gateway may have let one call through", whole_path, |m| {
        row(&mut m.after, 0).amount = money("10.25");
        m.after.tenants[0].budget.used = 10_250_000;
    }),
    ("budget", "so may each of two", two_gateways, |m| {
        row(&mut m.after, 0).amount = money("15.50");
        m.after.tenants[0].budget.used = 15_500_000;
    }),
    (
        "budget",
        "it is written after the charge and not so far",
        || whole("p0-2-b+fixed"),
        |m| {
            m.after.at_rest = false;
            m.after.tenants[0].counter = None;
        },
    ),
    ("budget", "authentication is not on the path", whole_path, |m| {
        m.after.path.auth = false;
        m.after.tenants[0].budget.used = 0;
    }),
    (
        "budget",
        "as reported a key without a limit has no record",
        || whole("p1-8-c"),
        |m| {
            m.after.tenants[0].key.limit = None;
        },
    ),
    ("usage", "a charge whose row is pending is none", whole_path, |m| {
        row(&mut m.after, 0).status = Status::Pending;
        m.after.tenants[0].usage = UsageRow::default();
    }),
    ("usage", "a charge that is given back later stays one", given_back_with_usage, |_| {}),
    ("usage", "it is written later", whole_path, |m| {
        m.after.at_rest = false;
        m.after.tenants[0].usage.requests = 0;
    }),
    ("usage", "usage is not on the path", whole_path, |m| {
        m.after.path.usage = false;
        m.after.tenants[0].usage.requests = 0;
    }),
    ("guarded", "it looks at the version", one, |m| asks(m, set_quota(true))),
    ("guarded", "it never arrives", one, |m| {
        asks(m, set_quota(false));
        m.did.mv = Move::Lost { actor: Actor::Gateway(0), step: Step::B1, ran: false };
    }),
];

#[test]
fn what_may_be_taken_breaks_nothing() {
    not_broken_by(NONE);
}
