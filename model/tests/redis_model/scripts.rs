//! The Lua scripts, by meaning.

use model::design::Scripts;
use model::effect::{Arithmetic, DAY, Fields, RedisOp, Script, Seconds};
use model::money::Money;
use model::reply::{Failure, Reply};
use model::row::{Limit, QuotaRow};
use model::store::redis::{Hash, Redis};

use crate::{ACME, BETA, T1, day, empty, eval, holding, hset, money, quota, take, warm};

const BOTH: [Arithmetic; 2] = [Arithmetic::Lua, Arithmetic::Exact];

fn count(redis: &mut Redis, on: &str) -> Reply {
    eval(redis, Script::CountDaily(day(on)))
}

fn count_monthly(redis: &mut Redis, on: &str) -> Reply {
    eval(redis, Script::CountMonthly(day(on).month()))
}

fn deduct(redis: &mut Redis, amount: &str, arithmetic: Arithmetic) -> Reply {
    let (amount, day) = (money(amount), day("2026-01-31"));
    eval(redis, Script::Deduct { amount, negative: false, counts: true, day, arithmetic })
}

/// With `allow_negative`.
fn deduct_below_zero(redis: &mut Redis, amount: &str, arithmetic: Arithmetic) -> Reply {
    let (amount, day) = (money(amount), day("2026-01-31"));
    eval(redis, Script::Deduct { amount, negative: true, counts: true, day, arithmetic })
}

fn adjust(redis: &mut Redis, by: &str, arithmetic: Arithmetic) -> Reply {
    eval(redis, Script::Adjust { by: money(by), arithmetic })
}

fn row(redis: &Redis) -> QuotaRow {
    redis.hash(ACME).unwrap().row
}

/// A hash with this balance, no credit and no limits.
fn balance_of(balance: &str) -> Redis {
    let row = QuotaRow { balance: money(balance), ..QuotaRow::default() };
    let mut redis = holding(row, Fields::ALL, Some(DAY));
    hset(&mut redis, ACME, QuotaRow { daily_quota: 10_000, monthly_quota: 10_000, ..row }, Fields::ALL);
    redis
}

#[test]
fn a_daily_count_restarts_whenever_the_date_differs_also_backwards() {
    let mut redis = warm(Some(DAY));
    let mut seen = Vec::new();
    for on in ["2026-01-31", "2026-01-31", "2026-02-01", "2026-02-01", "2026-01-31", "2026-02-01"] {
        assert_eq!(count(&mut redis, on), Reply::Allowed);
        seen.push((row(&redis).daily_used, row(&redis).daily_reset_at.unwrap().to_string()));
    }
    let seen: Vec<(u32, &str)> = seen.iter().map(|(used, on)| (*used, on.as_str())).collect();
    let (old, new) = ("2026-01-31", "2026-02-01");
    assert_eq!(seen, [(2, old), (3, old), (1, new), (2, new), (1, old), (1, new)], "a late request resets the count");
    let (_, fields, version) = (row(&redis), redis.hash(ACME).unwrap().fields, row(&redis).version);
    assert_eq!((fields, version), (Fields::ALL, 3), "counting is no new version");
    assert_eq!(redis.hash(ACME).unwrap().deadline, Some(DAY), "HSET inside Lua leaves the time to live as it is");
}

#[test]
fn a_monthly_count_never_restarts() {
    let mut redis = warm(Some(DAY));
    for on in ["2026-01-31", "2026-02-01", "2027-01-01"] {
        assert_eq!(count_monthly(&mut redis, on), Reply::Allowed);
    }
    let QuotaRow { monthly_used, monthly_reset_at, .. } = row(&redis);
    assert_eq!((monthly_used, monthly_reset_at), (5, quota(100).monthly_reset_at));
}

#[test]
fn a_used_up_limit_refuses_and_writes_nothing() {
    let full = QuotaRow { daily_used: 10, monthly_used: 100, ..quota(100) };
    let mut redis = holding(full, Fields::ALL, None);
    let before = redis.clone();
    assert_eq!(count(&mut redis, "2026-01-31"), Reply::Denied(Limit::Daily));
    assert_eq!(count_monthly(&mut redis, "2026-02-28"), Reply::Denied(Limit::Monthly));
    assert_eq!(redis, before);
    assert_eq!(count(&mut redis, "2026-02-01"), Reply::Allowed, "a new day is free");
    let mut none = holding(QuotaRow { daily_quota: 0, ..quota(100) }, Fields::ALL, None);
    let before = none.clone();
    assert_eq!(count(&mut none, "2026-02-01"), Reply::Denied(Limit::Daily));
    assert_eq!(none, before, "the restart is written with the count or not at all");
}

