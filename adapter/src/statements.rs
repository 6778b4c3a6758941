//! Each operation on Postgres as one SQL statement, with its values, and how its result is read.

use model::effect::{PgOp, Sort};
use model::money::Money;
use model::reply::Reply;
use model::row::QuotaRow;
use rust_decimal::Decimal;
use sqlx::postgres::{PgArguments, PgQueryResult, PgRow};
use sqlx::query::Query;
use sqlx::{PgConnection, Postgres, query, raw_sql};

use crate::names::Names;
use crate::rows::{self, Unreadable, kind_text, status_text};

/// BEGIN with READ COMMITTED, the servers' default.
const BEGIN: &str = "BEGIN ISOLATION LEVEL READ COMMITTED";
const COMMIT: &str = "COMMIT";
const ROLLBACK: &str = "ROLLBACK";
/// A savepoint. All have the same name; the newest is the one that is used.
const SAVEPOINT: &str = "SAVEPOINT inside";
const ROLLBACK_TO_SAVEPOINT: &str = "ROLLBACK TO SAVEPOINT inside";
const RELEASE_SAVEPOINT: &str = "RELEASE SAVEPOINT inside";

/// The quota row of the tenant `$1`.
const SELECT_QUOTA: &str = "SELECT tenant_id, balance, credit_limit, daily_quota, daily_used, monthly_quota, \
     monthly_used, version, daily_reset_at::text, to_char(monthly_reset_at, 'YYYY-MM') AS monthly_reset_at \
     FROM tenant_quota WHERE tenant_id = $1";
/// The ledger row of the trace `$1`.
const SELECT_ROW: &str = "SELECT tenant_id, trace_id, type, status, amount, balance_before, balance_after \
     FROM billing_transaction WHERE trace_id = $1";
/// The same row, locked until the transaction ends.
const SELECT_ROW_FOR_UPDATE: &str = "SELECT tenant_id, trace_id, type, status, amount, balance_before, \
     balance_after FROM billing_transaction WHERE trace_id = $1 FOR UPDATE";
/// A ledger row of tenant `$1` and trace `$2`: type `$3`, status `$4`, amount `$5`, balance before `$6` and after `$7`.
const INSERT_ROW: &str = "INSERT INTO billing_transaction \
     (tenant_id, trace_id, type, status, amount, balance_before, balance_after) \
     VALUES ($1, $2, $3, $4, $5::numeric, $6::numeric, $7::numeric)";
/// The first row, in the order of the traces `$1`, that still has to be finished.
const SELECT_UNFINISHED: &str = "SELECT tenant_id, trace_id, type, status, amount, balance_before, balance_after \
     FROM billing_transaction WHERE status = 'pending' OR type = 'hold' \
     ORDER BY array_position($1::text[], trace_id::text) LIMIT 1";
/// The row of trace `$1` becomes COMMITTED.
const MARK_COMMITTED: &str = "UPDATE billing_transaction SET status = 'committed' WHERE trace_id = $1";
/// The row of trace `$1` becomes COMMITTED with the amount `$2`, balance before `$3` and after `$4`.
const SETTLE_ROW: &str = "UPDATE billing_transaction SET status = 'committed', amount = $2::numeric, \
     balance_before = $3::numeric, balance_after = $4::numeric WHERE trace_id = $1";
/// The row of trace `$1`, a hold, becomes a charge.
const MARK_SETTLED: &str = "UPDATE billing_transaction SET type = 'deduct' WHERE trace_id = $1";
/// The row of trace `$1` becomes REVERSED.
const MARK_REVERSED: &str = "UPDATE billing_transaction SET status = 'reversed' WHERE trace_id = $1";

