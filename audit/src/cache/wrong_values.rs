//! The wrong values of one key, compared with the state of the database at that time.

use std::collections::BTreeMap;

use model::money::Money;

use crate::cache::database_side::{DatabaseSide, Fresh};
use crate::cache::fields::Hash;
use crate::cache::key_state::{Content, KeyState};
use crate::cache::kinds::{Kind, Named};
use crate::check::Check;
use crate::mapping::{Mapping, Word};

/// An idempotency key with at most this time to live is a lease (KEY of the invariants: a lease of seconds).
const LEASE: i64 = 60_000;

/// One wrong value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Wrong {
    /// The check that it breaks.
    pub check: Check,
    /// What is wrong.
    pub what: String,
    /// Its value in Redis.
    pub value: String,
}

/// Wrong values, each with the value of the database, if it has one.
pub type Wrongs = BTreeMap<Wrong, Option<String>>;

/// The data for the judgement.
#[derive(Debug)]
pub struct Judge<'m> {
    /// The fields of the hashes.
    pub fresh: &'m Fresh,
    /// The mapping.
    pub mapping: &'m Mapping,
    /// How long a charge may be under way, in milliseconds.
    pub bound: i64,
}

impl Judge<'_> {
    /// The wrong values of a key.
    pub fn wrongs(&self, named: &Named, state: &KeyState, database: &DatabaseSide) -> Wrongs {
        let mut wrongs = Wrongs::new();
        if state.lives.is_none() {
            let check = if named.kind == Kind::Idempotency { Check::Key } else { Check::CacheForm };
            add(&mut wrongs, check, "time to live", "none", None);
        }
        match named.kind {
            Kind::Quota => self.hash(&self.fresh.quota, named, state, &database.quotas, &mut wrongs),
            Kind::ApiKey => self.hash(&self.fresh.api_key, named, state, &database.api_keys, &mut wrongs),
            Kind::Idempotency if self.unexplained(state) => self.charged(named, database, &mut wrongs),
            Kind::Idempotency | Kind::Warming | Kind::Counter | Kind::Principal => {}
        }
        wrongs
    }

    fn hash(
        &self,
        hash: &Hash,
        named: &Named,
        state: &KeyState,
        rows: &BTreeMap<String, Vec<Option<String>>>,
        wrongs: &mut Wrongs,
    ) {
        if state.holds != "hash" {
            return add(wrongs, Check::CacheForm, "type", &state.holds, Some("hash"));
        }
        let row = named.parts.first().and_then(|parts| parts.first()).and_then(|name| rows.get(name));
        let comparable = hash.missing().is_none();
        if row.is_none() && comparable {
            add(wrongs, Check::Converge, "row in the database", "none", None);
        }
        for (place, field) in hash.fields.iter().enumerate() {
            let text = match state.fields.get(place) {
                Some(Content::Text(text)) => text,
                Some(Content::TooLong(_)) => continue,
                Some(Content::Missing) | None => {
                    add(wrongs, Check::CacheForm, &field.name, "missing", None);
                    continue;
                }
            };
            if !field.value.readable(text) {
                add(wrongs, Check::CacheForm, &field.name, &format!("`{text}`, unreadable"), None);
            }
            let Some(row) = row.filter(|_| comparable) else { continue };
            let real = row.get(place).and_then(Option::as_deref).unwrap_or_default();
            let real = field.value.plain(real).unwrap_or_else(|| real.to_owned());
            let cached = field.value.plain(text).unwrap_or_else(|| text.clone());
            if cached != real {
                add(wrongs, Check::Converge, &field.name, &cached, Some(&real));
            }
        }
    }

    /// The age of an idempotency key in milliseconds; negative if its time to live is longer than any should be.
    pub fn age(&self, state: &KeyState) -> Option<i64> {
        state.lives.map(|lives| i64::from(self.mapping.redis.idempotency_ttl) * 1_000 - lives)
    }

    /// Whether an idempotency key is too old for a charge under way and lives too long for a lease.
    fn unexplained(&self, state: &KeyState) -> bool {
        match (state.lives, self.age(state)) {
            (Some(lives), Some(age)) => lives > LEASE && age > self.bound,
            _ => true,
        }
    }

    fn charged(&self, named: &Named, database: &DatabaseSide, wrongs: &mut Wrongs) {
        let rows = named.parts.iter().filter_map(|parts| {
            let (tenant, trace) = (parts.first()?, parts.last()?);
            database.charges.get(&(trace.clone(), tenant.clone()))
        });
        let statuses: Vec<&String> = rows.flatten().collect();
        let effective = |status: &&&String| self.mapping.ledger.effective.contains(&Word((**status).clone()));
        if statuses.iter().any(|status| effective(&status)) {
            return;
        }
        let found = statuses.first().map_or("none", |status| status.as_str());
        add(wrongs, Check::Key, "ledger row", found, None);
    }

    /// The weight of wrong values: the error of a balance in micro-units, or the number of wrong values.
    pub fn weight(wrongs: &[(&Wrong, &Option<String>)]) -> u128 {
        let off = wrongs.iter().filter_map(|(wrong, real)| {
            let (cached, real) = (wrong.value.parse::<Money>().ok()?, real.as_ref()?.parse::<Money>().ok()?);
            Some(u128::from(cached.micros().abs_diff(real.micros())))
        });
        off.max().unwrap_or(0) + wrongs.len() as u128
    }
}

fn add(wrongs: &mut Wrongs, check: Check, what: &str, value: &str, real: Option<&str>) {
    let wrong = Wrong { check, what: what.to_owned(), value: value.to_owned() };
    wrongs.insert(wrong, real.map(str::to_owned));
}
