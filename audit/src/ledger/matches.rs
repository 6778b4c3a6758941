//! Whether the names of the mapping match any data. If nothing matches, the mapping is wrong or the named thing is not
//! in use, and a sum over nothing is not a breach.

use model::shown::shown;

use crate::check::CheckResult;
use crate::ledger::books::Books;
use crate::ledger::rows::ApiKey;
use crate::ledger::sources::Names;
use crate::mapping::{Mapping, Word};

/// Counts of things that should match each other.
#[derive(Debug, Default)]
pub struct Matches {
    /// Tenants with effective rows, and those of them that have a quota row.
    moved: u64,
    with_quota: u64,
    /// API keys, those that have something on record as spent, and those with usage.
    keys: u64,
    budgeted: u64,
    in_usage: u64,
    /// Effective rows, the charges among them, and the charges of a key that exists.
    effective: u64,
    charges: u64,
    of_keys: u64,
}

impl Matches {
    /// Adds a tenant after its rows.
    pub fn tenant(&mut self, books: &Books<'_>, with_quota: bool) {
        self.effective += books.effective;
        self.charges += books.charges;
        self.moved += u64::from(books.effective > 0);
        self.with_quota += u64::from(books.effective > 0 && with_quota);
    }

    /// Adds its keys, and the number of charges that belong to them.
    pub fn keys(&mut self, keys: &[ApiKey], charges: u64) {
        self.keys += keys.len() as u64;
        self.budgeted += keys.iter().filter(|key| key.budgeted).count() as u64;
        self.in_usage += keys.iter().filter(|key| key.in_usage).count() as u64;
        self.of_keys += charges;
    }

    /// Withdraws the results that are about no data.
    pub fn judge(
        &self,
        names: &Names,
        mapping: &Mapping,
        [conserve, count_exact, budget, usage]: [&mut CheckResult; 4],
    ) {
        let takes = words(&mapping.ledger.takes);
        let no_charge = format!("matches nothing: no effective row has a {} of ledger.takes, {takes}", names.kind);
        let no_quota = format!("matches nothing: no {} is one of {}", names.quota_tenant, names.tenant);
        let no_key = format!("matches nothing: no {} of a charge is one of {}", names.key, names.key_id);
        let no_budget = format!("matches nothing: no {} is of one of {}", names.budget_rows, names.key_id);
        let no_usage = format!("matches nothing: no row of {} is of one of {}", names.usage, names.key_id);
        if self.effective > 0 && self.charges == 0 {
            for result in [&mut *count_exact, &mut *budget, &mut *usage] {
                result.take_back(&no_charge);
            }
        }
        if self.moved > 0 && self.with_quota == 0 {
            conserve.take_back(&no_quota);
            count_exact.take_back(&no_quota);
        }
        if self.charges > 0 && self.keys > 0 && self.of_keys == 0 {
            budget.take_back(&no_key);
            usage.take_back(&no_key);
        }
        if self.keys > 0 && self.budgeted == 0 {
            budget.take_back(&no_budget);
        }
        if self.keys > 0 && self.in_usage == 0 {
            usage.take_back(&no_usage);
        }
    }
}

fn words(words: &[Word]) -> String {
    words.iter().map(|word| shown(&word.0)).collect::<Vec<_>>().join(", ")
}
