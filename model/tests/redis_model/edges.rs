//! What is no story: a table of numbers, values that no text has, and states.

use model::design::Scripts;
use model::effect::{Arithmetic, DAY, Fields, RedisOp, Script};
use model::money::Money;
use model::reply::{Failure, Reply};
use model::row::QuotaRow;
use model::store::redis::{Hash, Redis};

use crate::{ACME, day, money, quota};

fn deduct(redis: &mut Redis, amount: &str, arithmetic: Arithmetic) -> Reply {
    let (amount, day) = (money(amount), day("2026-01-31"));
    let script = Script::Deduct { amount, negative: false, counts: true, day, arithmetic };
    redis.execute(RedisOp::Eval { tenant: ACME, script, by: Scripts::Eval })
}

/// A hash with this balance, no credit and high limits.
fn balance_of(balance: &str) -> Redis {
    let row = QuotaRow { balance: money(balance), daily_quota: 10_000, monthly_quota: 10_000, ..QuotaRow::default() };
    Redis::new(0, &[Some(Hash { row, fields: Fields::ALL, deadline: Some(DAY), drifted: None })], &[])
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
fn what_a_hash_has_not_got_does_not_tell_states_apart() {
    let row = QuotaRow { version: 9, ..quota(100) };
    let with = |row| Redis::new(0, &[Some(Hash { row, fields: Fields::BALANCE, deadline: None, drifted: None })], &[]);
    assert_eq!(with(row), with(quota(100)));
}

#[test]
fn integers_that_no_longer_fit_are_refused_and_nothing_changes() {
    let row = QuotaRow { balance: Money::from_micros(i64::MAX), ..quota(0) };
    let mut redis = Redis::new(0, &[Some(Hash { row, fields: Fields::ALL, deadline: None, drifted: None })], &[]);
    let before = redis.clone();
    let script = Script::Adjust { by: money("0.000001"), arithmetic: Arithmetic::Exact };
    let adjusted = redis.execute(RedisOp::Eval { tenant: ACME, script, by: Scripts::Eval });
    assert_eq!(adjusted, Reply::Failed(Failure::NotAnInteger));
    assert_eq!(deduct(&mut redis, "1.00", Arithmetic::Exact), Reply::Failed(Failure::NotAnInteger));
    assert_eq!(redis, before);
}
