//! What is kept in Redis: cache-form, cache-bound, converge, key.

use expect_test::expect;
use model::books::{Cached, TenantBook};
use model::effect::{Field, Fields, Seconds};
use model::flow::RequestPath;
use model::row::{KeyRow, QuotaRow, Status, Tenant};
use model::setup::{Account, Premises, Setup};
use model::store::lua_number::Double;

use crate::clauses::{Case, Made, broken_by, money, not_broken_by, row};
use crate::exhaustive_walk::{acme, asked, billing, setup, traces};

fn one() -> Setup {
    traces(1, 1, &[], "as-reported")
}

fn in_the_background() -> Setup {
    traces(1, 1, &[], "p0-3-b+fixed")
}

/// The hash alone counts.
fn counts_in_redis() -> Setup {
    let premises = billing(acme("100.00"), vec![asked("t1")], 1);
    setup(
        Premises { path: RequestPath { quota_check: true, ..RequestPath::default() }, ..premises },
        &[],
        "p0-5-c+fixed",
    )
}

/// A key with a budget of 50.00.
fn with_budget(design: &str) -> Setup {
    let account = Account { budget: Some("50.00".parse().unwrap()), ..acme("100.00") };
    let premises = billing(account, vec![asked("t1")], 1);
    setup(Premises { path: RequestPath { auth: true, ..RequestPath::default() }, ..premises }, &[], design)
}

fn as_reported() -> Setup {
    with_budget("as-reported")
}

fn counter() -> Setup {
    with_budget("p0-2-b+fixed")
}

fn acmes(made: &mut Made) -> &mut TenantBook {
    &mut made.after.tenants[0]
}

fn hash(made: &mut Made, change: fn(&mut QuotaRow)) {
    change(&mut acmes(made).hash.as_mut().unwrap().row);
}

/// The key is there, for a day.
fn key_is_there(made: &mut Made) {
    made.after.keys[0].ttl = Some(Seconds(86_400));
}

const BREACHES: &[Case] = &[
    ("cache-form", "a field of the hash is missing", one, |m| {
        acmes(m).hash.as_mut().unwrap().fields = Fields::ALL.without(Fields::VERSION);
    }),
    ("cache-form", "the hash never expires", one, |m| acmes(m).hash.as_mut().unwrap().deadline = None),
    ("cache-form", "the principal never expires", as_reported, |m| {
        acmes(m).principal.as_mut().unwrap().expires = false;
    }),
    ("cache-form", "the counter never expires", counter, |m| acmes(m).counter.as_mut().unwrap().expires = false),
    ("cache-bound", "the balance lags with nothing in flight", one, |m| {
        m.after.at_rest = false;
        hash(m, |row| row.balance = money("100.00"));
    }),
    ("cache-bound", "it lags after the job has run", in_the_background, |m| {
        hash(m, |row| row.balance = money("100.00"));
    }),
    ("converge", "the balance", one, |m| hash(m, |row| row.balance = money("1.00"))),
    ("converge", "the balance as a double", one, |m| {
        acmes(m).hash.as_mut().unwrap().drifted = Some(Double(0x4057_B000_0000_0001));
    }),
    ("converge", "the credit limit", one, |m| hash(m, |row| row.credit = money("1.00"))),
    ("converge", "the daily quota", one, |m| hash(m, |row| row.daily_quota = 9)),
    ("converge", "the daily count", one, |m| hash(m, |row| row.daily_used = 9)),
    ("converge", "the monthly quota", one, |m| hash(m, |row| row.monthly_quota = 9)),
    ("converge", "the monthly count", one, |m| hash(m, |row| row.monthly_used = 9)),
    ("converge", "the version", one, |m| hash(m, |row| row.version = 9)),
    ("converge", "the day", one, |m| hash(m, |row| row.daily_reset_at = None)),
    ("converge", "the month", one, |m| hash(m, |row| row.monthly_reset_at = None)),
    ("converge", "a field is missing whose value is the default", one, |m| {
        acmes(m).hash.as_mut().unwrap().fields = Fields::ALL.without(Fields::of(&[Field::Credit]));
    }),
    ("converge", "the hash alone counts, and its quota is another", counts_in_redis, |m| {
        hash(m, |row| row.daily_quota = 9);
    }),
    (
        "converge",
        "redis is the truth and counts with the money, and postgres has another count",
        || traces(1, 1, &[], "p0-4-c+fixed"),
        |m| {
            hash(m, |row| row.daily_used = 9);
        },
    ),
    ("converge", "what the cached principal has spent", as_reported, |m| {
        acmes(m).principal.as_mut().unwrap().value.used = money("1.00");
    }),
    ("converge", "the budget of the cached principal", as_reported, |m| {
        acmes(m).principal.as_mut().unwrap().value.limit = None;
    }),
    ("key", "it is there and nothing stands behind it", one, |m| {
        key_is_there(m);
        m.after.rows[0] = None;
    }),
    ("key", "the row behind it is pending", one, |m| {
        key_is_there(m);
        row(&mut m.after, 0).status = Status::Pending;
    }),
    ("key", "the row behind it is another tenant's", one, |m| {
        key_is_there(m);
        row(&mut m.after, 0).tenant = Tenant(1);
    }),
    ("key", "a lease of more than a minute", one, |m| {
        m.after.rows[0] = None;
        m.after.keys[0].ttl = Some(Seconds(61));
    }),
    ("key", "deleted by who does not hold it", one, |m| m.did.released_foreign_key = true),
];

