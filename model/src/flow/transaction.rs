//! The parts of the charging transaction that every choice shares: T3 and T4.

use crate::effect::PgOp;
use crate::flow::Charge;
use crate::io::{Flow, Io, fail};
use crate::reply::{Failure, Reply};
use crate::row::{QuotaRow, Tenant};
use crate::step::Step;

/// T4a is tried once and, while T4b meets another version, "again, at most 3 times".
const T4_ROUNDS: u8 = 4;

/// T3a and T3b: reads the balance and inserts the PENDING row.
pub fn insert_pending(io: &mut Io<'_>, charge: &Charge) -> Flow<()> {
    let quota = read_quota(io, Step::T3a, charge.tenant)?;
    let Charge { tenant, trace, amount, .. } = *charge;
    io.pg(Step::T3b, PgOp::InsertPending { tenant, trace, amount, before: quota.balance })?;
    Ok(())
}

/// T4a and T4b: reads the quota, checks balance, daily and monthly limit, and takes the money if the version is still the
/// one read. Returns the snapshot T7 writes: the row read, charged.
pub fn check_and_charge(io: &mut Io<'_>, charge: &Charge) -> Flow<QuotaRow> {
    io.repeat(T4_ROUNDS, |io| {
        let quota = read_quota(io, Step::T4a, charge.tenant)?;
        if let Some(limit) = quota.binding_limit(charge.amount) {
            return fail(Failure::Refused(limit));
        }
        let charged = charge_quota(io, Step::T4b, charge, quota.version)?;
        Ok(charged.then(|| quota.charged(charge.amount)))
    })
}

/// A SELECT of the tenant's quota row.
pub fn read_quota(io: &mut Io<'_>, step: Step, tenant: Tenant) -> Flow<QuotaRow> {
    match io.pg(step, PgOp::SelectQuota(tenant))? {
        Reply::Quota(row) => Ok(row),
        _ => Ok(QuotaRow::default()),
    }
}

/// The optimistic UPDATE; whether it found the version.
pub fn charge_quota(io: &mut Io<'_>, step: Step, charge: &Charge, version: u32) -> Flow<bool> {
    let op = PgOp::ChargeQuota { tenant: charge.tenant, amount: charge.amount, if_version: version };
    Ok(io.pg(step, op)? == Reply::Updated(1))
}
