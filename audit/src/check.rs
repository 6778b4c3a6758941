//! The checks and the results of each so far: how many things were evaluated, how many non-vacuously, how
//! many did, and the worst of these.

use model::invariant::Figure;
use serde::{Serialize, Serializer};

/// One check, named by the invariant that it tests on the data at rest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Check {
    /// CONSERVE: the balance is the opening balance plus the ledger.
    Conserve,
    /// CHAIN: each row begins where the one before it ended.
    Chain,
    /// BUDGET: the amount that a key has spent is recorded.
    Budget,
    /// USAGE: usage totals are those of the effective charges.
    Usage,
    /// COUNT_EXACT: used counts are the charges of their windows.
    CountExact,
    /// NO_PENDING: nothing stays pending.
    NoPending,
    /// KEY: an idempotency key belongs to a charge.
    Key,
    /// CONVERGE: cached values equal the database.
    Converge,
    /// CACHE_FORM: cached values are complete and expire.
    CacheForm,
}

impl Check {
    /// In the order of reports.
    pub const ALL: [Check; 9] = [
        Check::Conserve,
        Check::Chain,
        Check::Budget,
        Check::Usage,
        Check::CountExact,
        Check::NoPending,
        Check::Key,
        Check::Converge,
        Check::CacheForm,
    ];

    /// The spelling in commands and JSON, which is the name of the invariant.
    pub fn id(self) -> &'static str {
        match self {
            Check::Conserve => "conserve",
            Check::Chain => "chain",
            Check::Budget => "budget",
            Check::Usage => "usage",
            Check::CountExact => "count-exact",
            Check::NoPending => "no-pending",
            Check::Key => "key",
            Check::Converge => "converge",
            Check::CacheForm => "cache-form",
        }
    }

    /// The condition that must hold, as a sentence.
    pub fn sentence(self) -> &'static str {
        match self {
            Check::Conserve => {
                "The balance is the first effective row's balance_before plus the sum of the effective rows."
            }
            Check::Chain => {
                "Each effective row begins at the balance where the one before it ended, and its own numbers add up."
            }
            Check::Budget => "What a key has on record as spent is the sum of its effective charges.",
            Check::Usage => "A key's usage is the number and the cost of its effective charges.",
            Check::CountExact => {
                "The used counts of the day and the month that a quota row names are the effective charges made in them."
            }
            Check::NoPending => "No row is pending for longer than `--pending-older-than`.",
            Check::Key => {
                "An idempotency key has a time to live, and has an effective charge, or is young, or ends within a minute."
            }
            Check::Converge => {
                "A tenant's or an API key's hash in Redis has what the database has, field by field, and has a row there."
            }
            Check::CacheForm => {
                "Hashes are whole and readable; hashes, locks, counters and principals have a time to live."
            }
        }
    }

    /// What it needs of the mapping, in Markdown.
    pub fn needs(self) -> &'static str {
        match self {
            Check::Conserve => "`quota.balance`, `ledger`",
            Check::Chain => "`ledger.order`, `before`, `after`",
            Check::Budget => "`key.used`, or a table in `[budget]`",
            Check::Usage => "`usage.table`, `usage.by_trace`, or both",
            Check::CountExact => "`ledger.time`, `quota.*_used`, `*_reset`",
            Check::NoPending => "`ledger.status`; `ledger.time` where a row is pending",
            Check::Key => "`redis.idempotency`",
            Check::Converge | Check::CacheForm => "`redis.quota`, `redis.key`",
        }
    }

    /// What it checks, in the plural.
    pub fn subjects(self) -> &'static str {
        match self {
            Check::Conserve | Check::CountExact => "tenants",
            Check::Chain => "effective rows",
            Check::Budget | Check::Usage => "API keys",
            Check::NoPending => "rows",
            Check::Key => "idempotency keys",
            Check::Converge => "hashes",
            Check::CacheForm => "Redis keys",
        }
    }

    /// Whether it needs Redis.
    pub fn of_redis(self) -> bool {
        matches!(self, Check::Key | Check::Converge | Check::CacheForm)
    }
}

impl Serialize for Check {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.id())
    }
}

/// One thing that breaks a check.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Violation {
    /// The tenant, row or key.
    pub subject: String,
    /// The numbers of the equation that it breaks.
    pub figures: Vec<Figure>,
    /// How bad it is, compared with others of the same check: micro-units, seconds or a number.
    #[serde(skip)]
    pub weight: u128,
}

/// The result of one check.
#[derive(Clone, Debug)]
pub struct CheckResult {
    /// The check.
    pub check: Check,
    /// How many things it checked.
    pub evaluated: u64,
    /// How many of these were non-vacuous.
    pub non_vacuous: u64,
    /// How many did.
    pub broken: u64,
    /// The worst of them, worst first.
    pub worst: Vec<Violation>,
    /// Why not everything could be checked, if so: the first reason.
    pub unknown: Option<String>,
    keeps: usize,
}

impl CheckResult {
    /// A result without any data; keeps this many of the worst violations.
    pub fn new(check: Check, keeps: usize) -> CheckResult {
        CheckResult { check, evaluated: 0, non_vacuous: 0, broken: 0, worst: Vec::new(), unknown: None, keeps }
    }

    /// Counts one thing that was checked.
    pub fn count(&mut self, non_vacuous: bool) {
        self.evaluated += 1;
        self.non_vacuous += u64::from(non_vacuous);
    }

    /// Counts one violation. Its figures are built only if it is among the worst; of equally bad ones the first are
    /// kept.
    pub fn broke(&mut self, weight: u128, subject: &str, figures: impl FnOnce() -> Vec<Figure>) {
        self.broken += 1;
        let place = self.worst.partition_point(|kept| kept.weight >= weight);
        if place < self.keeps {
            self.worst.truncate(self.keeps - 1);
            self.worst.insert(place, Violation { subject: subject.to_owned(), figures: figures(), weight });
        }
    }

    /// Withdraws what was found: it was compared with nothing, or with too few rows.
    pub fn take_back(&mut self, why: &str) {
        *self = CheckResult { unknown: Some(why.to_owned()), ..CheckResult::new(self.check, self.keeps) };
    }

    /// Something could not be checked.
    pub fn cannot(&mut self, why: impl FnOnce() -> String) {
        if self.unknown.is_none() {
            self.unknown = Some(why());
        }
    }
}

/// A number with its name.
pub(crate) fn figure(name: impl Into<String>, value: impl ToString) -> Figure {
    Figure { name: name.into(), value: value.to_string() }
}
