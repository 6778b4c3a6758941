//! Sends one statement with its values on a connection.

use model::effect::PgOp;
use model::money::Money;
use model::row::{Kind, QuotaRow, Status};
use rust_decimal::Decimal;
use sqlx::postgres::{PgArguments, PgQueryResult, PgRow};
use sqlx::query::Query;
use sqlx::{PgConnection, Postgres, query, raw_sql};

use crate::names::Names;
use crate::statements;

/// The result that Postgres returned.
#[derive(Debug)]
pub(crate) enum Got {
    /// The statement was executed.
    Done(PgQueryResult),
    /// The row that was found, if any.
    Row(Option<PgRow>),
}

/// Sends the statement of an operation and waits for its result.
pub(crate) async fn ask(connection: &mut PgConnection, names: &Names, op: PgOp) -> Result<Got, sqlx::Error> {
    let sql = statements::sql(op);
    match op {
        PgOp::SelectQuota(tenant)
        | PgOp::SelectKey(tenant)
        | PgOp::SelectBudget(tenant)
        | PgOp::SelectUsage(tenant) => {
            query(sql).bind(names.tenant(tenant)).fetch_optional(connection).await.map(Got::Row)
        }
        PgOp::SelectUnfinished => query(sql).bind(names.all_traces()).fetch_optional(connection).await.map(Got::Row),
        PgOp::SelectRow { trace, .. } => {
            query(sql).bind(names.trace(trace)).fetch_optional(connection).await.map(Got::Row)
        }
        PgOp::Begin
        | PgOp::Commit
        | PgOp::Rollback
        | PgOp::Savepoint
        | PgOp::RollbackToSavepoint
        | PgOp::ReleaseSavepoint => raw_sql(sql).execute(connection).await.map(Got::Done),
        _ => write(query(sql), names, op).execute(connection).await.map(Got::Done),
    }
}

type Statement<'a> = Query<'a, Postgres, PgArguments>;

/// Binds the values of a statement that writes.
fn write<'a>(sql: Statement<'a>, names: &'a Names, op: PgOp) -> Statement<'a> {
    match op {
        PgOp::InsertRow { tenant, trace, kind, status, amount, before, after } => {
            let row = sql.bind(names.tenant(tenant)).bind(names.trace(trace)).bind(kind_text(kind));
            row.bind(status_text(status)).bind(decimal(amount)).bind(decimal(before)).bind(decimal(after))
        }
        PgOp::ChargeQuota { tenant, amount, if_version, counts: None } => {
            sql.bind(names.tenant(tenant)).bind(decimal(amount)).bind(i64::from(if_version))
        }
        PgOp::ChargeQuota { tenant, amount, if_version, counts: Some(day) } => {
            let charge = sql.bind(names.tenant(tenant)).bind(day.to_string());
            charge.bind(decimal(amount)).bind(i64::from(if_version))
        }
        PgOp::CountQuota { tenant, day } => sql.bind(names.tenant(tenant)).bind(day.to_string()),
        PgOp::AddBalance { tenant, amount } => sql.bind(names.tenant(tenant)).bind(decimal(amount)),
        PgOp::SetQuota { tenant, row, .. } => quota(sql.bind(names.tenant(tenant)), &row),
        PgOp::SetDailyQuota { tenant, quota } => sql.bind(names.tenant(tenant)).bind(i64::from(quota)),
        PgOp::MarkCommitted(trace) | PgOp::MarkReversed(trace) | PgOp::MarkSettled(trace) => {
            sql.bind(names.trace(trace))
        }
        PgOp::SettleRow { trace, amount, before, after } => {
            let row = sql.bind(names.trace(trace)).bind(decimal(amount));
            row.bind(decimal(before)).bind(decimal(after))
        }
        PgOp::AddBudget { tenant, delta, .. } => sql.bind(names.tenant(tenant)).bind(delta),
        PgOp::SetUsage { tenant, row } => {
            sql.bind(names.tenant(tenant)).bind(i64::from(row.requests)).bind(decimal(row.cost))
        }
        PgOp::AddUsage { tenant, cost, keyed: false, .. } => sql.bind(names.tenant(tenant)).bind(decimal(cost)),
        PgOp::AddUsage { tenant, trace, cost, keyed: true } => {
            sql.bind(names.tenant(tenant)).bind(decimal(cost)).bind(names.trace(trace))
        }
        _ => sql,
    }
}

/// The columns of a quota in the order of `statements::SET_QUOTA`.
pub(crate) fn quota<'a>(sql: Statement<'a>, row: &QuotaRow) -> Statement<'a> {
    let sql = sql.bind(decimal(row.balance)).bind(decimal(row.credit));
    let counts = [row.daily_quota, row.daily_used, row.monthly_quota, row.monthly_used, row.version];
    let sql = counts.into_iter().fold(sql, |sql, count| sql.bind(i64::from(count)));
    let month = row.monthly_reset_at.map(|month| month.first_day().to_string());
    sql.bind(row.daily_reset_at.map(|day| day.to_string())).bind(month)
}

pub(crate) fn decimal(amount: Money) -> Decimal {
    amount.to_decimal()
}

/// A ledger row's `type`.
fn kind_text(kind: Kind) -> &'static str {
    match kind {
        Kind::Deduct => "deduct",
        Kind::Recharge => "recharge",
        Kind::Refund => "refund",
        Kind::Hold => "hold",
    }
}

/// A ledger row's `status`.
fn status_text(status: Status) -> &'static str {
    match status {
        Status::Pending => "pending",
        Status::Committed => "committed",
        Status::Reversed => "reversed",
    }
}
