//! Answers in words.

use model::effect::{Effect, RedisOp, Sort};
use model::money::Money;
use model::reply::{Answer, Failure, Reply};
use model::row::{KeyRow, LedgerRow, Status};

/// A reply in words, as an answer to the effect that was asked for, if known; empty if there is nothing to add.
pub(super) fn words(asked: Option<Effect>, reply: Reply) -> String {
    match reply {
        Reply::Ok => String::new(),
        Reply::Taken => "taken by us".to_owned(),
        Reply::Held => "held".to_owned(),
        Reply::Quota(row) => format!("balance {}", row.balance),
        Reply::Row(None) => "nothing".to_owned(),
        Reply::Row(Some(row)) => ledger_row(row).to_owned(),
        Reply::Updated(0) => why_none(asked) + "0 rows",
        Reply::Updated(_) => "1 row".to_owned(),
        Reply::Exists(there) => if there { "there" } else { "absent" }.to_owned(),
        Reply::Hash(None) | Reply::Key(None) | Reply::Spent(None) => "absent".to_owned(),
        Reply::Hash(Some(row)) => format!("balance {}, {} used today", row.balance, row.daily_used),
        Reply::Allowed => match asked {
            Some(Effect::Redis(RedisOp::Eval { script, .. })) if !script.lets_through() => String::new(),
            _ => "let through".to_owned(),
        },
        Reply::Denied(limit) => Failure::Refused(limit).words().to_owned(),
        Reply::Left(money) => format!("{money} left"),
        Reply::Key(Some(key)) => spent(key),
        Reply::Budget(row) => {
            let total = row.total.map_or("no limit".to_owned(), |total| row.unit.words(total));
            format!("{} of {total}", row.used)
        }
        Reply::Usage(row) => format!("{} of {}", row.cost, row.requests),
        Reply::Spent(Some(micros)) => format!("{} spent", Money::from_micros(micros)),
        Reply::Failed(failure) => failure.words().to_owned(),
    }
}

fn ledger_row(row: LedgerRow) -> &'static str {
    match row.status {
        Status::Pending => "pending",
        Status::Committed => "committed",
        Status::Reversed => "reversed",
    }
}

fn why_none(asked: Option<Effect>) -> String {
    match asked {
        Some(Effect::Pg(op))
            if let Sort::Write { no_rows } = op.sort()
                && !no_rows.is_empty() =>
        {
            format!("{no_rows}, ")
        }
        _ => String::new(),
    }
}

fn spent(key: KeyRow) -> String {
    match key.limit {
        Some(limit) => format!("{} of {limit} spent", key.used),
        None => "no budget".to_owned(),
    }
}

/// An answer to a client in words.
pub fn answer(answer: Answer) -> String {
    match answer {
        Answer::Ok(_) => "ok".to_owned(),
        Answer::Refused(limit) => format!("refused, {}", Failure::Refused(limit).words()),
        Answer::Duplicate => "duplicate, in flight".to_owned(),
        Answer::Error(failure) => format!("error, {}", failure.words()),
    }
}
