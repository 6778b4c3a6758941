//! A sound attempt, and what is planted in it: the ledger decides, row and money are one transaction, nothing is
//! written to Redis.

use model::delivery::Part;
use model::design::Design;
use model::effect::{Arithmetic, DAY, DeferredJob, Fields, LocalOp, PgOp, RedisOp, Script};
use model::flow::deduct::ledger_lookup::look_up;
use model::flow::deduct::transaction::{charge_quota, check_and_charge, insert_pending, read_quota};
use model::flow::limit_change::daily_quota;
use model::flow::{Asking, AttemptInput, Io};
use model::io::{FlowResult, caught, fail, ignoring};
use model::money::Money;
use model::reply::{Answer, Failure, Reply};
use model::row::{Kind, Limit, QuotaRow, Status, TraceId, Unit};
use model::step::Step;

/// The sound attempt.
pub fn sound(io: &mut Io<'_>, charge: &AttemptInput) -> FlowResult<Answer> {
    if already_there(io, charge)? {
        return Ok(Answer::Ok(charge.trace));
    }
    let ended = caught(charged_and_committed(io, charge))?;
    end(io, charge, ended.map(drop))
}

fn already_there(io: &mut Io<'_>, charge: &AttemptInput) -> FlowResult<bool> {
    Ok(look_up(io, Step::T1, charge)?.is_some_and(|row| row.effective()))
}

/// T2 to T5. The snapshots are the quota before and after the charge.
fn until_commit(io: &mut Io<'_>, charge: &AttemptInput) -> FlowResult<(QuotaRow, QuotaRow)> {
    io.pg(Step::T2, PgOp::Begin)?;
    let before = read_quota(io, Step::T3a, charge.tenant)?;
    insert(io, charge, charge.amount, before.balance)?;
    let after = check_and_charge(io, charge)?;
    io.pg(Step::T5, PgOp::MarkCommitted(charge.trace))?;
    Ok((before, after))
}

fn charged_and_committed(io: &mut Io<'_>, charge: &AttemptInput) -> FlowResult<(QuotaRow, QuotaRow)> {
    let snapshots = until_commit(io, charge)?;
    io.pg(Step::T6, PgOp::Commit)?;
    Ok(snapshots)
}

fn insert(io: &mut Io<'_>, charge: &AttemptInput, amount: Money, before: Money) -> FlowResult<Reply> {
    let (tenant, trace, after) = (charge.tenant, charge.trace, before - amount);
    let (kind, status) = (Kind::Deduct, Status::Pending);
    io.pg(Step::T3b, PgOp::InsertRow { tenant, trace, kind, status, amount, before, after })
}

fn end(io: &mut Io<'_>, charge: &AttemptInput, ended: Result<(), Failure>) -> FlowResult<Answer> {
    match ended {
        Ok(()) => Ok(Answer::Ok(charge.trace)),
        Err(failure) => {
            ignoring(io.pg(Step::E1, PgOp::Rollback))?;
            fail(failure)
        }
    }
}

// Money.

pub fn money_without_a_row(io: &mut Io<'_>, charge: &AttemptInput) -> FlowResult<Answer> {
    check_and_charge(io, charge)?;
    Ok(Answer::Ok(charge.trace))
}

pub fn row_without_money(io: &mut Io<'_>, charge: &AttemptInput) -> FlowResult<Answer> {
    insert_pending(io, charge)?;
    io.pg(Step::T5, PgOp::MarkCommitted(charge.trace))?;
    Ok(Answer::Ok(charge.trace))
}

pub fn money_then_row(io: &mut Io<'_>, charge: &AttemptInput) -> FlowResult<Answer> {
    let quota = check_and_charge(io, charge)?;
    match caught(insert(io, charge, charge.amount, quota.balance))? {
        Ok(_) | Err(Failure::UniqueViolation) => {}
        Err(other) => return fail(other),
    }
    io.pg(Step::T5, PgOp::MarkCommitted(charge.trace))?;
    Ok(Answer::Ok(charge.trace))
}

pub fn paid_in_without_a_row(io: &mut Io<'_>, charge: &AttemptInput) -> FlowResult<Answer> {
    io.pg(Step::R4, PgOp::AddBalance { tenant: charge.tenant, amount: charge.amount })?;
    Ok(Answer::Ok(charge.trace))
}

pub fn each_statement_alone(io: &mut Io<'_>, charge: &AttemptInput) -> FlowResult<Answer> {
    insert_pending(io, charge)?;
    check_and_charge(io, charge)?;
    io.pg(Step::T5, PgOp::MarkCommitted(charge.trace))?;
    Ok(Answer::Ok(charge.trace))
}

