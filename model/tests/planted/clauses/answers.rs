//! What a client is told by this move: truth, no-false-refusal, recover, tenant, no-early-effect, isolated.

use expect_test::expect;
use model::books::ClientAnswer;
use model::day::Day;
use model::design::Scripts;
use model::effect::{Arithmetic, DAY, DeferredJob, Fields, Increment, LocalOp, RedisOp, Script};
use model::flow::Asking;
use model::money::Money;
use model::reply::{Answer, Failure};
use model::row::{Limit, QuotaRow, Request, Status, Tenant, TraceId};
use model::setup::{Premises, Requested, Setup};

use crate::clauses::{Case, Made, broken_by, not_broken_by, row};
use crate::exhaustive_walk::{acme, asked, beta, reverse, setup, traces};

/// Told ok of a charge that it saw.
fn one() -> Setup {
    traces(1, 1, &[], "as-reported")
}

/// Told ok of the second charge.
fn two() -> Setup {
    traces(2, 1, &[], "as-reported")
}

/// A charge of acme's given back to acme, beside beta.
fn given_back() -> Setup {
    let premises = Premises::billing_only(vec![acme("100.00"), beta()], vec![asked("t1"), reverse("v1", "t1")], 1);
    setup(premises, &[], "as-reported")
}

fn of_beta() -> Setup {
    let of_beta = Requested { account: "beta".to_owned(), ..asked("t2") };
    setup(Premises::billing_only(vec![acme("100.00"), beta()], vec![asked("t1"), of_beta], 1), &[], "as-reported")
}

fn answered(made: &mut Made, answer: Answer) -> &mut ClientAnswer {
    let given = made.did.client_answer.as_mut().unwrap();
    given.answer = answer;
    given
}

const REFUSED: Answer = Answer::Refused(Limit::Balance);
const ERROR: Answer = Answer::Error(Failure::PgLost);

/// The first attempt after a loss of Redis, and no charge.
fn after_loss(made: &mut Made, answer: Answer) -> &mut ClientAnswer {
    made.after.rows[0] = None;
    let given = answered(made, answer);
    given.after_loss = true;
    given
}

const BREACHES: &[Case] = &[
    ("truth", "ok and no row", one, |m| m.after.rows[0] = None),
    ("truth", "ok and the row is pending", one, |m| row(&mut m.after, 0).status = Status::Pending),
    ("truth", "ok and the row is another tenant's", one, |m| row(&mut m.after, 0).tenant = Tenant(1)),
    ("truth", "ok by the row of another request", two, |m| {
        m.did.client_answer.as_mut().unwrap().answer = Answer::Ok(TraceId(0))
    }),
    ("truth", "refused by a binding limit and charged", one, |m| answered(m, REFUSED).was_binding = true),
    ("truth", "refused by no limit", one, |m| {
        m.after.rows[0] = None;
        answered(m, REFUSED).was_binding = false;
    }),
    ("truth", "a duplicate of nothing", one, |m| {
        m.after.rows[0] = None;
        answered(m, Answer::Duplicate).others_in_flight = false;
    }),
    ("truth", "a duplicate of a row that is pending", one, |m| {
        row(&mut m.after, 0).status = Status::Pending;
        answered(m, Answer::Duplicate).others_in_flight = false;
    }),
    ("truth", "an error after it saw its charge", one, |m| answered(m, ERROR).knew_charged = true),
    ("no-false-refusal", "refused by no limit", one, |m| answered(m, REFUSED).was_binding = false),
    ("recover", "an error", one, |m| after_loss(m, ERROR).others_in_flight = false),
    ("recover", "a duplicate", one, |m| after_loss(m, Answer::Duplicate).others_in_flight = false),
    ("recover", "refused by no limit", one, |m| after_loss(m, REFUSED).was_binding = false),
    ("tenant", "told of another's row", of_beta, |m| {
        m.did.client_answer.as_mut().unwrap().answer = Answer::Ok(TraceId(0))
    }),
    ("tenant", "an effective row that its tenant did not ask for", of_beta, |m| {
        row(&mut m.after, 0).tenant = Tenant(1);
    }),
    ("tenant", "another's charge is given back", given_back, |m| {
        m.after.requests[1].tenant = Tenant(1);
        row(&mut m.after, 1).tenant = Tenant(1);
        m.did.client_answer = None;
    }),
    ("no-early-effect", "ok before COMMIT", one, |m| m.did.early = true),
    ("isolated", "the other's work is ended", one, |m| m.did.met_others_work = Some(true)),
];

