//! The labels of the steps. A label names one atomic round trip and is never renumbered.

use std::fmt;
use std::str::FromStr;

macro_rules! steps {
    (@own own_row) => { true };
    (@own) => { false };
    ($($stage:ident: $(#[doc = $title:literal] $name:ident = $text:literal $($own:ident)?,)*)*) => {
        /// The label of one step of a flow: A auth, Q quota_check, U upstream, T1 to T7 the deduct, E its exception
        /// handler, F finishing a PENDING row, C the caller's transaction, B budget and billing, H the hook after the
        /// commit, J the usage job, S the sync to Redis, W the sweeper, M settling the difference to a hold, G the sync
        /// to Postgres, R recharge, V reverse, L limit change.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Step { $($(#[doc = $title] $name,)*)* }

        impl Step {
            /// Every label, in the order of the flows.
            pub const ALL: &[Step] = &[$($(Step::$name,)*)*];

            /// The label as it is printed and as capsules spell it.
            pub fn label(self) -> &'static str {
                match self { $($(Step::$name => $text,)*)* }
            }

            /// Its name in one line: what it asks.
            pub fn title(self) -> &'static str {
                match self { $($(Step::$name => $title.trim_ascii().trim_end_matches('.'),)*)* }
            }

            /// Whether it looks up the row of its own request, by the trace, for what is about to be written.
            pub fn finds_own_row(self) -> bool {
                match self { $($(Step::$name => steps!(@own $($own)?),)*)* }
            }

            /// Its stage on the path.
            pub fn stage(self) -> PathStage {
                match self { $($(Step::$name => PathStage::$stage,)*)* }
            }
        }
    };
}

/// The stage of a step on the path of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PathStage {
    /// Before the request is let through.
    Asks,
    /// Before the request is let through, while it warms the hash.
    WarmsUp,
    /// Let through, or needing no check, and in none of the stages below.
    Goes,
    /// The deduct has read the quota.
    Reads,
    /// The row of the charge is inserted.
    Charges,
    /// The charge is committed, the hash not yet written with its time to live.
    Charged,
}

impl PathStage {
    /// Whether a request at this stage was let through.
    pub fn admitted(self) -> bool {
        match self {
            PathStage::Asks | PathStage::WarmsUp => false,
            PathStage::Goes | PathStage::Reads | PathStage::Charges | PathStage::Charged => true,
        }
    }
}