/// Counts one more request in both windows of the day `$2`, as `QuotaRow::counted` does: a window later than the row's
/// begins at one; a date that is null is set and nothing is counted; no date goes back (GREATEST ignores a null).
macro_rules! count_on_day_2 {
    () => {
        "daily_used = CASE WHEN daily_reset_at IS NULL THEN 0 \
             WHEN daily_reset_at < $2::date THEN 1 ELSE daily_used + 1 END, \
         monthly_used = CASE WHEN monthly_reset_at IS NULL THEN 0 \
             WHEN monthly_reset_at < date_trunc('month', $2::date::timestamp)::date THEN 1 \
             ELSE monthly_used + 1 END, \
         daily_reset_at = greatest(daily_reset_at, $2::date), \
         monthly_reset_at = greatest(monthly_reset_at, date_trunc('month', $2::date::timestamp)::date), \
         version = version + 1"
    };
}

/// Every column of the quota except its tenant, from `$2` in the order of `QuotaRow`; dates come last, the month as its
/// first day.
macro_rules! set_quota {
    () => {
        "UPDATE tenant_quota SET balance = $2::numeric, credit_limit = $3::numeric, daily_quota = $4, \
         daily_used = $5, monthly_quota = $6, monthly_used = $7, version = $8, daily_reset_at = $9::date, \
         monthly_reset_at = $10::date"
    };
}

/// Takes `$2` from tenant `$1` if the version is `$3`.
const CHARGE_QUOTA: &str = "UPDATE tenant_quota SET balance = balance - $2::numeric, version = version + 1 \
     WHERE tenant_id = $1 AND version = $3";
/// Takes `$3` from tenant `$1` and counts the request on the day `$2`, if the version is `$4`.
const CHARGE_AND_COUNT_QUOTA: &str = concat!(
    "UPDATE tenant_quota SET balance = balance - $3::numeric, ",
    count_on_day_2!(),
    " WHERE tenant_id = $1 AND version = $4"
);
/// Counts a request of tenant `$1` on the day `$2` if neither limit is reached on that day; used counts of an earlier
/// window count as 0.
const COUNT_QUOTA: &str = concat!(
    "UPDATE tenant_quota SET ",
    count_on_day_2!(),
    " WHERE tenant_id = $1 \
     AND CASE WHEN daily_reset_at < $2::date THEN 0 ELSE daily_used END < daily_quota \
     AND CASE WHEN monthly_reset_at < date_trunc('month', $2::date::timestamp)::date THEN 0 ELSE monthly_used END \
         < monthly_quota"
);
/// Adds `$2` to the balance of tenant `$1`.
const ADD_BALANCE: &str =
    "UPDATE tenant_quota SET balance = balance + $2::numeric, version = version + 1 WHERE tenant_id = $1";
/// Sets every column of tenant `$1`'s row to the given values.
const SET_QUOTA: &str = concat!(set_quota!(), " WHERE tenant_id = $1");
/// The same, if the row's version is lower than the given one.
const SET_QUOTA_IF_OLDER: &str = concat!(set_quota!(), " WHERE tenant_id = $1 AND version < $8");
/// The daily quota of tenant `$1` becomes `$2`.
const SET_DAILY_QUOTA: &str = "UPDATE tenant_quota SET daily_quota = $2, version = version + 1 WHERE tenant_id = $1";

/// The API key of tenant `$1`.
const SELECT_KEY: &str = "SELECT budget_limit, budget_used FROM api_key WHERE tenant_id = $1";
/// The BUDGET row of the API key of tenant `$1`.
const SELECT_BUDGET: &str = "SELECT total_quota, used_quota, unit FROM api_key_quota \
     WHERE quota_type = 'BUDGET' AND api_key_id = (SELECT id FROM api_key WHERE tenant_id = $1)";
/// Adds `$2` to the used amount of that row, whatever its unit is.
const ADD_BUDGET: &str = "UPDATE api_key_quota SET used_quota = used_quota + $2 \
     WHERE quota_type = 'BUDGET' AND api_key_id = (SELECT id FROM api_key WHERE tenant_id = $1)";
