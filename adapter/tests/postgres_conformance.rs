//! Every statement on a real Postgres and on the model, in one session: the same replies, and the same committed rows
//! after each. Needs Postgres and Redis, and fails without them.

#![allow(clippy::unwrap_used, reason = "a failed step of a test is a failed test, in its helper functions too")]

use adapter::names::Names;
use adapter::servers::{Options, Servers};
use adapter::session::StoreSession;
use adapter::stores::Stores;
use adapter::tables::{self, Tables, TenantRows};
use model::day::Day;
use model::effect::{Call, Effect, PgOp};
use model::money::Money;
use model::reply::{Failure, Reply};
use model::row::{BudgetRow, KeyRow, Kind, QuotaRow, Status, Tenant, TraceId, Unit, UsageRow};
use model::step::Step;
use model::store::postgres::{Opening, Postgres, StatementResult};
use model::store::versioned;
use sqlx::PgConnection;

const T: Tenant = Tenant(0);
const OTHER: Tenant = Tenant(1);

/// A real Postgres with what is needed to ask it.
struct Bench {
    servers: Servers,
    stores: Stores,
    names: Names,
    connection: PgConnection,
}

impl Bench {
    async fn new() -> Bench {
        let servers = Servers::start(&Options::default()).await.expect("Postgres and Redis");
        let stores = Stores::new(&servers.postgres(), "public", &servers.redis().unwrap(), "c:").unwrap();
        let mut connection = stores.postgres("bench").await.unwrap();
        sqlx::migrate!().run(&mut connection).await.unwrap();
        let names = Names::of("c:", &["acme", "zenith"], &["t-1", "t-2"], &[]);
        Bench { servers, stores, names, connection }
    }

    /// Does the operations on both, both tenants beginning with this row; what both answered.
    async fn run(&mut self, row: QuotaRow, ops: &[PgOp]) -> Vec<Reply> {
        let key = KeyRow { limit: Some(money("5")), used: money("0.000249") };
        let opening = Opening {
            quotas: &[row, row],
            keys: &[key, KeyRow::default()],
            budgets: &[
                BudgetRow { total: Some(500), used: 3, unit: Unit::Cents },
                BudgetRow { total: None, used: 0, unit: Unit::Micros },
            ],
            traces: 2,
            sessions: 1,
        };
        tables::reset(&mut self.connection, &self.names, &opening).await.unwrap();
        let mut model = Postgres::new(&opening);
        let mut session = StoreSession::new(self.stores.clone(), self.names.clone(), "session".to_owned());
        let mut replies = Vec::new();
        for (place, &op) in ops.iter().enumerate() {
            let expected = model.execute(versioned::SessionId(0), op);
            let call = Call { step: Step::T1, behalf: None, effect: Effect::Pg(op) };
            let reply = session.execute(call).await.unwrap_or_else(|error| panic!("{place}: {op:?}: {error}"));
            assert_eq!(StatementResult::Done(reply), expected, "{place}: {op:?} of {ops:#?}");
            let real = tables::read(&mut self.connection, &self.names).await.unwrap();
            assert_eq!(real, modelled(&model, &self.names), "after {place}: {op:?} of {ops:#?}");
            replies.push(reply);
        }
        session.close().await;
        replies
    }
}

fn modelled(model: &Postgres, names: &Names) -> Tables {
    let tenant = |tenant| TenantRows {
        quota: model.quota(tenant),
        key: model.key(tenant),
        budget: model.budget(tenant),
        usage: model.usage(tenant),
    };
    let rows = (0..names.traces()).map(|place| model.row(TraceId(u8::try_from(place).unwrap())));
    Tables { tenants: names.tenants().map(tenant).collect(), rows: rows.collect() }
}

fn money(text: &str) -> Money {
    text.parse().unwrap()
}

fn day(text: &str) -> Day {
    text.parse().unwrap()
}

