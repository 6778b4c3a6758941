//! Every key of the file with its meaning and its default.

use serde::Deserialize;

use super::values::{BudgetUnit, ColumnName, Keys, Name, SchemaName, Word};
use crate::cache::Template;

/// Declares a table of the file: each key with its meaning and its default.
macro_rules! tables {
    ($($(#[$about:meta])* $table:ident { $($(#[$meaning:meta])* $key:ident: $type:ty = $default:expr,)* })*) => {$(
        $(#[$about])*
        #[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
        #[serde(default, deny_unknown_fields)]
        pub struct $table { $($(#[$meaning])* pub $key: $type,)* }

        impl Default for $table {
            fn default() -> $table {
                $table { $($key: $default,)* }
            }
        }
    )*};
}

tables! {
    /// The whole file.
    Mapping {
        /// The schema of the tables; without it the search path decides.
        schema: Option<SchemaName> = None,
        /// `[ledger]`
        ledger: Ledger = Ledger::default(),
        /// `[quota]`
        quota: Quota = Quota::default(),
        /// `[key]`
        key: ApiKey = ApiKey::default(),
        /// `[budget]`
        budget: Budget = Budget::default(),
        /// `[usage]`
        usage: Usage = Usage::default(),
        /// `[redis]`
        redis: Redis = Redis::default(),
    }

    /// The ledger: one row per movement of money.
    Ledger {
        /// The table.
        table: Name = is("billing_transaction"),
        /// The columns that define the order in which rows become effective.
        order: Vec<ColumnName> = vec![ColumnName("id".to_owned())],
        /// The tenant whose money moves.
        tenant: Name = is("tenant_id"),
        /// The API key that was used. A row without one belongs to its tenant's only key.
        key: Name = is("api_key_id"),
        /// The request, by the id that its client chose.
        trace: Name = is("trace_id"),
        /// The kind of the row.
        kind: Name = is("type"),
        /// The status of the row.
        status: Name = is("status"),
        /// The amount.
        amount: Name = is("amount"),
        /// The balance before it.
        before: Name = is("balance_before"),
        /// The balance after it.
        after: Name = is("balance_after"),
        /// When the row was made.
        time: Name = is("created_at"),
        /// The time zone whose midnight ends a day, as Postgres names time zones.
        time_zone: Word = word("UTC"),
        /// How many seconds after its day a row may be made and still be counted on that day.
        midnight_slack: u32 = 60,
        /// Statuses of rows that count.
        effective: Vec<Word> = words(&["committed", "reversed"]),
        /// Statuses of rows that are under way.
        pending: Vec<Word> = words(&["pending"]),
        /// Statuses of rows that never count.
        void: Vec<Word> = Vec::new(),
        /// Kinds whose amount is taken from the balance: charges.
        takes: Vec<Word> = words(&["deduct"]),
        /// Kinds whose amount is added to the balance.
        gives: Vec<Word> = words(&["recharge", "refund"]),
        /// Kinds whose amount has its own sign.
        signed: Vec<Word> = words(&["adjust"]),
    }

    /// One row per tenant: its balance, limits and counts.
    Quota {
        /// The table.
        table: Name = is("tenant_quota"),
        /// The tenant.
        tenant: Name = is("tenant_id"),
        /// The remaining money.
        balance: Name = is("balance"),
        /// How far the balance may go below zero.
        credit: Name = is("credit_limit"),
        /// The limit of requests per day.
        daily_quota: Name = is("daily_quota"),
        /// Requests counted on the day of `daily_reset`.
        daily_used: Name = is("daily_used"),
        /// That day.
        daily_reset: Name = is("daily_reset_at"),
        /// The limit of requests per month.
        monthly_quota: Name = is("monthly_quota"),
        /// Requests counted in the month of `monthly_reset`.
        monthly_used: Name = is("monthly_used"),
        /// A day of that month.
        monthly_reset: Name = is("monthly_reset_at"),
        /// Incremented by each update.
        version: Name = is("version"),
    }

    /// API keys.
    ApiKey {
        /// The table.
        table: Name = is("api_key"),
        /// The id that the ledger and usage refer to.
        id: Name = is("id"),
        /// The tenant of the key.
        tenant: Name = is("tenant_id"),
        /// The recorded spending, unless `[budget]` names a table.
        used: Name = is("budget_used"),
        /// The most that it may spend.
        limit: Name = is("budget_limit"),
    }

    /// A separate table for the spending of keys.
    Budget {
        /// The table; `false` if the record is a column of the key.
        table: Name = Name::Absent,
        /// The API key.
        key: Name = is("api_key_id"),
        /// The recorded spending.
        used: Name = is("used_quota"),
        /// The unit of `used`.
        unit: BudgetUnit = BudgetUnit::Cents,
        /// The column that distinguishes budgets from other quotas; `false` if every row is a budget.
        kind: Name = is("quota_type"),
        /// Its value for a budget.
        kind_is: Word = word("BUDGET"),
    }

    /// Usage: totals, rows by trace, or both, which are added.
    Usage {
        /// Totals by key and time.
        table: Name = is("api_key_usage"),
        /// The API key, in either table.
        key: Name = is("api_key_id"),
        /// Requests counted.
        requests: Name = is("request_count"),
        /// The cost of the requests, in either table.
        cost: Name = is("cost"),
        /// The table with one row per request.
        by_trace: Name = Name::Absent,
    }

    /// Keys of Redis. The placeholders for parts of a key are `{tenant}`, `{trace}` and `{key}`.
    Redis {
        /// The prefix of every key.
        prefix: String = String::new(),
        /// The hash with a tenant's quota.
        quota: Keys = keys("quota:{tenant}"),
        /// The warm-up lock.
        warming: Keys = keys("quota:{tenant}:warming"),
        /// The idempotency key.
        idempotency: Keys = keys("deduct:{tenant}:{trace}"),
        /// The initial time to live of an idempotency key in seconds, from which its age is computed.
        idempotency_ttl: u32 = 86_400,
        /// The hash with the limit and spending of an API key.
        key: Keys = keys("apikey:{key}"),
        /// The counter of its spending.
        counter: Keys = keys("apikey:budget:{key}"),
        /// A cached principal.
        principal: Keys = keys("principal:{key}"),
        /// Fields of the quota's hash.
        quota_fields: QuotaFields = QuotaFields::default(),
        /// Fields of the key's hash.
        key_fields: KeyFields = KeyFields::default(),
    }

    /// The names of the fields of a tenant's hash.
    QuotaFields {
        /// `quota.balance`
        balance: Name = is("balance"),
        /// `quota.credit`
        credit: Name = is("credit_limit"),
        /// `quota.daily_quota`
        daily_quota: Name = is("daily_quota"),
        /// `quota.daily_used`
        daily_used: Name = is("daily_used"),
        /// `quota.daily_reset`
        daily_reset: Name = is("daily_reset_at"),
        /// `quota.monthly_quota`
        monthly_quota: Name = is("monthly_quota"),
        /// `quota.monthly_used`
        monthly_used: Name = is("monthly_used"),
        /// `quota.monthly_reset`
        monthly_reset: Name = is("monthly_reset_at"),
        /// `quota.version`
        version: Name = is("version"),
    }

    /// The names of the fields of an API key's hash.
    KeyFields {
        /// `key.used`
        used: Name = is("budget_used"),
        /// `key.limit`
        limit: Name = is("budget_limit"),
    }
}

fn is(name: &str) -> Name {
    Name::Is(name.to_owned())
}

fn word(text: &str) -> Word {
    Word(text.to_owned())
}

fn words(texts: &[&str]) -> Vec<Word> {
    texts.iter().map(|text| word(text)).collect()
}

fn keys(template: &str) -> Keys {
    Keys(Template::parse(template).ok())
}
