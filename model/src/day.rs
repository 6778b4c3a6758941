//! The day and the month of a quota window. A flow never reads a clock: the day is part of what it is asked.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A calendar day, as days since 1970-01-01; ends in 2149.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(u16);

/// A calendar month, as months since January 1970.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Month(u16);

/// A text that is no day.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no day: write one from 1970-01-01 to 2149-05-31 as 2026-01-31")]
pub struct NotADay(pub String);

/// Days in 400 years of the Gregorian calendar.
const DAYS_OF_400_YEARS: u32 = 146_097;
/// Days from 0000-03-01 to 1970-01-01.
const EPOCH: u32 = 719_468;

impl Day {
    /// So many days later, or earlier.
    pub fn shifted(self, days: i8) -> Day {
        Day(self.0.saturating_add_signed(i16::from(days)))
    }

    /// So many days after.
    pub fn later(self, days: u8) -> Day {
        Day(self.0.saturating_add(u16::from(days)))
    }

    /// The month it lies in.
    pub fn month(self) -> Month {
        let (year, month, _) = self.civil();
        Month((year - 1970) * 12 + month - 1)
    }

    /// Year, month and day of the month. Years are counted from March, so that the leap day comes last.
    fn civil(self) -> (u16, u16, u16) {
        let days = u32::from(self.0) + EPOCH;
        let (era, of_era) = (days / DAYS_OF_400_YEARS, days % DAYS_OF_400_YEARS);
        let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let from_march = (5 * of_year + 2) / 153;
        let day = of_year - (153 * from_march + 2) / 5 + 1;
        let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
        let year = year_of_era + era * 400 + u32::from(month <= 2);
        (year as u16, month as u16, day as u16)
    }
}

impl Month {
    /// Its first day.
    pub fn first_day(self) -> Day {
        let (year, month) = (u32::from(self.0) / 12 + 1970, u32::from(self.0) % 12 + 1);
        let year = year - u32::from(month <= 2);
        let (era, year_of_era) = (year / 400, year % 400);
        let of_year = (153 * (if month > 2 { month - 3 } else { month + 9 }) + 2) / 5;
        let of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + of_year;
        Day((era * DAYS_OF_400_YEARS + of_era - EPOCH) as u16)
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = self.civil();
        f.pad(&format!("{year:04}-{month:02}-{day:02}"))
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{:04}-{:02}", self.0 / 12 + 1970, self.0 % 12 + 1))
    }
}

impl FromStr for Day {
    type Err = NotADay;
    fn from_str(text: &str) -> Result<Day, NotADay> {
        let bad = || NotADay(text.to_owned());
        let month: Month = text.get(..7).and_then(|month| month.parse().ok()).ok_or_else(bad)?;
        let of_month: u16 = text.get(8..).and_then(|day| day.parse().ok()).ok_or_else(bad)?;
        let day = Day(month.first_day().0.checked_add(of_month.checked_sub(1).ok_or_else(bad)?).ok_or_else(bad)?);
        // What reads back as another text, such as 2026-02-30, was no day.
        if day.to_string() == text { Ok(day) } else { Err(bad()) }
    }
}

impl FromStr for Month {
    type Err = NotADay;
    fn from_str(text: &str) -> Result<Month, NotADay> {
        let bad = || NotADay(text.to_owned());
        let (year, month) = text.split_once('-').ok_or_else(bad)?;
        let (year, month): (u16, u16) = (year.parse().map_err(|_| bad())?, month.parse().map_err(|_| bad())?);
        if !(1970..2149).contains(&year) || !(1..=12).contains(&month) {
            return Err(bad());
        }
        Ok(Month((year - 1970) * 12 + month - 1))
    }
}

impl Serialize for Day {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Day {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Day, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

impl Serialize for Month {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Month {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Month, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_months_read_back_and_follow_each_other() {
        for (day, next, month) in [
            ("2026-01-31", "2026-02-01", "2026-01"),
            ("2028-02-28", "2028-02-29", "2028-02"),
            ("2100-02-28", "2100-03-01", "2100-02"),
            ("2026-12-31", "2027-01-01", "2026-12"),
            ("1970-01-01", "1970-01-02", "1970-01"),
        ] {
            let parsed: Day = day.parse().unwrap();
            assert_eq!((parsed.to_string(), parsed.later(1).to_string()), (day.to_owned(), next.to_owned()));
            assert_eq!(parsed.month().to_string(), month);
            assert_eq!(parsed.month().first_day().to_string(), format!("{month}-01"));
        }
        for bad in ["2026-02-30", "2026-13-01", "2026-1-1", "1969-12-31", "today", "2026-01-00", "2026-01-011"] {
            assert!(bad.parse::<Day>().is_err(), "{bad}");
        }
    }
}
