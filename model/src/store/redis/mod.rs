//! The Redis model: idempotency keys, quota hashes, cached principals, budget counters and warm-up locks, with
//! deadlines on a clock of whole seconds. A key expires exactly at its deadline.

mod expiry;
mod hash;
mod loaded;
mod script;

use arrayvec::ArrayVec;

use crate::design::Scripts;
use crate::effect::{Increment, PRINCIPAL_TTL, RedisOp, Script, Seconds};
use crate::reply::{Failure, Reply};
use crate::row::{IdempotencyKey, KeyRow, Tenant};
use crate::store::postgres::MAX_TENANTS;

pub use expiry::{Evicted, MAX_EVICTABLE};
pub use hash::Hash;

use loaded::Loaded;

/// The most logical requests a world holds.
pub const MAX_REQUESTS: usize = 4;
/// The most idempotency keys a world holds.
pub const MAX_KEYS: usize = 14;

/// The state of the modelled server. Every deadline is an instant on its clock.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Redis {
    clock: Seconds,
    keys: ArrayVec<Option<Seconds>, MAX_KEYS>,
    hashes: ArrayVec<Option<Hash>, MAX_TENANTS>,
    principals: ArrayVec<Option<(KeyRow, Seconds)>, MAX_TENANTS>,
    budgets: ArrayVec<Option<(i64, Option<Seconds>)>, MAX_TENANTS>,
    warming: ArrayVec<Option<Seconds>, MAX_TENANTS>,
    loaded: Loaded,
}

impl Redis {
    /// A server at time 0 with one entry of `hashes` per tenant, and with the principals given, just cached. There is
    /// no idempotency key, no budget counter and no warm-up lock; every script is loaded.
    pub fn new(keys: usize, hashes: &[Option<Hash>], principals: &[Option<KeyRow>]) -> Redis {
        let cached = |key: Option<KeyRow>| key.map(|key| (key, PRINCIPAL_TTL));
        Redis {
            clock: Seconds(0),
            keys: (0..keys).map(|_| None).collect(),
            hashes: hashes.iter().map(|hash| hash.map(Hash::normal)).collect(),
            principals: (0..hashes.len()).map(|place| cached(principals.get(place).copied().flatten())).collect(),
            budgets: hashes.iter().map(|_| None).collect(),
            warming: hashes.iter().map(|_| None).collect(),
            loaded: Loaded::ALL,
        }
    }

    /// The TTL of an idempotency key in seconds, if it is there.
    pub fn key(&self, key: IdempotencyKey) -> Option<Seconds> {
        self.keys[key.index()].map(|deadline| self.left(deadline))
    }

    /// The hash of a tenant, if it is there.
    pub fn hash(&self, tenant: Tenant) -> Option<Hash> {
        self.hashes[tenant.index()]
    }

    /// The cached principal of a tenant's key and its TTL in seconds, if it is there.
    pub fn principal(&self, tenant: Tenant) -> Option<(KeyRow, Seconds)> {
        self.principals[tenant.index()].map(|(key, deadline)| (key, self.left(deadline)))
    }

    /// The budget counter of a tenant's key in micro-units and when it expires, if it is there.
    pub fn budget(&self, tenant: Tenant) -> Option<(i64, Option<Seconds>)> {
        self.budgets[tenant.index()]
    }

    /// Whether the tenant's warm-up lock is held.
    pub fn warm_lock(&self, tenant: Tenant) -> bool {
        self.warming[tenant.index()].is_some()
    }

    /// Seconds since the world began.
    pub fn clock(&self) -> Seconds {
        self.clock
    }

    /// Carries out one command.
    pub fn execute(&mut self, op: RedisOp) -> Reply {
        match op {
            RedisOp::SetNx { key, ttl } => {
                let deadline = self.after(ttl);
                take(&mut self.keys[key.index()], deadline)
            }
            RedisOp::Del(key) => {
                self.keys[key.index()] = None;
                Reply::Ok
            }
            RedisOp::HSet { tenant, row, fields } => {
                let hash = &mut self.hashes[tenant.index()];
                *hash = Some(hash.unwrap_or_default().with(row, fields));
                Reply::Ok
            }
            RedisOp::Expire { tenant, ttl } => {
                let deadline = self.after(ttl);
                if let Some(hash) = &mut self.hashes[tenant.index()] {
                    hash.deadline = Some(deadline);
                }
                Reply::Ok
            }
            RedisOp::Exists(tenant) => Reply::Exists(self.hash(tenant).is_some()),
            RedisOp::ReadBalance(_) => Reply::Ok,
            RedisOp::ReadHash(tenant) => Reply::Hash(self.hash(tenant).map(|hash| hash.row)),
            RedisOp::Eval { tenant, script, by } => self.eval(tenant, script, by),
            RedisOp::TakeWarmLock { tenant, ttl } => {
                let deadline = self.after(ttl);
                take(&mut self.warming[tenant.index()], deadline)
            }
            RedisOp::GetPrincipal(tenant) => Reply::Key(self.principal(tenant).map(|(key, _)| key)),
            RedisOp::SetPrincipal { tenant, key, ttl } => {
                self.principals[tenant.index()] = Some((key, self.after(ttl)));
                Reply::Ok
            }
            RedisOp::GetBudget(tenant) => Reply::Spent(self.budget(tenant).map(|(micros, _)| micros)),
            RedisOp::IncrBudget { tenant, by } => self.increase(tenant, by),
            RedisOp::ExpireBudget { tenant, ttl } => {
                let deadline = self.after(ttl);
                if let Some((_, expires)) = &mut self.budgets[tenant.index()] {
                    *expires = Some(deadline);
                }
                Reply::Ok
            }
        }
    }

    /// EVAL and EVALSHA. A script sent whole is known by its hash from then on, whatever its result.
    fn eval(&mut self, tenant: Tenant, script: Script, by: Scripts) -> Reply {
        if by == Scripts::Sha && !self.loaded.has(script) {
            return Reply::Failed(Failure::NoScript);
        }
        self.loaded.load(script);
        script::run(&mut self.hashes[tenant.index()], script, self.clock)
    }

    /// INCRBY: a missing counter counts from 0 and gets no TTL; an error changes nothing.
    fn increase(&mut self, tenant: Tenant, by: Increment) -> Reply {
        let Increment::Micros(by) = by else { return Reply::Failed(Failure::NotAnInteger) };
        let counter = &mut self.budgets[tenant.index()];
        let (micros, deadline) = counter.unwrap_or_default();
        let Some(micros) = micros.checked_add(by) else { return Reply::Failed(Failure::NotAnInteger) };
        *counter = Some((micros, deadline));
        Reply::Spent(Some(micros))
    }

    fn after(&self, ttl: Seconds) -> Seconds {
        Seconds(self.clock.0 + ttl.0)
    }

    fn left(&self, deadline: Seconds) -> Seconds {
        Seconds(deadline.0 - self.clock.0)
    }
}

/// SET NX EX. A key that is held keeps its deadline.
fn take(place: &mut Option<Seconds>, deadline: Seconds) -> Reply {
    if place.is_some() {
        return Reply::Held;
    }
    *place = Some(deadline);
    Reply::Taken
}
