//! The kinds of fault: one table of all of them, and how often each may strike.

use serde::{Deserialize, Serialize};

/// Passes the table of all kinds to the macro `$make`. The order of rows is the order of reports, in which the faults at a step are
/// enabled and breaks ties between counterexamples: a new row goes to the end. A row has
/// * its budget, its id and what it does; its name in [`Fault`];
/// * after `=>` its move: the name in [`crate::moves::Move`]; where it strikes: at a `{ step }` of an actor, at the
///   point `{ before }` a step, or `of` a [`crate::moves::Place`], where `of Redis` means that all data or the scripts
///   are lost; its act in capsules; the word across the lane of a diagram; its sentence in a story, empty if the story
///   describes the step and its reply. Moves that carry more than that are written by hand in `moves.rs`;
/// * after `seen` the situation that arises with it, unless `situation.rs` requires more.
macro_rules! each_fault {
    ($make:ident) => {
        $make! {
            /// A gateway dies before or after any step.
            crash "crash" "a gateway or job process dies before or after any step; postgres rolls its transaction back" Crash
                => Crash { before } "crashes-before" "CRASH" "{actor} crashes before {step}{after}";
            /// A request is cancelled (timeout) without its handler running.
            cancel "cancel" "an attempt is cancelled before or after any step, without its exception handler running" Cancel
                => Cancel { before } "cancelled-before" "CANCELLED" "the attempt is cancelled before {step}{after}";
            /// Redis refuses one command.
            redis_unreachable "redis-unreachable" "redis refuses a connection at one step: the command does not run"
                RedisUnreachable => Unreachable { step } "unreachable" "" "";
            /// A reply is lost, whether the command ran or not; for Postgres the connection is lost with it.
            lost_reply "lost-reply" "the reply to one step is lost: it ran or it did not (in doubt), and a postgres connection is gone"
                LostReply;
            /// Redis loses all its data.
            redis_loss "redis-loss" "redis loses all data: killed without persistence, or failed over to an empty replica" RedisLoss
                => RedisLoss of Redis "loses-all" "DATA LOST" "redis loses all data"
                seen "redis-lost-its-data" "redis lost its data";
            /// Time passes until the next key expires.
            expiry "expiry" "time passes until the next redis key expires" Expiry
                => Expire of Clock "expires-next" "EXPIRES" "time passes; redis keys expire"
                seen "key-expired" "a redis key expired";
            /// The client asks again while its first attempt is in flight.
            impatience "impatience" "the client repeats a trace while an attempt of it is still in flight" Impatience;
            /// The background job runs at any time, in addition to its closing run.
            job_run "job-run" "a background job runs at any time, besides the run that comes when all is quiet" JobRun;
            /// The provider fails.
            upstream_failure "upstream-failure" "the provider fails: nothing is served" UpstreamFailure
                => UpstreamFails { step } "provider-fails" "FAILS" "{step} provider fails {request}"
                seen "provider-failed" "the provider failed";
            /// The day changes; if a tenant has a time zone, the clock moves to the next change of any tenant's date.
            midnight "midnight" "the day changes, and with it the month where that ends" Midnight
                => Midnight of Clock "midnight" "MIDNIGHT" "{clock}"
                seen "day-changed" "the day changed";
            /// Redis evicts a key.
            eviction "eviction" "redis is short of memory and evicts one key" Eviction
                seen "evicted" "redis evicted a key";
            /// Redis is out of memory and evicts nothing.
            redis_full "redis-full" "redis is out of memory and evicts nothing: one writing command is refused" RedisFull
                => RedisFull { step } "redis-full" "" ""
                seen "redis-full" "redis was out of memory and refused a write";
            /// Postgres is killed and comes back.
            postgres_restart "postgres-restart" "postgres is killed and comes back: every open transaction is gone" PostgresRestart
                => PostgresRestart of Postgres "restarts" "RESTARTS" "postgres is killed and comes back{woken}"
                seen "postgres-restarted" "postgres was killed and came back";
            /// The server ends a session that sat idle in its transaction.
            idle_timeout "idle-timeout" "the server ends a session that is idle in its transaction" IdleTimeout
                => IdleTimeout { before } "idle-timeout-before" "TIMED OUT"
                    "postgres ends the idle session of {actor} before {step}{after}"
                seen "idle-session-ended" "postgres ended a session that was idle in its transaction";
            /// A Redis command runs after its client has given up on it.
            late "late" "a client gives up on a redis command, which runs later all the same" Late
                => TimesOut { step } "times-out" "" "";
            /// Redis forgets its scripts.
            script_flush "script-flush" "redis forgets its scripts and keeps its data (SCRIPT FLUSH, or a restart from its log)"
                ScriptFlush => ScriptFlush of Redis "flushes-scripts" "FLUSHED" "redis forgets its scripts"
                seen "scripts-flushed" "redis forgot its scripts";
            /// A statement that waits for a lock is given up.
            lock_timeout "lock-timeout" "postgres gives up a statement that waits for a lock (lock_timeout, statement_timeout)"
                LockTimeout => LockTimeout { step } "lock-timeout" "TIMED OUT" "postgres waits no longer for a lock{woken}"
                seen "gave-up-waiting" "postgres gave up a statement that waited for a lock";
            /// The client of a stream goes away.
            client_abort "client-abort" "the client of a stream goes away: before the first chunk, midway, before or after the usage block"
                ClientAbort => ClientAborts { step } "client-aborts" "GOES AWAY" "{step} the client goes away before {what}";
            /// The provider breaks a stream off.
            provider_abort "provider-abort" "the provider breaks a stream off: before the first chunk, midway, before or after the usage block"
                ProviderAbort => ProviderAborts { step } "provider-aborts" "BREAKS OFF" "{step} the provider breaks off before {what}";
            /// The queue loses its contents.
            broker_loss "broker-loss" "the broker is lost, and with it every job that lies in the queue" BrokerLoss
                => BrokerLoss of Broker "broker-loses-all" "QUEUE LOST" "the broker is lost with every job in its queue"
                seen "queue-lost" "the broker was lost with a job in its queue";
            /// The queue delivers a finished job again.
            redelivery "redelivery" "the queue does not hear that a job is done, and delivers it again" Redelivery
                => Unheard { step } "unheard" "UNHEARD" "{step} {what}, which the queue does not hear"
                seen "delivered-though-done" "the queue did not hear that a job was done";
            /// The date of a gateway is a day off.
            clock_skew "clock-skew" "the clock of one gateway is a day ahead of the others, or behind" ClockSkew;
            /// Redis comes back with older data.
            redis_time_travel "redis-time-travel" "redis is killed and comes back with its first snapshot: what was written since is gone"
                RedisTimeTravel => RedisTimeTravel of Redis "goes-back" "GOES BACK" "redis comes back with its first snapshot"
                seen "redis-went-back" "redis came back with older data";
            /// A statement that is under way is given up.
            statement_timeout "statement-timeout" "postgres gives up a statement that is under way (statement_timeout): nothing of it happens"
                StatementTimeout => StatementTimeout { step } "statement-timeout" "" ""
                seen "gave-up-a-statement" "postgres gave up a statement that was under way";
        }
    };
}

