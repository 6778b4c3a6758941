//! In words: what a process asks of a store, of the provider or of the queue.

use model::delivery::Part;
use model::effect::{DeferredJob, Effect, Fields, Increment, LocalOp, PgOp, RedisOp, Script};
use model::flow::Asking;
use model::row::{Kind, Status};
use model::setup::Setup;
use model::store::redis::Evicted;

use crate::suite::story::units;

/// An effect in words.
pub(super) fn words(setup: &Setup, effect: Effect) -> String {
    match effect {
        Effect::Redis(op) => redis(setup, op),
        Effect::Pg(op) => pg(setup, op),
        Effect::Local(op) => local(setup, op),
    }
}

fn redis(setup: &Setup, op: RedisOp) -> String {
    match op {
        RedisOp::SetNx { .. } => "set key".to_owned(),
        RedisOp::Del(_) => "delete key".to_owned(),
        RedisOp::HSet { row, fields: Fields::BALANCE, .. } => format!("set balance of hash to {}", row.balance),
        RedisOp::HSet { row, fields: Fields::ALL, .. } => format!("set hash, balance {}", row.balance),
        RedisOp::HSet { row, .. } => format!("set hash but its counts, balance {}", row.balance),
        RedisOp::Expire { .. } => "renew the hash's time to live".to_owned(),
        RedisOp::Exists(_) => "look for the hash".to_owned(),
        RedisOp::ReadBalance(_) => "look at the hash's balance".to_owned(),
        RedisOp::ReadHash(_) => "read hash".to_owned(),
        RedisOp::Eval { script, .. } => by_script(script),
        RedisOp::TakeWarmLock { .. } => "take warm-up lock".to_owned(),
        RedisOp::GetPrincipal(tenant) => format!("look for the principal of {}", setup.account_name(tenant)),
        RedisOp::SetPrincipal { key, .. } => format!("cache the principal, {} spent", key.used),
        RedisOp::GetBudget(_) => "read budget counter".to_owned(),
        RedisOp::IncrBudget { by: Increment::Fraction(money), .. } => format!("budget counter up by {money}"),
        RedisOp::IncrBudget { by: Increment::Micros(micros), .. } => format!("budget counter up by {micros}"),
        RedisOp::ExpireBudget { .. } => "renew the budget counter's time to live".to_owned(),
    }
}

fn by_script(script: Script) -> String {
    match script {
        Script::CountDaily(day) => format!("count daily, {day}"),
        Script::CountMonthly(month) => format!("count monthly, {month}"),
        Script::Deduct { amount, .. } => format!("script takes {amount}"),
        Script::Adjust { by, .. } => format!("script adds {by}"),
        Script::WriteIfNewer { row, .. } => format!("set hash if newer, balance {}", row.balance),
    }
}

fn pg(setup: &Setup, op: PgOp) -> String {
    match op {
        PgOp::Begin => "begin".to_owned(),
        PgOp::Commit => "commit".to_owned(),
        PgOp::Rollback => "rollback".to_owned(),
        PgOp::Savepoint => "savepoint".to_owned(),
        PgOp::RollbackToSavepoint => "rollback to savepoint".to_owned(),
        PgOp::ReleaseSavepoint => "release savepoint".to_owned(),
        PgOp::SelectQuota(tenant) => format!("read quota of {}", setup.account_name(tenant)),
        PgOp::SelectRow { trace, lock } => {
            format!("{} {}", if lock { "lock row" } else { "look up" }, setup.traces[trace.index()])
        }
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
        PgOp::SelectUsage(tenant) => format!("read usage of {}", setup.account_name(tenant)),
        PgOp::SetUsage { row, .. } => format!("overwrite usage, {} of {}", row.cost, row.requests),
        PgOp::MarkReversed(trace) => format!("mark {} reversed", setup.traces[trace.index()]),
        PgOp::SelectKey(tenant) => format!("read api key of {}", setup.account_name(tenant)),
        PgOp::SelectBudget(tenant) => format!("read budget of {}", setup.account_name(tenant)),
        PgOp::AddBudget { delta, unit, .. } => format!("budget up by {}", units(unit, delta)),
        PgOp::AddUsage { trace, cost, keyed, .. } => {
            let kind = if keyed { "usage row" } else { "usage" };
            format!("add {kind} of {}, {cost}", setup.traces[trace.index()])
        }
    }
}

fn local(setup: &Setup, op: LocalOp) -> String {
    match op {
        LocalOp::Upstream(request) if setup.input(request).asking == Asking::Stream => {
            format!("provider begins {}", setup.request_name(request))
        }
        LocalOp::Upstream(request) => format!("provider serves {}", setup.request_name(request)),
        LocalOp::Receive { request, part } => {
            let part = match part {
                Part::First => "the first chunks",
                Part::Rest => "the other chunks",
                Part::Usage => "the usage block",
                Part::End => "the end",
            };
            format!("{part} of {}", setup.request_name(request))
        }
        LocalOp::AskCount(request) => format!("ask the provider what {} has cost", setup.request_name(request)),
        LocalOp::Send(DeferredJob::Snapshot { row, .. }) => format!("start the task for balance {}", row.balance),
        LocalOp::Send(deferred) => format!("hand over {}", job_words(setup, deferred)),
        LocalOp::Acknowledge(deferred) => format!("{} is done", job_words(setup, deferred)),
        LocalOp::Wait => "wait a moment".to_owned(),
    }
}

fn job_words(setup: &Setup, deferred: DeferredJob) -> String {
    let trace = setup.request_name(deferred.request());
    match deferred {
        DeferredJob::Usage { .. } => format!("usage of {trace}"),
        DeferredJob::Settle(_) => format!("the charge of {trace}"),
        DeferredJob::Charge { amount, .. } => format!("the charge of {trace}, {amount}"),
        DeferredJob::Snapshot { .. } => format!("the hash write of {trace}"),
    }
}

/// What is evicted, in words.
pub(super) fn evicted(setup: &Setup, what: Evicted) -> String {
    match what {
        Evicted::Key(key) => format!("the key of {}", setup.traces[setup.keys[key.index()].1.index()]),
        Evicted::Hash(tenant) => format!("the hash of {}", setup.account_name(tenant)),
        Evicted::Principal(tenant) => format!("the principal of {}", setup.account_name(tenant)),
        Evicted::Budget(tenant) => format!("the budget counter of {}", setup.account_name(tenant)),
    }
}
