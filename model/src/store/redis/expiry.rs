//! How the entries of Redis disappear: by deadline, by eviction, by the loss of all data.

use arrayvec::ArrayVec;
use serde::{Deserialize, Serialize};

use crate::effect::Seconds;
use crate::row::{IdempotencyKey, Tenant};
use crate::store::postgres::MAX_TENANTS;
use crate::store::redis::{MAX_KEYS, Redis};

/// An entry that a server short of memory may evict. A warm-up lock is not among them: it lives for seconds, and a lock
/// evicted early is the same as one that expired.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Evicted {
    /// The idempotency key of a request.
    Key(IdempotencyKey),
    /// The quota hash of a tenant.
    Hash(Tenant),
    /// The cached principal of a tenant's key.
    Principal(Tenant),
    /// The budget counter of a tenant's key.
    Budget(Tenant),
}

/// The most that can be evictable at once.
pub const MAX_EVICTABLE: usize = MAX_KEYS + 3 * MAX_TENANTS;

impl Redis {
    /// The next instant at which something expires.
    pub fn next_deadline(&self) -> Option<Seconds> {
        let hashes = self.hashes.iter().flatten().filter_map(|hash| hash.deadline);
        let principals = self.principals.iter().flatten().map(|&(_, deadline)| deadline);
        let budgets = self.budgets.iter().flatten().filter_map(|&(_, deadline)| deadline);
        let locks = self.keys.iter().chain(&self.warming).flatten().copied();
        locks.chain(hashes).chain(principals).chain(budgets).min()
    }

    /// Lets time pass until the next deadline and removes what expires then.
    pub fn expire_next(&mut self) {
        let Some(now) = self.next_deadline() else { return };
        self.clock = now;
        self.take_away_what_expired();
    }

    fn take_away_what_expired(&mut self) {
        let now = self.clock;
        for lock in self.keys.iter_mut().chain(&mut self.warming) {
            *lock = lock.filter(|&deadline| deadline > now);
        }
        for hash in &mut self.hashes {
            *hash = hash.filter(|hash| hash.deadline.is_none_or(|deadline| deadline > now));
        }
        for principal in &mut self.principals {
            *principal = principal.filter(|&(_, deadline)| deadline > now);
        }
        for budget in &mut self.budgets {
            *budget = budget.filter(|(_, deadline)| deadline.is_none_or(|deadline| deadline > now));
        }
    }

    /// All data is lost, and the scripts with it (killed without persistence, FLUSHALL, failover to an empty replica).
    pub fn lose_everything(&mut self) {
        self.keys.iter_mut().chain(&mut self.warming).for_each(|lock| *lock = None);
        self.hashes.iter_mut().for_each(|hash| *hash = None);
        self.principals.iter_mut().for_each(|principal| *principal = None);
        self.budgets.iter_mut().for_each(|budget| *budget = None);
        self.flush_scripts();
    }

    /// Redis is killed and comes back with a snapshot (RDB): data and deadlines are those of the snapshot, what has
    /// expired since is absent, scripts are in no snapshot.
    pub fn go_back_to(&mut self, snapshot: &Redis) {
        *self = Redis { clock: self.clock, ..snapshot.clone() };
        self.take_away_what_expired();
        self.flush_scripts();
    }

    /// Whether the data differs from what would be there after [`Redis::go_back_to`].
    pub fn differs_from(&self, snapshot: &Redis) -> bool {
        let mut there = self.clone();
        there.go_back_to(snapshot);
        there.loaded = self.loaded;
        there != *self
    }

    /// The entries that could be evicted under maxmemory, in the order of [`Evicted`].
    pub fn evictable(&self) -> ArrayVec<Evicted, MAX_EVICTABLE> {
        let keys = there(&self.keys).map(|place| Evicted::Key(IdempotencyKey(place)));
        let hashes = there(&self.hashes).map(|place| Evicted::Hash(Tenant(place)));
        let principals = there(&self.principals).map(|place| Evicted::Principal(Tenant(place)));
        let budgets = there(&self.budgets).map(|place| Evicted::Budget(Tenant(place)));
        keys.chain(hashes).chain(principals).chain(budgets).collect()
    }

    /// The server evicts this (allkeys-lru, volatile-ttl); the clock does not move.
    pub fn evict(&mut self, which: Evicted) {
        match which {
            Evicted::Key(key) => self.keys[key.index()] = None,
            Evicted::Hash(tenant) => self.hashes[tenant.index()] = None,
            Evicted::Principal(tenant) => self.principals[tenant.index()] = None,
            Evicted::Budget(tenant) => self.budgets[tenant.index()] = None,
        }
    }
}

/// The indices of the places that hold something.
fn there<T>(places: &[Option<T>]) -> impl Iterator<Item = u8> {
    places.iter().enumerate().filter(|(_, held)| held.is_some()).map(|(place, _)| place as u8)
}
