//! Time zones: turns IANA names into the dates of the first days of a run. The zone database is built in, so that a
//! scenario means the same everywhere.

use jiff::tz::{TimeZone, TimeZoneDatabase};
use jiff::{SignedDuration, Timestamp};
use model::calendar::Turn;
use model::day::Day;
use model::setup::Account;

/// A name that is not a time zone.
pub(super) struct UnknownZone(pub(super) String);

/// Fills in the dates of every zone for `changes` days, which cover that many changes of a date: each day has at least
/// one.
pub(super) fn resolve(accounts: &mut [Account], today: Day, changes: u8) -> Result<(), UnknownZone> {
    for zone in accounts.iter_mut().filter_map(|account| account.zone.as_mut()) {
        let unknown = || UnknownZone(zone.name.clone());
        let known = TimeZoneDatabase::bundled().get(&zone.name).map_err(|_| unknown())?;
        if known.iana_name() != Some(zone.name.as_str()) {
            return Err(unknown());
        }
        zone.dates = dates(&known, today, changes).ok_or_else(unknown)?;
    }
    Ok(())
}

/// The instants, to the minute, at which the UTC date, the local date or the date by the first offset changes.
fn dates(zone: &TimeZone, today: Day, days: u8) -> Option<Vec<Turn>> {
    let begin: Timestamp = format!("{today}T00:00Z").parse().ok()?;
    let first_offset = zone.to_offset(begin);
    let mut turns: Vec<Turn> = Vec::new();
    for minute in 0..=i64::from(days) * 24 * 60 {
        let now = begin + SignedDuration::from_mins(minute);
        let turn = Turn {
            utc: today.later((minute / (24 * 60)) as u8),
            minute: (minute % (24 * 60)) as u16,
            local: zone.to_datetime(now).date().to_string().parse().ok()?,
            by_offset: first_offset.to_datetime(now).date().to_string().parse().ok()?,
        };
        let dates = |turn: &Turn| (turn.utc, turn.local, turn.by_offset);
        if turns.last().map(dates) != Some(dates(&turn)) {
            turns.push(turn);
        }
    }
    Some(turns)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn turns(name: &str, today: &str, days: u8) -> Vec<String> {
        let zone = TimeZoneDatabase::bundled().get(name).unwrap();
        let written = |turn: Turn| {
            let Turn { utc, minute, local, by_offset } = turn;
            format!("{utc} {:02}:{:02} UTC: {local}, by offset {by_offset}", minute / 60, minute % 60)
        };
        dates(&zone, today.parse().unwrap(), days).unwrap().into_iter().map(written).collect()
    }

    #[test]
    fn a_date_changes_at_each_midnight_and_at_no_other_instant() {
        for (zone, today, days, expected) in [
            (
                "Europe/Berlin",
                "2026-03-28",
                2,
                &[
                    "2026-03-28 00:00 UTC: 2026-03-28, by offset 2026-03-28",
                    "2026-03-28 23:00 UTC: 2026-03-29, by offset 2026-03-29",
                    "2026-03-29 00:00 UTC: 2026-03-29, by offset 2026-03-29",
                    "2026-03-29 22:00 UTC: 2026-03-30, by offset 2026-03-29",
                    "2026-03-29 23:00 UTC: 2026-03-30, by offset 2026-03-30",
                    "2026-03-30 00:00 UTC: 2026-03-30, by offset 2026-03-30",
                ] as &[&str],
            ),
            (
                "Europe/Berlin",
                "2026-10-25",
                1,
                &[
                    "2026-10-25 00:00 UTC: 2026-10-25, by offset 2026-10-25",
                    "2026-10-25 22:00 UTC: 2026-10-25, by offset 2026-10-26",
                    "2026-10-25 23:00 UTC: 2026-10-26, by offset 2026-10-26",
                    "2026-10-26 00:00 UTC: 2026-10-26, by offset 2026-10-26",
                ],
            ),
            (
                "Asia/Tokyo",
                "2026-03-29",
                1,
                &[
                    "2026-03-29 00:00 UTC: 2026-03-29, by offset 2026-03-29",
                    "2026-03-29 15:00 UTC: 2026-03-30, by offset 2026-03-30",
                    "2026-03-30 00:00 UTC: 2026-03-30, by offset 2026-03-30",
                ],
            ),
            (
                "Asia/Kolkata",
                "2026-12-31",
                1,
                &[
                    "2026-12-31 00:00 UTC: 2026-12-31, by offset 2026-12-31",
                    "2026-12-31 18:30 UTC: 2027-01-01, by offset 2027-01-01",
                    "2027-01-01 00:00 UTC: 2027-01-01, by offset 2027-01-01",
                ],
            ),
            // West of UTC the run begins on the evening before. Here the clocks go forward exactly at midnight.
            (
                "America/Havana",
                "2026-03-08",
                1,
                &[
                    "2026-03-08 00:00 UTC: 2026-03-07, by offset 2026-03-07",
                    "2026-03-08 05:00 UTC: 2026-03-08, by offset 2026-03-08",
                    "2026-03-09 00:00 UTC: 2026-03-08, by offset 2026-03-08",
                ],
            ),
            ("Etc/UTC", "2026-01-15", 0, &["2026-01-15 00:00 UTC: 2026-01-15, by offset 2026-01-15"]),
        ] {
            assert_eq!(turns(zone, today, days), expected, "{zone} from {today} on");
        }
    }
}
