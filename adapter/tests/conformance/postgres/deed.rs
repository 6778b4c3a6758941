//! What can be done to Postgres, and how it is written in a file.

use std::fmt;

use model::day::Day;
use model::effect::PgOp;
use model::money::Money;
use model::row::{BudgetRow, KeyRow, Kind, QuotaRow, Status, Tenant, Trace, Unit, UsageRow};
use model::store::versioned::Session;

/// The sessions.
pub const SESSIONS: [Session; 3] = [Session(0), Session(1), Session(2)];
/// Their names in stories.
const LETTERS: [&str; 3] = ["a", "b", "c"];
pub const TENANTS: [&str; 2] = ["acme", "zenith"];
pub const TRACES: [&str; 2] = ["t-1", "t-2"];
/// The version that both quotas begin with.
pub const FIRST_VERSION: u32 = 7;
/// No case gets to a higher one.
const LAST_VERSION: u32 = 50;

/// Something that happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deed {
    pub session: Session,
    pub what: What,
}

/// What is done by a session or to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// It sends a statement.
    Asks(PgOp),
    /// It is gone with its connection.
    Crashes,
    /// The statement that it waits with is given up by the server.
    GivesUp,
    /// It sits idle in its transaction until the server ends it.
    SitsIdle,
}

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
    let traces = || [Trace(0), Trace(1)].into_iter();
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
fn insert(tenant: u8, trace: Trace) -> PgOp {
    let (kind, status) =
        if tenant == 0 { (Kind::Deduct, Status::Pending) } else { (Kind::Recharge, Status::Committed) };
    let (amount, before) = (money("5.25"), money("100"));
    PgOp::InsertRow { tenant: Tenant(tenant), trace, kind, status, amount, before, after: before + kind.effect(amount) }
}

/// Everything that a file can name.
pub fn catalogue() -> Vec<Deed> {
    let statements = statements(0..=LAST_VERSION).into_iter().chain(CONTROL).map(What::Asks);
    let whats: Vec<What> = statements.chain([What::Crashes, What::GivesUp, What::SitsIdle]).collect();
    SESSIONS.into_iter().flat_map(|session| whats.iter().map(move |&what| Deed { session, what })).collect()
}

/// A session's name.
pub fn letter(session: Session) -> &'static str {
    LETTERS[usize::from(session.0)]
}

impl fmt::Display for Deed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let who = letter(self.session);
        match self.what {
            What::Asks(op) => f.pad(&format!("{who}: {}", words(op))),
            What::Crashes => f.pad(&format!("{who} crashes")),
            What::GivesUp => f.pad(&format!("{who} is given up waiting")),
            What::SitsIdle => f.pad(&format!("{who} sits idle for too long")),
        }
    }
}

fn words(op: PgOp) -> String {
    let tenant = |tenant: Tenant| TENANTS[tenant.index()];
    let trace = |trace: Trace| TRACES[trace.index()];
    match op {
        PgOp::Begin => "begin".to_owned(),
        PgOp::Commit => "commit".to_owned(),
        PgOp::Rollback => "rollback".to_owned(),
        PgOp::Savepoint => "savepoint".to_owned(),
        PgOp::RollbackToSavepoint => "rollback to savepoint".to_owned(),
        PgOp::ReleaseSavepoint => "release savepoint".to_owned(),
        PgOp::SelectQuota(t) => format!("select quota of {}", tenant(t)),
        PgOp::SelectRow { trace: x, lock: false } => format!("select {}", trace(x)),
        PgOp::SelectRow { trace: x, lock: true } => format!("select {} for update", trace(x)),
        PgOp::InsertRow { tenant: t, trace: x, .. } => format!("insert {} of {}", trace(x), tenant(t)),
        PgOp::ChargeQuota { tenant: t, amount, if_version, counts } => {
            let counts = counts.map(|day| format!(" and count on {day}")).unwrap_or_default();
            format!("charge {} {amount}{counts} if version = {if_version}", tenant(t))
        }
        PgOp::CountQuota { tenant: t, day } => format!("count {} on {day} if free", tenant(t)),
        PgOp::AddBalance { tenant: t, amount } => format!("add {amount} to {}", tenant(t)),
        PgOp::SetQuota { tenant: t, row, guarded } => {
            let guard = if guarded { format!(" if version < {}", row.version) } else { String::new() };
            format!("set quota of {}{guard}", tenant(t))
        }
        PgOp::SetDailyQuota { tenant: t, quota } => format!("set daily quota of {} to {quota}", tenant(t)),
        PgOp::MarkCommitted(x) => format!("mark {} committed", trace(x)),
        PgOp::MarkReversed(x) => format!("mark {} reversed", trace(x)),
        PgOp::SettleRow { trace: x, amount, .. } => format!("settle {} with {amount}", trace(x)),
        PgOp::MarkSettled(x) => format!("mark {} settled", trace(x)),
        PgOp::SelectUnfinished => "select what is unfinished".to_owned(),
        PgOp::SelectUsage(t) => format!("select totals of {}", tenant(t)),
        PgOp::SetUsage { tenant: t, row } => format!("set totals of {} to {}", tenant(t), row.cost),
        PgOp::SelectKey(t) => format!("select key of {}", tenant(t)),
        PgOp::SelectBudget(t) => format!("select budget of {}", tenant(t)),
        PgOp::AddBudget { tenant: t, delta, .. } => format!("add {delta} to budget of {}", tenant(t)),
        PgOp::AddUsage { tenant: t, trace: x, cost, keyed: true } => {
            format!("insert usage {cost} of {} for {} on conflict do nothing", trace(x), tenant(t))
        }
        PgOp::AddUsage { tenant: t, trace: x, cost, keyed: false } => {
            format!("add usage {cost} of {} to totals of {}", trace(x), tenant(t))
        }
    }
}
