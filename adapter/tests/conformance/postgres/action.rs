//! What can be done to Postgres in a case.

use std::fmt;

use model::day::Day;
use model::effect::PgOp;
use model::money::Money;
use model::row::{BudgetRow, KeyRow, Kind, QuotaRow, Status, Tenant, TraceId, Unit, UsageRow};
use model::store::versioned::SessionId;

pub use crate::words::answers::answer;
pub use crate::words::statements::{Action, What, letter};
pub use crate::words::{TENANTS, TRACES};

/// The sessions.
pub const SESSIONS: [SessionId; 3] = [SessionId(0), SessionId(1), SessionId(2)];
/// The version that both quotas begin with.
pub const FIRST_VERSION: u32 = 7;

fn money(text: &str) -> Money {
    text.parse().unwrap()
}

fn day(text: &str) -> Day {
    text.parse().unwrap()
}

/// What both tenants begin with.
pub fn quota() -> QuotaRow {
    QuotaRow {
        balance: money("100"),
        credit: money("0.25"),
        daily_quota: 3,
        daily_used: 1,
        monthly_quota: 4,
        monthly_used: 2,
        version: FIRST_VERSION,
        daily_reset_at: Some(day("2026-01-31")),
        monthly_reset_at: Some(day("2026-01-31").month()),
    }
}

/// What both keys begin with.
pub const KEY: KeyRow = KeyRow { limit: None, used: Money::from_micros(249) };
/// What both budgets begin with.
pub const BUDGET: BudgetRow = BudgetRow { total: Some(500), used: 3, unit: Unit::Cents };

const CONTROL: [PgOp; 6] =
    [PgOp::Begin, PgOp::Commit, PgOp::Rollback, PgOp::Savepoint, PgOp::RollbackToSavepoint, PgOp::ReleaseSavepoint];

/// Statements on rows, those first that cases are to have most of. `versions` are those of the WHERE clauses.
pub fn statements(versions: impl Iterator<Item = u32> + Clone) -> Vec<PgOp> {
    let traces = || [TraceId(0), TraceId(1)].into_iter();
    let mut all = Vec::new();
    for tenant in [Tenant(0), Tenant(1)] {
        for if_version in versions.clone() {
            all.push(PgOp::ChargeQuota { tenant, amount: money("5.25"), if_version, counts: None });
            let counts = Some(day("2026-02-01"));
            all.push(PgOp::ChargeQuota { tenant, amount: money("0.000249"), if_version, counts });
            let row = QuotaRow { balance: money("50"), version: if_version, ..quota() };
            all.push(PgOp::SetQuota { tenant, row, guarded: true });
        }
        all.push(PgOp::AddBalance { tenant, amount: money("20") });
        all.push(PgOp::AddBalance { tenant, amount: money("600000000000") });
        all.push(PgOp::CountQuota { tenant, day: day("2026-01-31") });
        let row = QuotaRow { balance: money("-0.5"), version: 3, daily_reset_at: None, ..quota() };
        all.push(PgOp::SetQuota { tenant, row, guarded: false });
        all.push(PgOp::SetDailyQuota { tenant, quota: 9 });
        all.push(PgOp::SelectQuota(tenant));
        all.push(PgOp::AddBudget { tenant, delta: 525, unit: Unit::Cents });
        all.push(PgOp::AddBudget { tenant, delta: i64::MAX - 600, unit: Unit::Cents });
        all.push(PgOp::SelectBudget(tenant));
        all.push(PgOp::SelectKey(tenant));
        all.push(PgOp::SelectUsage(tenant));
        all.push(PgOp::SetUsage { tenant, row: UsageRow { requests: 2, cost: money("10.5") } });
    }
    all.push(PgOp::SelectUnfinished);
    for trace in traces() {
        all.extend([insert(0, trace), insert(1, trace)]);
        all.push(PgOp::MarkCommitted(trace));
        all.push(PgOp::SelectRow { trace, lock: true });
        all.push(PgOp::SelectRow { trace, lock: false });
        all.push(PgOp::MarkReversed(trace));
        all.push(PgOp::MarkSettled(trace));
        let (amount, before, after) = (money("6"), money("94"), money("88"));
        all.push(PgOp::SettleRow { trace, amount, before, after });
        for tenant in [Tenant(0), Tenant(1)] {
            all.push(PgOp::AddUsage { tenant, trace, cost: money("0.000249"), keyed: true });
            all.push(PgOp::AddUsage { tenant, trace, cost: money("600000000000"), keyed: false });
        }
    }
    all
}

/// A pending charge of the first tenant, or money paid in by the second one.
fn insert(tenant: u8, trace: TraceId) -> PgOp {
    let (kind, status) =
        if tenant == 0 { (Kind::Deduct, Status::Pending) } else { (Kind::Recharge, Status::Committed) };
    let (amount, before) = (money("5.25"), money("100"));
    PgOp::InsertRow { tenant: Tenant(tenant), trace, kind, status, amount, before, after: before + kind.effect(amount) }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.words(&quota()))
    }
}

/// What a line of a file means.
pub fn read(line: &str) -> Result<Action, String> {
    Action::read(line, &quota())
}

/// What can be read is what was written.
#[test]
fn every_deed_is_read_as_it_is_written() {
    let statements = statements(0..=FIRST_VERSION).into_iter().chain(CONTROL).map(What::Asks);
    let whats: Vec<What> = statements.chain([What::Crashes, What::GivesUp, What::SitsIdle]).collect();
    for action in SESSIONS.into_iter().flat_map(|session| whats.iter().map(move |&what| Action { session, what })) {
        assert_eq!(read(&action.to_string()), Ok(action));
    }
}
