//! The Redis model as a specification: what real servers were seen to do with keys, hashes, counters, scripts and their
//! time to live.
#![allow(clippy::unwrap_used)]

mod counters;
mod hashes;
mod lifetimes;
mod numbers;
mod rules;
mod scripts;

use model::day::Day;
use model::design::Scripts;
use model::effect::{Fields, RedisOp, Script, Seconds};
use model::money::Money;
use model::reply::Reply;
use model::row::{Key, QuotaRow, Tenant};
use model::store::redis::{Hash, Redis};

const T1: Key = Key(0);
const T2: Key = Key(1);
const ACME: Tenant = Tenant(0);
const BETA: Tenant = Tenant(1);

fn money(text: &str) -> Money {
    text.parse().unwrap()
}

fn day(text: &str) -> Day {
    text.parse().unwrap()
}

/// A row whose fields are all different, in the day 2026-01-31.
fn quota(balance: i64) -> QuotaRow {
    QuotaRow {
        balance: Money::from_micros(balance * 1_000_000),
        credit: Money::from_micros(1),
        daily_quota: 10,
        daily_used: 1,
        monthly_quota: 100,
        monthly_used: 2,
        version: 3,
        daily_reset_at: Some(day("2026-01-31")),
        monthly_reset_at: Some(day("2026-01-31").month()),
    }
}

fn empty() -> Redis {
    Redis::new(2, &[None, None], &[None, None])
}

/// ACME's hash is there with all its fields.
fn warm(deadline: Option<Seconds>) -> Redis {
    holding(quota(100), Fields::ALL, deadline)
}

fn holding(row: QuotaRow, fields: Fields, deadline: Option<Seconds>) -> Redis {
    Redis::new(2, &[Some(Hash { row, fields, deadline, drifted: None }), None], &[None, None])
}

fn take(redis: &mut Redis, key: Key, seconds: u32) -> Reply {
    redis.execute(RedisOp::SetNx { key, ttl: Seconds(seconds) })
}

fn hset(redis: &mut Redis, tenant: Tenant, row: QuotaRow, fields: Fields) {
    assert_eq!(redis.execute(RedisOp::HSet { tenant, row, fields }), Reply::Ok);
}

fn expire(redis: &mut Redis, tenant: Tenant, seconds: u32) {
    assert_eq!(redis.execute(RedisOp::Expire { tenant, ttl: Seconds(seconds) }), Reply::Ok);
}

/// Runs a script on ACME's hash.
fn eval(redis: &mut Redis, script: Script) -> Reply {
    redis.execute(RedisOp::Eval { tenant: ACME, script, by: Scripts::Eval })
}
