//! Every command and script on a real Redis and on the model: the same replies, and the same contents after each. Needs
//! Redis, and fails without it.

#![allow(clippy::unwrap_used, reason = "a failed step of a test is a failed test, in its helper functions too")]

use adapter::contents::{self, Contents};
use adapter::names::Names;
use adapter::servers::{Options, Servers};
use adapter::session::StoreSession;
use adapter::stores::Stores;
use model::day::Day;
use model::design::Scripts;
use model::effect::{
    Arithmetic, BUDGET_TTL, Call, DAY, Effect, Field, Fields, Increment, PRINCIPAL_TTL, RedisOp, Script, WARM_LOCK_TTL,
};
use model::money::Money;
use model::reply::{Failure, Reply};
use model::row::{IdempotencyKey, KeyRow, Limit, QuotaRow, Tenant, TraceId};
use model::step::Step;
use model::store::redis::{Hash, Redis};
use redis::aio::MultiplexedConnection;

const T: Tenant = Tenant(0);
const OTHER: Tenant = Tenant(1);

/// A real Redis with what is needed to ask it.
struct Bench {
    servers: Servers,
    stores: Stores,
    names: Names,
    connection: MultiplexedConnection,
}

impl Bench {
    async fn new() -> Bench {
        let servers = Servers::start(&Options::default()).await.expect("Postgres and Redis");
        let stores = Stores::new(&servers.postgres(), "public", &servers.redis().unwrap(), "c:").unwrap();
        let names = Names::of(
            "c:",
            &["acme", "zenith"],
            &["t-1", "t-1-rest"],
            &[(T, TraceId(0)), (OTHER, TraceId(0)), (T, TraceId(1))],
        );
        let connection = stores.redis().await.unwrap();
        Bench { servers, stores, names, connection }
    }

    /// Does the operations on both, from this hash and this principal of the first tenant; what both answered last.
    async fn run(&mut self, hash: Option<Hash>, principal: Option<KeyRow>, ops: &[RedisOp]) -> Vec<Reply> {
        contents::clear(&mut self.connection, "c:").await.unwrap();
        contents::fill(&mut self.connection, &self.names, &[hash], &[principal]).await.unwrap();
        let mut model = Redis::new(3, &[hash, None], &[principal, None]);
        let mut session = StoreSession::new(self.stores.clone(), self.names.clone(), "bench".to_owned());
        let mut replies = Vec::new();
        for (place, &op) in ops.iter().enumerate() {
            let expected = model.execute(op);
            let call = Call { step: Step::T1, behalf: None, effect: Effect::Redis(op) };
            let reply = session.execute(call).await.unwrap_or_else(|error| panic!("{place}: {op:?}: {error}"));
            assert_eq!(reply, expected, "{place}: {op:?}");
            let expected = Contents::of(&model, &self.names);
            let real = contents::read(&mut self.connection, &self.names).await.unwrap().settled(&expected);
            assert_eq!(real, expected, "after {place}: {op:?}");
            replies.push(reply);
        }
        replies
    }

    async fn balance(&mut self) -> String {
        redis::cmd("HGET").arg("c:quota:acme").arg("balance").query_async(&mut self.connection).await.unwrap()
    }
}

fn money(text: &str) -> Money {
    text.parse().unwrap()
}

fn day(text: &str) -> Day {
    text.parse().unwrap()
}

fn eval(script: Script) -> RedisOp {
    RedisOp::Eval { tenant: T, script, by: Scripts::Eval }
}

fn deduct(amount: &str, on: &str, arithmetic: Arithmetic) -> RedisOp {
    eval(Script::Deduct { amount: money(amount), negative: false, counts: true, day: day(on), arithmetic })
}

/// The same, but the request is counted elsewhere.
fn deduct_alone(amount: &str, on: &str, arithmetic: Arithmetic) -> RedisOp {
    eval(Script::Deduct { amount: money(amount), negative: false, counts: false, day: day(on), arithmetic })
}

/// Whatever the balance is.
fn deduct_below_zero(amount: &str, counts: bool, arithmetic: Arithmetic) -> RedisOp {
    eval(Script::Deduct { amount: money(amount), negative: true, counts, day: day("2026-01-31"), arithmetic })
}