/// Adds one request that cost `$2` to the totals of the API key of tenant `$1`. The operation has no time of day, so a
/// run is within one hour.
const ADD_USAGE: &str = "INSERT INTO api_key_usage AS total (api_key_id, day, hour, request_count, cost) \
     SELECT id, DATE '1970-01-01', 0, 1, $2::numeric FROM api_key WHERE tenant_id = $1 \
     ON CONFLICT (api_key_id, day, hour) DO UPDATE \
     SET request_count = total.request_count + 1, cost = total.cost + excluded.cost";
/// The usage totals of the API key of tenant `$1` in that hour.
const SELECT_USAGE: &str = "SELECT request_count, cost FROM api_key_usage \
     WHERE day = DATE '1970-01-01' AND hour = 0 AND api_key_id = (SELECT id FROM api_key WHERE tenant_id = $1)";
/// Sets those totals to `$2` requests that cost `$3`.
const SET_USAGE: &str = "UPDATE api_key_usage SET request_count = $2, cost = $3::numeric \
     WHERE day = DATE '1970-01-01' AND hour = 0 AND api_key_id = (SELECT id FROM api_key WHERE tenant_id = $1)";
/// The usage of trace `$3`, which cost `$2`, for the API key of tenant `$1`; once per trace.
const ADD_USAGE_BY_TRACE: &str = "INSERT INTO usage_by_trace (trace_id, api_key_id, cost) \
     SELECT $3, id, $2::numeric FROM api_key WHERE tenant_id = $1 ON CONFLICT (trace_id) DO NOTHING";

/// Every statement that can be prepared; the others are commands of transaction control.
pub const PREPARABLE: &[&str] = &[
    SELECT_QUOTA,
    SELECT_ROW,
    SELECT_ROW_FOR_UPDATE,
    SELECT_UNFINISHED,
    INSERT_ROW,
    MARK_COMMITTED,
    SETTLE_ROW,
    MARK_SETTLED,
    MARK_REVERSED,
    CHARGE_QUOTA,
    CHARGE_AND_COUNT_QUOTA,
    COUNT_QUOTA,
    ADD_BALANCE,
    SET_QUOTA,
    SET_QUOTA_IF_OLDER,
    SET_DAILY_QUOTA,
    SELECT_KEY,
    SELECT_BUDGET,
    ADD_BUDGET,
    SELECT_USAGE,
    SET_USAGE,
    ADD_USAGE,
    ADD_USAGE_BY_TRACE,
];

/// What the flow gets of a result.
enum Gives {
    Nothing,
    /// How many rows there were.
    Changed,
    Quota,
    Key,
    Budget,
    Usage,
    /// A row of the ledger, if there is one.
    Row,
}

/// The statement of an operation, and what the flow gets of its result.
fn statement(op: PgOp) -> (&'static str, Gives) {
    use Gives::{Budget, Changed, Key, Nothing, Quota, Row, Usage};
    match op {
        PgOp::Begin => (BEGIN, Nothing),
        PgOp::Commit => (COMMIT, Nothing),
        PgOp::Rollback => (ROLLBACK, Nothing),
        PgOp::Savepoint => (SAVEPOINT, Nothing),
        PgOp::RollbackToSavepoint => (ROLLBACK_TO_SAVEPOINT, Nothing),
        PgOp::ReleaseSavepoint => (RELEASE_SAVEPOINT, Nothing),
        PgOp::SelectQuota(_) => (SELECT_QUOTA, Quota),
        PgOp::SelectRow { lock: false, .. } => (SELECT_ROW, Row),
        PgOp::SelectRow { lock: true, .. } => (SELECT_ROW_FOR_UPDATE, Row),
        PgOp::SelectUnfinished => (SELECT_UNFINISHED, Row),
        PgOp::InsertRow { .. } => (INSERT_ROW, Nothing),
        PgOp::ChargeQuota { counts: None, .. } => (CHARGE_QUOTA, Changed),
        PgOp::ChargeQuota { counts: Some(_), .. } => (CHARGE_AND_COUNT_QUOTA, Changed),
        PgOp::CountQuota { .. } => (COUNT_QUOTA, Changed),
        PgOp::AddBalance { .. } => (ADD_BALANCE, Changed),
        PgOp::SetQuota { guarded: false, .. } => (SET_QUOTA, Changed),
        PgOp::SetQuota { guarded: true, .. } => (SET_QUOTA_IF_OLDER, Changed),
        PgOp::SetDailyQuota { .. } => (SET_DAILY_QUOTA, Changed),
        PgOp::MarkCommitted(_) => (MARK_COMMITTED, Changed),
        PgOp::SettleRow { .. } => (SETTLE_ROW, Changed),
        PgOp::MarkSettled(_) => (MARK_SETTLED, Changed),
        PgOp::MarkReversed(_) => (MARK_REVERSED, Changed),
        PgOp::SelectKey(_) => (SELECT_KEY, Key),
        PgOp::SelectBudget(_) => (SELECT_BUDGET, Budget),
        PgOp::AddBudget { .. } => (ADD_BUDGET, Changed),
        PgOp::SelectUsage(_) => (SELECT_USAGE, Usage),
        PgOp::SetUsage { .. } => (SET_USAGE, Changed),
        PgOp::AddUsage { keyed: false, .. } => (ADD_USAGE, Changed),
        PgOp::AddUsage { keyed: true, .. } => (ADD_USAGE_BY_TRACE, Changed),
    }
}

