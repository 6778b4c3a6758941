//! What can be done to Redis in a case.

use std::fmt;

use model::day::Day;
use model::design::Scripts;
use model::effect::{Arithmetic, BUDGET_TTL, DAY, Fields, Increment, RedisOp, Script, Seconds, WARM_LOCK_TTL};
use model::money::Money;
use model::row::{IdempotencyKey, KeyRow, QuotaRow, Tenant};
use model::store::redis::Evicted;

use crate::words::commands::FLOATS;

pub use crate::words::TENANTS;
pub use crate::words::commands::{Action, Place};

/// How many rows are written.
const ROWS: usize = 4;
fn money(text: &str) -> Money {
    text.parse().unwrap()
}

fn day(text: &str) -> Day {
    text.parse().unwrap()
}

/// The row of that place: a rich one, which is the first of every case, a poor one, an odd one, a new one.
pub fn row(place: usize) -> QuotaRow {
    let rich = QuotaRow {
        balance: money("100"),
        credit: money("0.25"),
        daily_quota: 3,
        daily_used: 1,
        monthly_quota: 9,
        monthly_used: 2,
        version: 7,
        daily_reset_at: Some(day("2026-01-31")),
        monthly_reset_at: Some(day("2026-01-31").month()),
    };
    match place {
        0 => rich,
        1 => QuotaRow { balance: money("0.3"), credit: money("0"), version: 8, ..rich },
        2 => QuotaRow { balance: money("-12.345678"), credit: money("1000"), daily_quota: 0, version: 6, ..rich },
        _ => QuotaRow { daily_reset_at: None, monthly_reset_at: None, daily_used: 0, version: 9, ..rich },
    }
}

/// Commands, those first that cases are to have most of.
pub fn commands() -> Vec<RedisOp> {
    let mut all = Vec::new();
    for key in [IdempotencyKey(0), IdempotencyKey(1)] {
        all.extend([DAY, Seconds(60)].map(|ttl| RedisOp::SetNx { key, ttl }));
        all.push(RedisOp::Del(key));
    }
    for tenant in [Tenant(0), Tenant(1)] {
        for fields in [Fields::ALL, Fields::BALANCE, Fields::DAILY] {
            all.extend((0..ROWS).map(|place| RedisOp::HSet { tenant, row: row(place), fields }));
        }
        all.extend([RedisOp::ReadHash(tenant), RedisOp::Exists(tenant), RedisOp::ReadBalance(tenant)]);
        all.extend([DAY, Seconds(90)].map(|ttl| RedisOp::Expire { tenant, ttl }));
        all.extend([
            RedisOp::GetBudget(tenant),
            RedisOp::IncrBudget { tenant, by: Increment::Micros(249) },
            RedisOp::IncrBudget { tenant, by: Increment::Micros(i64::MAX) },
            RedisOp::IncrBudget { tenant, by: Increment::Fraction(money("0.05")) },
            RedisOp::ExpireBudget { tenant, ttl: BUDGET_TTL },
            RedisOp::GetPrincipal(tenant),
            RedisOp::TakeWarmLock { tenant, ttl: WARM_LOCK_TTL },
        ]);
        for limit in [None, Some(money("5"))] {
            let key = KeyRow { limit, used: money("0.000249") };
            all.push(RedisOp::SetPrincipal { tenant, key, ttl: Seconds(300) });
        }
        for by in [Scripts::Eval, Scripts::Sha, Scripts::ShaReload] {
            all.extend(scripts().into_iter().map(|script| RedisOp::Eval { tenant, script, by }));
        }
    }
    all
}

fn scripts() -> Vec<Script> {
    let mut all = Vec::new();
    for on in ["2026-01-31", "2026-02-01"].map(day) {
        all.extend([Script::CountDaily(on), Script::CountMonthly(on.month())]);
        for arithmetic in [Arithmetic::Lua, Arithmetic::Exact] {
            for amount in ["0.1", "0.05", "5.25", "0.000249"].map(money) {
                for negative in [false, true] {
                    let counts = on == day("2026-01-31");
                    all.push(Script::Deduct { amount, negative, counts, day: on, arithmetic });
                }
            }
        }
    }
    for arithmetic in [Arithmetic::Lua, Arithmetic::Exact] {
        all.extend(["0.05", "-0.7"].map(money).map(|by| Script::Adjust { by, arithmetic }));
    }
    for fields in [Fields::ALL, Fields::BALANCE] {
        all.extend([0, 3].map(|place| Script::WriteIfNewer { row: row(place), fields, ttl: DAY }));
    }
    all
}

/// What is no command of a flow, evictions left out.
pub fn others() -> Vec<Action> {
    let mut all = vec![
        Action::TimePasses,
        Action::FlushScripts,
        Action::LoadScripts,
        Action::Save,
        Action::Fill,
        Action::Empty,
        Action::Restart,
        Action::GoBack,
    ];
    for place in [Place::Text, Place::Field] {
        all.extend(FLOATS.map(|by| Action::Float(place, by)));
    }
    all
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.words(&row(0)))
    }
}

/// What a line of a file means.
pub fn read(line: &str) -> Result<Action, String> {
    Action::read(line, &row(0))
}

/// What can be read is what was written.
#[test]
fn every_deed_is_read_as_it_is_written() {
    let mut all: Vec<Action> = commands().into_iter().map(Action::Ask).collect();
    all.extend(others());
    all.extend([IdempotencyKey(0), IdempotencyKey(1)].map(|key| Action::Evict(Evicted::Key(key))));
    for tenant in [Tenant(0), Tenant(1)] {
        all.extend([Evicted::Hash(tenant), Evicted::Principal(tenant), Evicted::Budget(tenant)].map(Action::Evict));
    }
    for action in all {
        assert_eq!(read(&action.to_string()), Ok(action));
    }
}
