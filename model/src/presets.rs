//! The named designs: each is the original as reported plus one fix.

mod text;

use crate::design::{Base, Budget, Cache, Counting, Design, Idempotency, Midnight, Scripts};
use crate::design::{Stream, Sweeper, Usage, WarmUp};
use crate::risk::Risk;

/// The name of the original: the review's own timeline.
pub const AS_REPORTED: &str = "as-reported";
/// The name of the other reading of the original: the code that the review quotes.
pub const CODE: &str = "as-reported-code";

/// A named design.
#[derive(Clone, Copy, Debug)]
pub struct Preset {
    /// Its name in commands and scenarios.
    pub name: &'static str,
    /// One line for people.
    pub title: &'static str,
    /// The risk that it fixes; `None` for a base and for choices that concern every design.
    pub risk: Option<Risk>,
    /// Its choices.
    pub design: Design,
}

impl Preset {
    /// Whether it was proposed for this risk, or for the risk that causes this one.
    pub fn is_fix_of(&self, risk: Risk) -> bool {
        self.risk == Some(risk.answered_by())
    }

    /// The preset with this name.
    pub fn named(name: &str) -> Option<&'static Preset> {
        PRESETS.iter().find(|preset| preset.name == name)
    }
}

impl Design {
    /// The preset that equals this design, if there is one.
    pub fn preset(self) -> Option<&'static Preset> {
        PRESETS.iter().find(|preset| preset.design == self)
    }
}

const fn first(risks: &[Risk]) -> Option<Risk> {
    match risks {
        [risk, ..] => Some(*risk),
        [] => None,
    }
}

macro_rules! presets {
    ($($name:tt ($($risk:ident)?), $title:literal, { $($field:ident: $value:expr),* };)*) => {
        /// Every preset, in the order of reports. A new one is one line here: its name, in brackets the risk that it
        /// fixes, its title, its choices.
        pub const PRESETS: &[Preset] = &[$(Preset {
            name: $name,
            title: $title,
            risk: first(&[$(Risk::$risk)?]),
            design: Design { $($field: $value,)* ..Design::AS_REPORTED },
        },)*];
    };
}

