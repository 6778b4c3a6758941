//! Reads Redis with SCAN, a page at a time, then watches what looked wrong.

use std::collections::BTreeMap;
use std::time::Duration;

use model::shown::shown;
use redis::aio::MultiplexedConnection;
use sqlx::PgConnection;

use crate::cache::key_state::{KeyState, read_keys, too_long};
use crate::cache::kinds::{Kind, Kinds, Named};
use crate::cache::watch::{Standing, Suspect, pause};
use crate::cache::wrong_values::{Judge, Wrong, Wrongs};
use crate::check::{Check, CheckResult, figure};
use crate::error::StoreError;

/// The number of keys in one page.
const PAGE: usize = 1_000;
/// The largest number of suspects: 10,000 keys take some megabytes.
const SUSPECTS: usize = 10_000;

/// Both servers, to be read only.
pub struct Stores<'c> {
    /// Outside any transaction: each statement has its own snapshot.
    pub postgres: &'c mut PgConnection,
    /// The connection to Redis.
    pub redis: &'c mut MultiplexedConnection,
}

/// The results of the checks of Redis.
#[derive(Debug)]
pub struct Cache<'m> {
    judge: Judge<'m>,
    kinds: Kinds,
    settle: Duration,
    key: CheckResult,
    converge: CheckResult,
    cache_form: CheckResult,
    suspects: BTreeMap<String, Suspect>,
    /// The number of suspects beyond the limit.
    left_out: BTreeMap<Check, u64>,
    /// Keys that match the mapping.
    pub keys: u64,
}

