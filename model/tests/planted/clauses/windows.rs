//! Which window a count belongs to, and which requests may take a place in it: count-exact, count-limit.

use expect_test::expect;
use model::books::{Allowed, Books};
use model::day::Day;
use model::setup::{Account, Setup};

use crate::clauses::{Case, Made, broken_by, not_broken_by};
use crate::exhaustive_walk::{acme, asked, billing, setup, traces};

fn two() -> Setup {
    traces(2, 1, &[], "as-reported")
}

/// Three of ten are used, and two ask.
fn used() -> Setup {
    let account = Account { used: 3, ..acme("100.00") };
    setup(billing(account, vec![asked("t1"), asked("t2")], 1), &[], "as-reported")
}

/// So many days after the first.
fn later(books: &Books, days: u8) -> Day {
    books.tenants[0].open_day.later(days)
}

/// The second request is admitted by this move, so many days after the first day.
fn second_is_admitted(made: &mut Made, days: u8) {
    made.before.requests[1].charged_on = None;
    made.after.requests[1].charged_on = Some(later(&made.after, days));
}

/// Both are charged so many days after the first day, where two are counted.
fn both_are_charged(made: &mut Made, days: u8) {
    let day = later(&made.after, days);
    made.after.requests.iter_mut().for_each(|request| request.charged_on = Some(day));
    let quota = &mut made.after.tenants[0].quota;
    (quota.daily_reset_at, quota.daily_used) = (Some(day), 2);
    if quota.monthly_reset_at != Some(day.month()) {
        (quota.monthly_reset_at, quota.monthly_used) = (Some(day.month()), 2);
    }
}

const BREACHES: &[Case] = &[
    ("count-exact", "what was used before the run goes over to the next day", used, |m| {
        both_are_charged(m, 1);
        m.after.tenants[0].quota.daily_used = 5;
    }),
    ("count-exact", "and to the next month", used, |m| {
        both_are_charged(m, 31);
        m.after.tenants[0].quota.monthly_used = 5;
    }),
    ("count-exact", "a day that has begun has more in it than was asked in it", two, |m| {
        m.after.tenants[0].quota.daily_reset_at = Some(later(&m.after, 1));
    }),
    ("count-exact", "more is used than before the run, without a request and without a date", used, |m| {
        nothing_is_charged(m);
        m.after.tenants[0].quota.daily_used = 4;
    }),
];

#[test]
fn each_clause_about_windows_sees_its_breach() {
    broken_by(
        BREACHES,
        &expect![[r#"
        count-exact, what was used before the run goes over to the next day: daily_used of acme in postgres = 5, requests of acme that count in the latest day = 2, daily_reset_at of acme in postgres = 2026-01-16
        count-exact, and to the next month: monthly_used of acme in postgres = 5, requests of acme that count in the latest month = 2, monthly_reset_at of acme in postgres = 2026-02
        count-exact, a day that has begun has more in it than was asked in it: daily_used of acme in postgres = 2, requests of acme that count in the latest day = 0, daily_reset_at of acme in postgres = 2026-01-16
        count-exact, more is used than before the run, without a request and without a date: daily_used of acme in postgres = 4, requests of acme that count in the latest day = 3, daily_reset_at of acme in postgres = null"#]],
    );
}

/// No request has been charged so far, and no date is set.
fn nothing_is_charged(made: &mut Made) {
    made.after.requests.iter_mut().for_each(|request| request.charged_on = None);
    let quota = &mut made.after.tenants[0].quota;
    (quota.daily_used, quota.monthly_used) = (3, 3);
    (quota.daily_reset_at, quota.monthly_reset_at) = (None, None);
}

const NONE: &[Case] = &[
    ("count-exact", "what was used before the run stays in its day", used, |m| both_are_charged(m, 1)),
    ("count-exact", "and in its month", used, |m| both_are_charged(m, 31)),
    ("count-exact", "a day has begun in which nobody has asked so far", two, |m| {
        m.after.tenants[0].quota.daily_reset_at = Some(later(&m.after, 1));
        m.after.tenants[0].quota.daily_used = 0;
    }),
    ("count-exact", "what was used before the run is all there is, without a date", used, nothing_is_charged),
    ("count-limit", "two were admitted before this move, which admits none", two, |m| {
        m.after.tenants[0].allowed = Allowed { daily: 1, monthly: 1 };
    }),
    ("count-limit", "what was used before the run takes no place on the next day", used, |m| {
        second_is_admitted(m, 1);
        m.after.tenants[0].allowed.daily = 1;
    }),
    ("count-limit", "nor, with the other request, in the next month", used, |m| {
        second_is_admitted(m, 31);
        m.after.tenants[0].allowed = Allowed { daily: 1, monthly: 1 };
    }),
];

#[test]
fn what_belongs_to_another_window_breaks_nothing() {
    not_broken_by(NONE);
}

#[test]
fn the_quota_in_force_is_the_larger_of_the_day_and_the_larger_of_the_month() {
    let (few_a_day, few_a_month) = (Allowed { daily: 1, monthly: 40 }, Allowed { daily: 2, monthly: 30 });
    let larger = Allowed { daily: 2, monthly: 40 };
    assert_eq!((few_a_day.or(few_a_month), few_a_month.or(few_a_day)), (larger, larger));
}