macro_rules! faults {
    ($(#[$doc:meta] $field:ident $id:literal $title:literal $fault:ident
        $(=> $name:ident $({ $at:ident })? $(of $place:ident)? $act:literal $mark:literal $story:literal)?
        $(seen $situation:literal $words:literal)?;)*) => {
        /// A kind of fault.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Fault { $(#[$doc] $fault,)* }

        impl Fault {
            /// Every kind, in the order of reports.
            pub const ALL: &[Fault] = &[$(Fault::$fault,)*];

            /// As scenarios spell it.
            pub fn id(self) -> &'static str {
                match self { $(Fault::$fault => $id,)* }
            }
        }

        /// How often each kind of fault may strike in one run. Keys are the faults' ids.
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[serde(deny_unknown_fields, default)]
        pub struct Faults { $(#[$doc] #[serde(rename = $id, skip_serializing_if = "is_zero")] pub $field: u8,)* }

        impl Faults {
            /// Every kind: its id and what it does, in the order of [`Fault::ALL`].
            pub const KINDS: &[(&'static str, &'static str)] = &[$(($id, $title),)*];

            /// How often this kind may strike.
            pub fn of(&self, fault: Fault) -> u8 {
                match fault { $(Fault::$fault => self.$field,)* }
            }

            /// The same, mutable.
            pub fn of_mut(&mut self, fault: Fault) -> &mut u8 {
                match fault { $(Fault::$fault => &mut self.$field,)* }
            }
        }
    };
}

each_fault!(faults);
pub(crate) use each_fault;

impl Faults {
    /// The budgets in the order of [`Faults::KINDS`].
    pub fn budgets(&self) -> Vec<(&'static str, u8)> {
        Fault::ALL.iter().map(|&fault| (fault.id(), self.of(fault))).collect()
    }

    /// The same faults without one kind of [`Faults::KINDS`]; `None` if there is no such kind.
    pub fn without(mut self, kind: &str) -> Option<Faults> {
        let fault = Fault::ALL.iter().find(|fault| fault.id() == kind)?;
        *self.of_mut(*fault) = 0;
        Some(self)
    }
}

#[allow(clippy::trivially_copy_pass_by_ref)]
fn is_zero(n: &u8) -> bool {
    *n == 0
}