fn adjust(by: &str, arithmetic: Arithmetic) -> RedisOp {
    eval(Script::Adjust { by: money(by), arithmetic })
}

fn row(balance: &str) -> QuotaRow {
    QuotaRow {
        balance: money(balance),
        daily_quota: 2_000,
        monthly_quota: 2_000,
        daily_reset_at: Some(day("2026-01-31")),
        monthly_reset_at: Some(day("2026-01-31").month()),
        ..QuotaRow::default()
    }
}

fn warm(row: QuotaRow) -> Option<Hash> {
    Some(Hash { row, fields: Fields::ALL, deadline: Some(DAY), drifted: None })
}

fn part(row: QuotaRow, fields: Fields) -> Option<Hash> {
    Some(Hash { row, fields, deadline: None, drifted: None })
}

#[tokio::test]
async fn plain_commands() {
    let mut bench = Bench::new().await;
    let key = KeyRow { limit: Some(money("5")), used: money("0.000249") };
    let take = |key| RedisOp::SetNx { key: IdempotencyKey(key), ttl: DAY };
    let setnx = take(0);
    let lock = RedisOp::TakeWarmLock { tenant: T, ttl: WARM_LOCK_TTL };
    let hset = |fields| RedisOp::HSet { tenant: T, row: row("-12.3"), fields };
    let expire = RedisOp::Expire { tenant: T, ttl: DAY };
    let principal = |key| RedisOp::SetPrincipal { tenant: T, key, ttl: PRINCIPAL_TTL };
    let ops = [
        setnx,
        setnx,
        RedisOp::Del(IdempotencyKey(0)),
        RedisOp::Del(IdempotencyKey(0)),
        setnx,
        take(1),
        take(2),
        take(1),
        RedisOp::Del(IdempotencyKey(1)),
        take(2),
        lock,
        lock,
        RedisOp::Exists(T),
        RedisOp::ReadHash(T),
        RedisOp::ReadBalance(T),
        expire,
        hset(Fields::BALANCE),
        RedisOp::Exists(T),
        RedisOp::ReadHash(T),
        expire,
        hset(Fields::ALL),
        RedisOp::ReadHash(T),
        RedisOp::ReadBalance(T),
        RedisOp::HSet { tenant: T, row: QuotaRow::default(), fields: Fields::ALL },
        RedisOp::ReadHash(T),
        RedisOp::GetPrincipal(T),
        principal(key),
        RedisOp::GetPrincipal(T),
        principal(KeyRow::default()),
        RedisOp::GetPrincipal(T),
    ];
    bench.run(None, None, &ops).await;
    bench
        .run(warm(row("100")), Some(key), &[RedisOp::GetPrincipal(T), hset(Fields::BALANCE), RedisOp::ReadHash(T)])
        .await;
    bench.servers.stop().await;
}

#[tokio::test]
async fn budget_counters() {
    let mut bench = Bench::new().await;
    let incr = |by| RedisOp::IncrBudget { tenant: T, by };
    let ops = [
        RedisOp::GetBudget(T),
        incr(Increment::Fraction(money("0.05"))),
        incr(Increment::Fraction(money("5"))),
        RedisOp::GetBudget(T),
        RedisOp::ExpireBudget { tenant: T, ttl: BUDGET_TTL },
        incr(Increment::Micros(249)),
        RedisOp::ExpireBudget { tenant: T, ttl: BUDGET_TTL },
        incr(Increment::Micros(5_250_000)),
        incr(Increment::Fraction(money("1"))),
        RedisOp::GetBudget(T),
        incr(Increment::Micros(i64::MAX)),
        incr(Increment::Micros(i64::MIN)),
        RedisOp::GetBudget(T),
    ];
    let replies = bench.run(None, None, &ops).await;
    assert_eq!((replies[1], replies[10]), (Reply::Failed(Failure::NotAnInteger), Reply::Failed(Failure::NotAnInteger)));
    bench.servers.stop().await;
}

