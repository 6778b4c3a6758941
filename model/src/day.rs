//! The day and the month of a quota window. A flow never reads a clock: the day is part of its input.

use std::fmt;
use std::ops::RangeInclusive;
use std::str::FromStr;

/// A calendar day, as days since 1970-01-01; the last one is 2149-06-06.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(u16);

/// A calendar month, as months since January 1970; the last one is that of the last day, 2149-06.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Month(u16);

/// A text that is not a day.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a day: write one from 1970-01-01 to 2149-06-06 as 2026-01-31")]
pub struct NotADay(pub String);

/// A text that is not a month.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a month: write one from 1970-01 to 2149-06 as 2026-01")]
pub struct NotAMonth(pub String);

/// Days in 400 years of the Gregorian calendar.
const DAYS_OF_400_YEARS: u32 = 146_097;
/// Days from 0000-03-01 to 1970-01-01.
const EPOCH: u32 = 719_468;

impl Day {
    /// The days that a run may begin on. At most three midnights pass, a zone's date is at most a day before or after
    /// UTC's, and a wrong clock adds one more day: a run can ask for two days before the first one and five after the
    /// last one.
    pub const FIRST_OF_A_RUN: RangeInclusive<Day> = Day(2)..=Day(u16::MAX - 6);

    /// The day this many days later or earlier, limited to the first and the last day.
    pub fn shifted(self, days: i8) -> Day {
        Day(self.0.saturating_add_signed(i16::from(days)))
    }

    /// The day this many days later, at most the last day.
    pub fn later(self, days: u8) -> Day {
        Day(self.0.saturating_add(u16::from(days)))
    }

    /// The month that contains it.
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
        // A text that prints differently, such as 2026-02-30, is not a day.
        if day.to_string() == text { Ok(day) } else { Err(bad()) }
    }
}

impl FromStr for Month {
    type Err = NotAMonth;
    fn from_str(text: &str) -> Result<Month, NotAMonth> {
        let bad = || NotAMonth(text.to_owned());
        let (year, of_year) = text.split_once('-').ok_or_else(bad)?;
        let (year, of_year): (u16, u16) = (year.parse().map_err(|_| bad())?, of_year.parse().map_err(|_| bad())?);
        let in_range = (1970..=2149).contains(&year) && (1..=12).contains(&of_year);
        let month = in_range.then(|| Month((year - 1970) * 12 + of_year - 1)).ok_or_else(bad)?;
        // A text that prints differently, such as 2026-1, is not a month.
        if month <= Day(u16::MAX).month() && month.to_string() == text { Ok(month) } else { Err(bad()) }
    }
}

as_text!(Day, Month);

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

    #[test]
    fn every_day_and_every_month_up_to_the_last_one_reads_back() {
        for day in (0..=u16::MAX).map(Day) {
            assert_eq!(day.to_string().parse(), Ok(day));
            let (month, first) = (day.month(), day.month().first_day());
            assert_eq!((month.to_string().parse(), first.month()), (Ok(month), month));
            assert!(first <= day && day.0 - first.0 < 31, "{day}");
        }
        let last: Day = "2149-06-06".parse().unwrap();
        assert_eq!((last, last.later(1), last.shifted(1)), (Day(u16::MAX), last, last));
        assert_eq!("1970-01-01".parse(), Ok(Day(0)));
        assert_eq!(("1970-01".parse(), "2149-06".parse()), (Ok(Month(0)), Ok(last.month())));
    }

    #[test]
    fn one_beyond_the_first_or_the_last_is_refused_with_all_that_is_valid() {
        for bad in ["1969-12-31", "2149-06-07", "2149-07-01", "2150-01-01"] {
            let error = bad.parse::<Day>().unwrap_err().to_string();
            assert_eq!(error, format!("`{bad}` is not a day: write one from 1970-01-01 to 2149-06-06 as 2026-01-31"));
        }
        for bad in ["1969-12", "2149-07", "2150-01", "2026-00", "2026-13", "2026-1", "2026"] {
            let error = bad.parse::<Month>().unwrap_err().to_string();
            assert_eq!(error, format!("`{bad}` is not a month: write one from 1970-01 to 2149-06 as 2026-01"));
        }
    }

    #[test]
    fn from_the_last_first_day_of_a_run_no_day_is_cut() {
        let (first, last) = Day::FIRST_OF_A_RUN.into_inner();
        assert_eq!((first.to_string(), last.to_string()), ("1970-01-03".to_owned(), "2149-05-31".to_owned()));
        assert_eq!(first.shifted(-2), Day(0));
        assert_eq!(last.later(3).later(1).shifted(1).to_string(), "2149-06-05");
    }
}