#[test]
fn each_clause_about_answers_sees_its_breach() {
    broken_by(
        BREACHES,
        &expect![[r#"
            truth, ok and no row: told about t1 = ok, ledger for t1 = no row
            truth, ok and the row is pending: told about t1 = ok, ledger for t1 = pending 5.25
            truth, ok and the row is another tenant's: told about t1 = ok, ledger for t1 = no row
            truth, ok by the row of another request: told about t2 = ok, ledger for t2 = charged 5.25
            truth, refused by a binding limit and charged: told about t1 = refused: balance exhausted, ledger for t1 = charged 5.25
            truth, refused by no limit: told about t1 = refused: balance exhausted, ledger for t1 = no row
            truth, a duplicate of nothing: told about t1 = duplicate, ledger for t1 = no row
            truth, a duplicate of a row that is pending: told about t1 = duplicate, ledger for t1 = pending 5.25
            truth, an error after it saw its charge: told about t1 = error: connection to postgres lost, ledger for t1 = charged 5.25
            no-false-refusal, refused by no limit: told about t1 = refused: balance exhausted, price of t1 = 5.25, balance plus credit of acme = 94.75, daily use of acme = 1 of 10, monthly use of acme = 1 of 10, effective charges of the key of acme = 5.25
            recover, an error: told about t1, asked after the loss = error: connection to postgres lost, redis hash of acme = whole
            recover, a duplicate: told about t1, asked after the loss = duplicate, redis hash of acme = whole
            recover, refused by no limit: told about t1, asked after the loss = refused: balance exhausted, redis hash of acme = whole
            tenant, told of another's row: t2 is asked by = beta, row that is returned = 5.25 of acme
            tenant, an effective row that its tenant did not ask for: effective row of t1 = 5.25 of beta, who did not ask
            tenant, another's charge is given back: v1 is asked by = beta, row that is given back = 5.25 of acme
            no-early-effect, ok before COMMIT: before the transaction of t1 has ended = the client is told ok
            isolated, the other's work is ended: "#]],
    );
}

const NONE: &[Case] = &[
    ("truth", "ok of a new quota, which has no row", one, |m| {
        m.after.rows[0] = None;
        m.after.requests[0].asking = Asking::DailyQuota(5);
    }),
    ("truth", "refused by a binding limit and not charged", one, |m| {
        m.after.rows[0] = None;
        answered(m, REFUSED).was_binding = true;
    }),
    ("truth", "a duplicate of a charge", one, |m| answered(m, Answer::Duplicate).others_in_flight = false),
    ("truth", "a duplicate of what is in flight", one, |m| {
        m.after.rows[0] = None;
        answered(m, Answer::Duplicate).others_in_flight = true;
    }),
    ("truth", "an error after a charge that it did not see", one, |m| answered(m, ERROR).knew_charged = false),
    ("truth", "an error and no charge", one, |m| {
        m.after.rows[0] = None;
        answered(m, ERROR).knew_charged = true;
    }),
    ("truth", "the provider broke a stream off that is charged", one, |m| {
        answered(m, Answer::Error(Failure::ProviderGone)).knew_charged = true;
    }),
    ("no-false-refusal", "refused by a binding limit", one, |m| answered(m, REFUSED).was_binding = true),
    ("recover", "refused by a binding limit", one, |m| after_loss(m, REFUSED).was_binding = true),
    ("recover", "an error beside another attempt", one, |m| after_loss(m, ERROR).others_in_flight = true),
    ("recover", "a duplicate of another attempt", one, |m| after_loss(m, Answer::Duplicate).others_in_flight = true),
    ("recover", "an error without a loss", one, |m| after_loss(m, ERROR).after_loss = false),
    ("recover", "money paid in that failed", one, |m| {
        after_loss(m, ERROR).others_in_flight = false;
        m.after.requests[0].asking = Asking::Recharge;
    }),
    ("tenant", "a pending row that nobody asked for", of_beta, |m| {
        row(&mut m.after, 0).tenant = Tenant(1);
        row(&mut m.after, 0).status = Status::Pending;
    }),
    ("isolated", "the other's work is met and goes on", one, |m| m.did.met_others_work = Some(false)),
];

#[test]
fn what_may_be_answered_breaks_nothing() {
    not_broken_by(NONE);
}

/// What no-early-effect asks of a step: whether it shows something to the outside.
#[test]
fn every_write_of_money_or_counts_and_every_deferred_job_shows_something() {
    let (tenant, request, row, fields, day) = (Tenant(0), Request(0), QuotaRow::default(), Fields::ALL, Day::default());
    let (amount, arithmetic) = (Money::ZERO, Arithmetic::Exact);
    let scripts = [
        Script::WriteIfNewer { row, fields, ttl: DAY },
        Script::CountDaily(day),
        Script::CountMonthly(day.month()),
        Script::Deduct { amount, negative: false, counts: true, day, arithmetic },
        Script::Adjust { by: amount, arithmetic },
    ];
    let scripts = scripts.map(|script| RedisOp::Eval { tenant, script, by: Scripts::Eval });
    let others = [RedisOp::HSet { tenant, row, fields }, RedisOp::IncrBudget { tenant, by: Increment::Micros(1) }];
    let queued = [
        DeferredJob::Usage { request, cost: amount },
        DeferredJob::Settle(request),
        DeferredJob::Charge { request, amount, day: None },
        DeferredJob::Snapshot { request, row },
    ];
    let in_redis = scripts.iter().chain(&others).map(|op| op.shows());
    let handed_over = queued.iter().map(|&deferred| LocalOp::Send(deferred).shows());
    let shown: Vec<&str> = in_redis.chain(handed_over).map(|shown| shown.unwrap_or("nothing")).collect();
    expect![[r#"
        the redis hash is written
        the request is counted in redis
        the request is counted in redis
        money moves in redis
        money moves in redis
        the redis hash is written
        the budget counter goes up
        the usage job is sent
        the charge is handed to the queue
        the charge is handed to the queue
        the task that writes the hash is started"#]]
    .assert_eq(&shown.join("\n"));
}