#[tokio::test]
async fn counts() {
    let mut bench = Bench::new().await;
    let daily = |on| eval(Script::CountDaily(day(on)));
    let monthly = |on| eval(Script::CountMonthly(day(on).month()));
    // A late request with yesterday's date restarts the count backwards; the month never restarts.
    let days = ["2026-01-31", "2026-02-01", "2026-02-01", "2026-01-31", "2026-02-01"];
    let walk: Vec<RedisOp> = days.into_iter().flat_map(|on| [daily(on), monthly(on)]).collect();
    let limited = |daily_quota, monthly_quota| QuotaRow { daily_quota, monthly_quota, ..row("100") };
    let null = QuotaRow { daily_reset_at: None, monthly_reset_at: None, ..limited(2, 3) };
    for hash in [
        None,
        warm(row("100")),
        warm(limited(2, 3)),
        warm(limited(0, 0)),
        warm(limited(1, 2)),
        warm(null),
        warm(QuotaRow { daily_used: 7, monthly_used: 9, ..limited(2, 3) }),
        part(row("100"), Fields::BALANCE),
        part(QuotaRow { daily_used: 1, ..row("100") }, Fields::of(&[Field::DailyUsed])),
    ] {
        bench.run(hash, None, &walk).await;
    }
    let twice = [daily("2026-01-31"), daily("2026-01-31"), daily("2026-01-31"), monthly("2026-01-31")];
    let replies = bench.run(warm(limited(2, 0)), None, &twice).await;
    assert_eq!(replies[2..], [Reply::Denied(Limit::Daily), Reply::Denied(Limit::Monthly)]);
    bench.servers.stop().await;
}

const TRAPS: [(&str, &str); 16] = [
    ("0.3", "0.1"),
    ("99.95", "0.05"),
    ("100", "5.25"),
    ("100", "0.05"),
    ("0.01", "0.000249"),
    ("1.15", "0.29"),
    ("0.7", "0.1"),
    ("999999999999.123456", "0.000001"),
    ("999999999999.999999", "0.1"),
    ("123456789012.345678", "123456789.1"),
    ("0", "0.000001"),
    ("-0.3", "0.1"),
    ("0.000003", "0.000001"),
    ("7", "2"),
    ("1000000", "333333.333333"),
    ("0.1", "0.1"),
];

#[tokio::test]
async fn deducts_and_adjustments_over_the_decimal_traps() {
    let mut bench = Bench::new().await;
    for arithmetic in [Arithmetic::Lua, Arithmetic::Exact] {
        for (balance, amount) in TRAPS {
            for credit in ["0", "0.25", "1000"] {
                let hash = QuotaRow { credit: money(credit), ..row(balance) };
                let back = format!("-{amount}");
                let mut ops = vec![RedisOp::ReadHash(T)];
                ops.extend([deduct(amount, "2026-01-31", arithmetic); 4]);
                ops.extend([adjust(amount, arithmetic), RedisOp::ReadHash(T), adjust(&back, arithmetic)]);
                ops.extend([
                    deduct("0.000001", "2026-02-01", arithmetic),
                    RedisOp::ReadHash(T),
                    RedisOp::ReadBalance(T),
                ]);
                bench.run(warm(hash), None, &ops).await;
            }
        }
    }
    bench.servers.stop().await;
}

#[tokio::test]
async fn what_a_deduct_checks_and_in_which_order() {
    let mut bench = Bench::new().await;
    for arithmetic in [Arithmetic::Lua, Arithmetic::Exact] {
        let charge = |amount| deduct(amount, "2026-01-31", arithmetic);
        for (balance, daily_quota, monthly_quota) in
            [("0", 0, 0), ("1", 0, 0), ("1", 1, 0), ("1", 1, 1), ("1", 2, 1), ("1", 1, 2)]
        {
            let hash = QuotaRow { daily_quota, monthly_quota, ..row(balance) };
            let tomorrow = deduct("0.5", "2026-02-01", arithmetic);
            bench.run(warm(hash), None, &[charge("0.5"), charge("0.5"), charge("0.5"), tomorrow]).await;
            let alone = deduct_alone("0.25", "2026-02-01", arithmetic);
            bench.run(warm(hash), None, &[alone, charge("0.25"), alone, tomorrow, alone, alone]).await;
            bench.run(None, None, &[alone]).await;
        }
        // A missing hash has no money and no limits, and what is missing of one is nothing.
        let all = [charge("0"), charge("0.1"), adjust("0.3", arithmetic), charge("0.1"), RedisOp::ReadHash(T)];
        bench.run(None, None, &[adjust("0.3", arithmetic), charge("0.1"), RedisOp::Exists(T)]).await;
        let monthly = Fields::of(&[Field::MonthlyQuota, Field::MonthlyUsed]);
        let neither = Fields::ALL.without(Fields::BALANCE.union(Fields::VERSION));
        for fields in [Fields::BALANCE, Fields::of(&[Field::DailyQuota]), monthly, neither] {
            bench.run(part(row("0.15"), fields), None, &all).await;
        }
    }
    bench.servers.stop().await;
}

