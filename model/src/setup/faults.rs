//! The kinds of trouble, and how often each may strike.

use serde::{Deserialize, Serialize};

macro_rules! faults {
    ($($(#[$doc:meta])* $field:ident, $id:literal, $title:literal;)*) => {
        /// How often each kind of trouble may strike in one run. Keys are the faults' ids.
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[serde(deny_unknown_fields, default)]
        pub struct Faults { $($(#[$doc])* #[serde(rename = $id, skip_serializing_if = "is_zero")] pub $field: u8,)* }

        impl Faults {
            /// Every kind: its id and what it does, in the order of reports.
            pub const KINDS: &[(&'static str, &'static str)] = &[$(($id, $title),)*];

            /// The budgets in the order of [`Faults::KINDS`].
            pub fn budgets(&self) -> Vec<(&'static str, u8)> {
                vec![$(($id, self.$field),)*]
            }

            /// The same faults without one kind of [`Faults::KINDS`]; nothing if there is no such kind.
            pub fn without(self, kind: &str) -> Option<Faults> {
                match kind {
                    $($id => Some(Faults { $field: 0, ..self }),)*
                    _ => None,
                }
            }
        }
    };
}

#[allow(clippy::trivially_copy_pass_by_ref)]
fn is_zero(n: &u8) -> bool {
    *n == 0
}

faults! {
    /// A gateway dies before or after any step.
    crash, "crash", "a gateway or job process dies before or after any step; postgres rolls its transaction back";
    /// A request is cancelled (timeout) without its handler running.
    cancel, "cancel", "an attempt is cancelled before or after any step, without its exception handler running";
    /// Redis refuses one command.
    redis_unreachable, "redis-unreachable", "redis refuses a connection at one step: the command does not run";
    /// A reply is lost, the command having run or not; for Postgres the connection is lost with it.
    lost_reply, "lost-reply", "the reply to one step is lost: it ran or it did not (in doubt), and a postgres connection is gone";
    /// Redis loses all its data.
    redis_loss, "redis-loss", "redis loses all data: killed without persistence, or failed over to an empty replica";
    /// Time passes until the next key expires.
    expiry, "expiry", "time passes until the next redis key expires";
    /// The client asks again while its first attempt is in flight.
    impatience, "impatience", "the client repeats a trace while an attempt of it is still in flight";
    /// The background job runs at any time, besides its closing run.
    job_run, "job-run", "a background job runs at any time, besides the run that comes when all is quiet";
    /// The provider fails.
    upstream_failure, "upstream-failure", "the provider fails: nothing is served";
    /// The day changes; where a tenant has a time zone, the clock passes to the next change of anybody's date.
    midnight, "midnight", "the day changes, and with it the month where that ends";
    /// Redis evicts a key.
    eviction, "eviction", "redis is short of memory and evicts one key";
    /// Redis is out of memory and evicts nothing.
    redis_full, "redis-full", "redis is out of memory and evicts nothing: one writing command is refused";
    /// Postgres is killed and comes back.
    postgres_restart, "postgres-restart", "postgres is killed and comes back: every open transaction is gone";
    /// The server ends a session that sat idle in its transaction.
    idle_timeout, "idle-timeout", "the server ends a session that is idle in its transaction";
    /// A Redis command runs after its client has given up on it.
    late, "late", "a client gives up on a redis command, which runs later all the same";
    /// Redis forgets its scripts.
    script_flush, "script-flush", "redis forgets its scripts and keeps its data (SCRIPT FLUSH, or a restart from its log)";
    /// A statement that waits for a lock is given up.
    lock_timeout, "lock-timeout", "postgres gives up a statement that waits for a lock (lock_timeout, statement_timeout)";
    /// The client of a stream goes away.
    client_abort, "client-abort", "the client of a stream goes away: before the first chunk, midway, before or after the usage block";
    /// The provider breaks a stream off.
    provider_abort, "provider-abort", "the provider breaks a stream off: before the first chunk, midway, before or after the usage block";
    /// The queue loses what lies in it.
    broker_loss, "broker-loss", "the broker is lost, and with it every job that lies in the queue";
    /// The queue delivers a job again that was done.
    redelivery, "redelivery", "the queue does not hear that a job is done, and delivers it again";
    /// The date of a gateway is a day off.
    clock_skew, "clock-skew", "the clock of one gateway is a day ahead of the others, or behind";
    /// Redis comes back with older data.
    redis_time_travel, "redis-time-travel", "redis is killed and comes back with its first snapshot: what was written since is gone";
}
