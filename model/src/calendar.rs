//! The dates of each tenant, and when they change. Time zones are resolved when a scenario is read; here they are
//! dates.

use arrayvec::ArrayVec;
use serde::{Deserialize, Serialize};

use crate::day::Day;
use crate::design::Midnight;
use crate::policy::ResetTz;
use crate::row::Tenant;
use crate::store::postgres::MAX_TENANTS;

/// A tenant's time zone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Written")]
pub struct Zone {
    /// Its IANA name, such as `Europe/Berlin`.
    pub name: String,
    /// Its dates from the beginning of a run, one entry for each instant at which one of them changes; empty while only
    /// the name is known.
    pub dates: Vec<Turn>,
}

/// A zone as a scenario writes it, and as a capsule does.
#[derive(Deserialize)]
#[serde(untagged, expecting = "a time zone is written by its IANA name, such as \"Europe/Berlin\"")]
enum Written {
    Name(String),
    Resolved { name: String, dates: Vec<Turn> },
}

impl From<Written> for Zone {
    fn from(written: Written) -> Zone {
        match written {
            Written::Name(name) => Zone { name, dates: Vec::new() },
            Written::Resolved { name, dates } => Zone { name, dates },
        }
    }
}

/// A change of dates: the new ones, and when they begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Turn {
    /// The UTC date of the instant.
    pub utc: Day,
    /// The minute of the instant in that date.
    pub minute: u16,
    /// The local date from then on.
    pub local: Day,
    /// The date from then on, by the offset to UTC that was in force when the run began.
    pub by_offset: Day,
}

/// The dates of one tenant at one instant; all are the same if it has no zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dates {
    /// In UTC.
    pub utc: Day,
    /// In its zone.
    pub local: Day,
    /// By the offset to UTC that its zone had when the run began.
    pub by_offset: Day,
}

impl Dates {
    fn all(day: Day) -> Dates {
        Dates { utc: day, local: day, by_offset: day }
    }

    /// The date that a gateway uses.
    pub fn taken(&self, midnight: Midnight) -> Day {
        match midnight {
            Midnight::Utc => self.utc,
            Midnight::TenantZone => self.local,
            Midnight::FixedOffset => self.by_offset,
        }
    }

    /// The date whose window the policy means.
    pub fn declared(&self, policy: ResetTz) -> Day {
        match policy {
            ResetTz::Utc => self.utc,
            ResetTz::Tenant => self.local,
        }
    }
}

/// The instants at which a date of any tenant changes. The clock of a world is an index into it: 0 is 00:00 UTC of the
/// first day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Calendar {
    first: Day,
    /// Empty if no tenant has a zone: then only UTC's midnights count.
    turns: Vec<(Day, u16, ArrayVec<Dates, MAX_TENANTS>)>,
}

impl Calendar {
    /// Builds it from the zones of all accounts, in their order.
    ///
    /// # Errors
    /// The index of the account whose zone has no dates, or does not begin with the first day, or goes back in time.
    pub(crate) fn of(first: Day, zones: &[Option<&Zone>]) -> Result<Calendar, usize> {
        let at = |turn: &Turn| (turn.utc, turn.minute);
        let begins = |zone: &Zone| zone.dates.first().is_some_and(|turn| at(turn) == (first, 0));
        let is_wrong =
            |zone: &Option<&Zone>| zone.is_some_and(|zone| !begins(zone) || !zone.dates.is_sorted_by_key(at));
        if let Some(place) = zones.iter().position(is_wrong) {
            return Err(place);
        }
        let dates = |zone: &Option<&Zone>, now: (Day, u16)| {
            let last = zone.and_then(|zone| zone.dates.iter().rfind(|turn| at(turn) <= now));
            let utc = Dates::all(now.0);
            last.map_or(utc, |turn| Dates { local: turn.local, by_offset: turn.by_offset, ..utc })
        };
        // Nothing is known after the end of any zone's dates.
        let known = zones.iter().flatten().filter_map(|zone| zone.dates.last()).map(at).min();
        let every = zones.iter().flatten().flat_map(|zone| &zone.dates).map(at);
        let mut instants: Vec<(Day, u16)> = every.filter(|&instant| Some(instant) <= known).collect();
        instants.sort_unstable();
        instants.dedup();
        let turn = |now: (Day, u16)| (now.0, now.1, zones.iter().map(|zone| dates(zone, now)).collect());
        Ok(Calendar { first, turns: instants.into_iter().map(turn).collect() })
    }

    /// Whether there is such an index.
    pub fn has(&self, turn: u8) -> bool {
        self.turns.is_empty() || usize::from(turn) < self.turns.len()
    }

    /// The UTC date.
    pub fn utc(&self, turn: u8) -> Day {
        self.turns.get(usize::from(turn)).map_or(self.first.later(turn), |(day, ..)| *day)
    }

    /// The minute of the UTC date, if any tenant has a zone.
    pub fn minute(&self, turn: u8) -> Option<u16> {
        self.turns.get(usize::from(turn)).map(|(_, minute, _)| *minute)
    }

    /// The dates of a tenant.
    pub fn dates(&self, turn: u8, tenant: Tenant) -> Dates {
        let dates = self.turns.get(usize::from(turn)).and_then(|(.., dates)| dates.get(tenant.index()));
        dates.copied().unwrap_or(Dates::all(self.utc(turn)))
    }
}