#[test]
fn a_missing_limit_is_no_limit_and_a_date_that_is_null_differs_from_every_day() {
    let used = QuotaRow { daily_used: 99, monthly_used: 99, ..QuotaRow::default() };
    let mut redis = holding(used, Fields::DAILY.union(Fields::MONTHLY), None);
    assert_eq!(count(&mut redis, "2026-01-31"), Reply::Allowed);
    assert_eq!(count_monthly(&mut redis, "2026-01-31"), Reply::Allowed);
    assert_eq!((row(&redis).daily_used, row(&redis).monthly_used), (1, 100));
}

#[test]
fn counting_on_a_missing_hash_makes_a_part_of_one_without_a_time_to_live() {
    let mut redis = empty();
    assert_eq!(count(&mut redis, "2026-01-31"), Reply::Allowed);
    let made = QuotaRow { daily_used: 1, daily_reset_at: Some(day("2026-01-31")), ..QuotaRow::default() };
    assert_eq!(redis.hash(ACME), Some(Hash { row: made, fields: Fields::DAILY, deadline: None, drifted: None }));
    assert_eq!(count_monthly(&mut redis, "2026-01-31"), Reply::Allowed);
    let hash = redis.hash(ACME).unwrap();
    assert_eq!((hash.fields, hash.row.monthly_used), (Fields::DAILY.union(Fields::MONTHLY), 1));
    assert_eq!(redis.hash(BETA), None);
}

#[test]
fn a_deduct_takes_money_counts_and_makes_a_version() {
    for arithmetic in BOTH {
        let mut redis = warm(Some(DAY));
        let left = if arithmetic == Arithmetic::Lua { "94" } else { "94.75" };
        assert_eq!(deduct(&mut redis, "5.25", arithmetic), Reply::Left(money(left)));
        let taken = QuotaRow { daily_used: 2, monthly_used: 3, version: 4, ..quota(100) };
        let taken = QuotaRow { balance: money("94.75"), ..taken };
        let hash = Hash { row: taken, fields: Fields::ALL, deadline: Some(DAY), drifted: None };
        assert_eq!(redis.hash(ACME), Some(hash), "{arithmetic:?}");
    }
}

#[test]
fn a_deduct_refuses_by_balance_then_day_then_month_and_does_nothing_then() {
    for arithmetic in BOTH {
        for (full, amount, limit) in [
            (QuotaRow { daily_used: 10, monthly_used: 100, ..quota(100) }, "100.000002", Limit::Balance),
            (QuotaRow { daily_used: 10, monthly_used: 100, ..quota(100) }, "100.000001", Limit::Daily),
            (QuotaRow { monthly_used: 100, ..quota(100) }, "100.000001", Limit::Monthly),
        ] {
            let mut redis = holding(full, Fields::ALL, Some(DAY));
            let before = redis.clone();
            assert_eq!(deduct(&mut redis, amount, arithmetic), Reply::Denied(limit), "{arithmetic:?}");
            assert_eq!(redis, before);
        }
        let mut redis = warm(None);
        assert_ne!(deduct(&mut redis, "100.000001", arithmetic), Reply::Denied(Limit::Balance), "credit counts");
        assert_eq!(row(&redis).balance, money("-0.000001"));
    }
}

#[test]
fn a_deduct_that_may_go_below_zero_skips_the_balance_and_not_the_limits() {
    for arithmetic in BOTH {
        let mut redis = warm(Some(DAY));
        let left = if arithmetic == Arithmetic::Lua { "-100" } else { "-100.50" };
        assert_eq!(deduct_below_zero(&mut redis, "200.50", arithmetic), Reply::Left(money(left)));
        let taken = QuotaRow { balance: money("-100.50"), daily_used: 2, monthly_used: 3, version: 4, ..quota(100) };
        assert_eq!(row(&redis), taken, "{arithmetic:?}");
        assert_eq!(deduct(&mut redis, "0.000001", arithmetic), Reply::Denied(Limit::Balance));
        for (full, limit) in [
            (QuotaRow { daily_used: 10, monthly_used: 100, ..quota(100) }, Limit::Daily),
            (QuotaRow { monthly_used: 100, ..quota(100) }, Limit::Monthly),
        ] {
            let mut redis = holding(full, Fields::ALL, Some(DAY));
            let before = redis.clone();
            assert_eq!(deduct_below_zero(&mut redis, "5.25", arithmetic), Reply::Denied(limit), "{arithmetic:?}");
            assert_eq!(redis, before);
        }
        let mut redis = empty();
        assert_eq!(deduct_below_zero(&mut redis, "5.00", arithmetic), Reply::Left(money("-5.00")));
        let hash = redis.hash(ACME).unwrap();
        assert_eq!((hash.row.balance, hash.row.version, hash.deadline), (money("-5.00"), 1, None), "made, for ever");
    }
}

