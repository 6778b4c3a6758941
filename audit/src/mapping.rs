//! The names of the system's tables, columns and keys. Every name has a default, that of the data model; a file states
//! the differences, and `false` for what does not exist.

use std::fmt;
use std::ops::Range;

use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer};

use crate::cache::{Hole, Template};

/// The longest name that Postgres keeps whole (NAMEDATALEN less one, its manual 4.1.1).
const LONGEST: usize = 63;

/// The name of a table, a column or a field, or the statement that it does not exist.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Name {
    /// The name.
    Is(String),
    /// `false`: it does not exist.
    Absent,
}

impl Name {
    /// The name, if there is one.
    pub fn get(&self) -> Option<&str> {
        match self {
            Name::Is(name) => Some(name),
            Name::Absent => None,
        }
    }
}

/// A template of Redis keys, or none if there are no keys of this kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keys(pub(crate) Option<Template>);

/// The unit of a budget column.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum BudgetUnit {
    /// Units of money, with their decimals.
    Units,
    /// Hundredths of a unit.
    Cents,
    /// Millionths of a unit.
    Micros,
}

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

/// A mapping that cannot be used: which line, which key, what would be valid.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{line}: {why}")]
pub struct MappingError {
    /// The file, as the user named it.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// The key, its value and what would be valid.
    pub why: String,
}

impl Mapping {
    /// Reads a mapping from its text; errors refer to it as `file`.
    ///
    /// # Errors
    /// [`MappingError`].
    pub fn parse(file: &str, text: &str) -> Result<Mapping, MappingError> {
        let mapping: Mapping = toml::from_str(text).map_err(|error| {
            let (line, key) = place(text, error.span());
            let named = error.message().contains('`') && error.message().starts_with("unknown field");
            let why = match key {
                Some(key) if !named => format!("`{key}`: {}", error.message()),
                _ => error.message().to_owned(),
            };
            MappingError { file: file.to_owned(), line, why }
        })?;
        mapping.consistent().map_err(|(key, why)| {
            let line = text.lines().position(|line| key_of(line) == Some(key)).map_or(1, |place| place + 1);
            MappingError { file: file.to_owned(), line, why: format!("`{key}`: {why}") }
        })?;
        Ok(mapping)
    }

    /// Checks conditions between several keys; otherwise returns the key and the reason.
    fn consistent(&self) -> Result<(), (&'static str, String)> {
        let Ledger { effective, pending, void, takes, gives, signed, .. } = &self.ledger;
        let statuses = [("effective", effective), ("pending", pending), ("void", void)];
        let kinds = [("takes", takes), ("gives", gives), ("signed", signed)];
        for lists in [statuses, kinds] {
            for (place, (key, list)) in lists.iter().enumerate() {
                for (other, earlier) in &lists[..place] {
                    if let Some(word) = list.iter().find(|word| earlier.contains(word)) {
                        return Err((key, format!("`{}` is in `{other}` too: each word has one meaning", word.0)));
                    }
                }
            }
        }
        if effective.is_empty() {
            return Err(("effective", "at least one status must count, such as \"committed\"".to_owned()));
        }
        if takes.is_empty() {
            return Err(("takes", "at least one kind must be a charge, such as \"deduct\"".to_owned()));
        }
        let at = &self.redis;
        let templates: [(&str, &Keys, &[Hole], &str); 4] = [
            ("quota", &at.quota, &[Hole::Tenant], "{tenant}"),
            ("warming", &at.warming, &[Hole::Tenant], "{tenant}"),
            ("idempotency", &at.idempotency, &[Hole::Tenant, Hole::Trace], "{tenant} and then {trace}"),
            ("key", &at.key, &[Hole::Key], "{key}"),
        ];
        for (key, keys, holes, valid) in templates {
            if keys.0.as_ref().is_some_and(|template| template.holes() != holes) {
                return Err((key, format!("such a key is told by {valid}")));
            }
        }
        Ok(())
    }
}

/// The line, from 1, that contains an error, and the key on that line.
fn place(text: &str, span: Option<Range<usize>>) -> (usize, Option<&str>) {
    let before = text.get(..span.map_or(0, |span| span.start)).unwrap_or("");
    let line = before.matches('\n').count();
    (line + 1, text.lines().nth(line).and_then(key_of))
}

fn key_of(line: &str) -> Option<&str> {
    line.split_once('=').map(|(key, _)| key.trim()).filter(|key| !key.is_empty() && !key.starts_with('#'))
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

/// A value as it is in the tables.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word(pub String);

/// A column that must exist.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ColumnName(pub String);

/// A schema.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SchemaName(pub String);

/// The valid forms of a value: a text that `valid` accepts, or `false` if `absent` is allowed.
struct Text {
    what: &'static str,
    absent: bool,
}

impl Visitor<'_> for Text {
    type Value = Option<String>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.what)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Option<String>, E> {
        if text.is_empty() || text.len() > LONGEST || text.contains('\0') {
            return Err(E::custom(format!("\"{text}\" is not a name: expected {}", self.what)));
        }
        Ok(Some(text.to_owned()))
    }

    fn visit_bool<E: Error>(self, there: bool) -> Result<Option<String>, E> {
        if self.absent && !there { Ok(None) } else { Err(E::custom(format!("expected {}", self.what))) }
    }
}

const NAME_OR_FALSE: &str = "a name of 1 to 63 bytes, or false where it is not there";
const NAME: &str = "a name of 1 to 63 bytes";

impl<'de> Deserialize<'de> for Name {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Name, D::Error> {
        let name = deserializer.deserialize_any(Text { what: NAME_OR_FALSE, absent: true })?;
        Ok(name.map_or(Name::Absent, Name::Is))
    }
}

macro_rules! texts {
    ($($type:ident),*) => {$(
        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<$type, D::Error> {
                let text = deserializer.deserialize_any(Text { what: NAME, absent: false })?;
                Ok($type(text.unwrap_or_default()))
            }
        }
    )*};
}

texts!(Word, ColumnName, SchemaName);

impl<'de> Deserialize<'de> for Keys {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Keys, D::Error> {
        let text = deserializer.deserialize_any(Text { what: Template::VALID, absent: true })?;
        text.map(|text| Template::parse(&text)).transpose().map(Keys).map_err(D::Error::custom)
    }
}
