//! One tenant's books: what its rows add up to, held against its quota row and its API keys.

use model::money::Money;
use sqlx::postgres::PgRow;

use crate::check::{Tally, figure};
use crate::ledger::cursor::{bytes, integer, text};
use crate::ledger::entry::{Doing, Entry};
use crate::numeric::{NoMoney, money};

/// A count and the window that it counts: its first instant, and the first one after it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Window {
    used: Option<i64>,
    from: Option<i64>,
    to: Option<i64>,
    /// Charges made in the window.
    surely: i64,
    /// Charges made in it, or so close to its ends that they may count in it.
    perhaps: i64,
    /// Charges made after it.
    later: i64,
    /// All charges.
    charges: i64,
}

impl Window {
    fn read(row: &PgRow, column: usize) -> Result<Window, sqlx::Error> {
        let (used, from, to) = (integer(row, column)?, integer(row, column + 1)?, integer(row, column + 2)?);
        Ok(Window { used, from, to, ..Window::default() })
    }

    fn charge(&mut self, at: i64, slack: i64) {
        self.charges += 1;
        let (Some(from), Some(to)) = (self.from, self.to) else { return };
        self.surely += i64::from(at >= from + slack && at < to - slack);
        self.perhaps += i64::from(at >= from - slack && at < to + slack);
        self.later += i64::from(at >= to + slack);
    }

    /// A date that is null counts no window, so that with a charge it is a breach; so is a charge after the window.
    fn holds(&self) -> bool {
        let used = self.used.unwrap_or(0);
        match self.from {
            Some(_) => self.later == 0 && (self.surely..=self.perhaps).contains(&used),
            None => self.charges == 0,
        }
    }

    /// How far it is off.
    fn off(&self) -> u64 {
        let used = self.used.unwrap_or(0);
        used.abs_diff(used.clamp(self.surely, self.perhaps.max(self.surely))) + self.later.unsigned_abs()
    }
}

/// A quota row.
#[derive(Clone, Copy, Debug)]
pub struct Quota {
    balance: Result<Money, NoMoney>,
    windows: [Window; 2],
}

impl Quota {
    /// Reads it.
    pub fn read(row: &PgRow) -> Result<Quota, sqlx::Error> {
        Ok(Quota { balance: money(bytes(row, 1)?), windows: [Window::read(row, 2)?, Window::read(row, 5)?] })
    }
}

/// A row of an API key, with what is on record of it.
#[derive(Clone, Debug)]
pub struct Key {
    id: String,
    used: Result<Money, NoMoney>,
    requests: Option<i64>,
    cost: Result<Money, NoMoney>,
}

impl Key {
    /// Reads it.
    pub fn read(row: &PgRow) -> Result<Key, sqlx::Error> {
        Ok(Key {
            id: text(row, 1)?.unwrap_or_default().to_owned(),
            used: money(bytes(row, 2)?),
            requests: integer(row, 3)?,
            cost: money(bytes(row, 4)?),
        })
    }
}

/// Effective charges of one key.
#[derive(Clone, Copy, Debug, Default)]
struct Spent {
    requests: i64,
    cost: Money,
}

/// The place of a key's sums.
fn spent_by<'s>(spent: &'s mut Vec<(String, Spent)>, key: &str) -> &'s mut Spent {
    let place = spent.binary_search_by(|(known, _)| known.as_str().cmp(key)).unwrap_or_else(|place| {
        spent.insert(place, (key.to_owned(), Spent::default()));
        place
    });
    &mut spent[place].1
}

/// The tallies that a pass fills; which of them may be filled is the caller's business.
pub struct Tallies<'t> {
    pub conserve: &'t mut Tally,
    pub budget: &'t mut Tally,
    pub usage: &'t mut Tally,
    pub count_exact: &'t mut Tally,
}

/// What the rows of one tenant add up to so far.
#[derive(Debug, Default)]
pub struct Books {
    opening: Option<Money>,
    effect: Money,
    effective: u64,
    /// Where the last effective row ended, and which it was.
    end: Option<(Money, String)>,
    /// By key, in the order of keys.
    spent: Vec<(String, Spent)>,
    /// Of rows that name no key.
    keyless: Spent,
    windows: Option<[Window; 2]>,
    /// Why the sums cannot be known.
    unsummed: Option<String>,
}

