//! The parts of the charging transaction that every choice shares: T3, T4 and T5, each a phase.

use crate::effect::PgOp;
use crate::flow::{AttemptInput, Io, budget, usage};
use crate::io::{FlowResult, fail};
use crate::money::Money;
use crate::reply::{Failure, Reply};
use crate::row::{QuotaRow, Status, Tenant};
use crate::step::Step;

/// T4a is tried once and, while T4b finds another version, "again, at most 3 times".
const T4_ROUNDS: u8 = 4;

/// T3a and T3b: reads the balance and inserts the PENDING row; returns its `balance_after`.
pub fn insert_pending(io: &mut Io<'_>, input: &AttemptInput) -> FlowResult<Money> {
    let AttemptInput { tenant, trace, amount, kind, .. } = *input;
    io.phase(|io| {
        let before = read_quota(io, Step::T3a, tenant)?.balance;
        let (status, after) = (Status::Pending, before - amount);
        io.pg(Step::T3b, PgOp::InsertRow { tenant, trace, kind, status, amount, before, after })?;
        Ok(after)
    })
}

/// T4a and T4b: reads the quota, checks balance, daily and monthly limit, and takes the money if the version is still
/// the one read. Returns the snapshot that T7 writes: the row read, with the charge applied.
pub fn check_and_charge(io: &mut Io<'_>, input: &AttemptInput) -> FlowResult<QuotaRow> {
    io.phase(|io| io.repeat(T4_ROUNDS, |io| charge_round(io, input)))
}

/// The same, tried once; `None` where T4b found another version.
pub fn check_and_charge_once(io: &mut Io<'_>, input: &AttemptInput) -> FlowResult<Option<QuotaRow>> {
    io.phase(|io| charge_round(io, input))
}

/// One round of T4a and T4b, for loops that are a phase as a whole; `None` where T4b found another version.
pub fn charge_round(io: &mut Io<'_>, input: &AttemptInput) -> FlowResult<Option<QuotaRow>> {
    let quota = read_quota(io, Step::T4a, input.tenant)?;
    if let Some(limit) = binding(input, &quota) {
        return fail(Failure::Refused(limit));
    }
    let charged = charge_quota(io, Step::T4b, input, quota.version)?;
    let counts = input.billing_counts().then_some(input.day);
    Ok(charged.then(|| quota.charged(input.amount, counts)))
}

/// The limit that forbids the charge; a charge that may go below zero is limited by the counts only. Where quota_check
/// has counted the request already, the counts include it and only the balance is checked.
pub fn binding(input: &AttemptInput, quota: &QuotaRow) -> Option<crate::row::Limit> {
    let limit = match input.negative {
        true => quota.binding_count(input.day),
        false => quota.binding_limit(input.amount, input.day),
    };
    limit.filter(|&limit| limit == crate::row::Limit::Balance || input.billing_counts())
}

/// T5: the row becomes COMMITTED, and with it whatever the design keeps in the same transaction.
pub fn mark_committed(io: &mut Io<'_>, input: &AttemptInput) -> FlowResult<()> {
    io.phase(|io| {
        io.pg(Step::T5, PgOp::MarkCommitted(input.trace))?;
        budget::add_in_transaction(io, input)?;
        usage::add_in_transaction(io, input)
    })
}

/// A SELECT of the tenant's quota row.
pub fn read_quota(io: &mut Io<'_>, step: Step, tenant: Tenant) -> FlowResult<QuotaRow> {
    let reply = io.pg(step, PgOp::SelectQuota(tenant))?;
    if let Reply::Quota(row) = reply { Ok(row) } else { Ok(QuotaRow::default()) }
}

/// The optimistic UPDATE; returns whether it found the version.
pub fn charge_quota(io: &mut Io<'_>, step: Step, input: &AttemptInput, version: u32) -> FlowResult<bool> {
    let counts = input.billing_counts().then_some(input.day);
    let op = PgOp::ChargeQuota { tenant: input.tenant, amount: input.amount, if_version: version, counts };
    Ok(io.pg(step, op)? == Reply::Updated(1))
}
