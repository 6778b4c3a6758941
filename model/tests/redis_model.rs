//! The Redis model as a specification: what real servers were seen to do with keys, hashes and their time to live.
#![allow(clippy::unwrap_used)]

use model::effect::{DAY, Fields, RedisOp, Seconds};
use model::money::Money;
use model::reply::Reply;
use model::row::{QuotaRow, Request, Tenant};
use model::store::redis::{Hash, Redis};
use proptest::prelude::*;

const T1: Request = Request(0);
const T2: Request = Request(1);
const ACME: Tenant = Tenant(0);
const BETA: Tenant = Tenant(1);

fn quota(balance: i64) -> QuotaRow {
    QuotaRow {
        balance: Money::from_micros(balance * 1_000_000),
        credit: Money::from_micros(1),
        daily_quota: 10,
        daily_used: 1,
        monthly_quota: 100,
        monthly_used: 2,
        version: 3,
    }
}

fn empty() -> Redis {
    Redis::new(2, &[None, None])
}

fn warm(deadline: Option<Seconds>) -> Redis {
    Redis::new(2, &[Some(Hash { row: quota(100), fields: Fields::ALL, deadline }), None])
}

fn take(redis: &mut Redis, request: Request, seconds: u32) -> Reply {
    redis.execute(RedisOp::SetNx { request, ttl: Seconds(seconds) })
}

fn hset(redis: &mut Redis, tenant: Tenant, row: QuotaRow, fields: Fields) {
    assert_eq!(redis.execute(RedisOp::HSet { tenant, row, fields }), Reply::Ok);
}

fn expire(redis: &mut Redis, tenant: Tenant, seconds: u32) {
    assert_eq!(redis.execute(RedisOp::Expire { tenant, ttl: Seconds(seconds) }), Reply::Ok);
}

#[test]
fn set_nx_takes_a_free_key_and_leaves_a_held_one_as_it_is() {
    let mut redis = empty();
    assert_eq!(take(&mut redis, T1, 60), Reply::Taken);
    assert_eq!(take(&mut redis, T1, 900), Reply::Held);
    assert_eq!(redis.key(T1), Some(Seconds(60)), "a refused SET NX does not renew the time to live");
    assert_eq!(take(&mut redis, T2, 30), Reply::Taken, "each request has a key of its own");
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
fn hset_keeps_the_time_to_live_of_the_hash() {
    let mut redis = warm(Some(DAY));
    hset(&mut redis, ACME, quota(90), Fields::ALL);
    assert_eq!(redis.hash(ACME), Some(Hash { row: quota(90), fields: Fields::ALL, deadline: Some(DAY) }));
}

#[test]
fn hset_of_an_absent_hash_makes_one_without_a_time_to_live() {
    let mut redis = empty();
    hset(&mut redis, BETA, quota(90), Fields::ALL);
    assert_eq!(redis.hash(BETA), Some(Hash { row: quota(90), fields: Fields::ALL, deadline: None }));
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
    hset(&mut redis, ACME, quota(80), Fields(0b111_1110));
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

fn op() -> impl Strategy<Value = Option<RedisOp>> {
    let request = prop_oneof![Just(T1), Just(T2)];
    let tenant = prop_oneof![Just(ACME), Just(BETA)];
    prop_oneof![
        (request.clone(), 1..100u32).prop_map(|(request, ttl)| Some(RedisOp::SetNx { request, ttl: Seconds(ttl) })),
        request.prop_map(|request| Some(RedisOp::Del(request))),
        (tenant.clone(), 0..100i64, 1..128u8).prop_map(|(tenant, balance, fields)| {
            Some(RedisOp::HSet { tenant, row: quota(balance), fields: Fields(fields) })
        }),
        (tenant, 1..100u32).prop_map(|(tenant, ttl)| Some(RedisOp::Expire { tenant, ttl: Seconds(ttl) })),
        Just(None),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nothing_outlives_its_deadline_and_nothing_comes_to_life_unasked(ops in prop::collection::vec(op(), 0..60)) {
        let mut redis = empty();
        for op in ops {
            let before = redis.clone();
            if let Some(op) = op {
                redis.execute(op);
            } else {
                redis.expire_next();
            }
            prop_assert!(redis.clock() >= before.clock());
            for (request, was) in [(T1, before.key(T1)), (T2, before.key(T2))] {
                prop_assert!(redis.key(request).is_none_or(|ttl| ttl > Seconds(0)));
                let taken = matches!(op, Some(RedisOp::SetNx { request: taken, .. }) if taken == request);
                prop_assert!(redis.key(request).is_none() || was.is_some() || taken);
            }
            for tenant in [ACME, BETA] {
                let deadline = redis.hash(tenant).and_then(|hash| hash.deadline);
                prop_assert!(deadline.is_none_or(|deadline| deadline > redis.clock()));
            }
        }
    }
}
