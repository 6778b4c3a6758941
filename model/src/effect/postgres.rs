//! Requests to Postgres: SQL statements by their meaning, and what each is in words.

use serde::{Deserialize, Serialize};

use crate::day::Day;
use crate::money::Money;
use crate::row::{Kind, QuotaRow, Status, Tenant, TraceId, Unit, UsageRow};

/// One SQL statement on the attempt's own session, READ COMMITTED. Outside a transaction it commits by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PgOp {
    /// BEGIN.
    Begin,
    /// COMMIT. Durable once it answers `Ok`; in an aborted transaction it is a ROLLBACK.
    Commit,
    /// ROLLBACK. Without a connection there is nothing to roll back and it answers `Ok`.
    Rollback,
    /// SAVEPOINT, nested in the ones before.
    Savepoint,
    /// ROLLBACK TO the newest savepoint, which stays open.
    RollbackToSavepoint,
    /// RELEASE of the newest savepoint. It makes nothing durable.
    ReleaseSavepoint,
    /// SELECT of the tenant's quota.
    SelectQuota(Tenant),
    /// SELECT of the ledger row by trace; `lock` is FOR UPDATE.
    SelectRow {
        /// Which row.
        trace: TraceId,
        /// FOR UPDATE: waits for a writer and keeps the row until the transaction ends.
        lock: bool,
    },
    /// SELECT of the first ledger row, in the order of traces, that is PENDING or a hold.
    SelectUnfinished,
    /// INSERT of a ledger row.
    InsertRow {
        /// Whose money.
        tenant: Tenant,
        /// UNIQUE.
        trace: TraceId,
        /// What for.
        kind: Kind,
        /// PENDING, or COMMITTED at once.
        status: Status,
        /// How much.
        amount: Money,
        /// `balance_before`.
        before: Money,
        /// `balance_after`.
        after: Money,
    },
    /// UPDATE of the quota relative to its current values: balance down, version up by one and, where `counts` names
    /// the day, both counts up by one by the rule of [`QuotaRow::counted`].
    ChargeQuota {
        /// Whose quota.
        tenant: Tenant,
        /// How much.
        amount: Money,
        /// WHERE version = this.
        if_version: u32,
        /// The day in which the request is counted, if it is counted here.
        counts: Option<Day>,
    },
    /// UPDATE of both counts by the rule of [`QuotaRow::counted`], version up by one, WHERE neither is used up on that
    /// day.
    CountQuota {
        /// Whose quota.
        tenant: Tenant,
        /// The day that counts.
        day: Day,
    },
    /// UPDATE of the balance relative to its current value, version up by one, whatever the version is.
    AddBalance {
        /// Whose quota.
        tenant: Tenant,
        /// How much, positive for money paid in.
        amount: Money,
    },
    /// UPDATE of every column of the quota to absolute values.
    SetQuota {
        /// Whose quota.
        tenant: Tenant,
        /// The values.
        row: QuotaRow,
        /// WHERE version < the row's.
        guarded: bool,
    },
    /// UPDATE of the daily quota by an administrator, version up by one.
    SetDailyQuota {
        /// Whose quota.
        tenant: Tenant,
        /// Requests a day.
        quota: u32,
    },
    /// UPDATE of the row to COMMITTED, whatever its status was.
    MarkCommitted(TraceId),
    /// UPDATE of the row to COMMITTED with the amount and the balances known by then, whatever its status was.
    SettleRow {
        /// Which row.
        trace: TraceId,
        /// How much.
        amount: Money,
        /// `balance_before`.
        before: Money,
        /// `balance_after`.
        after: Money,
    },
    /// UPDATE of the row's type from hold to deduct.
    MarkSettled(TraceId),
    /// UPDATE of the row to REVERSED, whatever its status was.
    MarkReversed(TraceId),
    /// SELECT of the tenant's API key.
    SelectKey(Tenant),
    /// SELECT of the `api_key_quota` row of type BUDGET of the tenant's key.
    SelectBudget(Tenant),
    /// UPDATE of that row: `used_quota` up by `delta`, relative.
    AddBudget {
        /// Whose key.
        tenant: Tenant,
        /// How much, in the row's unit.
        delta: i64,
        /// The unit that the writer assumes.
        unit: Unit,
    },
    /// SELECT of the usage totals of the tenant's API key.
    SelectUsage(Tenant),
    /// UPDATE of the usage totals to absolute values.
    SetUsage {
        /// Whose key.
        tenant: Tenant,
        /// The values.
        row: UsageRow,
    },
    /// Usage of a request: an upsert of the totals, relative; or, `keyed`, an INSERT of a row of its own by trace, ON
    /// CONFLICT DO NOTHING.
    AddUsage {
        /// Whose key.
        tenant: Tenant,
        /// The trace of the request.
        trace: TraceId,
        /// What it cost.
        cost: Money,
        /// Whether it is a separate row, keyed by trace.
        keyed: bool,
    },
}

