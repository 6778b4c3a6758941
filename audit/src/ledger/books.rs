//! One tenant's books: the sums of its rows, compared with its quota row and its API keys. A value that cannot be read
//! prevents only the checks that need it.

use model::money::Money;
use model::shown::shown;

use crate::check::{CheckResult, figure};
use crate::ledger::entry::{Doing, Entry};
use crate::ledger::rows::{ApiKey, Quota};
use crate::ledger::sources::Names;
use crate::ledger::window::Window;

/// Effective charges of one key.
#[derive(Clone, Copy, Debug, Default)]
struct Spent {
    requests: i64,
    cost: Money,
}

/// The sums of a key.
fn spent_by<'s>(spent: &'s mut Vec<(String, Spent)>, key: &str) -> &'s mut Spent {
    let place = spent.binary_search_by(|(known, _)| known.as_str().cmp(key)).unwrap_or_else(|place| {
        spent.insert(place, (key.to_owned(), Spent::default()));
        place
    });
    &mut spent[place].1
}

/// The results that the end of a tenant updates; `None` where the table to compare with is not read.
pub struct TenantChecks<'t> {
    pub conserve: Option<&'t mut CheckResult>,
    pub budget: &'t mut CheckResult,
    pub usage: &'t mut CheckResult,
    pub count_exact: &'t mut CheckResult,
}

/// The sums of one tenant's rows so far.
#[derive(Debug)]
pub struct Books<'n> {
    names: &'n Names,
    tenant: &'n str,
    slack: i64,
    opening: Option<Money>,
    effect: Money,
    /// The number of rows that count.
    pub effective: u64,
    /// The number of charges that count.
    pub charges: u64,
    /// The balance after the last effective row, and the name of that row, if both are known.
    end: Option<(Money, String)>,
    /// By key, in the order of keys.
    spent: Vec<(String, Spent)>,
    /// The sums of rows that name no key, and the first of these rows.
    keyless: Spent,
    keyless_row: Option<String>,
    windows: Option<[Window; 2]>,
    /// Why the sum of all rows, the sum of the charges and their number are not known, each if so.
    unsummed: Option<String>,
    unspent: Option<String>,
    uncounted: Option<String>,
}

