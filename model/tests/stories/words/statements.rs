//! What sessions ask of Postgres and what happens to them.

use model::effect::PgOp;
use model::money::Money;
use model::row::{Kind, QuotaRow, Status, Tenant, TraceId, Unit, UsageRow};
use model::store::versioned::SessionId;

use super::answers::usage_words;
use super::{TENANTS, TRACES, named, on, place, rows, tenant, trace, value, word_of};

/// The names of the sessions.
pub const LETTERS: [&str; 3] = ["a", "b", "c"];

/// What a row is of which nothing else is said: a pending charge of this much.
const PRICE: Money = Money::from_micros(5_250_000);
/// And the balance that it was written at.
const BALANCE: Money = Money::from_micros(100_000_000);

/// Something that happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Action {
    pub session: SessionId,
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

/// What [`Action::read`] knows, in capitals what changes.
const FORMS: &str = "\
a crashes, a is given up waiting, a sits idle for too long, postgres restarts (in a story), or `a: ` and one of begin, commit, \
rollback [to savepoint], [release] savepoint, select quota|totals|key|budget of TENANT, select TRACE [for update], \
select what is unfinished, insert TRACE of TENANT [as STATUS KIND] [with AMOUNT] [from BALANCE], \
charge TENANT AMOUNT [and count [on DAY]] if version = N, count TENANT [on DAY] if free, add AMOUNT to TENANT, \
add N to budget of TENANT, set quota of TENANT to FIELD VALUE .. [if older], set daily quota of TENANT to N, \
mark TRACE committed|reversed|settled, settle TRACE with AMOUNT [from BALANCE], set totals of TENANT to N for AMOUNT, \
add usage AMOUNT of TRACE to totals of TENANT, insert usage AMOUNT of TRACE for TENANT on conflict do nothing";

/// A session's name.
pub fn letter(session: SessionId) -> &'static str {
    LETTERS[usize::from(session.0)]
}

/// The session of that name.
pub fn session(word: &str) -> Result<SessionId, String> {
    place(word, &LETTERS).map(SessionId)
}

impl Action {
    /// In words, where rows began as given.
    pub fn words(&self, given: &QuotaRow) -> String {
        let who = letter(self.session);
        match self.what {
            What::Asks(op) => format!("{who}: {}", words(op, given)),
            What::Crashes => format!("{who} crashes"),
            What::GivesUp => format!("{who} is given up waiting"),
            What::SitsIdle => format!("{who} sits idle for too long"),
        }
    }

    /// What the words mean. An error says what is not known, and what was expected.
    pub fn read(text: &str, given: &QuotaRow) -> Result<Action, String> {
        let (who, rest) = text.split_once(' ').unwrap_or((text, ""));
        if let Some(who) = who.strip_suffix(':') {
            return Ok(Action { session: session(who)?, what: What::Asks(read(rest, given)?) });
        }
        let what = match rest {
            "crashes" => What::Crashes,
            "is given up waiting" => What::GivesUp,
            "sits idle for too long" => What::SitsIdle,
            _ => return Err(format!("`{text}`: expected {FORMS}")),
        };
        Ok(Action { session: session(who)?, what })
    }
}

