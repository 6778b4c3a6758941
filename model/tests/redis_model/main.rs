//! The Redis model as the stories in `../stories/redis`: what real servers were seen to do with keys, hashes, counters, scripts
//! and their time to live.
//!
//! A move is a command with its answer, or what happens to the server. Indented is what has changed: where nothing is, nothing
//! has. `until` is an instant on the server's clock. Rows are told by the fields in which they differ from [`quota`] of 100.
#![allow(clippy::unwrap_used)]

mod edges;
mod numbers;
mod rules;
#[path = "../stories/mod.rs"]
mod stories;
mod story;

use model::day::Day;
use model::money::Money;
use model::row::{IdempotencyKey, QuotaRow, Tenant};
use model::store::redis::Redis;

const REQUESTS: usize = 2;
const T1: IdempotencyKey = IdempotencyKey(0);
const T2: IdempotencyKey = IdempotencyKey(1);
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
    Redis::new(REQUESTS, &[None, None], &[None, None])
}

#[test]
fn every_story_goes_as_it_is_written() {
    stories::walk("redis", story::Played::new);
}