impl<'n> Books<'n> {
    /// Empty books, with the windows in which charges are counted.
    pub fn new(names: &'n Names, tenant: &'n str, quota: Option<&Quota>, slack: i64) -> Books<'n> {
        Books {
            names,
            tenant,
            slack,
            opening: None,
            effect: Money::ZERO,
            effective: 0,
            charges: 0,
            end: None,
            spent: Vec::new(),
            keyless: Spent::default(),
            keyless_row: None,
            windows: quota.map(|quota| quota.windows.clone()),
            unsummed: None,
            unspent: None,
            uncounted: None,
        }
    }

    /// Records a row that may count: everything that it contributes to is unknown.
    pub fn doubt(&mut self, entry: &Entry<'_>, why: &str, chain: &mut CheckResult) {
        chain.cannot(|| why.to_owned());
        self.end = None;
        self.unsummed.get_or_insert_with(|| why.to_owned());
        if entry.may_take() {
            self.unspent.get_or_insert_with(|| why.to_owned());
            self.uncounted.get_or_insert_with(|| why.to_owned());
        }
    }

    /// Adds an effective row.
    pub fn enter(&mut self, entry: &Entry<'_>, chain: &mut CheckResult) {
        if entry.doing == Doing::Unnamed {
            self.effective += 1;
            return self.doubt(entry, &entry.no_kind(self.names, self.tenant), chain);
        }
        if entry.unplaced {
            let why = || format!("{} is null", entry.of(&format!("ledger.order, {},", self.names.order), self.tenant));
            chain.cannot(why);
            self.unsummed.get_or_insert_with(why);
        }
        let effect = entry.effect(self.names, self.tenant);
        self.follow(entry, &effect, chain);
        if self.effective == 0 {
            match entry.before.or_why(|| entry.of(&self.names.before, self.tenant)) {
                Ok(before) => self.opening = Some(before),
                Err(why) => drop(self.unsummed.get_or_insert(why)),
            }
        }
        self.effective += 1;
        match &effect {
            Ok(effect) => match self.effect.checked_add(*effect) {
                Some(sum) => self.effect = sum,
                None => drop(self.unsummed.get_or_insert_with(|| too_much(self.tenant))),
            },
            Err(why) => drop(self.unsummed.get_or_insert_with(|| why.clone())),
        }
        if entry.doing == Doing::Takes {
            self.charge(entry, effect);
        }
    }

    fn charge(&mut self, entry: &Entry<'_>, effect: Result<Money, String>) {
        self.charges += 1;
        match (&mut self.windows, entry.at) {
            (Some(windows), Some(at)) => windows.iter_mut().for_each(|window| window.charge(at, self.slack)),
            (_, Some(_)) => {}
            (_, None) => drop(self.uncounted.get_or_insert_with(|| entry.no_time(self.names, self.tenant))),
        }
        let spent = match entry.key {
            None => {
                self.keyless_row.get_or_insert_with(|| entry.of(&self.names.key, self.tenant));
                &mut self.keyless
            }
            Some(key) => spent_by(&mut self.spent, key),
        };
        spent.requests += 1;
        let sum = effect.and_then(|effect| spent.cost.checked_add(-effect).ok_or_else(|| too_much(self.tenant)));
        match sum {
            Ok(sum) => spent.cost = sum,
            Err(why) => drop(self.unspent.get_or_insert(why)),
        }
    }

    /// Compares an effective row with the one before it.
    fn follow(&mut self, entry: &Entry<'_>, effect: &Result<Money, String>, chain: &mut CheckResult) {
        let (names, tenant) = (self.names, self.tenant);
        let after = entry.after.or_why(|| entry.of(&names.after, tenant));
        let known = entry.before.or_why(|| entry.of(&names.before, tenant)).and_then(|before| {
            let after = after.clone()?;
            Ok((before, effect.clone()?, after))
        });
        match known {
            Ok((before, effect, after)) => self.link(entry, before, effect, after, chain),
            Err(why) => chain.cannot(|| why),
        }
        // Nothing is compared with a row whose final balance or place is not known.
        self.end = match (after, &mut self.end) {
            (Ok(after), Some((_, row))) if !entry.unplaced => {
                let mut row = std::mem::take(row);
                row.clear();
                row.push_str(entry.row);
                Some((after, row))
            }
            (Ok(after), None) if !entry.unplaced => Some((after, entry.row.to_owned())),
            _ => None,
        };
    }

    fn link(&self, entry: &Entry<'_>, before: Money, effect: Money, after: Money, chain: &mut CheckResult) {
        chain.count(true);
        let end = self.end.as_ref().filter(|_| !entry.unplaced);
        let gap = end.map_or(0, |(end, _)| before.micros().abs_diff(end.micros()));
        // The sum of two amounts of money does not overflow.
        let own = after.micros().abs_diff((before + effect).micros());
        if gap != 0 || own != 0 {
            let weight = u128::from(gap) + u128::from(own);
            chain.broke(weight, &format!("{} row {}", self.tenant, entry.row), || {
                let end = end.map(|(end, row)| figure(format!("balance_after of the row before, {row}"), end));
                let own = [figure("balance_before", before), figure("effect", effect), figure("balance_after", after)];
                end.into_iter().chain(own).collect()
            });
        }
    }

    /// Judges the tenant after all its rows. Returns how many charges belong to a key that exists.
    pub fn close(mut self, quota: Option<&Quota>, keys: Option<&[ApiKey]>, results: &mut TenantChecks<'_>) -> u64 {
        if let Some(conserve) = &mut results.conserve {
            self.conserve(quota, conserve);
            self.counts(results.count_exact);
        }
        let Some(keys) = keys else { return 0 };
        if let (Some(row), 2..) = (self.keyless_row.take(), keys.len()) {
            let (tenant, several) = (shown(self.tenant), keys.len());
            self.unspent.get_or_insert_with(|| format!("{row} is null, and {tenant} has {several} API keys"));
        }
        if let [only] = keys {
            let keyless = std::mem::take(&mut self.keyless);
            let spent = spent_by(&mut self.spent, &only.id);
            spent.requests += keyless.requests;
            match spent.cost.checked_add(keyless.cost) {
                Some(sum) => spent.cost = sum,
                None => drop(self.unspent.get_or_insert_with(|| too_much(self.tenant))),
            }
        }
        let mut known = 0;
        for key in keys {
            let spent = std::mem::take(spent_by(&mut self.spent, &key.id));
            known += spent.requests.unsigned_abs();
            self.spending(key, spent, results);
        }
        let strange =
            self.spent.iter().map(|(_, spent)| spent).chain([&self.keyless]).map(|spent| spent.requests).sum::<i64>();
        if strange > 0 {
            let tenant = shown(self.tenant);
            let why = || format!("{strange} effective charges of {tenant} are of no API key that is there");
            results.budget.cannot(why);
            results.usage.cannot(why);
        }
        known
    }

    fn conserve(&self, quota: Option<&Quota>, result: &mut CheckResult) {
        result.count(self.effective > 0);
        if let Some(why) = &self.unsummed {
            return result.cannot(|| why.clone());
        }
        let Some(opening) = self.opening else { return };
        let Some(expected) = opening.checked_add(self.effect) else { return result.cannot(|| too_much(self.tenant)) };
        let sums = || {
            [
                figure("opening balance", opening),
                figure("effective rows", self.effect),
                figure("opening balance plus rows", expected),
            ]
        };
        match quota.map(|quota| &quota.balance) {
            None => result.broke(u128::from(expected.micros().unsigned_abs()), self.tenant, || {
                [figure("balance", "no row of the tenant")].into_iter().chain(sums()).collect()
            }),
            Some(Err(why)) => result.cannot(|| why.clone()),
            Some(Ok(balance)) if *balance != expected => {
                let off = balance.micros().abs_diff(expected.micros());
                result.broke(u128::from(off), self.tenant, || {
                    [figure("balance", balance)].into_iter().chain(sums()).collect()
                });
            }
            Some(Ok(_)) => {}
        }
    }

    fn counts(&self, result: &mut CheckResult) {
        let Some(windows) = &self.windows else { return };
        result.count(windows.iter().any(Window::counts));
        if let Some(why) = &self.uncounted {
            return result.cannot(|| why.clone());
        }
        if let Some(why) = windows.iter().find_map(|window| window.doubt.as_ref()) {
            result.cannot(|| why.clone());
        }
        let named = windows.iter().zip([("daily", "day"), ("monthly", "month")]);
        let wrong: Vec<_> = named.filter(|(window, _)| window.doubt.is_none() && !window.holds()).collect();
        if let Some(off) = wrong.iter().map(|(window, _)| u128::from(window.off())).max() {
            result.broke(off, self.tenant, || {
                wrong.iter().flat_map(|(window, (kind, unit))| window.figures(kind, unit)).collect()
            });
        }
    }

    fn spending(&self, key: &ApiKey, spent: Spent, results: &mut TenantChecks<'_>) {
        let subject = format!("key {} of {}", key.id, self.tenant);
        if let Some(why) = &self.unspent {
            results.budget.cannot(|| why.clone());
            results.usage.cannot(|| why.clone());
            return;
        }
        match &key.used {
            Ok(used) => {
                results.budget.count(*used != Money::ZERO || spent.cost != Money::ZERO);
                let off = used.micros().abs_diff(spent.cost.micros());
                if off != 0 {
                    results.budget.broke(u128::from(off), &subject, || {
                        vec![figure("on record as spent", used), figure("effective charges", spent.cost)]
                    });
                }
            }
            // A key without a limit need not have a record before it spends something.
            Err(_) if !key.budgeted && spent.requests == 0 => results.budget.count(false),
            Err(why) => results.budget.cannot(|| why.clone()),
        }
        match &key.usage {
            Ok((requests, cost)) => {
                let both = [*requests, spent.requests, cost.micros(), spent.cost.micros()];
                results.usage.count(both.iter().any(|number| *number != 0));
                let off = u128::from(cost.micros().abs_diff(spent.cost.micros()));
                let off = off + u128::from(requests.abs_diff(spent.requests));
                if off != 0 {
                    results.usage.broke(off, &subject, || {
                        vec![
                            figure("requests in usage", requests),
                            figure("effective charges", spent.requests),
                            figure("cost in usage", cost),
                            figure("cost of the effective charges", spent.cost),
                        ]
                    });
                }
            }
            Err(why) => results.usage.cannot(|| why.clone()),
        }
    }
}

fn too_much(tenant: &str) -> String {
    format!("the rows of {} add up to more than 9 million million", shown(tenant))
}
