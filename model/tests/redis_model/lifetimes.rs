//! Idempotency keys, and how what is in Redis goes away.

use model::effect::{BUDGET_TTL, DAY, Fields, Increment, PRINCIPAL_TTL, RedisOp, Seconds, WARM_LOCK_TTL};
use model::reply::Reply;
use model::row::KeyRow;
use model::store::redis::{Evicted, Redis};

use crate::{ACME, BETA, T1, T2, empty, hset, money, quota, take, warm};

#[test]
fn set_nx_takes_a_free_key_and_leaves_a_held_one_as_it_is() {
    let mut redis = empty();
    assert_eq!(take(&mut redis, T1, 60), Reply::Taken);
    assert_eq!(take(&mut redis, T1, 900), Reply::Held);
    assert_eq!(redis.key(T1), Some(Seconds(60)), "a refused SET NX does not renew the time to live");
    assert_eq!(take(&mut redis, T2, 30), Reply::Taken, "each has a life of its own");
}

#[test]
fn del_frees_a_key_for_anyone_and_is_ok_when_there_is_none() {
    let mut redis = empty();
    assert_eq!(redis.execute(RedisOp::Del(T1)), Reply::Ok);
    take(&mut redis, T1, 60);
    assert_eq!(redis.execute(RedisOp::Del(T1)), Reply::Ok);
    assert_eq!(redis.key(T1), None);
    assert_eq!(take(&mut redis, T1, 60), Reply::Taken);
}

#[test]
fn a_key_is_gone_exactly_at_its_deadline() {
    let mut redis = empty();
    take(&mut redis, T1, 60);
    take(&mut redis, T2, 61);
    redis.expire_next();
    assert_eq!((redis.clock(), redis.key(T1), redis.key(T2)), (Seconds(60), None, Some(Seconds(1))));
    assert_eq!(take(&mut redis, T1, 60), Reply::Taken, "a new life counts from now");
    assert_eq!(redis.key(T1), Some(Seconds(60)));
    redis.expire_next();
    assert_eq!((redis.clock(), redis.key(T1), redis.key(T2)), (Seconds(61), Some(Seconds(59)), None));
}

#[test]
fn what_has_one_deadline_expires_in_one_instant() {
    let mut redis = warm(Some(Seconds(60)));
    take(&mut redis, T1, 60);
    redis.expire_next();
    assert_eq!((redis.key(T1), redis.hash(ACME), redis.next_deadline()), (None, None, None));
}

#[test]
fn without_a_deadline_time_stands_still() {
    let mut redis = warm(None);
    redis.expire_next();
    assert_eq!(redis.clock(), Seconds(0));
    assert!(redis.hash(ACME).is_some(), "a hash without a time to live stays for ever");
}

#[test]
fn a_loss_takes_all_data_and_the_clock_goes_on() {
    let mut redis = warm(Some(DAY));
    take(&mut redis, T1, 40);
    take(&mut redis, T2, 50);
    redis.expire_next();
    redis.lose_everything();
    assert_eq!((redis.key(T1), redis.key(T2), redis.hash(ACME)), (None, None, None));
    assert_eq!(redis.clock(), Seconds(40));
    assert_eq!(take(&mut redis, T2, 60), Reply::Taken, "a lost key permits a second attempt");
}

/// A server that holds one of each kind.
fn full() -> Redis {
    let mut redis = warm(Some(DAY));
    take(&mut redis, T2, 60);
    redis.execute(RedisOp::SetPrincipal { tenant: BETA, key: KeyRow::default(), ttl: PRINCIPAL_TTL });
    redis.execute(RedisOp::IncrBudget { tenant: BETA, by: Increment::Micros(1) });
    redis.execute(RedisOp::ExpireBudget { tenant: BETA, ttl: BUDGET_TTL });
    redis.execute(RedisOp::TakeWarmLock { tenant: ACME, ttl: WARM_LOCK_TTL });
    redis
}

#[test]
fn each_kind_of_key_expires_at_its_own_time() {
    let mut redis = full();
    let mut left = Vec::new();
    while redis.next_deadline().is_some() {
        assert!(left.len() < 5, "there are but five deadlines: {left:?}");
        redis.expire_next();
        let there = redis.evictable().into_iter().collect::<Vec<_>>();
        left.push((redis.clock().0, redis.warm_lock(ACME), there));
    }
    let (key, hash, principal, budget) =
        (Evicted::Key(T2), Evicted::Hash(ACME), Evicted::Principal(BETA), Evicted::Budget(BETA));
    assert_eq!(
        left,
        [
            (5, false, vec![key, hash, principal, budget]),
            (60, false, vec![hash, principal, budget]),
            (300, false, vec![hash, budget]),
            (86_400, false, vec![budget]),
            (2_592_000, false, vec![]),
        ]
    );
}

#[test]
fn an_eviction_takes_one_thing_and_no_time() {
    for which in full().evictable() {
        let mut redis = full();
        redis.evict(which);
        let rest: Vec<Evicted> = full().evictable().into_iter().filter(|&other| other != which).collect();
        assert_eq!((redis.evictable().into_iter().collect::<Vec<_>>(), redis.clock()), (rest, Seconds(0)));
        assert!(redis.warm_lock(ACME));
    }
}

#[test]
fn a_loss_takes_every_kind_of_key() {
    let mut redis = full();
    redis.lose_everything();
    assert!(!redis.has_scripts());
    redis.load_scripts();
    assert_eq!(redis, empty());
}

#[test]
fn what_is_evicted_is_made_anew_without_a_time_to_live_by_the_next_hset() {
    let mut redis = warm(Some(DAY));
    redis.evict(Evicted::Hash(ACME));
    hset(&mut redis, ACME, quota(90), Fields::BALANCE);
    let hash = redis.hash(ACME).unwrap();
    assert_eq!((hash.row.balance, hash.fields, hash.deadline), (money("90.00"), Fields::BALANCE, None));
}
