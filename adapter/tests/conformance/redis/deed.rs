//! What can be done to Redis, and how it is written in a file.

use std::fmt;

use model::day::Day;
use model::design::Scripts;
use model::effect::{Arithmetic, BUDGET_TTL, DAY, Fields, Increment, RedisOp, Script, Seconds, WARM_LOCK_TTL};
use model::money::Money;
use model::row::{Key, KeyRow, QuotaRow, Tenant};
use model::store::redis::Evicted;

pub const TENANTS: [&str; 2] = ["acme", "zenith"];

/// Something that happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deed {
    /// A command or a script.
    Ask(RedisOp),
    /// INCRBYFLOAT or HINCRBYFLOAT, by this text.
    Float(Place, &'static str),
    /// Time passes until something expires.
    TimePasses,
    /// SCRIPT FLUSH.
    FlushScripts,
    /// SCRIPT LOAD of all.
    LoadScripts,
    /// Killed and started again on what it keeps.
    Restart,
    /// SAVE.
    Save,
    /// Killed and started again on what was saved.
    GoBack,
    /// Gone for want of memory.
    Evict(Evicted),
    /// There is no memory for writes any more.
    Fill,
    /// There is again.
    Empty,
}

/// Where a float is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// In a string.
    Text,
    /// In a field of a hash.
    Field,
}

/// The rows that are written, by name.
const ROWS: [&str; 4] = ["rich", "poor", "odd", "new"];
/// By how much floats go up.
const FLOATS: [&str; 8] =
    ["0.1", "-0.3", "5.25", "0.000249", "-0.004999", "99999999999999.123456", "-100000000000000", "3.0e-3"];

fn money(text: &str) -> Money {
    text.parse().unwrap()
}

fn day(text: &str) -> Day {
    text.parse().unwrap()
}

/// The row of that place in [`ROWS`].
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
    for key in [Key(0), Key(1)] {
        all.extend([DAY, Seconds(60)].map(|ttl| RedisOp::SetNx { key, ttl }));
        all.push(RedisOp::Del(key));
    }
    for tenant in [Tenant(0), Tenant(1)] {
        for fields in [Fields::ALL, Fields::BALANCE, Fields::DAILY] {
            all.extend((0..ROWS.len()).map(|place| RedisOp::HSet { tenant, row: row(place), fields }));
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

/// Everything that a file can name.
pub fn catalogue() -> Vec<Deed> {
    let mut all: Vec<Deed> = commands().into_iter().map(Deed::Ask).collect();
    all.extend(others());
    all.extend([Key(0), Key(1)].map(|key| Deed::Evict(Evicted::Key(key))));
    for tenant in [Tenant(0), Tenant(1)] {
        all.extend([Evicted::Hash(tenant), Evicted::Principal(tenant), Evicted::Budget(tenant)].map(Deed::Evict));
    }
    all
}

/// What is no command of a flow, evictions left out.
pub fn others() -> Vec<Deed> {
    let mut all = vec![
        Deed::TimePasses,
        Deed::FlushScripts,
        Deed::LoadScripts,
        Deed::Save,
        Deed::Fill,
        Deed::Empty,
        Deed::Restart,
        Deed::GoBack,
    ];
    for place in [Place::Text, Place::Field] {
        all.extend(FLOATS.map(|by| Deed::Float(place, by)));
    }
    all
}

impl fmt::Display for Deed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = match *self {
            Deed::Ask(op) => words(op),
            Deed::Float(Place::Text, by) => format!("incrbyfloat {by}"),
            Deed::Float(Place::Field, by) => format!("hincrbyfloat {by}"),
            Deed::TimePasses => "time passes until something expires".to_owned(),
            Deed::FlushScripts => "script flush".to_owned(),
            Deed::LoadScripts => "script load of all".to_owned(),
            Deed::Restart => "redis is killed and started again".to_owned(),
            Deed::Save => "save".to_owned(),
            Deed::GoBack => "redis is killed and started on what was saved".to_owned(),
            Deed::Evict(Evicted::Key(request)) => format!("evict key of request {}", request.0),
            Deed::Evict(Evicted::Hash(t)) => format!("evict hash of {}", TENANTS[t.index()]),
            Deed::Evict(Evicted::Principal(t)) => format!("evict principal of {}", TENANTS[t.index()]),
            Deed::Evict(Evicted::Budget(t)) => format!("evict budget of {}", TENANTS[t.index()]),
            Deed::Fill => "memory is full".to_owned(),
            Deed::Empty => "memory is there again".to_owned(),
        };
        f.pad(&words)
    }
}

