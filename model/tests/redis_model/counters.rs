//! Warm-up locks, cached principals and budget counters.

use model::effect::{Increment, PRINCIPAL_TTL, RedisOp, Seconds, WARM_LOCK_TTL};
use model::reply::{Failure, Reply};
use model::row::KeyRow;
use model::store::redis::Redis;

use crate::{ACME, BETA, empty, money};

fn increase(redis: &mut Redis, by: Increment) -> Reply {
    redis.execute(RedisOp::IncrBudget { tenant: ACME, by })
}

#[test]
fn a_warm_up_lock_is_taken_once_until_it_expires() {
    let mut redis = empty();
    let lock = |tenant| RedisOp::TakeWarmLock { tenant, ttl: WARM_LOCK_TTL };
    assert_eq!(redis.execute(lock(ACME)), Reply::Taken);
    assert_eq!(redis.execute(lock(ACME)), Reply::Held);
    assert_eq!(redis.execute(lock(BETA)), Reply::Taken, "each tenant has its own");
    redis.expire_next();
    assert_eq!((redis.warm_lock(ACME), redis.clock()), (false, Seconds(5)));
    assert_eq!(redis.execute(lock(ACME)), Reply::Taken);
}

#[test]
fn a_principal_is_cached_as_it_was_and_set_anew_with_a_new_time_to_live() {
    let key = KeyRow { limit: Some(money("50.00")), used: money("1.00") };
    let mut redis = Redis::new(0, &[None, None], &[Some(key), None]);
    assert_eq!(redis.principal(ACME), Some((key, PRINCIPAL_TTL)), "given principals are just cached");
    assert_eq!(redis.execute(RedisOp::GetPrincipal(BETA)), Reply::Key(None));
    redis.execute(RedisOp::TakeWarmLock { tenant: ACME, ttl: Seconds(100) });
    redis.expire_next();
    assert_eq!(redis.principal(ACME), Some((key, Seconds(200))));
    let newer = KeyRow { used: money("2.00"), ..key };
    assert_eq!(redis.execute(RedisOp::SetPrincipal { tenant: ACME, key: newer, ttl: PRINCIPAL_TTL }), Reply::Ok);
    assert_eq!(redis.execute(RedisOp::GetPrincipal(ACME)), Reply::Key(Some(newer)));
    assert_eq!(redis.principal(ACME), Some((newer, PRINCIPAL_TTL)));
}

#[test]
fn a_budget_counter_counts_whole_numbers_from_zero_and_lives_for_ever_unless_told() {
    let mut redis = empty();
    assert_eq!(redis.execute(RedisOp::GetBudget(ACME)), Reply::Spent(None));
    assert_eq!(redis.execute(RedisOp::ExpireBudget { tenant: ACME, ttl: Seconds(30) }), Reply::Ok);
    assert_eq!(redis.budget(ACME), None, "EXPIRE makes nothing");
    assert_eq!(increase(&mut redis, Increment::Micros(50_000)), Reply::Spent(Some(50_000)));
    assert_eq!(redis.budget(ACME), Some((50_000, None)));
    redis.execute(RedisOp::ExpireBudget { tenant: ACME, ttl: Seconds(30) });
    assert_eq!(increase(&mut redis, Increment::Micros(-10_000)), Reply::Spent(Some(40_000)));
    assert_eq!(redis.budget(ACME), Some((40_000, Some(Seconds(30)))), "INCRBY keeps the time to live");
    assert_eq!(redis.execute(RedisOp::GetBudget(ACME)), Reply::Spent(Some(40_000)));
    assert_eq!(redis.budget(BETA), None);
}

#[test]
fn a_fraction_or_too_large_a_sum_is_no_integer_and_changes_nothing() {
    let mut redis = empty();
    let refused = Reply::Failed(Failure::NotAnInteger);
    assert_eq!(increase(&mut redis, Increment::Fraction(money("0.05"))), refused);
    assert_eq!(increase(&mut redis, Increment::Fraction(money("5"))), refused, "5.000000 is no integer either");
    assert_eq!(redis.budget(ACME), None);
    increase(&mut redis, Increment::Micros(i64::MAX));
    assert_eq!(increase(&mut redis, Increment::Micros(1)), refused);
    assert_eq!(redis.budget(ACME), Some((i64::MAX, None)));
}