#[test]
fn a_missing_hash_has_no_money_and_a_missing_version_is_0() {
    for arithmetic in BOTH {
        let mut redis = empty();
        assert_eq!(deduct(&mut redis, "0.000001", arithmetic), Reply::Denied(Limit::Balance));
        assert_eq!(redis.hash(ACME), None);
        assert_eq!(adjust(&mut redis, "1.00", arithmetic), Reply::Allowed);
        assert_eq!(redis.hash(ACME), None, "there is nothing to adjust");
        hset(&mut redis, ACME, quota(10), Fields::BALANCE);
        assert_eq!(deduct(&mut redis, "1.00", arithmetic), Reply::Left(money("9.00")));
        let hash = redis.hash(ACME).unwrap();
        let fields = Fields::BALANCE.union(Fields::DAILY).union(Fields::MONTHLY).union(Fields::VERSION);
        assert_eq!((hash.fields, hash.row.version, hash.deadline), (fields, 1, None), "no limit, no month");
    }
}

#[test]
fn a_lua_number_is_cut_off_in_the_reply_and_drifts_in_the_hash() {
    let mut redis = balance_of("100.00");
    assert_eq!(deduct(&mut redis, "0.05", Arithmetic::Lua), Reply::Left(money("99")));
    let hash = redis.hash(ACME).unwrap();
    assert_eq!(hash.drifted.unwrap().to_string(), "99.950000000000003");
    assert_eq!(hash.row.balance, money("99.95"), "read as money it is what it should be");
    assert_eq!(redis.execute(RedisOp::ReadHash(ACME)), Reply::Hash(Some(hash.row)));
    assert_eq!(deduct(&mut redis, "99.95", Arithmetic::Lua), Reply::Left(money("0")));
    assert_eq!(redis.hash(ACME).unwrap().drifted, None, "0 is money again");
}

#[test]
fn a_negative_lua_number_is_cut_off_toward_zero() {
    let row = QuotaRow { credit: money("1.00"), ..quota(0) };
    let mut redis = holding(row, Fields::ALL, None);
    assert_eq!(deduct(&mut redis, "0.30", Arithmetic::Lua), Reply::Left(money("0")));
    assert_eq!(redis.hash(ACME).unwrap().drifted.unwrap().to_string(), "-0.29999999999999999");
}

#[test]
fn doubles_admit_fewer_charges_than_the_money_pays_for() {
    for (balance, price, charges, by_lua) in
        [("0.30", "0.10", 3, 2), ("1.00", "0.001", 1_000, 999), ("10.50", "5.25", 2, 2)]
    {
        for (arithmetic, admitted) in [(Arithmetic::Lua, by_lua), (Arithmetic::Exact, charges)] {
            let mut redis = balance_of(balance);
            let replies = (0..=charges).map(|_| deduct(&mut redis, price, arithmetic));
            let paid = replies.filter(|reply| matches!(reply, Reply::Left(_))).count();
            assert_eq!(paid, admitted, "{balance} by {price}, {arithmetic:?}");
        }
    }
}

#[test]
fn whoever_writes_money_ends_the_drift() {
    let drifted = || {
        let mut redis = balance_of("100.00");
        deduct(&mut redis, "0.05", Arithmetic::Lua);
        redis
    };
    let mut redis = drifted();
    count(&mut redis, "2026-01-31");
    hset(&mut redis, ACME, quota(90), Fields::DAILY);
    assert!(redis.hash(ACME).unwrap().drifted.is_some(), "counts leave the balance alone");
    hset(&mut redis, ACME, quota(90), Fields::BALANCE);
    assert_eq!((redis.hash(ACME).unwrap().drifted, row(&redis).balance), (None, money("90.00")));
    let mut redis = drifted();
    assert_eq!(adjust(&mut redis, "0.05", Arithmetic::Exact), Reply::Allowed);
    assert_eq!((redis.hash(ACME).unwrap().drifted, row(&redis).balance), (None, money("100.00")));
    let mut redis = drifted();
    assert_eq!(adjust(&mut redis, "-0.05", Arithmetic::Lua), Reply::Allowed);
    assert_eq!(redis.hash(ACME).unwrap().drifted.unwrap().to_string(), "99.900000000000006");
    assert_eq!(row(&redis).version, 1, "a correction of what was taken is no newer state");
}

