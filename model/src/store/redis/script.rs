//! The effects of the Lua scripts. Only [`Script::WriteIfNewer`] changes a deadline; a refusal writes nothing.

use crate::day::Day;
use crate::effect::{Answered, Arithmetic, Field, Fields, Script, Seconds};
use crate::money::Money;
use crate::reply::{Failure, Reply};
use crate::row::{Limit, QuotaRow};
use crate::store::lua_number::Double;
use crate::store::redis::hash::Hash;

/// Runs a script on a hash at an instant of the store's clock.
pub(super) fn run(hash: &mut Option<Hash>, script: Script, now: Seconds) -> Reply {
    match script {
        Script::CountDaily(day) => count_daily(hash, day),
        Script::CountMonthly(_) => count_monthly(hash),
        Script::Deduct { amount, negative, counts, day, arithmetic } => {
            let counts = counts.then_some(day);
            deduct(hash, amount, if negative { Cover::Ignored } else { Cover::Needed }, counts, arithmetic)
        }
        Script::Adjust { by, arithmetic } => adjust(hash, by, arithmetic),
        Script::WriteIfNewer { row, fields, ttl } => write_if_newer(hash, row, fields, Seconds(now.0 + ttl.0)),
    }
}

fn count_daily(hash: &mut Option<Hash>, day: Day) -> Reply {
    let old = hash.unwrap_or_default();
    match next_daily(&old, day) {
        Some(row) => write(hash, old.with(row, Fields::DAILY), Reply::Allowed),
        None => Reply::Denied(Limit::Daily),
    }
}

fn count_monthly(hash: &mut Option<Hash>) -> Reply {
    let old = hash.unwrap_or_default();
    match next_monthly(&old) {
        Some(row) => write(hash, old.with(row, Fields::MONTHLY), Reply::Allowed),
        None => Reply::Denied(Limit::Monthly),
    }
}

/// Whether the balance must be enough.
enum Cover {
    Needed,
    Ignored,
}

fn deduct(hash: &mut Option<Hash>, amount: Money, cover: Cover, counts: Option<Day>, arithmetic: Arithmetic) -> Reply {
    let old = hash.unwrap_or_default();
    let covered = match cover {
        Cover::Needed => covers(&old, amount, arithmetic),
        Cover::Ignored => Some(true),
    };
    match covered {
        Some(true) => {}
        Some(false) => return Reply::Denied(Limit::Balance),
        None => return Reply::Failed(Failure::NotAnInteger),
    }
    let mut counted = old;
    if let Some(day) = counts {
        let Some(daily) = next_daily(&old, day) else { return Reply::Denied(Limit::Daily) };
        let Some(monthly) = next_monthly(&old) else { return Reply::Denied(Limit::Monthly) };
        counted = old.with(daily, Fields::DAILY).with(monthly, Fields::MONTHLY);
    }
    match moved(counted, -amount, arithmetic) {
        Some(new) => write(hash, new, Reply::Left(left(&new, arithmetic.answered()))),
        None => Reply::Failed(Failure::NotAnInteger),
    }
}

fn adjust(hash: &mut Option<Hash>, by: Money, arithmetic: Arithmetic) -> Reply {
    let Some(old) = *hash else { return Reply::Allowed };
    match moved(old, by, arithmetic) {
        Some(new) => {
            // The amount of a deduct is corrected: the state is not a newer one.
            let row = QuotaRow { version: old.row.version, ..new.row };
            write(hash, Hash { row, fields: old.fields.union(Fields::BALANCE), ..new }, Reply::Allowed)
        }
        None => Reply::Failed(Failure::NotAnInteger),
    }
}

fn write_if_newer(hash: &mut Option<Hash>, row: QuotaRow, fields: Fields, deadline: Seconds) -> Reply {
    let fields = fields.union(Fields::VERSION);
    let wanted = match hash {
        Some(old) => !old.fields.has(Field::Version) || old.row.version < row.version,
        None => fields.complete(),
    };
    if wanted {
        *hash = Some(Hash { deadline: Some(deadline), ..hash.unwrap_or_default().with(row, fields) });
    }
    Reply::Allowed
}

fn write(hash: &mut Option<Hash>, new: Hash, reply: Reply) -> Reply {
    *hash = Some(new);
    reply
}

/// The row with one request more on that day, or `None` if the limit is used up. A date that is missing or null differs
/// from every day.
fn next_daily(hash: &Hash, day: Day) -> Option<QuotaRow> {
    let used = if hash.row.daily_reset_at == Some(day) { hash.row.daily_used } else { 0 };
    let allowed = hash.daily_quota().is_none_or(|quota| used < quota);
    allowed.then_some(QuotaRow { daily_used: used + 1, daily_reset_at: Some(day), ..hash.row })
}

/// The row with one request more, in any month, or `None` if the limit is used up.
fn next_monthly(hash: &Hash) -> Option<QuotaRow> {
    let allowed = hash.monthly_quota().is_none_or(|quota| hash.row.monthly_used < quota);
    allowed.then_some(QuotaRow { monthly_used: hash.row.monthly_used + 1, ..hash.row })
}

/// Whether balance plus credit is enough; `None` where the sum overflows.
fn covers(hash: &Hash, amount: Money, arithmetic: Arithmetic) -> Option<bool> {
    match arithmetic {
        Arithmetic::Lua => Some(!hash.lua_balance().plus(Double::of(hash.row.credit)).less_than(Double::of(amount))),
        Arithmetic::Exact => Some(hash.row.balance.checked_add(hash.row.credit)? >= amount),
    }
}

/// The balance of a hash as a script answers it.
fn left(hash: &Hash, answered: Answered) -> Money {
    match answered {
        Answered::WholeUnits => hash.lua_balance().whole(),
        Answered::Text => hash.row.balance,
    }
}

/// The hash with another balance and the next version; `None` where the balance overflows. Exact arithmetic starts from
/// a drifted balance rounded to six places.
fn moved(hash: Hash, by: Money, arithmetic: Arithmetic) -> Option<Hash> {
    let written = Fields::BALANCE.union(Fields::VERSION);
    let with = |balance| hash.with(QuotaRow { balance, version: hash.row.version + 1, ..hash.row }, written);
    match arithmetic {
        Arithmetic::Lua => {
            let (money, drifted) = hash.lua_balance().plus(Double::of(by)).stored();
            Some(Hash { drifted, ..with(money) })
        }
        Arithmetic::Exact => hash.row.balance.checked_add(by).map(with),
    }
}
