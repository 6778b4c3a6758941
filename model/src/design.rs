//! A design: one choice in each of its dimensions, and the policies that follow from them.

mod contradictions;
mod naming;

use serde::{Deserialize, Serialize};

pub use crate::presets::{PRESETS, Preset};
pub use naming::UnknownDesign;

/// The dimensions: what each decides, its field, its type, its key and its variants, the original's first.
macro_rules! dimensions {
    ($(
        $(#[$doc:meta])* $field:ident: $name:ident = $key:literal {
            $(#[$fdoc:meta])* $first:ident = $ftext:literal,
            $($(#[$vdoc:meta])* $variant:ident = $text:literal,)*
        }
    )*) => {
        $(
            $(#[$doc])*
            #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
            #[serde(rename_all = "kebab-case")]
            pub enum $name { #[default] $(#[$fdoc])* $first, $($(#[$vdoc])* $variant,)* }

            impl $name {
                /// Every choice, in the order of reports.
                pub const ALL: &[$name] = &[$name::$first, $($name::$variant,)*];

                /// As designs spell it.
                pub fn text(self) -> &'static str {
                    match self { $name::$first => $ftext, $($name::$variant => $text,)* }
                }

                fn read(text: &str) -> Result<$name, UnknownDesign> {
                    let known = $name::ALL.iter().copied();
                    known.clone().find(|choice| choice.text() == text).ok_or_else(|| UnknownDesign::Value {
                        key: $key,
                        value: text.to_owned(),
                        valid: known.map($name::text).collect::<Vec<_>>().join(", "),
                    })
                }
            }
        )*

        /// The choice in one dimension.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Choice { $($(#[$doc])* $name($name),)* }

        impl Choice {
            /// The dimension, as designs spell it.
            pub fn key(self) -> &'static str {
                match self { $(Choice::$name(_) => $key,)* }
            }

            /// The choice, as designs spell it.
            pub fn text(self) -> &'static str {
                match self { $(Choice::$name(choice) => choice.text(),)* }
            }
        }

        /// A choice in every dimension.
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct Design { $($(#[$doc])* pub $field: $name,)* }

        impl Design {
            /// The original.
            pub const AS_REPORTED: Design = Design { $($field: $name::$first,)* };

            /// The dimensions, in the order in which they are written.
            pub const KEYS: &[&str] = &[$($key,)*];

            /// The choices, in the order of [`Design::KEYS`].
            pub fn choices(self) -> [Choice; Design::KEYS.len()] {
                [$(Choice::$name(self.$field),)*]
            }

            pub(crate) fn set(&mut self, key: &str, text: &str) -> Result<(), UnknownDesign> {
                match key {
                    $($key => self.$field = $name::read(text)?,)*
                    _ => return Err(UnknownDesign::Key { key: key.to_owned() }),
                }
                Ok(())
            }
        }
    };
}

dimensions! {
    /// Which reading of the original everything else is built on.
    base: Base = "base" {
        /// The review's own timeline.
        AsReported = "as-reported",
        /// What the code it quotes really does.
        Code = "as-reported-code",
    }
    /// Where the spending of an API key is kept (P0-2).
    budget: Budget = "budget" {
        /// In the memory of a request.
        AsReported = "as-reported",
        /// P0-2 A: a BUDGET row in whole cents, after the charge.
        A = "A",
        /// P0-2 A in micro-units and inside the charge's transaction.
        AFixed = "A+fixed",
        /// P0-2 B: INCRBY of a Redis counter with a fraction.
        B = "B",
        /// P0-2 B that counts integer micro-units.
        BFixed = "B+fixed",
    }
    /// How a request is kept from being charged twice (P0-3).
    idempotency: Idempotency = "idempotency" {
        /// Redis key, one Postgres transaction.
        AsReported = "as-reported",
        /// P0-3 A: the ledger instead of the key, inside a savepoint.
        A = "A",
        /// P0-3 A with ROLLBACK TO before the second lookup.
        AFixed = "A+fixed",
        /// P0-3 B: the PENDING row commits alone, background sync.
        B = "B",
        /// P0-3 B without the key and with the row locked while it is settled.
        BFixed = "B+fixed",
    }
    /// When the Redis hash is written (P0-4).
    cache: Cache = "cache" {
        /// HSET of the snapshot and EXPIRE after the commit.
        AsReported = "as-reported",
        /// P0-4 A: Lua deducts the estimate in quota_check, Postgres follows by a job.
        A = "A",
        /// P0-4 A that corrects Redis by the difference between estimate and cost.
        AFixed = "A+fixed",
        /// P0-4 B: a hook after the commit starts a task that writes the snapshot.
        B = "B",
        /// P0-4 B whose task writes only what is newer than the hash.
        BFixed = "B+fixed",
        /// P0-4 C: Redis is the only truth, a job copies it to Postgres.
        C = "C",
        /// P0-4 C with exact arithmetic in the script and a guarded copy.
        CFixed = "C+fixed",
        /// P0-4 D: HSET of only the balance.
        D = "D",
        /// P0-4 D that writes balance and version, only if newer, and renews the TTL.
        DFixed = "D+fixed",
    }
    /// Where a request is counted (P0-5).
    counting: Counting = "counting" {
        /// In Redis by quota_check and in Postgres by billing.
        AsReported = "as-reported",
        /// P0-5 A: quota_check only checks, billing counts.
        A = "A",
        /// P0-5 B: quota_check counts in Postgres, billing only deducts.
        B = "B",
        /// P0-5 C: quota_check counts in Redis and sets a flag, billing skips counting.
        C = "C",
        /// P0-5 C whose T7 leaves the counters of the hash alone.
        CFixed = "C+fixed",
    }
    /// When usage goes on record (P1-8).
    usage: Usage = "usage" {
        /// A job that is sent before the caller's commit and adds to the totals.
        AsReported = "as-reported",
        /// P1-8 A: the job is sent by a hook after the commit.
        A = "A",
        /// P1-8 A whose job writes one row per trace.
        AFixed = "A+fixed",
        /// P1-8 B: the job is sent in the audit step, at the end of the request.
        B = "B",
        /// P1-8 B whose job writes one row per trace.
        BFixed = "B+fixed",
        /// P1-8 C: a usage row in the charge's transaction, keyed by trace.
        C = "C",
    }
    /// How an absent hash is filled (P1-9).
    warm_up: WarmUp = "warm-up" {
        /// SELECT, then an unconditional HSET.
        AsReported = "as-reported",
        /// P1-9: a SET NX lock for five seconds; losers wait and go on.
        WarmLock = "warm-lock",
        /// The lock, and an HSET that does not replace a newer version.
        WarmLockFixed = "warm-lock+fixed",
    }
    /// How a stream is billed (P0-1).
    stream: Stream = "stream" {
        /// A callback in the API layer runs the deduct when the stream is over, however it ended.
        AsReported = "as-reported",
        /// P0-1 A: tokens are collected, the billing step charges them, one deferred commit.
        A = "A",
        /// P0-1 A that bills broken streams too, by the provider's count, and answers a committed trace from its row.
        AFixed = "A+fixed",
        /// P0-1 B: the charge goes to a queue, a worker deducts.
        B = "B",
        /// P0-1 B whose worker asks the ledger and not the key; its job keeps its day and is delivered until it is
        /// done.
        BFixed = "B+fixed",
        /// P0-1 C: PENDING commits when the stream starts, the charge settles it.
        C = "C",
        /// P0-1 C that checks the balance first, settles under the row's lock and answers a known trace from its row.
        CFixed = "C+fixed",
        /// The estimate is deducted up front, the difference is settled at the end.
        Hold = "hold-then-settle",
        /// Hold-then-settle whose row says that it is a hold, settled in one transaction.
        HoldFixed = "hold-then-settle+fixed",
        /// The callback charges each attempt under its own trace: the client's plus the time.
        Stamped = "trace-plus-timestamp",
    }
    /// Who finishes a ledger row that was left unfinished. The review names no one.
    sweeper: Sweeper = "sweeper" {
        /// Nobody.
        Nobody = "none",
        /// A periodic job that finishes what is PENDING or a hold, under the row's lock.
        Periodic = "periodic",
    }
    /// How Lua scripts are sent to Redis. Not from the review: it quotes EVAL, but many clients send hashes.
    scripts: Scripts = "scripts" {
        /// EVAL with the whole text.
        Eval = "eval",
        /// EVALSHA of scripts that were loaded when the gateway started; NOSCRIPT is an ordinary error.
        Sha = "evalsha",
        /// EVALSHA, and EVAL in the same step if the answer is NOSCRIPT, as `Script` of the `redis` crate does.
        ShaReload = "evalsha+reload",
    }
    /// Whose midnight ends a window, for a tenant that has a time zone. The review does not say.
    midnight: Midnight = "midnight" {
        /// UTC's: the gateway's date.
        Utc = "utc",
        /// The tenant's, by its zone.
        TenantZone = "tenant-zone",
        /// The tenant's, by its offset to UTC stored when the run began.
        FixedOffset = "fixed-offset",
    }
    /// How money is paid in.
    recharge: Recharge = "recharge" {
        /// PENDING row and balance in one commit, the end of the row in a second one.
        AsReported = "as-reported",
        /// COMMITTED row and balance in one commit.
        OneCommit = "one-commit",
    }
    /// How a charge is given back.
    reverse: Reverse = "reverse" {
        /// The charge is read without a lock, then two commits as for a recharge.
        AsReported = "as-reported",
        /// The charge is read FOR UPDATE, and everything is one commit.
        Locked = "locked",
    }
    /// How an administrator changes a limit.
    limit_change: LimitChange = "limit-change" {
        /// Only in Postgres.
        AsReported = "as-reported",
    }
}

impl Design {
    /// Whether it is the original, in one reading or another: nothing but its base is chosen.
    pub fn is_original(self) -> bool {
        self == Design { base: self.base, ..Design::AS_REPORTED }
    }

    /// The choices that are not as reported.
    pub fn chosen(self) -> impl Iterator<Item = Choice> {
        let plain = Design::AS_REPORTED.choices();
        self.choices().into_iter().filter(move |choice| !plain.contains(choice))
    }
}