/// The sound attempt for what is left of the price when its decimals are cut off.
pub fn whole_units_only(io: &mut Io<'_>, charge: &AttemptInput) -> FlowResult<Answer> {
    let units = charge.amount.micros() / 1_000_000;
    sound(io, &AttemptInput { amount: Money::from_micros(units * 1_000_000), ..*charge })
}

/// The money is taken first, so that nobody else can move the balance between the row's two sides.
pub fn row_after_money(io: &mut Io<'_>, charge: &AttemptInput) -> FlowResult<Answer> {
    let whole = |io: &mut Io<'_>| {
        io.pg(Step::T2, PgOp::Begin)?;
        let quota = check_and_charge(io, charge)?;
        insert(io, charge, charge.amount, quota.balance + charge.amount)?;
        io.pg(Step::T5, PgOp::MarkCommitted(charge.trace))?;
        io.pg(Step::T6, PgOp::Commit).map(drop)
    };
    if already_there(io, charge)? {
        return Ok(Answer::Ok(charge.trace));
    }
    let ended = caught(whole(io))?;
    end(io, charge, ended)
}

/// Takes the money whatever the limits say.
pub fn unlimited(io: &mut Io<'_>, charge: &AttemptInput) -> FlowResult<Answer> {
    let whole = |io: &mut Io<'_>| {
        io.pg(Step::T2, PgOp::Begin)?;
        let quota = read_quota(io, Step::T3a, charge.tenant)?;
        insert(io, charge, charge.amount, quota.balance)?;
        if !charge_quota(io, Step::T4b, charge, quota.version)? {
            return fail(Failure::Conflict);
        }
        io.pg(Step::T5, PgOp::MarkCommitted(charge.trace))?;
        io.pg(Step::T6, PgOp::Commit).map(drop)
    };
    let ended = caught(whole(io))?;
    end(io, charge, ended)
}

/// A stream that ends by itself, charged under the trace of the attempt and under the client's own.
pub fn one_call_and_two_charges(io: &mut Io<'_>, charge: &AttemptInput) -> FlowResult<Answer> {
    let request = charge.request;
    io.local(Step::U1, LocalOp::Upstream(request))?;
    for (step, part) in
        [(Step::U2, Part::First), (Step::U3, Part::Rest), (Step::U4, Part::Usage), (Step::U5, Part::End)]
    {
        io.local(step, LocalOp::Receive { request, part })?;
    }
    io.phase(|io| sound(io, charge).map(drop))?;
    sound(io, &AttemptInput { trace: TraceId(0), ..*charge })
}

// Records beside the money.

/// Serves first and looks at the balance afterwards.
pub fn served_then_judged(io: &mut Io<'_>, charge: &AttemptInput) -> FlowResult<Answer> {
    io.local(Step::U1, LocalOp::Upstream(charge.request))?;
    sound(io, charge)
}

pub fn judged_then_served(io: &mut Io<'_>, charge: &AttemptInput) -> FlowResult<Answer> {
    let quota = read_quota(io, Step::Q2, charge.tenant)?;
    if let Some(limit) = quota.binding_limit(charge.amount, charge.day) {
        return Ok(Answer::Refused(limit));
    }
    served_then_judged(io, charge)
}

/// Writes the budget in this unit, whatever the row's is.
fn with_budget_in(io: &mut Io<'_>, charge: &AttemptInput, unit: Unit) -> FlowResult<Answer> {
    let answer = sound(io, charge)?;
    io.pg(Step::B1, PgOp::AddBudget { tenant: charge.tenant, delta: unit.whole(charge.amount), unit })?;
    Ok(answer)
}

pub fn budget_in_cents(io: &mut Io<'_>, charge: &AttemptInput) -> FlowResult<Answer> {
    with_budget_in(io, charge, Unit::Cents)
}

pub fn budget_in_micros(io: &mut Io<'_>, charge: &AttemptInput) -> FlowResult<Answer> {
    with_budget_in(io, charge, Unit::Micros)
}

/// Hands the usage job over inside the transaction.
pub fn usage_before_commit(io: &mut Io<'_>, charge: &AttemptInput) -> FlowResult<Answer> {
    until_commit(io, charge)?;
    io.local(Step::J0, LocalOp::Send(DeferredJob::Usage { request: charge.request, cost: charge.amount }))?;
    io.pg(Step::T6, PgOp::Commit)?;
    Ok(Answer::Ok(charge.trace))
}

