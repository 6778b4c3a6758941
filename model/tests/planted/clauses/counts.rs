//! What is counted and what goes back: count-limit, count-exact, rollover, monotone.

use expect_test::expect;
use model::flow::RequestPath;
use model::moves::Move;
use model::reply::Answer;
use model::row::{Limit, QuotaRow};
use model::setup::{Account, Premises, Setup};

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

fn with_quota_check(design: &str) -> Setup {
    let premises = billing(acme("100.00"), vec![asked("t1"), asked("t2")], 1);
    setup(Premises { path: RequestPath { quota_check: true, ..RequestPath::default() }, ..premises }, &[], design)
}

/// The second request is admitted by this move.
fn second_is_admitted(made: &mut Made) {
    made.before.requests[1].charged_on = None;
}

/// The answer is a refusal by this limit, on so many days after the first, when nothing was counted.
fn refused(made: &mut Made, limit: Limit, days: u8) {
    let given = made.did.client_answer.as_mut().unwrap();
    given.answer = Answer::Refused(limit);
    given.day = given.day.later(days);
    (given.counted_that_day, given.counted_that_month) = (0, 0);
}

fn of_postgres(made: &mut Made, change: fn(&mut QuotaRow)) {
    change(&mut made.before.tenants[0].quota);
}

fn of_redis(made: &mut Made, change: fn(&mut QuotaRow)) {
    change(&mut made.before.tenants[0].hash.as_mut().unwrap().row);
}

fn later_date(row: &mut QuotaRow) {
    row.daily_reset_at = row.daily_reset_at.map(|day| day.later(1));
}

fn later_month(row: &mut QuotaRow) {
    row.monthly_reset_at = row.daily_reset_at.map(|day| day.later(31).month());
}

const BREACHES: &[Case] = &[
    ("count-limit", "two in a day that allows one", two, |m| {
        second_is_admitted(m);
        m.after.tenants[0].allowed.daily = 1;
    }),
    ("count-limit", "two in a month that allows one", two, |m| {
        second_is_admitted(m);
        m.after.tenants[0].allowed.monthly = 1;
    }),
    ("count-limit", "two after three in a day that allows four", used, |m| {
        second_is_admitted(m);
        m.after.tenants[0].allowed.daily = 4;
    }),
    (
        "count-limit",
        "admitted by quota_check, whenever it is charged",
        || with_quota_check("p0-5-b"),
        |m| {
            m.before.requests[1].admitted_on = None;
            m.after.requests[1].charged_on = None;
            m.after.tenants[0].allowed.daily = 1;
        },
    ),
    ("count-exact", "one too few in the day", two, |m| m.after.tenants[0].quota.daily_used = 1),
    ("count-exact", "one too few in the month", two, |m| m.after.tenants[0].quota.monthly_used = 1),
    ("count-exact", "what was used before is forgotten", used, |m| m.after.tenants[0].quota.daily_used = 2),
    ("count-exact", "the day of the count is null", two, |m| m.after.tenants[0].quota.daily_reset_at = None),
    ("count-exact", "its month is null", two, |m| m.after.tenants[0].quota.monthly_reset_at = None),
    ("count-exact", "the day of the count is the one before", two, |m| {
        let day = m.after.tenants[0].quota.daily_reset_at.unwrap().shifted(-1);
        m.after.tenants[0].quota.daily_reset_at = Some(day);
    }),
    (
        "count-exact",
        "the hash decides and counts one too few",
        || with_quota_check("p0-5-c+fixed"),
        |m| {
            m.after.tenants[0].hash.as_mut().unwrap().row.daily_used = 1;
        },
    ),
    ("count-exact", "in flight, where the charge counts", two, |m| {
        m.after.at_rest = false;
        m.after.tenants[0].quota.daily_used = 1;
    }),
    ("rollover", "refused by the day on the next day", two, |m| refused(m, Limit::Daily, 1)),
    ("rollover", "refused by the month in the next month", two, |m| refused(m, Limit::Monthly, 31)),
    ("monotone", "the version in postgres", two, |m| of_postgres(m, |row| row.version += 1)),
    ("monotone", "the day in postgres", two, |m| of_postgres(m, later_date)),
    ("monotone", "the month in postgres", two, |m| of_postgres(m, later_month)),
    ("monotone", "the count of the day in postgres", two, |m| of_postgres(m, |row| row.daily_used += 1)),
    ("monotone", "the count of the month in postgres", two, |m| of_postgres(m, |row| row.monthly_used += 1)),
    ("monotone", "the version in redis", two, |m| of_redis(m, |row| row.version += 1)),
    ("monotone", "the day in redis", two, |m| of_redis(m, later_date)),
    ("monotone", "the month in redis", two, |m| of_redis(m, later_month)),
    ("monotone", "the count of the day in redis", two, |m| of_redis(m, |row| row.daily_used += 1)),
    ("monotone", "the count of the month in redis", two, |m| of_redis(m, |row| row.monthly_used += 1)),
];