fn row() -> QuotaRow {
    QuotaRow {
        balance: money("100"),
        credit: money("0.25"),
        daily_quota: 3,
        daily_used: 1,
        monthly_quota: 4,
        monthly_used: 2,
        version: 7,
        daily_reset_at: Some(day("2026-01-31")),
        monthly_reset_at: Some(day("2026-01-31").month()),
    }
}

fn insert(trace: u8, kind: Kind, status: Status, amount: &str) -> PgOp {
    let (before, after) = (money("100"), money("100") + kind.effect(money(amount)));
    PgOp::InsertRow { tenant: T, trace: TraceId(trace), kind, status, amount: money(amount), before, after }
}

#[tokio::test]
async fn the_ledger() {
    let mut bench = Bench::new().await;
    let select = |trace, lock| PgOp::SelectRow { trace: TraceId(trace), lock };
    for kind in [Kind::Deduct, Kind::Recharge, Kind::Refund, Kind::Hold] {
        for status in [Status::Pending, Status::Committed, Status::Reversed] {
            let ops = [
                select(0, false),
                insert(0, kind, status, "5.25"),
                select(0, true),
                insert(0, kind, status, "1"),
                PgOp::MarkCommitted(TraceId(0)),
                PgOp::MarkReversed(TraceId(0)),
                PgOp::MarkReversed(TraceId(1)),
                PgOp::MarkCommitted(TraceId(0)),
                select(0, false),
                insert(1, kind, status, "0.000249"),
            ];
            bench.run(row(), &ops).await;
        }
    }
    bench.servers.stop().await;
}

/// The first one by trace and not by when it was written; a hold that is committed is unfinished too, one that is settled is
/// not.
#[tokio::test]
async fn rows_that_somebody_has_still_to_finish() {
    let mut bench = Bench::new().await;
    let (unfinished, far) = (PgOp::SelectUnfinished, money("999999999999.999999"));
    let settle = |trace, amount: &str| {
        let (before, after) = (money("94.75"), money("94.75") - money(amount));
        PgOp::SettleRow { trace: TraceId(trace), amount: money(amount), before, after }
    };
    for kind in [Kind::Deduct, Kind::Recharge, Kind::Refund, Kind::Hold] {
        for status in [Status::Pending, Status::Committed, Status::Reversed] {
            let ops = [
                unfinished,
                insert(1, kind, status, "5.25"),
                unfinished,
                insert(0, kind, status, "0.000249"),
                unfinished,
                settle(0, "7.5"),
                unfinished,
                PgOp::MarkSettled(TraceId(0)),
                unfinished,
                PgOp::MarkReversed(TraceId(1)),
                unfinished,
                PgOp::MarkSettled(TraceId(1)),
                unfinished,
                settle(0, "0"),
            ];
            bench.run(row(), &ops).await;
        }
    }
    let none = [settle(0, "1"), PgOp::MarkSettled(TraceId(0)), unfinished];
    let replies = bench.run(row(), &none).await;
    assert_eq!(replies, [Reply::Updated(0), Reply::Updated(0), Reply::Row(None)]);
    let hold = insert(0, Kind::Hold, Status::Committed, "5.25");
    let inside =
        [PgOp::Begin, hold, unfinished, settle(0, "1"), PgOp::MarkSettled(TraceId(0)), unfinished, PgOp::Rollback];
    bench.run(row(), &[&inside[..], &[unfinished, hold, unfinished]].concat()).await;
    let beyond = PgOp::SettleRow { trace: TraceId(0), amount: far + money("0.000001"), before: far, after: far };
    let replies = bench.run(row(), &[beyond, hold, beyond, PgOp::Begin, beyond, unfinished, PgOp::Commit]).await;
    assert_eq!([replies[0], replies[2], replies[4]], [Reply::Failed(Failure::OutOfRange); 3]);
    bench.servers.stop().await;
}

