//! A count of a quota row, and the day or month that it is for.

use model::invariant::Figure;
use model::shown::shown;
use sqlx::postgres::PgRow;

use crate::check::figure;
use crate::ledger::cursor::{bytes, integer, text};
use crate::ledger::entry::no_number;
use crate::numeric::{NoMoney, count};

/// A count and its window: the first instant of the window, and the first one after it.
#[derive(Clone, Debug, Default)]
pub struct Window {
    used: Option<i64>,
    from: Option<i64>,
    to: Option<i64>,
    /// Why it cannot be judged, if so.
    pub doubt: Option<String>,
    /// Charges that are surely in the window.
    surely: i64,
    /// Charges that are in it, or so close to its ends that they may count in it.
    perhaps: i64,
    /// Charges made after it.
    later: i64,
    /// All charges.
    charges: i64,
}

impl Window {
    /// Reads four columns starting at `column`; `names` are those of the count and of the date.
    pub fn read(row: &PgRow, column: usize, names: [&str; 2], tenant: &str) -> Result<Window, sqlx::Error> {
        let [used_of, reset_of] = names.map(|name| format!("{name} of {}", shown(tenant)));
        let used = bytes(row, column)?;
        let (used, no_count) = match count(used) {
            Ok(used) => (Some(used), None),
            Err(NoMoney::Null) => (None, None),
            Err(why) => (None, Some(no_number(&used_of, used, why))),
        };
        let no_date = text(row, column + 3)?.map(|date| format!("{reset_of} is {}", shown(date)));
        let (from, to) = (integer(row, column + 1)?, integer(row, column + 2)?);
        Ok(Window { used, from, to, doubt: no_count.or(no_date), ..Window::default() })
    }

    /// Adds a charge made at this time.
    pub fn charge(&mut self, at: i64, slack: i64) {
        self.charges += 1;
        let (Some(from), Some(to)) = (self.from, self.to) else { return };
        self.surely += i64::from(at >= from.saturating_add(slack) && at < to.saturating_sub(slack));
        self.perhaps += i64::from(at >= from.saturating_sub(slack) && at < to.saturating_add(slack));
        self.later += i64::from(at >= to.saturating_add(slack));
    }

    /// Whether it could be wrong.
    pub fn counts(&self) -> bool {
        self.charges > 0 || self.used.unwrap_or(0) != 0
    }

    /// A date that is null has no window, so it is a breach if there is a charge; so is a charge after the window.
    pub fn holds(&self) -> bool {
        let used = self.used.unwrap_or(0);
        match self.from {
            Some(_) => self.later == 0 && (self.surely..=self.perhaps).contains(&used),
            None => self.charges == 0,
        }
    }

    /// The error of the count.
    pub fn off(&self) -> u64 {
        let used = self.used.unwrap_or(0);
        used.abs_diff(used.clamp(self.surely, self.perhaps.max(self.surely))) + self.later.unsigned_abs()
    }

    /// Its numbers; `kind` is `daily`, `unit` is `day`.
    pub fn figures(&self, kind: &str, unit: &str) -> Vec<Figure> {
        let used = self.used.map_or_else(|| "null".to_owned(), |used| used.to_string());
        let mut figures = vec![figure(format!("{kind}_used"), used)];
        if self.from.is_none() {
            figures.push(figure(format!("{kind}_reset"), "null"));
            figures.push(figure("effective charges", self.charges));
            return figures;
        }
        let charges = if self.surely == self.perhaps {
            self.surely.to_string()
        } else {
            format!("{} to {}", self.surely, self.perhaps)
        };
        figures.push(figure(format!("charges of its {unit}"), charges));
        if self.later > 0 {
            figures.push(figure(format!("charges after its {unit}"), self.later));
        }
        figures
    }
}