#[test]
fn each_clause_about_counts_sees_its_breach() {
    broken_by(
        BREACHES,
        &expect![[r#"
        count-limit, two in a day that allows one: requests of acme admitted on 2026-01-15 = 2, daily quota of acme = 1, requests of acme admitted in 2026-01 = 2, monthly quota of acme = 10
        count-limit, two in a month that allows one: requests of acme admitted on 2026-01-15 = 2, daily quota of acme = 10, requests of acme admitted in 2026-01 = 2, monthly quota of acme = 1
        count-limit, two after three in a day that allows four: requests of acme admitted on 2026-01-15 = 5, daily quota of acme = 4, requests of acme admitted in 2026-01 = 5, monthly quota of acme = 10
        count-limit, admitted by quota_check, whenever it is charged: requests of acme admitted on 2026-01-15 = 2, daily quota of acme = 1, requests of acme admitted in 2026-01 = 2, monthly quota of acme = 10
        count-exact, one too few in the day: daily_used of acme in postgres = 1, requests of acme that count in the latest day = 2, daily_reset_at of acme in postgres = 2026-01-15
        count-exact, one too few in the month: monthly_used of acme in postgres = 1, requests of acme that count in the latest month = 2, monthly_reset_at of acme in postgres = 2026-01
        count-exact, what was used before is forgotten: daily_used of acme in postgres = 2, requests of acme that count in the latest day = 5, daily_reset_at of acme in postgres = 2026-01-15
        count-exact, the day of the count is null: daily_used of acme in postgres = 2, requests of acme that count in the latest day = 2, daily_reset_at of acme in postgres = null
        count-exact, its month is null: monthly_used of acme in postgres = 2, requests of acme that count in the latest month = 2, monthly_reset_at of acme in postgres = null
        count-exact, the day of the count is the one before: daily_used of acme in postgres = 0, requests of acme that count in the latest day = 2, daily_reset_at of acme in postgres = 2026-01-14
        count-exact, the hash decides and counts one too few: daily_used of acme in redis = 1, requests of acme that count in the latest day = 2, daily_reset_at of acme in redis = 2026-01-15
        count-exact, in flight, where the charge counts: daily_used of acme in postgres = 1, requests of acme that count in the latest day = 2, daily_reset_at of acme in postgres = 2026-01-15
        rollover, refused by the day on the next day: t2 is refused by = the daily quota, requests of acme counted in 2026-01-16 = 0, daily quota of acme = 10
        rollover, refused by the month in the next month: t2 is refused by = the monthly quota, requests of acme counted in 2026-02 = 0, monthly quota of acme = 10
        monotone, the version in postgres: version of acme in postgres before = 3, version of acme in postgres after = 2
        monotone, the day in postgres: daily_reset_at of acme in postgres before = 2026-01-16, daily_reset_at of acme in postgres after = 2026-01-15
        monotone, the month in postgres: monthly_reset_at of acme in postgres before = 2026-02, monthly_reset_at of acme in postgres after = 2026-01
        monotone, the count of the day in postgres: daily_used of acme in postgres before = 3, daily_used of acme in postgres after = 2
        monotone, the count of the month in postgres: monthly_used of acme in postgres before = 3, monthly_used of acme in postgres after = 2
        monotone, the version in redis: version of acme in redis before = 3, version of acme in redis after = 2
        monotone, the day in redis: daily_reset_at of acme in redis before = 2026-01-16, daily_reset_at of acme in redis after = 2026-01-15
        monotone, the month in redis: monthly_reset_at of acme in redis before = 2026-02, monthly_reset_at of acme in redis after = 2026-01
        monotone, the count of the day in redis: daily_used of acme in redis before = 3, daily_used of acme in redis after = 2
        monotone, the count of the month in redis: monthly_used of acme in redis before = 3, monthly_used of acme in redis after = 2"#]],
    );
}

/// The windows restart: what was counted in those before is forgotten.
fn restarts(row: &mut QuotaRow) {
    row.daily_reset_at = row.daily_reset_at.map(|day| day.shifted(-1));
    row.monthly_reset_at = row.daily_reset_at.map(|day| day.shifted(-31).month());
    (row.daily_used, row.monthly_used) = (9, 9);
}

const NONE: &[Case] = &[
    ("count-limit", "the quota was lowered after what it allowed was sold", two, |m| {
        second_is_admitted(m);
        m.after.tenants[0].quota.daily_quota = 1;
        m.after.tenants[0].quota.monthly_quota = 1;
    }),
    ("count-limit", "as many as are allowed", two, |m| {
        second_is_admitted(m);
        m.after.tenants[0].allowed.daily = 2;
        m.after.tenants[0].allowed.monthly = 2;
    }),
    (
        "count-exact",
        "redis counts and postgres does not",
        || with_quota_check("p0-5-c+fixed"),
        |m| {
            m.after.tenants[0].quota.daily_used = 9;
        },
    ),
    (
        "count-exact",
        "a request that is let in is counted apart from its charge",
        || with_quota_check("p0-5-b"),
        |m| {
            m.after.at_rest = false;
            m.after.tenants[0].quota.daily_used = 1;
        },
    ),
    (
        "count-exact",
        "nothing is counted and no date is set",
        || traces(1, 1, &[], "as-reported"),
        |m| {
            m.after.requests[0].charged_on = None;
            let quota = &mut m.after.tenants[0].quota;
            (quota.daily_used, quota.monthly_used) = (0, 0);
            (quota.daily_reset_at, quota.monthly_reset_at) = (None, None);
        },
    ),
    ("rollover", "refused on the first day", two, |m| refused(m, Limit::Daily, 0)),
    ("rollover", "refused by the month in its own", two, |m| refused(m, Limit::Monthly, 1)),
    ("rollover", "one was counted on the day", two, |m| {
        refused(m, Limit::Daily, 1);
        m.did.client_answer.as_mut().unwrap().counted_that_day = 1;
    }),
    ("rollover", "one was counted in the month, on another day of it", two, |m| {
        refused(m, Limit::Monthly, 31);
        m.did.client_answer.as_mut().unwrap().counted_that_month = 1;
    }),
    ("rollover", "the quota is none at all", two, |m| {
        refused(m, Limit::Daily, 1);
        m.after.tenants[0].quota.daily_quota = 0;
    }),
    ("rollover", "refused by the balance", two, |m| refused(m, Limit::Balance, 31)),
    ("monotone", "windows restart in postgres", two, |m| of_postgres(m, restarts)),
    ("monotone", "windows restart in redis", two, |m| of_redis(m, restarts)),
    ("monotone", "redis comes back with older data, which is no write", two, |m| {
        of_redis(m, |row| row.version += 1);
        m.did.mv = Move::RedisTimeTravel;
    }),
    ("monotone", "the hash expires", two, |m| m.after.tenants[0].hash = None),
];

#[test]
fn what_counts_may_do_breaks_nothing() {
    not_broken_by(NONE);
}
