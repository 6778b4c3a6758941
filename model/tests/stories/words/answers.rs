//! What the stores answer.

use model::reply::{Failure, Reply};
use model::row::{KeyRow, Kind, LedgerRow, QuotaRow, UsageRow};

use super::statements::{kind_word, status_word};
use super::{TENANTS, rows};

/// The answer, where quotas began as given. An error is told by its code.
pub fn answer(reply: Reply, given: &QuotaRow) -> String {
    match reply {
        Reply::Failed(Failure::RolledBack) => "rolled back instead".to_owned(),
        Reply::Failed(failure) => {
            let words = failure.words();
            words.split(['(', ')']).nth(1).unwrap_or(words).to_owned()
        }
        Reply::Quota(row) => quota_words(&row, given),
        Reply::Row(Some(row)) => row_words(&row),
        Reply::Hash(Some(row)) => rows::words(&row, &QuotaRow::default()),
        Reply::Row(None) | Reply::Hash(None) | Reply::Key(None) | Reply::Spent(None) => "none".to_owned(),
        Reply::Updated(n) => format!("{n} rows"),
        Reply::Key(Some(key)) => key_words(&key),
        Reply::Usage(row) => usage_words(row),
        Reply::Budget(row) => {
            format!("{} of {} cents", row.used, row.total.map_or("any".to_owned(), |total| total.to_string()))
        }
        Reply::Spent(Some(micros)) => format!("{micros} micros"),
        Reply::Left(balance) => format!("left {balance}"),
        Reply::Denied(limit) => format!("denied, {}", Failure::Refused(limit).words()),
        Reply::Exists(there) => if there { "there" } else { "none" }.to_owned(),
        Reply::Ok => "ok".to_owned(),
        Reply::Taken => "taken".to_owned(),
        Reply::Held => "held".to_owned(),
        Reply::Allowed => "allowed".to_owned(),
    }
}

/// What is spent of an API key's limit.
pub fn key_words(key: &KeyRow) -> String {
    format!("{} of {}", key.used, key.limit.map_or("any".to_owned(), |limit| limit.to_string()))
}

/// Requests, and what they cost.
pub fn usage_words(row: UsageRow) -> String {
    format!("{} for {}", row.requests, row.cost)
}

/// A quota with the day that it counts, unless that is still the one it began with.
pub fn quota_words(row: &QuotaRow, given: &QuotaRow) -> String {
    let day = match row.daily_reset_at {
        day if day == given.daily_reset_at && day.is_some() => String::new(),
        day => day.map_or(" on no day".to_owned(), |day| format!(" on {day}")),
    };
    format!("{} v{} used {}/{}{day}", row.balance, row.version, row.daily_used, row.monthly_used)
}

/// A row of the ledger.
pub fn row_words(row: &LedgerRow) -> String {
    let kind = if row.kind == Kind::Deduct { String::new() } else { format!(" {}", kind_word(row.kind)) };
    let (status, tenant) = (status_word(row.status), TENANTS[row.tenant.index()]);
    format!("{status}{kind} {} of {tenant}, {} to {}", row.amount, row.before, row.after)
}