#[test]
fn each_clause_about_caches_and_keys_sees_its_breach() {
    broken_by(
        BREACHES,
        &expect![[r#"
            cache-form, a field of the hash is missing: time to live of the hash of acme = set, missing fields of the hash of acme = version
            cache-form, the hash never expires: time to live of the hash of acme = none, missing fields of the hash of acme = none
            cache-form, the principal never expires: time to live of the hash of acme = set, missing fields of the hash of acme = none, time to live of the principal of acme = none
            cache-form, the counter never expires: time to live of the hash of acme = set, missing fields of the hash of acme = none, time to live of the principal of acme = set, time to live of the budget counter of acme = none
            cache-bound, the balance lags with nothing in flight: balance of acme in redis = 100.00, balance of acme in postgres = 94.75, attempts of acme in flight = 0
            cache-bound, it lags after the job has run: balance of acme in redis = 100.00, balance of acme in postgres = 94.75, attempts of acme in flight = 0
            converge, the balance: balance of acme in redis = 1.00, balance of acme in postgres = 94.75
            converge, the balance as a double: balance of acme in redis = 94.750000000000014, balance of acme in postgres = 94.75
            converge, the credit limit: credit_limit of acme in redis = 1.00, credit_limit of acme in postgres = 0.00
            converge, the daily quota: daily_quota of acme in redis = 9, daily_quota of acme in postgres = 10
            converge, the daily count: daily_used of acme in redis = 9, daily_used of acme in postgres = 1
            converge, the monthly quota: monthly_quota of acme in redis = 9, monthly_quota of acme in postgres = 10
            converge, the monthly count: monthly_used of acme in redis = 9, monthly_used of acme in postgres = 1
            converge, the version: version of acme in redis = 9, version of acme in postgres = 1
            converge, the day: daily_reset_at of acme in redis = null, daily_reset_at of acme in postgres = 2026-01-15
            converge, the month: monthly_reset_at of acme in redis = null, monthly_reset_at of acme in postgres = 2026-01
            converge, a field is missing whose value is the default: credit_limit of acme in redis = missing
            converge, the hash alone counts, and its quota is another: daily_quota of acme in redis = 9, daily_quota of acme in postgres = 10
            converge, redis is the truth and counts with the money, and postgres has another count: daily_used of acme in redis = 9, daily_used of acme in postgres = 1
            converge, what the cached principal has spent: spent by the key of acme in the cached principal = 1.00, spent by the key of acme in postgres = 0.00
            converge, the budget of the cached principal: spent by the key of acme in the cached principal = 0.00, spent by the key of acme in postgres = 0.00
            key, it is there and nothing stands behind it: key of t1 = there, for more than a minute, holder of the key of t1 = gone, ledger row of t1 = none
            key, the row behind it is pending: key of t1 = there, for more than a minute, holder of the key of t1 = gone, ledger row of t1 = pending
            key, the row behind it is another tenant's: key of t1 = there, for more than a minute, holder of the key of t1 = gone, ledger row of t1 = none
            key, a lease of more than a minute: key of t1 = there, for more than a minute, holder of the key of t1 = gone, ledger row of t1 = none
            key, deleted by who does not hold it: key of t1 = deleted by an attempt that does not hold it"#]],
    );
}

const NONE: &[Case] = &[
    ("cache-form", "nothing is cached", one, |m| acmes(m).hash = None),
    ("cache-bound", "an attempt of the tenant is in flight", one, |m| {
        m.after.at_rest = false;
        m.after.requests[0].in_flight = 1;
        hash(m, |row| row.balance = money("100.00"));
    }),
    ("cache-bound", "the job has still to run", in_the_background, |m| {
        m.after.at_rest = false;
        hash(m, |row| row.balance = money("100.00"));
    }),
    ("cache-bound", "a balance that is missing is no balance", one, |m| {
        acmes(m).hash.as_mut().unwrap().fields = Fields::ALL.without(Fields::BALANCE);
        hash(m, |row| row.balance = money("0"));
    }),
    ("converge", "there is no hash", one, |m| acmes(m).hash = None),
    ("converge", "the hash alone counts", counts_in_redis, |m| {
        hash(m, |row| (row.daily_used, row.monthly_used) = (9, 9));
        hash(m, |row| (row.daily_reset_at, row.monthly_reset_at) = (None, None));
    }),
    ("converge", "all is not quiet", one, |m| {
        m.after.at_rest = false;
        hash(m, |row| row.balance = money("1.00"));
    }),
    ("converge", "the principal is the key's, where the budget is counted elsewhere", counter, |m| {
        let value = acmes(m).key;
        acmes(m).principal = Some(Cached { value, expires: true });
    }),
    (
        "converge",
        "the code caches the budget that it reads",
        || with_budget("base=as-reported-code,budget=A"),
        |m| {
            let value = KeyRow { used: money("5.25"), ..acmes(m).key };
            acmes(m).principal = Some(Cached { value, expires: true });
        },
    ),
    (
        "converge",
        "the code caches the budget that it reads, repaired",
        || with_budget("base=as-reported-code,budget=A+fixed"),
        |m| {
            let value = KeyRow { used: money("5.25"), ..acmes(m).key };
            acmes(m).principal = Some(Cached { value, expires: true });
        },
    ),
    (
        "converge",
        "the code caches the key's own record where there is no other",
        || with_budget("base=as-reported-code"),
        |m| {
            let value = acmes(m).key;
            acmes(m).principal = Some(Cached { value, expires: true });
            acmes(m).budget.used = 100;
        },
    ),
    ("converge", "elsewhere it does not", || with_budget("p0-2-a"), |_| {}),
    ("key", "an effective row of its tenant stands behind it", one, key_is_there),
    ("key", "whoever holds it is alive", one, |m| {
        key_is_there(m);
        m.after.rows[0] = None;
        m.after.keys[0].held = true;
    }),
    ("key", "a lease of a minute", one, |m| {
        m.after.rows[0] = None;
        m.after.keys[0].ttl = Some(Seconds(60));
    }),
];

#[test]
fn what_caches_and_keys_may_be_breaks_nothing() {
    not_broken_by(NONE);
}