fn words(op: RedisOp) -> String {
    let name = |tenant: Tenant| TENANTS[tenant.index()];
    match op {
        RedisOp::SetNx { key, ttl } => format!("set key of request {} nx ex {}", key.0, ttl.0),
        RedisOp::Del(key) => format!("del key of request {}", key.0),
        RedisOp::HSet { tenant, row, fields } => format!("hset {} {} {}", name(tenant), named(&row), which(fields)),
        RedisOp::Expire { tenant, ttl } => format!("expire hash of {} {}", name(tenant), ttl.0),
        RedisOp::Exists(t) => format!("exists {}", name(t)),
        RedisOp::ReadBalance(t) => format!("hget {} balance", name(t)),
        RedisOp::ReadHash(t) => format!("hgetall {}", name(t)),
        RedisOp::Eval { tenant, script, by } => {
            let how = match by {
                Scripts::Eval => "eval",
                Scripts::Sha => "evalsha",
                Scripts::ShaReload => "evalsha or eval",
            };
            format!("{how} {} {}", name(tenant), script_words(script))
        }
        RedisOp::TakeWarmLock { tenant, ttl } => format!("set warming of {} nx ex {}", name(tenant), ttl.0),
        RedisOp::GetPrincipal(t) => format!("get principal of {}", name(t)),
        RedisOp::SetPrincipal { tenant, key, ttl } => {
            let limit = key.limit.map_or("no limit".to_owned(), |limit| format!("limit {limit}"));
            format!("set principal of {} {limit} ex {}", name(tenant), ttl.0)
        }
        RedisOp::GetBudget(t) => format!("get budget of {}", name(t)),
        RedisOp::IncrBudget { tenant, by: Increment::Fraction(by) } => {
            format!("incrby budget of {} {by}", name(tenant))
        }
        RedisOp::IncrBudget { tenant, by: Increment::Micros(by) } => {
            format!("incrby budget of {} {by} micros", name(tenant))
        }
        RedisOp::ExpireBudget { tenant, ttl } => format!("expire budget of {} {}", name(tenant), ttl.0),
    }
}

fn script_words(script: Script) -> String {
    let how = |arithmetic| if arithmetic == Arithmetic::Lua { "in lua numbers" } else { "exactly" };
    match script {
        Script::CountDaily(day) => format!("count daily {day}"),
        Script::CountMonthly(month) => format!("count monthly {month}"),
        Script::Deduct { amount, negative, counts, day, arithmetic } => {
            let counts = if counts { "and count " } else { "" };
            let below = if negative { ", below zero too" } else { "" };
            format!("deduct {amount} {} {counts}on {day}{below}", how(arithmetic))
        }
        Script::Adjust { by, arithmetic } => format!("adjust by {by} {}", how(arithmetic)),
        Script::WriteIfNewer { row, fields, .. } => format!("write {} {} if newer", named(&row), which(fields)),
    }
}

fn named(wanted: &QuotaRow) -> &'static str {
    (0..ROWS.len()).find(|place| row(*place) == *wanted).map_or("?", |place| ROWS[place])
}

fn which(fields: Fields) -> &'static str {
    match fields {
        Fields::ALL => "whole",
        Fields::BALANCE => "balance",
        _ => "daily",
    }
}
