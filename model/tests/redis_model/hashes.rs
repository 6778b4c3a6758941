//! The quota hash: HSET, EXPIRE and what is read of it.

use model::effect::{DAY, Fields, RedisOp, Seconds};
use model::reply::Reply;
use model::row::QuotaRow;
use model::store::redis::{Hash, Redis};

use crate::{ACME, BETA, T1, empty, expire, hset, quota, take, warm};

#[test]
fn hset_keeps_the_time_to_live_of_the_hash() {
    let mut redis = warm(Some(DAY));
    hset(&mut redis, ACME, quota(90), Fields::ALL);
    assert_eq!(
        redis.hash(ACME),
        Some(Hash { row: quota(90), fields: Fields::ALL, deadline: Some(DAY), drifted: None })
    );
}

#[test]
fn hset_of_an_absent_hash_makes_one_without_a_time_to_live() {
    let mut redis = empty();
    hset(&mut redis, BETA, quota(90), Fields::ALL);
    assert_eq!(redis.hash(BETA), Some(Hash { row: quota(90), fields: Fields::ALL, deadline: None, drifted: None }));
    assert_eq!(redis.hash(ACME), None);
    expire(&mut redis, BETA, 30);
    assert_eq!(redis.hash(BETA).and_then(|hash| hash.deadline), Some(Seconds(30)));
}

#[test]
fn hset_writes_its_fields_and_leaves_the_others() {
    let mut redis = warm(Some(DAY));
    hset(&mut redis, ACME, QuotaRow { version: 9, ..quota(90) }, Fields::BALANCE);
    let hash = redis.hash(ACME).unwrap();
    assert_eq!((hash.row, hash.fields), (quota(90), Fields::ALL), "the version written was not among the fields");
}

#[test]
fn hset_of_some_fields_of_an_absent_hash_makes_a_partial_one() {
    let mut redis = empty();
    hset(&mut redis, ACME, quota(90), Fields::BALANCE);
    let hash = redis.hash(ACME).unwrap();
    assert_eq!((hash.fields, hash.fields.complete(), hash.deadline), (Fields::BALANCE, false, None));
    assert_eq!(hash.row.daily_quota, 0, "a limit that was never written is not there");
    hset(&mut redis, ACME, quota(80), Fields::ALL.without(Fields::BALANCE));
    let hash = redis.hash(ACME).unwrap();
    assert!(hash.fields.complete());
    assert_eq!(hash.row, QuotaRow { balance: quota(90).balance, ..quota(80) });
}

#[test]
fn expire_of_nothing_is_ok_and_makes_nothing() {
    let mut redis = empty();
    expire(&mut redis, ACME, 60);
    assert_eq!((redis.hash(ACME), redis.next_deadline()), (None, None));
}

#[test]
fn expire_counts_from_now() {
    let mut redis = warm(Some(Seconds(100)));
    take(&mut redis, T1, 40);
    redis.expire_next();
    expire(&mut redis, ACME, 100);
    assert_eq!(redis.hash(ACME).and_then(|hash| hash.deadline), Some(Seconds(140)));
}

#[test]
fn a_hash_is_read_with_what_is_missing_at_its_default() {
    let mut redis = empty();
    assert_eq!(redis.execute(RedisOp::Exists(ACME)), Reply::Exists(false));
    assert_eq!(redis.execute(RedisOp::ReadHash(ACME)), Reply::Hash(None));
    hset(&mut redis, ACME, quota(90), Fields::DAILY);
    let QuotaRow { daily_used, daily_reset_at, .. } = quota(90);
    let read = QuotaRow { daily_used, daily_reset_at, ..QuotaRow::default() };
    assert_eq!(redis.execute(RedisOp::ReadHash(ACME)), Reply::Hash(Some(read)));
    assert_eq!(redis.execute(RedisOp::Exists(ACME)), Reply::Exists(true), "a partial hash exists");
    assert_eq!(redis.execute(RedisOp::ReadBalance(ACME)), Reply::Ok, "a flow only looks at the balance");
}

#[test]
fn what_a_hash_has_not_got_does_not_tell_states_apart() {
    let row = QuotaRow { version: 9, ..quota(100) };
    let with = |row| Redis::new(0, &[Some(Hash { row, fields: Fields::BALANCE, deadline: None, drifted: None })], &[]);
    assert_eq!(with(row), with(quota(100)));
}