type Statement<'a> = Query<'a, Postgres, PgArguments>;

/// The statement with its values.
fn bound<'a>(sql: Statement<'a>, names: &'a Names, op: PgOp) -> Statement<'a> {
    match op {
        PgOp::Begin
        | PgOp::Commit
        | PgOp::Rollback
        | PgOp::Savepoint
        | PgOp::RollbackToSavepoint
        | PgOp::ReleaseSavepoint => sql,
        PgOp::SelectQuota(tenant)
        | PgOp::SelectKey(tenant)
        | PgOp::SelectBudget(tenant)
        | PgOp::SelectUsage(tenant) => sql.bind(names.tenant(tenant)),
        PgOp::SelectUnfinished => sql.bind(names.all_traces()),
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
        PgOp::SelectRow { trace, .. }
        | PgOp::MarkCommitted(trace)
        | PgOp::MarkReversed(trace)
        | PgOp::MarkSettled(trace) => sql.bind(names.trace(trace)),
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
    }
}

/// The columns of a quota in the order of [`SET_QUOTA`].
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

/// Sends the statement of an operation; the row that it found, if any, and how many rows it changed.
pub(crate) async fn ask(
    connection: &mut PgConnection,
    names: &Names,
    op: PgOp,
) -> Result<(Option<PgRow>, u64), sqlx::Error> {
    let (sql, _) = statement(op);
    let changed = |done: PgQueryResult| (None, done.rows_affected());
    match op.sort() {
        Sort::Control => raw_sql(sql).execute(connection).await.map(changed),
        Sort::Read => bound(query(sql), names, op).fetch_optional(connection).await.map(|row| (row, 0)),
        Sort::Write { .. } => bound(query(sql), names, op).execute(connection).await.map(changed),
    }
}

/// The reply that this result is.
pub(crate) fn reply(op: PgOp, names: &Names, row: Option<&PgRow>, changed: u64) -> Result<Reply, Unreadable> {
    let there = || row.ok_or(sqlx::Error::RowNotFound);
    Ok(match statement(op).1 {
        Gives::Nothing => Reply::Ok,
        Gives::Changed => Reply::Updated(u8::try_from(changed).unwrap_or(u8::MAX)),
        Gives::Quota => Reply::Quota(rows::quota(there()?)?),
        Gives::Key => Reply::Key(Some(rows::key(there()?)?)),
        Gives::Budget => Reply::Budget(rows::budget(there()?)?),
        Gives::Usage => Reply::Usage(rows::usage(there()?)?),
        Gives::Row => Reply::Row(row.map(|row| rows::ledger(row, names)).transpose()?),
    })
}