// A new step is one line here, under its stage; `own_row` says that it looks up the row of its own request.
steps! {
    Asks:
    /// GET of the cached principal.
    A1 = "A1",
    /// SELECT of the API key.
    A2 = "A2",
    /// SET of the principal.
    A3 = "A3",
    /// Read of what the key's budget has on record: the BUDGET row (P0-2 A) or the counter (P0-2 B).
    A4 = "A4",
    /// EXISTS of the quota hash.
    Q1 = "Q1",
    /// SET NX of the warm-up lock (P1-9).
    Q1b = "Q1b",
    /// Waiting while another one warms the hash (P1-9).
    Q1c = "Q1c",
    WarmsUp:
    /// SELECT of the quota for the warm-up.
    Q2 = "Q2",
    /// HSET of it.
    Q3 = "Q3",
    Asks:
    /// EXPIRE of the hash.
    Q4 = "Q4",
    /// EVAL of the daily count.
    Q5 = "Q5",
    /// The counts are only looked at (P0-5 A).
    Q5b = "Q5b",
    /// The counts go up in Postgres (P0-5 B).
    Q5c = "Q5c",
    /// EVAL of the monthly count.
    Q6 = "Q6",
    /// HGET of the balance.
    Q7 = "Q7",
    /// EVAL of the deduct of the estimate (P0-4 A).
    Q8 = "Q8",
    /// Lookup of a stream's row by its trace before the provider is called.
    U0 = "U0",
    /// Read of the quota before a stream is let through (P0-1 C repaired).
    U0b = "U0b",
    Goes:
    /// The provider is called.
    U1 = "U1",
    /// The first chunks of a stream pass by.
    U2 = "U2",
    /// Its other chunks.
    U3 = "U3",
    /// Its usage block.
    U4 = "U4",
    /// Its end.
    U5 = "U5",
    /// The provider is asked what it has counted for a stream.
    U6 = "U6",
    /// BEGIN of the caller's transaction.
    C1 = "C1",
    /// SET NX EX of the idempotency key, or, in designs without a key, the lookup of the row by its trace.
    T1 = "T1" own_row,
    /// Lookup of the row by its trace after the key was held.
    T1b = "T1b" own_row,
    /// Lookup of the row by its trace after the key was taken (from the code).
    T1c = "T1c" own_row,
    /// BEGIN.
    T2 = "T2",
    /// SAVEPOINT.
    T2b = "T2b",
    Reads:
    /// Read of the quota for what the row has as the balance before.
    T3a = "T3a",
    Charges:
    /// INSERT of the PENDING row.
    T3b = "T3b",
    /// ROLLBACK, to the savepoint where there is one, after the row was there already.
    T3c = "T3c",
    /// Lookup of the row that was there already.
    T3d = "T3d" own_row,
    /// COMMIT of the PENDING row alone.
    T3e = "T3e",
    /// BEGIN of the transaction that settles a PENDING row.
    T3f = "T3f",
    /// SELECT ... FOR UPDATE of the PENDING row.
    T3g = "T3g" own_row,
    /// Read of the quota and check of balance, daily and monthly limit.
    T4a = "T4a",
    /// UPDATE of the quota, relative, if its version is the one read.
    T4b = "T4b",
    /// ROLLBACK of everything after T4b met another version (from the code).
    T4c = "T4c",
    /// BEGIN again after that, as the driver does by itself (from the code).
    T4d = "T4d",
    /// EVAL of the deduct in the Redis hash (P0-4 C).
    T4e = "T4e",
    /// The row becomes COMMITTED.
    T5 = "T5",
    /// The BUDGET row goes up inside the transaction (P0-2 A repaired).
    T5a = "T5a",
    /// RELEASE SAVEPOINT.
    T5b = "T5b",
    /// The usage row, keyed by trace, inside the transaction (P1-8 C).
    T5c = "T5c",
    Charged:
    /// COMMIT.
    T6 = "T6",
    /// HSET of the snapshot into the Redis hash.
    T7a = "T7a",
    Goes:
    /// EXPIRE of the Redis hash.
    T7b = "T7b",
    /// HSET of the balance alone (P0-4 D).
    T7c = "T7c",
    /// The hook after the commit starts its task (P0-4 B).
    H0 = "H0",
    /// The task writes the snapshot to the hash.
    H1 = "H1",
    /// The task's EXPIRE.
    H2 = "H2",
    /// The budget on record goes up after the charge (P0-2 A and B).
    B1 = "B1",
    /// EXPIRE of the budget counter (P0-2 B).
    B2 = "B2",
    /// The charge is handed over to the queue (P0-4 A).
    B3 = "B3",
    /// EVAL that corrects the estimate in Redis (P0-4 A repaired).
    B4 = "B4",
    /// The charge of a stream is handed over to the queue (P0-1 B).
    B5 = "B5",
    /// The usage job is handed over to the queue.
    J0 = "J0",
    /// The worker puts usage on record.
    J1 = "J1",
    /// The worker tells the queue that the deferred job is done.
    J2 = "J2",
    /// Read of the usage totals for a stream's record.
    J3 = "J3",
    /// Write of the totals with the record appended.
    J4 = "J4",
    /// COMMIT of the caller's transaction.
    C2 = "C2",
    /// ROLLBACK of the caller's transaction.
    C3 = "C3",
    /// ROLLBACK in the exception handler.
    E1 = "E1",
    /// DEL of the key in the exception handler.
    E2 = "E2",
    /// Finishing a PENDING row: read of the quota.
    F1 = "F1",
    /// Finishing: BEGIN.
    F2 = "F2",
    /// Finishing: UPDATE of the quota, relative, if its version is the one read.
    F3 = "F3",
    /// Finishing: the row becomes COMMITTED.
    F4 = "F4",
    /// Finishing: COMMIT.
    F5 = "F5",
    /// Background sync: read of the quota.
    S1 = "S1",
    /// Background sync: HSET of what was read.
    S2 = "S2",
    /// Background sync: EXPIRE.
    S3 = "S3",
    /// Sweeper: SELECT of a row that nobody has finished.
    W1 = "W1",
    /// Sweeper: BEGIN.
    W2 = "W2",
    /// Sweeper: SELECT ... FOR UPDATE of the row.
    W3 = "W3",
    /// Sweeper: read of the quota.
    W4 = "W4",
    /// Sweeper: UPDATE of the quota, relative, if its version is the one read.
    W5 = "W5",
    /// Sweeper: the row is finished.
    W6 = "W6",
    /// Sweeper: COMMIT.
    W7 = "W7",
    /// Sweeper: ROLLBACK.
    W8 = "W8",
    /// Making up the difference to a hold: BEGIN.
    M1 = "M1",
    /// Making up: SELECT ... FOR UPDATE of the hold.
    M2 = "M2",
    /// Making up: read of the balance.
    M3 = "M3",
    /// Making up: INSERT of the row of the difference.
    M4 = "M4",
    /// Making up: UPDATE of the balance, relative.
    M5 = "M5",
    /// Making up: commit 1.
    M6 = "M6",
    /// Making up: the row of the difference becomes COMMITTED, which is commit 2; repaired, the hold is settled.
    M7 = "M7",
    /// Making up: COMMIT.
    M8 = "M8",
    /// Making up: ROLLBACK.
    M9 = "M9",
    /// Redis to Postgres: HGETALL (P0-4 C).
    G1 = "G1",
    /// Redis to Postgres: UPDATE of the whole row.
    G2 = "G2",
    /// Recharge: BEGIN.
    R1 = "R1",
    /// Recharge: read of the balance.
    R2 = "R2",
    /// Recharge: INSERT of the row.
    R3 = "R3",
    /// Recharge: UPDATE of the balance, relative.
    R4 = "R4",
    /// Recharge: COMMIT of the row and the balance.
    R5 = "R5",
    /// Recharge: the PENDING row becomes COMMITTED, which is commit 2.
    R6 = "R6",
    /// Recharge: ROLLBACK after a failure.
    R7 = "R7",
    /// Recharge: lookup of the row that was there already.
    R8 = "R8" own_row,
    /// Reverse: read of the charge.
    V1 = "V1",
    /// Reverse: BEGIN.
    V2 = "V2",
    /// Reverse: read of the balance.
    V3 = "V3",
    /// Reverse: INSERT of the refund.
    V4 = "V4",
    /// Reverse: UPDATE of the balance, relative.
    V5 = "V5",
    /// Reverse: COMMIT of the refund and the balance.
    V6 = "V6",
    /// Reverse: BEGIN of the second transaction.
    V7 = "V7",
    /// Reverse: the PENDING refund becomes COMMITTED.
    V8 = "V8",
    /// Reverse: the charge becomes REVERSED.
    V9 = "V9",
    /// Reverse: commit 2.
    V10 = "V10",
    /// Reverse: ROLLBACK after a failure.
    V11 = "V11",
    /// Reverse: lookup of the refund that was there already.
    V12 = "V12" own_row,
    /// An administrator changes a limit.
    L1 = "L1",
    /// The client is answered.
    Reply = "reply",
}

/// No step has that label.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown step `{0}`; expected one of the labels of the flows, such as Q5, T1, T4b or reply")]
pub struct UnknownStep(pub String);

impl FromStr for Step {
    type Err = UnknownStep;
    fn from_str(text: &str) -> Result<Step, UnknownStep> {
        let known = Step::ALL.iter().copied().find(|step| step.label() == text);
        known.ok_or_else(|| UnknownStep(text.to_owned()))
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.label())
    }
}

as_text!(Step);