impl Books {
    /// Empty books, with the windows in which charges are counted.
    pub fn new(quota: Option<&Quota>) -> Books {
        Books { windows: quota.map(|quota| quota.windows), ..Books::default() }
    }

    /// Enters an effective row.
    pub fn enter(&mut self, tenant: &str, entry: &Entry<'_>, slack: i64, chain: &mut Tally) {
        let name = |what: &str, why: &dyn std::fmt::Display| format!("{what} of row {} of {tenant}: {why}", entry.row);
        let Some(effect) = entry.effect() else {
            let why = format!("row {} of {tenant} is a `{}`, which the mapping does not name", entry.row, entry.kind);
            chain.cannot(|| why.clone());
            self.unsummed.get_or_insert(why);
            return;
        };
        let effect = match effect {
            Ok(effect) => effect,
            Err(why) => {
                chain.cannot(|| name("amount", &why));
                self.unsummed.get_or_insert_with(|| name("amount", &why));
                return;
            }
        };
        self.follow(tenant, entry, effect, chain);
        if self.effective == 0 {
            match entry.before {
                Ok(before) => self.opening = Some(before),
                Err(why) => drop(self.unsummed.get_or_insert_with(|| name("balance_before", &why))),
            }
        }
        self.effective += 1;
        let too_much = || format!("the rows of {tenant} add up to more than 9 million million");
        match self.effect.checked_add(effect) {
            Some(sum) => self.effect = sum,
            None => drop(self.unsummed.get_or_insert_with(too_much)),
        }
        if entry.doing == Doing::Takes {
            if let (Some(windows), Some(at)) = (&mut self.windows, entry.at) {
                windows.iter_mut().for_each(|window| window.charge(at, slack));
            }
            let spent = match entry.key {
                None => &mut self.keyless,
                Some(key) => spent_by(&mut self.spent, key),
            };
            spent.requests += 1;
            match spent.cost.checked_add(-effect) {
                Some(sum) => spent.cost = sum,
                None => drop(self.unsummed.get_or_insert_with(too_much)),
            }
        }
    }

    /// Holds an effective row against the one before it.
    fn follow(&mut self, tenant: &str, entry: &Entry<'_>, effect: Money, chain: &mut Tally) {
        let (before, after) = match (entry.before, entry.after) {
            (Ok(before), Ok(after)) => (before, after),
            (Err(why), _) | (_, Err(why)) => {
                return chain.cannot(|| format!("balance of row {} of {tenant}: {why}", entry.row));
            }
        };
        chain.look(true);
        let gap = self.end.as_ref().map_or(0, |(end, _)| before.micros().abs_diff(end.micros()));
        // The sum of two amounts of money fits.
        let own = after.micros().abs_diff((before + effect).micros());
        if gap != 0 || own != 0 {
            let weight = u128::from(gap) + u128::from(own);
            chain.broke(weight, &format!("{tenant} row {}", entry.row), || {
                let end = self.end.as_ref();
                let end = end.map(|(end, row)| figure(format!("balance_after of the row before, {row}"), end));
                let own = [figure("balance_before", before), figure("effect", effect), figure("balance_after", after)];
                end.into_iter().chain(own).collect()
            });
        }
        match &mut self.end {
            Some((end, row)) => {
                *end = after;
                row.clear();
                row.push_str(entry.row);
            }
            None => self.end = Some((after, entry.row.to_owned())),
        }
    }

    /// All rows are in: judges the tenant.
    pub fn close(mut self, tenant: &str, quota: Option<&Quota>, keys: &[Key], tallies: &mut Tallies<'_>) {
        self.conserve(tenant, quota, tallies.conserve);
        self.counts(tenant, tallies.count_exact);
        if let [only] = keys {
            let keyless = std::mem::take(&mut self.keyless);
            let spent = spent_by(&mut self.spent, &only.id);
            spent.requests += keyless.requests;
            spent.cost = spent.cost.checked_add(keyless.cost).unwrap_or(spent.cost);
        }
        for key in keys {
            let spent = std::mem::take(spent_by(&mut self.spent, &key.id));
            self.spending(tenant, key, spent, tallies);
        }
        let strange =
            self.spent.iter().map(|(_, spent)| spent).chain([&self.keyless]).map(|spent| spent.requests).sum::<i64>();
        if strange > 0 {
            let why = || format!("{strange} effective charges of {tenant} are of no API key that is there");
            tallies.budget.cannot(why);
            tallies.usage.cannot(why);
        }
    }

