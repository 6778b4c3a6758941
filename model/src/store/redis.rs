//! The Redis model: idempotency keys and quota hashes with deadlines on a clock of whole seconds. A key whose deadline
//! has come is gone, exactly then.

use arrayvec::ArrayVec;
use serde::{Deserialize, Serialize};

use crate::effect::{Fields, RedisOp, Seconds};
use crate::reply::Reply;
use crate::row::{QuotaRow, Request, Tenant};
use crate::store::postgres::MAX_TENANTS;

/// The most logical requests a world holds.
pub const MAX_REQUESTS: usize = 4;

/// A Redis hash `quota:{tenant}`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Hash {
    /// The values of the fields that are there.
    pub row: QuotaRow,
    /// Which fields are there.
    pub fields: Fields,
    /// When it expires on the store's clock; never, if absent.
    pub deadline: Option<Seconds>,
}

/// The state of the modelled server.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Redis {
    clock: Seconds,
    keys: ArrayVec<Option<Seconds>, MAX_REQUESTS>,
    hashes: ArrayVec<Option<Hash>, MAX_TENANTS>,
}

impl Redis {
    /// A server at time 0 without idempotency keys and with these hashes.
    pub fn new(requests: usize, hashes: &[Option<Hash>]) -> Redis {
        Redis {
            clock: Seconds(0),
            keys: (0..requests).map(|_| None).collect(),
            hashes: hashes.iter().copied().collect(),
        }
    }

    /// Seconds an idempotency key has to live, if it is there.
    pub fn key(&self, request: Request) -> Option<Seconds> {
        self.keys[request.index()].map(|deadline| Seconds(deadline.0 - self.clock.0))
    }

    /// The hash of a tenant, if it is there.
    pub fn hash(&self, tenant: Tenant) -> Option<Hash> {
        self.hashes[tenant.index()]
    }

    /// Seconds since the world began.
    pub fn clock(&self) -> Seconds {
        self.clock
    }

    /// Carries out one command.
    pub fn execute(&mut self, op: RedisOp) -> Reply {
        match op {
            RedisOp::SetNx { request, ttl } => {
                let deadline = Seconds(self.clock.0 + ttl.0);
                let key = &mut self.keys[request.index()];
                if key.is_some() {
                    return Reply::Held;
                }
                *key = Some(deadline);
                Reply::Taken
            }
            RedisOp::Del(request) => {
                self.keys[request.index()] = None;
                Reply::Ok
            }
            RedisOp::HSet { tenant, row, fields } => {
                let hash = &mut self.hashes[tenant.index()];
                let old = hash.unwrap_or(Hash { row: QuotaRow::default(), fields: Fields(0), deadline: None });
                let row = overlay(old.row, row, fields);
                *hash = Some(Hash { row, fields: old.fields.union(fields), deadline: old.deadline });
                Reply::Ok
            }
            RedisOp::Expire { tenant, ttl } => {
                let deadline = Seconds(self.clock.0 + ttl.0);
                if let Some(hash) = &mut self.hashes[tenant.index()] {
                    hash.deadline = Some(deadline);
                }
                Reply::Ok
            }
        }
    }

    /// The next instant at which something expires.
    pub fn next_deadline(&self) -> Option<Seconds> {
        let hashes = self.hashes.iter().flatten().filter_map(|hash| hash.deadline);
        self.keys.iter().flatten().copied().chain(hashes).min()
    }

    /// Lets time pass until the next deadline and takes away what expires then.
    pub fn expire_next(&mut self) {
        let Some(now) = self.next_deadline() else { return };
        self.clock = now;
        for key in &mut self.keys {
            *key = key.filter(|&deadline| deadline > now);
        }
        for hash in &mut self.hashes {
            *hash = hash.filter(|hash| hash.deadline.is_none_or(|deadline| deadline > now));
        }
    }

    /// All data is lost (killed without persistence, FLUSHALL, failover to an empty replica).
    pub fn lose_everything(&mut self) {
        self.keys.iter_mut().for_each(|key| *key = None);
        self.hashes.iter_mut().for_each(|hash| *hash = None);
    }
}

fn overlay(old: QuotaRow, new: QuotaRow, fields: Fields) -> QuotaRow {
    let pick = |place: usize, new: u32, old: u32| if fields.has(place) { new } else { old };
    QuotaRow {
        balance: if fields.has(0) { new.balance } else { old.balance },
        credit: if fields.has(1) { new.credit } else { old.credit },
        daily_quota: pick(2, new.daily_quota, old.daily_quota),
        daily_used: pick(3, new.daily_used, old.daily_used),
        monthly_quota: pick(4, new.monthly_quota, old.monthly_quota),
        monthly_used: pick(5, new.monthly_used, old.monthly_used),
        version: pick(6, new.version, old.version),
    }
}