impl<'m> Cache<'m> {
    /// Results without any key. `bound` is how long a charge may be under way.
    pub fn new(
        fresh: &'m crate::cache::Fresh,
        mapping: &'m crate::mapping::Mapping,
        worst: usize,
        bound: Duration,
        settle: Duration,
    ) -> Cache<'m> {
        let bound = i64::try_from(bound.as_millis()).unwrap_or(i64::MAX);
        let result = |check| CheckResult::new(check, worst);
        let mut cache = Cache {
            judge: Judge { fresh, mapping, bound },
            kinds: Kinds::new(&mapping.redis),
            settle,
            key: result(Check::Key),
            converge: result(Check::Converge),
            cache_form: result(Check::CacheForm),
            suspects: BTreeMap::new(),
            left_out: BTreeMap::new(),
            keys: 0,
        };
        cache.say_what_is_missing();
        cache
    }

    /// Notes what cannot be checked, whatever Redis holds.
    fn say_what_is_missing(&mut self) {
        let none = |what: &str| format!("not there: the mapping says that there is no redis.{what}");
        if !self.kinds.has(Kind::Idempotency) {
            self.key.cannot(|| none("idempotency"));
        }
        if let Some(why) = self.judge.fresh.no_rows() {
            self.key.cannot(|| why.to_owned());
        }
        for (kind, what, hash) in
            [(Kind::Quota, "quota", &self.judge.fresh.quota), (Kind::ApiKey, "key", &self.judge.fresh.api_key)]
        {
            if let (true, Some(why)) = (self.kinds.has(kind), hash.missing()) {
                self.converge.cannot(|| why.to_owned());
            }
            if kind == Kind::Quota && !self.kinds.has(kind) {
                self.converge.cannot(|| none(what));
                self.cache_form.cannot(|| none(what));
            }
        }
    }

    /// Something prevents every check of Redis.
    pub fn cannot(&mut self, why: &str) {
        for result in [&mut self.key, &mut self.converge, &mut self.cache_form] {
            result.cannot(|| why.to_owned());
        }
    }

    /// All results, in the order of reports.
    pub fn results(self) -> [CheckResult; 3] {
        [self.key, self.converge, self.cache_form]
    }

    /// Reads every key, then watches the suspects.
    ///
    /// # Errors
    /// An error of a server; what was checked before it is in the results.
    pub async fn run(&mut self, stores: &mut Stores<'_>) -> Result<(), StoreError> {
        let pattern = self.kinds.pattern();
        let mut cursor = 0_u64;
        loop {
            let mut scan = redis::cmd("SCAN");
            scan.arg(cursor).arg("MATCH").arg(&pattern).arg("COUNT").arg(PAGE);
            let (next, page): (u64, Vec<Vec<u8>>) = scan.query_async(stores.redis).await?;
            let named: Vec<Named> = page.into_iter().filter_map(|key| self.kinds.name(key)).collect();
            for part in named.chunks(PAGE) {
                self.page(stores, part).await?;
            }
            cursor = next;
            if cursor == 0 {
                break;
            }
        }
        self.watch(stores).await
    }

    async fn page(&mut self, stores: &mut Stores<'_>, page: &[Named]) -> Result<(), StoreError> {
        let looked = self.look(stores, &page.iter().collect::<Vec<_>>()).await?;
        for (named, (state, wrongs)) in page.iter().zip(looked) {
            let Some(state) = state else { continue };
            self.count(named, &state);
            if wrongs.is_empty() {
                continue;
            }
            // SCAN may return a key twice.
            if self.suspects.len() < SUSPECTS || self.suspects.contains_key(&named.key) {
                self.suspects.entry(named.key.clone()).or_insert_with(|| Suspect::new(named.clone(), wrongs));
            } else {
                let checks: std::collections::BTreeSet<Check> = wrongs.keys().map(|wrong| wrong.check).collect();
                checks.into_iter().for_each(|check| *self.left_out.entry(check).or_default() += 1);
            }
        }
        Ok(())
    }

    fn count(&mut self, named: &Named, state: &KeyState) {
        self.keys += 1;
        let fresh = self.judge.fresh;
        if named.kind == Kind::Idempotency {
            self.key.count(true);
            if self.judge.age(state).is_some_and(|age| age < 0) {
                let ttl = self.judge.mapping.redis.idempotency_ttl;
                let why = || {
                    format!(
                        "{} lives for more than the {ttl} s of redis.idempotency_ttl: its age is not known",
                        shown(&named.key)
                    )
                };
                self.key.cannot(why);
            }
        } else {
            self.cache_form.count(true);
        }
        if named.kind.is_hash() {
            self.converge.count(true);
        }
        if let Some((place, bytes)) = state.too_long() {
            let of_kind = if named.kind == Kind::ApiKey { &fresh.api_key } else { &fresh.quota };
            let field = of_kind.fields.get(place).map_or("a field", |field| &field.name);
            let why = || too_long(&shown(&named.key), field, bytes);
            self.converge.cannot(why);
            self.cache_form.cannot(why);
        }
    }

    /// The content of these keys and what is wrong with them: only what is wrong against the state of the database both
    /// before and after.
    async fn look(
        &self,
        stores: &mut Stores<'_>,
        keys: &[&Named],
    ) -> Result<Vec<(Option<KeyState>, Wrongs)>, StoreError> {
        let fresh = self.judge.fresh;
        let before = fresh.ask(stores.postgres, keys).await?;
        let state = read_keys(stores.redis, keys, &fresh.quota, &fresh.api_key).await?;
        let after = fresh.ask(stores.postgres, keys).await?;
        let judged = keys.iter().zip(state).map(|(named, state)| {
            let wrongs = state.as_ref().map_or_else(Wrongs::new, |state| {
                let first = self.judge.wrongs(named, state, &before);
                let last = self.judge.wrongs(named, state, &after);
                last.into_iter().filter(|(wrong, _)| first.contains_key(wrong)).collect()
            });
            (state, wrongs)
        });
        Ok(judged.collect())
    }

    async fn watch(&mut self, stores: &mut Stores<'_>) -> Result<(), StoreError> {
        let mut open: Vec<Suspect> = std::mem::take(&mut self.suspects).into_values().collect();
        let (mut watched, mut looks) = (Duration::ZERO, 0);
        let mut moving: BTreeMap<Check, (u64, String)> = BTreeMap::new();
        while !open.is_empty() {
            let pause = pause(looks);
            tokio::time::sleep(pause).await;
            (watched, looks) = (watched + pause, looks + 1);
            let mut still = Vec::new();
            for mut part in chunks(open) {
                let names: Vec<&Named> = part.iter().map(|suspect| &suspect.named).collect();
                let looked = self.look(stores, &names).await?;
                for (mut suspect, (_, wrongs)) in part.drain(..).zip(looked) {
                    match suspect.look(wrongs, pause, watched, self.settle) {
                        Standing::Cleared => {}
                        Standing::Open => still.push(suspect),
                        Standing::Stays => self.report(&suspect),
                        Standing::Moves => {
                            let checks: Vec<Check> = suspect.wrongs.keys().map(|wrong| wrong.check).collect();
                            for check in checks {
                                moving.entry(check).or_insert((0, suspect.named.key.clone())).0 += 1;
                            }
                        }
                    }
                }
            }
            open = still;
        }
        for (check, (_, key)) in moving {
            self.result(check)
                .cannot(|| format!("{} was wrong each time it was read, and each time otherwise", shown(&key)));
        }
        for (check, count) in std::mem::take(&mut self.left_out) {
            self.result(check).cannot(|| format!("{count} more suspects than the {SUSPECTS} that are read again"));
        }
        Ok(())
    }

    fn result(&mut self, check: Check) -> &mut CheckResult {
        match check {
            Check::Key => &mut self.key,
            Check::CacheForm => &mut self.cache_form,
            _ => &mut self.converge,
        }
    }

    /// Reports a suspect whose wrong values stayed the same.
    fn report(&mut self, suspect: &Suspect) {
        let subject = format!("{} {}", suspect.named.kind.words(), suspect.named.key);
        for check in [Check::Key, Check::Converge, Check::CacheForm] {
            let wrongs: Vec<(&Wrong, &Option<String>)> =
                suspect.wrongs.iter().filter(|(wrong, _)| wrong.check == check).collect();
            if wrongs.is_empty() {
                continue;
            }
            let figures = || {
                let both = wrongs.iter().flat_map(|(wrong, real)| {
                    // A value that has no counterpart in the database is described by itself.
                    let cached = match real {
                        Some(_) => format!("{} in redis", wrong.what),
                        None => wrong.what.clone(),
                    };
                    let real = real.as_ref().map(|real| match check {
                        Check::Converge => figure(format!("{} in postgres", wrong.what), real),
                        _ => figure(format!("{} expected", wrong.what), real),
                    });
                    [Some(figure(cached, &wrong.value)), real]
                });
                both.flatten().collect()
            };
            self.result(check).broke(Judge::weight(&wrongs), &subject, figures);
        }
    }
}

/// Suspects in portions that are read together.
fn chunks(mut open: Vec<Suspect>) -> Vec<Vec<Suspect>> {
    let mut parts = Vec::new();
    while !open.is_empty() {
        let rest = open.split_off(open.len().min(PAGE));
        parts.push(std::mem::replace(&mut open, rest));
    }
    parts
}
