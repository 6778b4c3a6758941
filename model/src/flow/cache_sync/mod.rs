//! When the Redis hash is written (P0-4), and the jobs that carry one store's state to the other.

mod background_sync;
mod balance_only;
mod copy_back;
mod hook;
mod snapshot;

pub use hook::write_by_task;

use Takes::{Postgres, QuotaCheck, Redis};
use Writes::{ByTask, InAttempt, WithTheMoney};

use crate::design::{Cache, Design, Idempotency};
use crate::flow::deducted::Taken;
use crate::flow::{AttemptInput, Io, Job};
use crate::io::FlowResult;

/// What a choice consists of.
struct CacheParts {
    takes: Takes,
    writes: Writes,
    /// Whether any of its steps runs a Lua script.
    by_script: bool,
    /// Whether its steps keep the counts of the hash; otherwise quota_check has to.
    counts: bool,
}

/// What takes the money.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Takes {
    /// The deduct, in Postgres.
    Postgres,
    /// quota_check, in Redis; a job follows in Postgres.
    QuotaCheck,
    /// The deduct, in Redis; a job copies the hash to Postgres.
    Redis,
}

type Write = fn(&mut Io<'_>, &AttemptInput, &Taken) -> FlowResult<()>;

/// What writes the hash.
#[derive(Clone, Copy)]
enum Writes {
    /// The attempt, at T7.
    InAttempt(Write),
    /// A task, which this starts after the commit.
    ByTask(Write),
    /// The script that takes the money.
    WithTheMoney,
}

fn parts(cache: Cache) -> CacheParts {
    match cache {
        Cache::AsReported => {
            CacheParts { takes: Postgres, writes: InAttempt(snapshot::write), by_script: false, counts: true }
        }
        Cache::A | Cache::AFixed => {
            CacheParts { takes: QuotaCheck, writes: WithTheMoney, by_script: true, counts: true }
        }
        Cache::B => CacheParts { takes: Postgres, writes: ByTask(hook::start_task), by_script: false, counts: true },
        Cache::BFixed => {
            CacheParts { takes: Postgres, writes: ByTask(hook::start_task), by_script: true, counts: true }
        }
        Cache::C | Cache::CFixed => CacheParts { takes: Redis, writes: WithTheMoney, by_script: true, counts: true },
        Cache::D => {
            CacheParts { takes: Postgres, writes: InAttempt(balance_only::write), by_script: false, counts: false }
        }
        Cache::DFixed => CacheParts {
            takes: Postgres,
            writes: InAttempt(balance_only::write_if_newer),
            by_script: true,
            counts: false,
        },
    }
}

impl Cache {
    /// Whether the deduct takes the money in Postgres.
    pub fn takes_in_postgres(self) -> bool {
        parts(self).takes == Postgres
    }

    /// Whether quota_check takes the money (P0-4 A).
    pub fn takes_in_quota_check(self) -> bool {
        parts(self).takes == QuotaCheck
    }

    /// Whether the deduct takes the money in Redis (P0-4 C).
    pub fn takes_in_redis(self) -> bool {
        parts(self).takes == Redis
    }

    /// Whether the hash is written before the attempt ends and by no job.
    pub fn writes_in_attempt(self) -> bool {
        matches!(parts(self).writes, InAttempt(_))
    }

    /// Whether a task writes the hash (P0-4 B).
    pub fn writes_by_task(self) -> bool {
        matches!(parts(self).writes, ByTask(_))
    }

    /// Whether one of its steps runs a Lua script.
    pub fn runs_a_script(self) -> bool {
        parts(self).by_script
    }

    /// Whether it needs quota_check: to take the money (P0-4 A), or to keep the counts of the hash (P0-4 D).
    pub fn needs_quota_check(self) -> bool {
        self.takes_in_quota_check() || !parts(self).counts
    }
}

/// T7, at its place in the deduct: writes what the design's choice prescribes. The deduct handles a failure.
pub fn write(io: &mut Io<'_>, input: &AttemptInput, taken: &Taken) -> FlowResult<()> {
    match parts(input.design.cache).writes {
        InAttempt(write) => write(io, input, taken),
        ByTask(_) | WithTheMoney => Ok(()),
    }
}

/// H0, after the commit, be it the deduct's or its caller's.
pub fn hook(io: &mut Io<'_>, input: &AttemptInput, taken: &Taken) -> FlowResult<()> {
    match parts(input.design.cache).writes {
        ByTask(start) => start(io, input, taken),
        InAttempt(_) | WithTheMoney => Ok(()),
    }
}

/// The job from Postgres to Redis, where the design has one (P0-3 B).
pub fn background_sync(design: Design) -> Option<Job> {
    matches!(design.idempotency, Idempotency::B | Idempotency::BFixed).then_some(background_sync::sync)
}

/// The job from Redis to Postgres, where the design has one (P0-4 C).
pub fn copy_back(design: Design) -> Option<Job> {
    design.cache.takes_in_redis().then_some(copy_back::copy)
}