#[tokio::test]
async fn transactions_and_savepoints() {
    let mut bench = Bench::new().await;
    let [one, two] = [0, 1].map(|trace| insert(trace, Kind::Deduct, Status::Pending, "5.25"));
    let charge = PgOp::ChargeQuota { tenant: T, amount: money("5.25"), if_version: 7, counts: None };
    let mark = PgOp::MarkCommitted(TraceId(0));
    let whole = [
        [PgOp::Begin, one, charge, PgOp::Commit],
        [PgOp::Begin, one, charge, PgOp::Rollback],
        [PgOp::Begin, one, one, PgOp::Commit],
        [PgOp::Begin, PgOp::Begin, one, PgOp::Commit],
        [PgOp::Rollback, one, PgOp::Commit, mark],
        [PgOp::RollbackToSavepoint, one, PgOp::Savepoint, PgOp::ReleaseSavepoint],
        [PgOp::Begin, one, PgOp::RollbackToSavepoint, PgOp::Commit],
        [PgOp::Begin, one, PgOp::ReleaseSavepoint, PgOp::Commit],
    ];
    for ops in whole {
        bench.run(row(), &ops).await;
    }
    let replies = bench.run(row(), &[PgOp::Begin, one, one, charge, PgOp::Commit, mark]).await;
    assert_eq!(replies[3..5], [Reply::Failed(Failure::InFailedTransaction), Reply::Failed(Failure::RolledBack)]);
    let inside = [
        &[one, PgOp::RollbackToSavepoint, two, PgOp::Commit][..],
        &[one, one, PgOp::RollbackToSavepoint, charge, PgOp::Commit],
        &[one, PgOp::ReleaseSavepoint, charge, PgOp::Commit],
        &[one, PgOp::Savepoint, two, PgOp::RollbackToSavepoint, PgOp::ReleaseSavepoint, charge, PgOp::Commit],
        &[one, PgOp::Savepoint, two, PgOp::ReleaseSavepoint, PgOp::RollbackToSavepoint, charge, PgOp::Commit],
        &[one, one, PgOp::ReleaseSavepoint, PgOp::Commit],
    ];
    for ops in inside {
        bench.run(row(), &[&[PgOp::Begin, PgOp::Savepoint], ops].concat()).await;
    }
    bench.servers.stop().await;
}

/// Windows of yesterday, today, tomorrow, another month, another year and none, each charged on each day.
#[tokio::test]
async fn windows() {
    let mut bench = Bench::new().await;
    let days = ["2025-12-31", "2026-01-30", "2026-01-31", "2026-02-01", "2027-01-31"].map(day);
    for daily_reset_at in days.map(Some).into_iter().chain([None]) {
        for monthly_reset_at in [Some(day("2025-12-31").month()), Some(day("2026-01-31").month()), None] {
            let row = QuotaRow { daily_reset_at, monthly_reset_at, ..row() };
            for counts in days {
                let charge =
                    |if_version, counts| PgOp::ChargeQuota { tenant: T, amount: money("0.000249"), if_version, counts };
                let ops = [
                    charge(7, Some(counts)),
                    PgOp::SelectQuota(T),
                    charge(7, Some(counts)),
                    charge(8, None),
                    charge(9, Some(counts)),
                ];
                bench.run(row, &ops).await;
                bench.run(row, &[PgOp::CountQuota { tenant: T, day: counts }; 4]).await;
            }
        }
    }
    for (daily_quota, monthly_quota) in [(0, 9), (9, 0), (1, 9), (9, 2), (2, 9), (9, 3)] {
        let row = QuotaRow { daily_quota, monthly_quota, ..row() };
        bench.run(row, &["2026-01-31", "2026-02-01"].map(|on| PgOp::CountQuota { tenant: T, day: day(on) })).await;
    }
    bench.servers.stop().await;
}