fn words(op: PgOp, given: &QuotaRow) -> String {
    let tenant = |tenant: Tenant| TENANTS[tenant.index()];
    let trace = |trace: TraceId| TRACES[trace.index()];
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
        PgOp::InsertRow { tenant: t, trace: x, kind, status, amount, before, .. } => {
            let pending = (status, kind) == (Status::Pending, Kind::Deduct);
            let what = if pending { String::new() } else { format!(" as {} {}", status_word(status), kind_word(kind)) };
            let amount = if amount == PRICE { String::new() } else { format!(" with {amount}") };
            format!("insert {} of {}{what}{amount}{}", trace(x), tenant(t), from(before))
        }
        PgOp::ChargeQuota { tenant: t, amount, if_version, counts } => {
            let counts = counts.map(|day| format!(" and count{}", on(day, given))).unwrap_or_default();
            format!("charge {} {amount}{counts} if version = {if_version}", tenant(t))
        }
        PgOp::CountQuota { tenant: t, day } => format!("count {}{} if free", tenant(t), on(day, given)),
        PgOp::AddBalance { tenant: t, amount } => format!("add {amount} to {}", tenant(t)),
        PgOp::SetQuota { tenant: t, row, guarded } => {
            let guard = if guarded { " if older" } else { "" };
            format!("set quota of {} to {}{guard}", tenant(t), rows::words(&row, given))
        }
        PgOp::SetDailyQuota { tenant: t, quota } => format!("set daily quota of {} to {quota}", tenant(t)),
        PgOp::MarkCommitted(x) => format!("mark {} committed", trace(x)),
        PgOp::MarkReversed(x) => format!("mark {} reversed", trace(x)),
        PgOp::SettleRow { trace: x, amount, before, .. } => {
            format!("settle {} with {amount}{}", trace(x), from(before))
        }
        PgOp::MarkSettled(x) => format!("mark {} settled", trace(x)),
        PgOp::SelectUnfinished => "select what is unfinished".to_owned(),
        PgOp::SelectUsage(t) => format!("select totals of {}", tenant(t)),
        PgOp::SetUsage { tenant: t, row } => format!("set totals of {} to {}", tenant(t), usage_words(row)),
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

fn from(before: Money) -> String {
    if before == BALANCE { String::new() } else { format!(" from {before}") }
}

/// The statement that such words mean.
pub fn read(text: &str, given: &QuotaRow) -> Result<PgOp, String> {
    let amount = |word| value(word, "an amount");
    let number = |word| value(word, "a number");
    let day = |rest: &[&str]| match *rest {
        [] => given.daily_reset_at.ok_or_else(|| format!("`{text}`: expected on DAY")),
        ["on", day] => value(day, "a day"),
        _ => Err(format!("`{}`: expected on DAY", rest.join(" "))),
    };
    let version = number;
    let words: Vec<&str> = text.split(' ').collect();
    Ok(match words[..] {
        ["begin"] => PgOp::Begin,
        ["commit"] => PgOp::Commit,
        ["rollback"] => PgOp::Rollback,
        ["savepoint"] => PgOp::Savepoint,
        ["rollback", "to", "savepoint"] => PgOp::RollbackToSavepoint,
        ["release", "savepoint"] => PgOp::ReleaseSavepoint,
        ["select", "what", "is", "unfinished"] => PgOp::SelectUnfinished,
        ["select", "quota", "of", t] => PgOp::SelectQuota(tenant(t)?),
        ["select", "totals", "of", t] => PgOp::SelectUsage(tenant(t)?),
        ["select", "key", "of", t] => PgOp::SelectKey(tenant(t)?),
        ["select", "budget", "of", t] => PgOp::SelectBudget(tenant(t)?),
        ["select", x] => PgOp::SelectRow { trace: trace(x)?, lock: false },
        ["select", x, "for", "update"] => PgOp::SelectRow { trace: trace(x)?, lock: true },
        ["insert", "usage", cost, "of", x, "for", t, "on", "conflict", "do", "nothing"] => {
            PgOp::AddUsage { tenant: tenant(t)?, trace: trace(x)?, cost: amount(cost)?, keyed: true }
        }
        ["insert", x, "of", t, ref rest @ ..] => insert(trace(x)?, tenant(t)?, rest)?,
        ["charge", t, of, "if", "version", "=", n] => {
            PgOp::ChargeQuota { tenant: tenant(t)?, amount: amount(of)?, if_version: version(n)?, counts: None }
        }
        ["charge", t, of, "and", "count", ref on @ .., "if", "version", "=", n] => {
            let counts = Some(day(on)?);
            PgOp::ChargeQuota { tenant: tenant(t)?, amount: amount(of)?, if_version: version(n)?, counts }
        }
        ["count", t, ref on @ .., "if", "free"] => PgOp::CountQuota { tenant: tenant(t)?, day: day(on)? },
        ["add", "usage", cost, "of", x, "to", "totals", "of", t] => {
            PgOp::AddUsage { tenant: tenant(t)?, trace: trace(x)?, cost: amount(cost)?, keyed: false }
        }
        ["add", delta, "to", "budget", "of", t] => {
            PgOp::AddBudget { tenant: tenant(t)?, delta: value(delta, "cents")?, unit: Unit::Cents }
        }
        ["add", of, "to", t] => PgOp::AddBalance { tenant: tenant(t)?, amount: amount(of)? },
        ["set", "quota", "of", t, "to", ref row @ .., "if", "older"] => {
            PgOp::SetQuota { tenant: tenant(t)?, row: rows::read(row, given)?, guarded: true }
        }
        ["set", "quota", "of", t, "to", ref row @ ..] => {
            PgOp::SetQuota { tenant: tenant(t)?, row: rows::read(row, given)?, guarded: false }
        }
        ["set", "daily", "quota", "of", t, "to", n] => {
            PgOp::SetDailyQuota { tenant: tenant(t)?, quota: value(n, "a number")? }
        }
        ["set", "totals", "of", t, "to", n, "for", cost] => {
            PgOp::SetUsage { tenant: tenant(t)?, row: UsageRow { requests: number(n)?, cost: amount(cost)? } }
        }
        ["mark", x, "committed"] => PgOp::MarkCommitted(trace(x)?),
        ["mark", x, "reversed"] => PgOp::MarkReversed(trace(x)?),
        ["mark", x, "settled"] => PgOp::MarkSettled(trace(x)?),
        ["settle", x, "with", of] => settle(trace(x)?, amount(of)?, BALANCE),
        ["settle", x, "with", of, "from", before] => settle(trace(x)?, amount(of)?, amount(before)?),
        _ => return Err(format!("`{text}`: expected {FORMS}")),
    })
}

fn settle(trace: TraceId, amount: Money, before: Money) -> PgOp {
    PgOp::SettleRow { trace, amount, before, after: before - amount }
}

fn insert(trace: TraceId, tenant: Tenant, mut rest: &[&str]) -> Result<PgOp, String> {
    let (mut status, mut kind, mut amount, mut before) = (Status::Pending, Kind::Deduct, PRICE, BALANCE);
    loop {
        rest = match *rest {
            [] => break,
            ["as", a, b, ref rest @ ..] => {
                (status, kind) = (named(a, &STATUS)?, named(b, &KINDS)?);
                rest
            }
            ["with", word, ref rest @ ..] => {
                amount = value(word, "an amount")?;
                rest
            }
            ["from", word, ref rest @ ..] => {
                before = value(word, "an amount")?;
                rest
            }
            [word, ..] => return Err(format!("`{word}`: expected as STATUS KIND, with AMOUNT or from BALANCE")),
        };
    }
    Ok(PgOp::InsertRow { tenant, trace, kind, status, amount, before, after: before + kind.effect(amount) })
}

const STATUS: [(&str, Status); 3] =
    [("pending", Status::Pending), ("committed", Status::Committed), ("reversed", Status::Reversed)];
const KINDS: [(&str, Kind); 4] =
    [("charge", Kind::Deduct), ("recharge", Kind::Recharge), ("refund", Kind::Refund), ("hold", Kind::Hold)];

/// The status of a row.
pub fn status_word(status: Status) -> &'static str {
    word_of(status, &STATUS)
}

/// Its kind.
pub fn kind_word(kind: Kind) -> &'static str {
    word_of(kind, &KINDS)
}