pub fn usage_after_commit(io: &mut Io<'_>, charge: &AttemptInput) -> FlowResult<Answer> {
    charged_and_committed(io, charge)?;
    io.local(Step::J0, LocalOp::Send(DeferredJob::Usage { request: charge.request, cost: charge.amount }))?;
    Ok(Answer::Ok(charge.trace))
}

/// In the middle of the transaction, or after it.
fn shown_before_commit(
    io: &mut Io<'_>,
    charge: &AttemptInput,
    show: fn(&mut Io<'_>, &AttemptInput) -> FlowResult<Reply>,
) -> FlowResult<Answer> {
    until_commit(io, charge)?;
    show(io, charge)?;
    io.pg(Step::T6, PgOp::Commit)?;
    Ok(Answer::Ok(charge.trace))
}

fn shown_after_commit(
    io: &mut Io<'_>,
    charge: &AttemptInput,
    show: fn(&mut Io<'_>, &AttemptInput) -> FlowResult<Reply>,
) -> FlowResult<Answer> {
    charged_and_committed(io, charge)?;
    show(io, charge)?;
    Ok(Answer::Ok(charge.trace))
}

fn money_in_redis(io: &mut Io<'_>, charge: &AttemptInput) -> FlowResult<Reply> {
    let AttemptInput { amount, day, .. } = *charge;
    let arithmetic = Arithmetic::Exact;
    io.redis(Step::T4e, charge.eval(Script::Deduct { amount, negative: false, counts: true, day, arithmetic }))
}

pub fn money_in_redis_before_commit(io: &mut Io<'_>, charge: &AttemptInput) -> FlowResult<Answer> {
    shown_before_commit(io, charge, money_in_redis)
}

pub fn money_in_redis_after_commit(io: &mut Io<'_>, charge: &AttemptInput) -> FlowResult<Answer> {
    shown_after_commit(io, charge, money_in_redis)
}

fn charge_handed_over(io: &mut Io<'_>, charge: &AttemptInput) -> FlowResult<Reply> {
    let AttemptInput { request, amount, .. } = *charge;
    io.local(Step::B5, LocalOp::Send(DeferredJob::Charge { request, amount, day: None }))
}

pub fn charge_handed_over_before_commit(io: &mut Io<'_>, charge: &AttemptInput) -> FlowResult<Answer> {
    shown_before_commit(io, charge, charge_handed_over)
}

pub fn charge_handed_over_after_commit(io: &mut Io<'_>, charge: &AttemptInput) -> FlowResult<Answer> {
    shown_after_commit(io, charge, charge_handed_over)
}

/// A new quota as an administrator sets it, and a charge like this.
fn or_limit_change(io: &mut Io<'_>, charge: &AttemptInput, attempt: model::flow::Attempt) -> FlowResult<Answer> {
    match charge.asking {
        Asking::DailyQuota(quota) => daily_quota(io, charge, quota),
        _ => attempt(io, charge),
    }
}

pub fn sound_or_limit_change(io: &mut Io<'_>, charge: &AttemptInput) -> FlowResult<Answer> {
    or_limit_change(io, charge, sound)
}

pub fn unlimited_or_limit_change(io: &mut Io<'_>, charge: &AttemptInput) -> FlowResult<Answer> {
    or_limit_change(io, charge, unlimited)
}

/// T4b takes the money and counts nothing.
pub fn uncounted(io: &mut Io<'_>, charge: &AttemptInput) -> FlowResult<Answer> {
    let mut path = charge.path;
    path.quota_check = true;
    let elsewhere = Design { counting: model::design::Counting::B, ..charge.design };
    sound(io, &AttemptInput { path, design: elsewhere, ..*charge })
}

// Answers.

pub fn deaf_to_commit(io: &mut Io<'_>, charge: &AttemptInput) -> FlowResult<Answer> {
    if already_there(io, charge)? {
        return Ok(Answer::Ok(charge.trace));
    }
    let inside = caught(until_commit(io, charge))?.map(drop);
    if inside.is_ok() {
        ignoring(io.pg(Step::T6, PgOp::Commit))?;
    }
    end(io, charge, inside)
}

pub fn fault_is_answered_as_refusal(io: &mut Io<'_>, charge: &AttemptInput) -> FlowResult<Answer> {
    match caught(sound(io, charge))? {
        Ok(answer) => Ok(answer),
        Err(_) => Ok(Answer::Refused(Limit::Balance)),
    }
}

pub fn release_is_taken_for_commit(io: &mut Io<'_>, charge: &AttemptInput) -> FlowResult<Answer> {
    io.pg(Step::T2, PgOp::Begin)?;
    io.pg(Step::T2b, PgOp::Savepoint)?;
    insert_pending(io, charge)?;
    check_and_charge(io, charge)?;
    io.pg(Step::T5, PgOp::MarkCommitted(charge.trace))?;
    io.pg(Step::T5b, PgOp::ReleaseSavepoint)?;
    Ok(Answer::Ok(charge.trace))
}

// Keys.

fn with_key(io: &mut Io<'_>, charge: &AttemptInput, delete_on_failure: bool) -> FlowResult<Answer> {
    if io.redis(Step::T1, RedisOp::SetNx { key: charge.key, ttl: DAY })? == Reply::Held {
        return match look_up(io, Step::T1b, charge)? {
            Some(row) => Ok(Answer::Ok(row.trace)),
            None => fail(Failure::KeyWithoutRow),
        };
    }
    let ended = caught(one_try(io, charge))?;
    if ended.is_err() && delete_on_failure {
        io.redis(Step::E2, RedisOp::Del(charge.key))?;
    }
    end(io, charge, ended)
}

/// T2 to T6 without a second look at the version.
fn one_try(io: &mut Io<'_>, charge: &AttemptInput) -> FlowResult<()> {
    io.pg(Step::T2, PgOp::Begin)?;
    let quota = read_quota(io, Step::T4a, charge.tenant)?;
    if let Some(limit) = quota.binding_limit(charge.amount, charge.day) {
        return fail(Failure::Refused(limit));
    }
    insert(io, charge, charge.amount, quota.balance)?;
    if !charge_quota(io, Step::T4b, charge, quota.version)? {
        return fail(Failure::Conflict);
    }
    io.pg(Step::T5, PgOp::MarkCommitted(charge.trace))?;
    io.pg(Step::T6, PgOp::Commit)?;
    Ok(())
}

pub fn key_is_never_deleted(io: &mut Io<'_>, charge: &AttemptInput) -> FlowResult<Answer> {
    with_key(io, charge, false)
}

pub fn key_is_deleted_on_failure(io: &mut Io<'_>, charge: &AttemptInput) -> FlowResult<Answer> {
    with_key(io, charge, true)
}

pub fn held_is_answered_as_duplicate(io: &mut Io<'_>, charge: &AttemptInput) -> FlowResult<Answer> {
    match caught(with_key(io, charge, true))? {
        Err(Failure::KeyWithoutRow) => Ok(Answer::Duplicate),
        Err(other) => fail(other),
        Ok(answer) => Ok(answer),
    }
}

pub fn others_delete_the_key(io: &mut Io<'_>, charge: &AttemptInput) -> FlowResult<Answer> {
    let ended = caught(with_key(io, charge, false))?;
    if ended.is_err() {
        io.redis(Step::E2, RedisOp::Del(charge.key))?;
    }
    ended.or_else(fail)
}

// The hash.

fn write_hash(io: &mut Io<'_>, charge: &AttemptInput, row: QuotaRow, fields: Fields) -> FlowResult<Answer> {
    io.redis(Step::T7a, RedisOp::HSet { tenant: charge.tenant, row, fields })?;
    Ok(Answer::Ok(charge.trace))
}

pub fn hash_after_commit(io: &mut Io<'_>, charge: &AttemptInput) -> FlowResult<Answer> {
    let (_, after) = charged_and_committed(io, charge)?;
    write_hash(io, charge, after, Fields::ALL)
}

pub fn hash_if_newer(io: &mut Io<'_>, charge: &AttemptInput) -> FlowResult<Answer> {
    let (_, row) = charged_and_committed(io, charge)?;
    let script = Script::WriteIfNewer { row, fields: Fields::ALL, ttl: DAY };
    io.redis(Step::T7a, charge.eval(script))?;
    Ok(Answer::Ok(charge.trace))
}

pub fn hash_from_before_the_charge(io: &mut Io<'_>, charge: &AttemptInput) -> FlowResult<Answer> {
    let (before, _) = charged_and_committed(io, charge)?;
    write_hash(io, charge, before, Fields::ALL)
}

pub fn hash_before_commit(io: &mut Io<'_>, charge: &AttemptInput) -> FlowResult<Answer> {
    let (_, after) = until_commit(io, charge)?;
    write_hash(io, charge, after, Fields::ALL)?;
    io.pg(Step::T6, PgOp::Commit)?;
    Ok(Answer::Ok(charge.trace))
}

pub fn only_the_balance(io: &mut Io<'_>, charge: &AttemptInput) -> FlowResult<Answer> {
    let (_, after) = charged_and_committed(io, charge)?;
    write_hash(io, charge, after, Fields::BALANCE)
}