    fn conserve(&self, tenant: &str, quota: Option<&Quota>, tally: &mut Tally) {
        tally.look(self.effective > 0);
        if let Some(why) = &self.unsummed {
            return tally.cannot(|| why.clone());
        }
        let Some(opening) = self.opening else { return };
        let Some(expected) = opening.checked_add(self.effect) else {
            return tally.cannot(|| format!("the rows of {tenant} add up to more than 9 million million"));
        };
        let sums = || {
            [
                figure("opening balance", opening),
                figure("effective rows", self.effect),
                figure("opening balance plus rows", expected),
            ]
        };
        match quota.map(|quota| quota.balance) {
            None => tally.broke(u128::from(expected.micros().unsigned_abs()), tenant, || {
                [figure("balance", "no row of the tenant")].into_iter().chain(sums()).collect()
            }),
            Some(Err(why)) => tally.cannot(|| format!("balance of {tenant}: {why}")),
            Some(Ok(balance)) if balance != expected => {
                let off = balance.micros().abs_diff(expected.micros());
                tally.broke(u128::from(off), tenant, || {
                    [figure("balance", balance)].into_iter().chain(sums()).collect()
                });
            }
            Some(Ok(_)) => {}
        }
    }

    fn counts(&self, tenant: &str, tally: &mut Tally) {
        let Some(windows) = &self.windows else { return };
        tally.look(windows.iter().any(|window| window.charges > 0 || window.used.unwrap_or(0) != 0));
        if windows.iter().all(Window::holds) {
            return;
        }
        let off = windows.iter().map(|window| u128::from(window.off())).max().unwrap_or(0);
        tally.broke(off, tenant, || {
            let mut figures = Vec::new();
            for (window, (kind, unit)) in windows.iter().zip([("daily", "day"), ("monthly", "month")]) {
                if window.holds() {
                    continue;
                }
                let used = window.used.map_or_else(|| "null".to_owned(), |used| used.to_string());
                figures.push(figure(format!("{kind}_used"), used));
                if window.from.is_none() {
                    figures.push(figure(format!("{kind}_reset"), "null"));
                    figures.push(figure("effective charges", window.charges));
                    continue;
                }
                let charges = if window.surely == window.perhaps {
                    window.surely.to_string()
                } else {
                    format!("{} to {}", window.surely, window.perhaps)
                };
                figures.push(figure(format!("charges of its {unit}"), charges));
                if window.later > 0 {
                    figures.push(figure(format!("charges after its {unit}"), window.later));
                }
            }
            figures
        });
    }

    fn spending(&self, tenant: &str, key: &Key, spent: Spent, tallies: &mut Tallies<'_>) {
        let subject = format!("key {} of {tenant}", key.id);
        if let Some(why) = &self.unsummed {
            tallies.budget.cannot(|| why.clone());
            tallies.usage.cannot(|| why.clone());
            return;
        }
        match key.used {
            Ok(used) => {
                tallies.budget.look(used != Money::ZERO || spent.cost != Money::ZERO);
                let off = used.micros().abs_diff(spent.cost.micros());
                if off != 0 {
                    tallies.budget.broke(u128::from(off), &subject, || {
                        vec![figure("on record as spent", used), figure("effective charges", spent.cost)]
                    });
                }
            }
            Err(why) => tallies.budget.cannot(|| format!("what is on record as spent of {subject}: {why}")),
        }
        match (key.requests, key.cost) {
            (Some(requests), Ok(cost)) => {
                let both = [requests, spent.requests, cost.micros(), spent.cost.micros()];
                tallies.usage.look(both.iter().any(|number| *number != 0));
                let off = u128::from(cost.micros().abs_diff(spent.cost.micros()));
                let off = off + u128::from(requests.abs_diff(spent.requests));
                if off != 0 {
                    tallies.usage.broke(off, &subject, || {
                        vec![
                            figure("requests in usage", requests),
                            figure("effective charges", spent.requests),
                            figure("cost in usage", cost),
                            figure("cost of the effective charges", spent.cost),
                        ]
                    });
                }
            }
            (None, Err(NoMoney::Null)) => tallies.usage.cannot(|| format!("usage of {subject}: null")),
            (_, Err(why)) => tallies.usage.cannot(|| format!("cost in usage of {subject}: {why}")),
            (None, Ok(_)) => tallies.usage.cannot(|| format!("requests in usage of {subject}: null")),
        }
    }
}