/// What a statement is to a transaction, and so how it answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sort {
    /// It begins or ends a transaction or a part of one.
    Control,
    /// It reads, and answers with a row.
    Read,
    /// It writes rows, and answers with their number, except for an INSERT of the ledger.
    Write {
        /// Why there are none, in words; empty if only a missing row can be the reason.
        no_rows: &'static str,
    },
}

impl PgOp {
    /// What it is to a transaction.
    pub fn sort(self) -> Sort {
        match self {
            PgOp::Begin
            | PgOp::Commit
            | PgOp::Rollback
            | PgOp::Savepoint
            | PgOp::RollbackToSavepoint
            | PgOp::ReleaseSavepoint => Sort::Control,
            PgOp::SelectQuota(_)
            | PgOp::SelectRow { .. }
            | PgOp::SelectUnfinished
            | PgOp::SelectKey(_)
            | PgOp::SelectBudget(_)
            | PgOp::SelectUsage(_) => Sort::Read,
            PgOp::ChargeQuota { .. } => Sort::Write { no_rows: "version changed" },
            PgOp::CountQuota { .. } => Sort::Write { no_rows: "used up" },
            PgOp::SetQuota { .. } => Sort::Write { no_rows: "not older" },
            PgOp::InsertRow { .. }
            | PgOp::AddBalance { .. }
            | PgOp::SetDailyQuota { .. }
            | PgOp::MarkCommitted(_)
            | PgOp::MarkReversed(_)
            | PgOp::SettleRow { .. }
            | PgOp::MarkSettled(_)
            | PgOp::SetUsage { .. }
            | PgOp::AddBudget { .. }
            | PgOp::AddUsage { .. } => Sort::Write { no_rows: "" },
        }
    }

    /// Whether the statement writes a row, so that outside a transaction it is durable at once.
    pub fn writes(self) -> bool {
        matches!(self.sort(), Sort::Write { .. })
    }

    /// What it asks, in words, with these names of accounts and traces.
    pub fn words<'a>(self, account: impl Fn(Tenant) -> &'a str, traces: &[String]) -> String {
        match self {
            PgOp::Begin => "begin".to_owned(),
            PgOp::Commit => "commit".to_owned(),
            PgOp::Rollback => "rollback".to_owned(),
            PgOp::Savepoint => "savepoint".to_owned(),
            PgOp::RollbackToSavepoint => "rollback to savepoint".to_owned(),
            PgOp::ReleaseSavepoint => "release savepoint".to_owned(),
            PgOp::SelectQuota(tenant) => format!("read quota of {}", account(tenant)),
            PgOp::SelectRow { trace, lock: false } => format!("look up {}", traces[trace.index()]),
            PgOp::SelectRow { trace, lock: true } => format!("lock row {}", traces[trace.index()]),
            PgOp::InsertRow { kind, status, .. } => {
                let status = if status == Status::Pending { "pending" } else { "committed" };
                match kind {
                    Kind::Deduct => format!("insert {status} row"),
                    Kind::Recharge => format!("insert {status} recharge"),
                    Kind::Refund => format!("insert {status} refund"),
                    Kind::Hold => format!("insert {status} hold"),
                }
            }
            PgOp::ChargeQuota { amount, counts: Some(_), .. } => format!("take {amount} if unchanged"),
            PgOp::ChargeQuota { amount, counts: None, .. } => format!("take {amount} if unchanged, uncounted"),
            PgOp::CountQuota { day, .. } => format!("count in postgres, {day}"),
            PgOp::AddBalance { amount, .. } => format!("add {amount} to the balance"),
            PgOp::SetQuota { row, guarded, .. } => {
                format!("overwrite quota{}, balance {}", if guarded { " if older" } else { "" }, row.balance)
            }
            PgOp::SetDailyQuota { quota, .. } => format!("set daily quota to {quota}"),
            PgOp::MarkCommitted(_) => "mark row committed".to_owned(),
            PgOp::SettleRow { amount, .. } => format!("settle row with {amount}"),
            PgOp::MarkSettled(_) => "mark hold settled".to_owned(),
            PgOp::SelectUnfinished => "look for a row left unfinished".to_owned(),
            PgOp::SelectUsage(tenant) => format!("read usage of {}", account(tenant)),
            PgOp::SetUsage { row, .. } => format!("overwrite usage, {} of {}", row.cost, row.requests),
            PgOp::MarkReversed(trace) => format!("mark {} reversed", traces[trace.index()]),
            PgOp::SelectKey(tenant) => format!("read api key of {}", account(tenant)),
            PgOp::SelectBudget(tenant) => format!("read budget of {}", account(tenant)),
            PgOp::AddBudget { delta, unit, .. } => format!("budget up by {}", unit.words(delta)),
            PgOp::AddUsage { trace, cost, keyed, .. } => {
                let kind = if keyed { "usage row" } else { "usage" };
                format!("add {kind} of {}, {cost}", traces[trace.index()])
            }
        }
    }
}