presets! {
    AS_REPORTED (), "Redis key, one Postgres transaction, then the Redis hash: T1 to T7 as the review describes it", {};
    CODE (), "What the quoted code does: savepoint in the caller's transaction, hash written before its commit",
        { base: Base::Code };
    "p0-1-a" (P0_1), "A stream's tokens are collected and charged in the billing step, one deferred commit", { stream: Stream::A };
    "p0-1-a+fixed" (P0_1), "P0-1 A that bills broken streams too and answers a committed trace from its row",
        { stream: Stream::AFixed };
    "p0-1-b" (P0_1), "A stream's charge goes to a queue, a worker deducts", { stream: Stream::B };
    "p0-1-b+fixed" (P0_1), "P0-1 B by the ledger instead of the key, in the stream's own day, until it is done",
        { stream: Stream::BFixed };
    "p0-1-c" (P0_1), "PENDING commits when the stream starts and is settled when it is over", { stream: Stream::C };
    "p0-1-c+sweeper" (P0_1), "P0-1 C beside a job that finishes what is left PENDING",
        { stream: Stream::C, sweeper: Sweeper::Periodic };
    "p0-1-c+fixed" (P0_1), "P0-1 C checked first and settled under the row's lock, beside that job",
        { stream: Stream::CFixed, sweeper: Sweeper::Periodic };
    "p0-1-hold-then-settle" (P0_1), "The estimate is deducted up front, the difference refunded or charged under a suffix",
        { stream: Stream::Hold };
    "p0-1-hold-then-settle+fixed" (P0_1), "The hold is a row of its own kind, settled in one transaction, or by that job",
        { stream: Stream::HoldFixed, sweeper: Sweeper::Periodic };
    "p0-1-trace-plus-timestamp" (P0_1), "Each attempt at a stream is charged under a trace of its own", { stream: Stream::Stamped };
    "p0-2-a" (P0_2), "Budget in a BUDGET row, in whole cents, after the charge", { budget: Budget::A };
    "p0-2-a+fixed" (P0_2), "P0-2 A in micro-units, inside the charge's transaction", { budget: Budget::AFixed };
    "p0-2-b" (P0_2), "Budget in a Redis counter that is given a fraction", { budget: Budget::B };
    "p0-2-b+fixed" (P0_2), "P0-2 B in integer micro-units", { budget: Budget::BFixed };
    "p0-3-a" (P0_3), "No Redis key: look the ledger up, then insert, deduct and commit inside a savepoint",
        { idempotency: Idempotency::A };
    "p0-3-a+fixed" (P0_3), "P0-3 A that rolls back to the savepoint before it looks the row up again",
        { idempotency: Idempotency::AFixed };
    "p0-3-b" (P0_3), "Commit the PENDING row alone, deduct in a second transaction, sync Redis in the background",
        { idempotency: Idempotency::B };
    "p0-3-b+fixed" (P0_3), "P0-3 B without the Redis key, settling the PENDING row under its row lock",
        { idempotency: Idempotency::BFixed };
    "p0-4-a" (P0_4), "Lua deducts the estimate in quota_check, a job charges Postgres", { cache: Cache::A };
    "p0-4-a+fixed" (P0_4), "P0-4 A that corrects Redis by the difference to the true cost", { cache: Cache::AFixed };
    "p0-4-b" (P0_4), "A hook after the commit starts a task that writes the snapshot to the hash", { cache: Cache::B };
    "p0-4-b+fixed" (P0_4), "P0-4 B whose task does not replace a newer version", { cache: Cache::BFixed };
    "p0-4-c" (P0_4), "Redis is the only truth, a job copies it to Postgres", { cache: Cache::C };
    "p0-4-c+fixed" (P0_4), "P0-4 C with exact arithmetic and a copy guarded by the version", { cache: Cache::CFixed };
    "p0-4-d" (P0_4), "After the deduct only the balance is written to the hash", { cache: Cache::D };
    "p0-4-d+fixed" (P0_4), "P0-4 D that writes balance and version if they are newer", { cache: Cache::DFixed };
    "p0-5-a" (P0_5), "quota_check only checks, billing counts", { counting: Counting::A };
    "p0-5-b" (P0_5), "quota_check counts in Postgres, billing only deducts", { counting: Counting::B };
    "p0-5-c" (P0_5), "quota_check counts in Redis and sets a flag, billing skips counting", { counting: Counting::C };
    "p0-5-c+fixed" (P0_5), "P0-5 C whose hash write leaves the counters alone", { counting: Counting::CFixed };
    "p1-8-a" (P1_8), "The usage job is sent by a hook after the commit", { usage: Usage::A };
    "p1-8-a+fixed" (P1_8), "P1-8 A with one usage row per trace", { usage: Usage::AFixed };
    "p1-8-b" (P1_8), "The usage job is sent in the audit step", { usage: Usage::B };
    "p1-8-b+fixed" (P1_8), "P1-8 B with one usage row per trace", { usage: Usage::BFixed };
    "p1-8-c" (P1_8), "A usage row in the charge's transaction, keyed by trace", { usage: Usage::C };
    "p1-9-lock" (P1_9), "One gateway warms the hash under a lock, the others wait and go on", { warm_up: WarmUp::WarmLock };
    "p1-9-lock+fixed" (P1_9), "The warm-up under a lock does not replace a newer version", { warm_up: WarmUp::WarmLockFixed };
    "scripts-evalsha" (), "Scripts are loaded once and sent by their hash", { scripts: Scripts::Sha };
    "scripts-evalsha+reload" (), "Scripts are sent by their hash, and whole where Redis does not have them",
        { scripts: Scripts::ShaReload };
    "reset-tenant-zone" (), "Windows end at the tenant's midnight, by its time zone", { midnight: Midnight::TenantZone };
    "reset-fixed-offset" (), "Windows end at the tenant's midnight, by an offset stored before the clocks change",
        { midnight: Midnight::FixedOffset };
}