/// The balance is not looked at, the limits are.
#[tokio::test]
async fn deducts_below_zero() {
    let mut bench = Bench::new().await;
    for arithmetic in [Arithmetic::Lua, Arithmetic::Exact] {
        for (balance, amount) in TRAPS {
            let [counted, alone] = [true, false].map(|counts| deduct_below_zero(amount, counts, arithmetic));
            let far = deduct_below_zero("1000.000001", true, arithmetic);
            let ops =
                [counted, alone, far, counted, deduct("0.000001", "2026-01-31", arithmetic), RedisOp::ReadHash(T)];
            bench.run(warm(row(balance)), None, &ops).await;
        }
        let charge = deduct_below_zero("1", true, arithmetic);
        for (daily_quota, monthly_quota, limit) in [(1, 2, Limit::Daily), (2, 1, Limit::Monthly)] {
            let hash = warm(QuotaRow { daily_quota, monthly_quota, ..row("0.5") });
            let replies = bench.run(hash, None, &[charge, charge]).await;
            assert!(matches!(replies[0], Reply::Left(_)));
            assert_eq!(replies[1], Reply::Denied(limit));
        }
        for hash in [None, part(row("0.15"), Fields::BALANCE), part(row("0.15"), Fields::DAILY)] {
            bench.run(hash, None, &[charge, RedisOp::ReadHash(T), charge]).await;
        }
    }
    bench.servers.stop().await;
}

#[tokio::test]
async fn the_numbers_that_bite() {
    let mut bench = Bench::new().await;
    let admitted = |replies: &[Reply]| replies.iter().filter(|reply| matches!(reply, Reply::Left(_))).count();
    for (arithmetic, of_three, of_a_thousand) in [(Arithmetic::Lua, 2, 999), (Arithmetic::Exact, 3, 1_000)] {
        let charge = |amount| deduct(amount, "2026-01-31", arithmetic);
        let replies = bench.run(warm(row("0.3")), None, &[charge("0.1"); 3]).await;
        assert_eq!(admitted(&replies), of_three);
        let replies = bench.run(warm(row("1")), None, &[charge("0.001"); 1_000]).await;
        assert_eq!(admitted(&replies), of_a_thousand);
    }
    let replies = bench.run(warm(row("100")), None, &[deduct("0.05", "2026-01-31", Arithmetic::Lua)]).await;
    assert_eq!((replies[0], bench.balance().await), (Reply::Left(money("99")), "99.950000000000003".to_owned()));
    let replies = bench.run(warm(row("100")), None, &[deduct("0.05", "2026-01-31", Arithmetic::Exact)]).await;
    assert_eq!((replies[0], bench.balance().await), (Reply::Left(money("99.95")), "99.950000".to_owned()));
    bench.servers.stop().await;
}

#[tokio::test]
async fn writes_of_what_is_newer() {
    let mut bench = Bench::new().await;
    let newer = |version, fields| {
        let row = QuotaRow { version, daily_used: version, ..row("94.75") };
        eval(Script::WriteIfNewer { row, fields, ttl: DAY })
    };
    let versions = [3, 2, 3, 4];
    for fields in [Fields::ALL, Fields::BALANCE, Fields::DAILY] {
        for hash in [None, warm(row("100")), part(row("100"), Fields::BALANCE), part(row("100"), Fields::VERSION)] {
            bench.run(hash, None, &versions.map(|version| newer(version, fields))).await;
            bench.run(hash, None, &[newer(0, fields), RedisOp::ReadHash(T)]).await;
        }
    }
    // What Lua left is replaced.
    let drifted = deduct("0.05", "2026-01-31", Arithmetic::Lua);
    bench.run(warm(row("100")), None, &[drifted, newer(9, Fields::BALANCE), RedisOp::ReadHash(T)]).await;
    bench.servers.stop().await;
}