#[tokio::test]
async fn balances_and_limits() {
    let mut bench = Bench::new().await;
    let add = |amount: &str| PgOp::AddBalance { tenant: T, amount: money(amount) };
    let take = |amount: &str, if_version| PgOp::ChargeQuota {
        tenant: T,
        amount: money(amount),
        if_version,
        counts: Some(day("2026-02-01")),
    };
    let far = "999999999999.999999";
    let ops = [
        add("5.25"),
        add("-0.000249"),
        PgOp::SetDailyQuota { tenant: T, quota: 0 },
        PgOp::SetDailyQuota { tenant: T, quota: u32::MAX },
        PgOp::SelectQuota(T),
        add(far),
        take("200", 11),
        add("-200"),
        take(far, 12),
        take(far, 13),
        PgOp::SelectQuota(OTHER),
    ];
    let replies = bench.run(row(), &ops).await;
    assert_eq!(replies[5], Reply::Failed(Failure::OutOfRange));
    let set = |version, guarded, balance: &str| {
        let row = QuotaRow { balance: money(balance), version, monthly_reset_at: None, ..row() };
        PgOp::SetQuota { tenant: T, row, guarded }
    };
    let ops = [
        set(6, true, "94.75"),
        set(7, true, "94.75"),
        set(8, true, "94.75"),
        set(3, false, "-0.000001"),
        set(4, true, far),
        PgOp::SelectQuota(T),
    ];
    bench.run(row(), &ops).await;
    bench.servers.stop().await;
}

#[tokio::test]
async fn keys_budgets_and_usage() {
    let mut bench = Bench::new().await;
    let budget = |tenant, delta, unit| PgOp::AddBudget { tenant, delta, unit };
    let usage = |tenant, trace, keyed| PgOp::AddUsage { tenant, trace: TraceId(trace), cost: money("0.000249"), keyed };
    let ops = [
        PgOp::SelectKey(T),
        PgOp::SelectKey(OTHER),
        PgOp::SelectBudget(T),
        PgOp::SelectBudget(OTHER),
        budget(T, 5, Unit::Cents),
        budget(OTHER, 52_500, Unit::Micros),
        budget(T, 5, Unit::Micros),
        budget(T, -8, Unit::Cents),
        PgOp::SelectBudget(T),
        budget(T, i64::MAX, Unit::Cents),
        budget(T, i64::MAX, Unit::Cents),
        usage(T, 0, false),
        usage(T, 0, false),
        usage(T, 0, true),
        usage(T, 0, true),
        usage(OTHER, 0, true),
        usage(OTHER, 1, true),
        usage(OTHER, 1, false),
        PgOp::Begin,
        usage(T, 1, true),
        usage(T, 1, false),
        PgOp::SelectUsage(T),
        PgOp::Rollback,
    ];
    let replies = bench.run(row(), &ops).await;
    assert_eq!(replies[10], Reply::Failed(Failure::OutOfRange));
    bench.servers.stop().await;
}

/// The totals are read and written back; rows by trace are no part of them.
#[tokio::test]
async fn usage_read_and_written_back() {
    let mut bench = Bench::new().await;
    let set = |tenant, requests, cost: &str| {
        let row = UsageRow { requests, cost: money(cost) };
        PgOp::SetUsage { tenant, row }
    };
    let usage = |keyed| PgOp::AddUsage { tenant: T, trace: TraceId(0), cost: money("0.000249"), keyed };
    let ops = [
        PgOp::SelectUsage(T),
        set(T, 1, "5.25"),
        PgOp::SelectUsage(T),
        PgOp::SelectUsage(OTHER),
        usage(true),
        PgOp::SelectUsage(T),
        usage(false),
        PgOp::SelectUsage(T),
        set(T, 7, "0"),
        set(OTHER, u32::MAX, "999999999999.999999"),
        PgOp::SelectUsage(OTHER),
        PgOp::Begin,
        set(T, 2, "1"),
        PgOp::SelectUsage(T),
        PgOp::Rollback,
        PgOp::SelectUsage(T),
    ];
    bench.run(row(), &ops).await;
    let far = Money::from_micros(1_000_000_000_000_000_000);
    let beyond = PgOp::SetUsage { tenant: T, row: UsageRow { requests: 1, cost: far } };
    let replies = bench.run(row(), &[beyond, PgOp::Begin, beyond, PgOp::SelectUsage(T), PgOp::Rollback]).await;
    assert_eq!(
        (replies[0], replies[3]),
        (Reply::Failed(Failure::OutOfRange), Reply::Failed(Failure::InFailedTransaction))
    );
    bench.servers.stop().await;
}