#[test]
fn an_adjustment_moves_the_balance_either_way_whatever_the_limits() {
    for arithmetic in BOTH {
        let mut redis = warm(Some(DAY));
        assert_eq!(adjust(&mut redis, "-150.25", arithmetic), Reply::Allowed);
        assert_eq!(adjust(&mut redis, "0.50", arithmetic), Reply::Allowed);
        let adjusted = QuotaRow { balance: money("-49.75"), ..quota(100) };
        assert_eq!((row(&redis), redis.hash(ACME).unwrap().deadline), (adjusted, Some(DAY)));
    }
}

#[test]
fn integers_that_no_longer_fit_are_refused_and_nothing_changes() {
    let far = QuotaRow { balance: Money::from_micros(i64::MAX), ..quota(0) };
    let mut redis = holding(far, Fields::ALL, None);
    let before = redis.clone();
    assert_eq!(adjust(&mut redis, "0.000001", Arithmetic::Exact), Reply::Failed(Failure::NotAnInteger));
    assert_eq!(deduct(&mut redis, "1.00", Arithmetic::Exact), Reply::Failed(Failure::NotAnInteger));
    assert_eq!(redis, before);
}

#[test]
fn a_snapshot_is_written_only_over_an_older_version_and_renews_the_time_to_live() {
    let write = |redis: &mut Redis, row, fields| {
        assert_eq!(eval(redis, Script::WriteIfNewer { row, fields, ttl: Seconds(100) }), Reply::Allowed);
    };
    let newer = QuotaRow { version: 4, ..quota(50) };
    let mut redis = warm(Some(DAY));
    take(&mut redis, T1, 40);
    redis.expire_next();
    write(&mut redis, quota(50), Fields::ALL);
    assert_eq!((row(&redis), redis.hash(ACME).unwrap().deadline), (quota(100), Some(DAY)), "as old: nothing");
    write(&mut redis, QuotaRow { daily_quota: 77, ..newer }, Fields::BALANCE);
    let hash = redis.hash(ACME).unwrap();
    assert_eq!((hash.row, hash.deadline), (newer, Some(Seconds(140))), "its fields and the version");
    let mut redis = holding(quota(100), Fields::BALANCE, None);
    write(&mut redis, QuotaRow { version: 0, ..quota(50) }, Fields::BALANCE);
    assert_eq!((row(&redis).balance, row(&redis).version), (money("50.00"), 0), "a hash without a version is written");
    let mut redis = empty();
    write(&mut redis, newer, Fields::BALANCE);
    assert_eq!(redis.hash(ACME), None, "no part of a hash is made");
    write(&mut redis, newer, Fields::ALL);
    let made = Hash { row: newer, fields: Fields::ALL, deadline: Some(Seconds(100)), drifted: None };
    assert_eq!(redis.hash(ACME), Some(made));
}

#[test]
fn a_script_is_found_by_its_hash_while_it_is_loaded() {
    let daily = Script::CountDaily(day("2026-01-15"));
    let newer = Script::WriteIfNewer { row: QuotaRow::default(), fields: Fields::ALL, ttl: DAY };
    let sent = |redis: &mut Redis, script, by| redis.execute(RedisOp::Eval { tenant: ACME, script, by });
    let mut redis = warm(Some(DAY));
    assert_eq!(sent(&mut redis, daily, Scripts::Sha), Reply::Allowed);
    redis.flush_scripts();
    let before = redis.clone();
    assert_eq!(sent(&mut redis, daily, Scripts::Sha), Reply::Failed(Failure::NoScript));
    assert_eq!(redis, before, "nothing ran");
    for by in [Scripts::Eval, Scripts::ShaReload] {
        redis.flush_scripts();
        assert_eq!(sent(&mut redis, daily, by), Reply::Allowed, "sent whole");
        assert_eq!(sent(&mut redis, daily, Scripts::Sha), Reply::Allowed, "and known since");
        assert_eq!(sent(&mut redis, newer, Scripts::Sha), Reply::Failed(Failure::NoScript), "the others are not");
    }
}

#[test]
fn a_script_that_finds_no_memory_is_known_all_the_same() {
    let daily = Script::CountDaily(day("2026-01-15"));
    let op = RedisOp::Eval { tenant: ACME, script: daily, by: Scripts::ShaReload };
    let mut redis = warm(Some(DAY));
    redis.flush_scripts();
    assert!(redis.would_change(op) && !redis.would_change(op.sent_first()));
    redis.refuse(op);
    assert!(redis.would_change(op.sent_first()));
}
