//! What each effect is on the real servers: a statement of Postgres or a command of Redis.

use model::effect::{Fields, PgOp, RedisOp, Seconds};
use model::row::{QuotaRow, Request, Tenant, Trace};
use model::setup::Setup;
use redis::Cmd;

/// BEGIN, READ COMMITTED as the servers' default is.
pub const BEGIN: &str = "BEGIN ISOLATION LEVEL READ COMMITTED";
/// COMMIT.
pub const COMMIT: &str = "COMMIT";
/// ROLLBACK.
pub const ROLLBACK: &str = "ROLLBACK";
/// A savepoint; of the same name twice, the newest is meant.
pub const SAVEPOINT: &str = "SAVEPOINT inside";
/// Back to the newest savepoint.
pub const ROLLBACK_TO_SAVEPOINT: &str = "ROLLBACK TO SAVEPOINT inside";
/// Release of the newest savepoint.
pub const RELEASE_SAVEPOINT: &str = "RELEASE SAVEPOINT inside";
/// The quota row of the tenant `$1`.
pub const SELECT_QUOTA: &str = "SELECT tenant_id, balance, credit_limit, daily_quota, daily_used, monthly_quota, \
     monthly_used, version FROM tenant_quota WHERE tenant_id = $1";
/// The ledger row of the trace `$1`.
pub const SELECT_ROW: &str = "SELECT tenant_id, trace_id, status, amount, balance_before, balance_after \
     FROM billing_transaction WHERE trace_id = $1";
/// The same, locked until the transaction ends.
pub const SELECT_ROW_FOR_UPDATE: &str = "SELECT tenant_id, trace_id, status, amount, balance_before, balance_after \
     FROM billing_transaction WHERE trace_id = $1 FOR UPDATE";
/// The PENDING row of tenant `$1` and trace `$2`: amount `$3`, balance before `$4`.
pub const INSERT_PENDING: &str = "INSERT INTO billing_transaction \
     (tenant_id, trace_id, type, status, amount, balance_before, balance_after) \
     VALUES ($1, $2, 'deduct', 'pending', $3::numeric, $4::numeric, $4::numeric - $3::numeric)";
/// Takes `$2` from tenant `$1` if the version is `$3`.
pub const CHARGE_QUOTA: &str = "UPDATE tenant_quota SET balance = balance - $2::numeric, daily_used = daily_used + 1, \
     monthly_used = monthly_used + 1, version = version + 1 WHERE tenant_id = $1 AND version = $3";
/// The row of trace `$1` becomes COMMITTED.
pub const MARK_COMMITTED: &str = "UPDATE billing_transaction SET status = 'committed' WHERE trace_id = $1";

/// Every statement that can be prepared; the others are commands of transaction control.
pub const PREPARABLE: &[&str] =
    &[SELECT_QUOTA, SELECT_ROW, SELECT_ROW_FOR_UPDATE, INSERT_PENDING, CHARGE_QUOTA, MARK_COMMITTED];

/// The statement of an operation.
pub fn sql(op: PgOp) -> &'static str {
    match op {
        PgOp::Begin => BEGIN,
        PgOp::Commit => COMMIT,
        PgOp::Rollback => ROLLBACK,
        PgOp::Savepoint => SAVEPOINT,
        PgOp::RollbackToSavepoint => ROLLBACK_TO_SAVEPOINT,
        PgOp::ReleaseSavepoint => RELEASE_SAVEPOINT,
        PgOp::SelectQuota(_) => SELECT_QUOTA,
        PgOp::SelectRow { lock: false, .. } => SELECT_ROW,
        PgOp::SelectRow { lock: true, .. } => SELECT_ROW_FOR_UPDATE,
        PgOp::InsertPending { .. } => INSERT_PENDING,
        PgOp::ChargeQuota { .. } => CHARGE_QUOTA,
        PgOp::MarkCommitted(_) => MARK_COMMITTED,
    }
}

/// What the tenants, traces and keys of a setup are called on the servers.
#[derive(Clone, Debug, Default)]
pub struct Names {
    tenants: Vec<String>,
    traces: Vec<String>,
    keys: Vec<String>,
    hashes: Vec<String>,
}

impl Names {
    /// The names of a setup, keys beginning with `prefix`.
    pub fn new(setup: &Setup, prefix: &str) -> Names {
        let tenants: Vec<String> = setup.accounts.iter().map(|account| account.name.clone()).collect();
        let key = |request: Request| {
            let charge = setup.charge(request);
            format!("{prefix}deduct:{}:{}", tenants[charge.tenant.index()], setup.traces[charge.trace.index()])
        };
        let keys = setup.all_requests().map(key).collect();
        let hashes = tenants.iter().map(|tenant| format!("{prefix}quota:{tenant}")).collect();
        Names { tenants, traces: setup.traces.clone(), keys, hashes }
    }

    /// `tenant_id` of a tenant.
    pub fn tenant(&self, tenant: Tenant) -> &str {
        &self.tenants[tenant.index()]
    }

    /// `trace_id` of a trace.
    pub fn trace(&self, trace: Trace) -> &str {
        &self.traces[trace.index()]
    }

    /// The idempotency key of a request.
    pub fn key(&self, request: Request) -> &str {
        &self.keys[request.index()]
    }

    /// The quota hash of a tenant.
    pub fn hash(&self, tenant: Tenant) -> &str {
        &self.hashes[tenant.index()]
    }

    /// The tenant of that name.
    pub fn tenant_of(&self, name: &str) -> Option<Tenant> {
        place(&self.tenants, name).map(Tenant)
    }

    /// The trace of that name.
    pub fn trace_of(&self, name: &str) -> Option<Trace> {
        place(&self.traces, name).map(Trace)
    }
}

fn place(names: &[String], name: &str) -> Option<u8> {
    names.iter().position(|known| known == name).and_then(|place| u8::try_from(place).ok())
}

/// The command of an operation.
pub fn command(op: RedisOp, names: &Names) -> Cmd {
    let mut cmd = Cmd::new();
    match op {
        RedisOp::SetNx { request, ttl: Seconds(ttl) } => {
            cmd.arg("SET").arg(names.key(request)).arg(1).arg("NX").arg("EX").arg(ttl);
        }
        RedisOp::Del(request) => {
            cmd.arg("DEL").arg(names.key(request));
        }
        RedisOp::HSet { tenant, row, fields } => {
            cmd.arg("HSET").arg(names.hash(tenant));
            for (place, value) in texts(&row).iter().enumerate().filter(|(place, _)| fields.has(*place)) {
                cmd.arg(Fields::NAMES[place]).arg(value);
            }
        }
        RedisOp::Expire { tenant, ttl: Seconds(ttl) } => {
            cmd.arg("EXPIRE").arg(names.hash(tenant)).arg(ttl);
        }
    }
    cmd
}

/// The values of a quota in the order of [`Fields::NAMES`], as the hash holds them: money with all six decimals.
pub fn texts(row: &QuotaRow) -> [String; 7] {
    [
        row.balance.to_decimal().to_string(),
        row.credit.to_decimal().to_string(),
        row.daily_quota.to_string(),
        row.daily_used.to_string(),
        row.monthly_quota.to_string(),
        row.monthly_used.to_string(),
        row.version.to_string(),
    ]
}
