//! What is another tenant's: its requests, limits and faults neither make a breach of acme's nor hide one, and what is
//! beta's is told of beta.

use expect_test::expect;
use model::effect::{Effect, PgOp};
use model::flow::RequestPath;
use model::row::{Request, Tenant};
use model::setup::{Account, Premises, Requested, Setup};
use model::step::Step;

use crate::clauses::{Case, Made, broken_by, money, not_broken_by, row};
use crate::exhaustive_walk::{WHOLE_PATH, acme, asked, beta, setup, stream};

/// A charge of acme's, whose key may spend 5.00, and one of beta's that is dearer and whose key may spend 50.00.
fn budgets(acmes: &str, betas: &str) -> Setup {
    let of = |account: Account, budget: &str| Account { budget: Some(budget.parse().unwrap()), ..account };
    let dear = Requested::charge("t2", "beta", "20.00".parse().unwrap());
    let premises =
        Premises::billing_only(vec![of(acme("100.00"), acmes), of(beta(), betas)], vec![asked("t1"), dear], 1);
    setup(Premises { path: WHOLE_PATH, ..premises }, &[], "p0-2-a+fixed")
}

/// A charge of acme's and then one of beta's.
fn one_each() -> Setup {
    let of_beta = Requested { account: "beta".to_owned(), ..asked("t2") };
    setup(Premises::billing_only(vec![acme("100.00"), beta()], vec![asked("t1"), of_beta], 1), &[], "as-reported")
}

/// A charge of acme's and a stream of beta's, both served.
fn stream_of_beta() -> Setup {
    let of_beta = Requested { account: "beta".to_owned(), ..stream("t2") };
    let premises = Premises::billing_only(vec![acme("100.00"), beta()], vec![asked("t1"), of_beta], 1);
    setup(Premises { path: RequestPath { upstream: true, ..RequestPath::default() }, ..premises }, &[], "as-reported")
}

/// So much is charged to the key of a tenant, and is on record.
fn spends(made: &mut Made, tenant: usize, amount: &str) {
    row(&mut made.after, tenant).amount = money(amount);
    made.after.tenants[tenant].budget.used = money(amount).micros();
}

const BREACHES: &[Case] = &[
    (
        "budget",
        "beyond acme's budget and its one call, which is cheaper than beta's",
        || budgets("5.00", "50.00"),
        |m| spends(m, 0, "10.26"),
    ),
    ("budget", "beyond beta's budget and within acme's", || budgets("50.00", "5.00"), |m| spends(m, 1, "25.01")),
    ("cache-bound", "acme's balance lags while an attempt of beta's is in flight", one_each, |m| {
        m.after.at_rest = false;
        m.after.requests[1].in_flight = 1;
        m.after.tenants[0].hash.as_mut().unwrap().row.balance = money("100.00");
    }),
    ("count-limit", "more of beta than its quota, which is less than acme's", one_each, |m| {
        m.before.requests[1].charged_on = None;
        m.after.tenants[1].allowed.daily = 0;
    }),
    ("fail-mode", "beta is served in an outage and not charged, and acme has no part in it", stream_of_beta, |m| {
        m.after.requests[1].outage = true;
        m.after.rows[1] = None;
    }),
    ("floor", "the sweeper takes acme below zero, and the stream is beta's", stream_of_beta, |m| {
        m.before.tenants[0].quota.balance = money("1.00");
        m.after.tenants[0].quota.balance = money("-0.01");
        m.did.request = None;
        m.did.call = Some(model::effect::Call { step: Step::W7, behalf: None, effect: Effect::Pg(PgOp::Commit) });
    }),
    ("truth", "ok by a row of beta's under acme's own trace", one_each, |m| {
        m.did.request = Some(Request(0));
        m.did.client_answer.as_mut().unwrap().answer = model::reply::Answer::Ok(model::row::TraceId(0));
        row(&mut m.after, 0).tenant = Tenant(1);
    }),
];

#[test]
fn what_is_another_tenants_hides_no_breach() {
    broken_by(
        BREACHES,
        &expect![[r#"
        budget, beyond acme's budget and its one call, which is cheaper than beta's: effective charges of the key of acme = 10.26, spent by the key of acme according to the budget row = 10.26, budget of the key of acme = 5.00, budget plus one call per gateway = 10.25
        budget, beyond beta's budget and within acme's: effective charges of the key of beta = 25.01, spent by the key of beta according to the budget row = 25.01, budget of the key of beta = 5.00, budget plus one call per gateway = 25.00
        cache-bound, acme's balance lags while an attempt of beta's is in flight: balance of acme in redis = 100.00, balance of acme in postgres = 94.75, attempts of acme in flight = 0
        count-limit, more of beta than its quota, which is less than acme's: requests of beta admitted on 2026-01-15 = 1, daily quota of beta = 0, requests of beta admitted in 2026-01 = 1, monthly quota of beta = 10
        fail-mode, beta is served in an outage and not charged, and acme has no part in it: requests of beta served in an outage and never charged = 1, most that the design declares = 0
        floor, the sweeper takes acme below zero, and the stream is beta's: balance of acme before = 1.00, balance of acme = -0.01, credit limit of acme = 0.00
        truth, ok by a row of beta's under acme's own trace: told about t1 = ok, ledger for t1 = no row"#]],
    );
}

const NONE: &[Case] = &[
    ("count-exact", "beta's request is not counted for acme", one_each, |_| {}),
    ("count-limit", "acme's request takes no place in beta's quota", one_each, |m| {
        m.before.requests[1].charged_on = None;
        m.after.tenants[1].allowed.daily = 1;
        m.after.tenants[1].allowed.monthly = 1;
    }),
];

#[test]
fn what_is_another_tenants_breaks_nothing() {
    not_broken_by(NONE);
}
