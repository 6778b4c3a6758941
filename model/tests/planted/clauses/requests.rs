//! What became of a request once all is quiet: in-doubt, progress, no-pending.

use expect_test::expect;
use model::reply::Answer;
use model::row::{Limit, Status};
use model::setup::Setup;

use crate::clauses::{Case, broken_by, not_broken_by, row};
use crate::exhaustive_walk::{acme, asked, billing, reverse, setup, traces};

fn one() -> Setup {
    traces(1, 1, &[], "as-reported")
}

fn given_back() -> Setup {
    setup(billing(acme("100.00"), vec![asked("t1"), reverse("v1", "t1")], 1), &[], "as-reported")
}

const BREACHES: &[Case] = &[
    ("in-doubt", "no final answer", one, |m| {
        m.after.requests[0].in_doubt = true;
        m.after.requests[0].answered = None;
    }),
    ("in-doubt", "ok and no row", one, |m| {
        m.after.requests[0].in_doubt = true;
        m.after.rows[0] = None;
    }),
    ("in-doubt", "ok and its row is pending", one, |m| {
        m.after.requests[0].in_doubt = true;
        row(&mut m.after, 0).status = Status::Pending;
    }),
    ("in-doubt", "refused and charged", one, |m| {
        m.after.requests[0].in_doubt = true;
        m.after.requests[0].answered = Some(Answer::Refused(Limit::Balance));
    }),
    ("progress", "no final answer to who came back", one, |m| m.after.requests[0].answered = None),
    ("progress", "no final answer to a refund that left a row", given_back, |m| {
        m.after.requests[1].returns = true;
        m.after.requests[1].answered = None;
    }),
    ("no-pending", "a row is pending", one, |m| row(&mut m.after, 0).status = Status::Pending),
];

#[test]
fn each_clause_about_the_end_of_a_request_sees_its_breach() {
    broken_by(
        BREACHES,
        &expect![[r#"
            in-doubt, no final answer: final answer to t1 = none, ledger row of t1 = effective
            in-doubt, ok and no row: final answer to t1 = ok, ledger row of t1 = none
            in-doubt, ok and its row is pending: final answer to t1 = ok, ledger row of t1 = pending
            in-doubt, refused and charged: final answer to t1 = refused: balance exhausted, ledger row of t1 = effective
            progress, no final answer to who came back: undisturbed attempts of t1 = 3, final answers to t1 = 0, ledger row of t1 = effective, key of t1 = held
            progress, no final answer to a refund that left a row: undisturbed attempts of v1 = 1, final answers to v1 = 0, ledger row of v1 = effective, key of v1 = free
            no-pending, a row is pending: pending row of t1 = 5.25 of acme"#]],
    );
}

const NONE: &[Case] = &[
    ("in-doubt", "refused and not charged", one, |m| {
        m.after.requests[0].in_doubt = true;
        m.after.requests[0].answered = Some(Answer::Refused(Limit::Balance));
        m.after.rows[0] = None;
    }),
    ("in-doubt", "no answer to a COMMIT was lost", one, |m| m.after.requests[0].answered = None),
    ("progress", "the client does not come back", one, |m| {
        m.after.requests[0].returns = false;
        m.after.requests[0].answered = None;
    }),
    ("progress", "a refund that found nothing to give back was told an error", given_back, |m| {
        m.after.requests[1].returns = true;
        m.after.requests[1].answered = None;
        m.after.rows[1] = None;
    }),
    ("no-pending", "all is not quiet", one, |m| {
        m.after.at_rest = false;
        row(&mut m.after, 0).status = Status::Pending;
    }),
];

#[test]
fn how_a_request_may_end_breaks_nothing() {
    not_broken_by(NONE);
}
