//! The labels of the steps. A label names one atomic round trip and is never renumbered.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

macro_rules! steps {
    ($($(#[$doc:meta])* $name:ident = $text:literal,)*) => {
        /// The label of one step of a flow: T1 to T7 of the deduct, E1 and E2 of its exception handler, F1 to F5 of
        /// finishing a PENDING row, S1 to S3 of the background sync, and the answer to the client.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Step { $($(#[$doc])* $name,)* }

        impl Step {
            /// Every label, in the order of the flows.
            pub const ALL: &[Step] = &[$(Step::$name,)*];

            /// The label as it is printed and as capsules spell it.
            pub fn label(self) -> &'static str {
                match self { $(Step::$name => $text,)* }
            }
        }
    };
}

steps! {
    /// Redis `SET key NX EX`, or, in designs without a key, the lookup of the row by its trace.
    T1 = "T1",
    /// Lookup of the row by its trace after the key was held.
    T1b = "T1b",
    /// Lookup of the row by its trace after the key was taken (from the code).
    T1c = "T1c",
    /// BEGIN.
    T2 = "T2",
    /// SAVEPOINT.
    T2b = "T2b",
    /// Read of the quota for the row's `before`.
    T3a = "T3a",
    /// INSERT of the PENDING row.
    T3b = "T3b",
    /// ROLLBACK, to the savepoint where there is one, after the row was there already.
    T3c = "T3c",
    /// Lookup of the row that was there already.
    T3d = "T3d",
    /// COMMIT of the PENDING row alone.
    T3e = "T3e",
    /// BEGIN of the transaction that settles a PENDING row.
    T3f = "T3f",
    /// SELECT ... FOR UPDATE of the PENDING row.
    T3g = "T3g",
    /// Read of the quota and check of balance, daily and monthly limit.
    T4a = "T4a",
    /// UPDATE of the quota, relative, if its version is the one read.
    T4b = "T4b",
    /// The row becomes COMMITTED.
    T5 = "T5",
    /// RELEASE SAVEPOINT.
    T5b = "T5b",
    /// COMMIT.
    T6 = "T6",
    /// HSET of the snapshot into the Redis hash.
    T7a = "T7a",
    /// EXPIRE of the Redis hash.
    T7b = "T7b",
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
    /// The client is answered.
    Reply = "reply",
}

/// No step has that label.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no step: valid are T1 to T7b, E1, E2, F1 to F5, S1 to S3 and reply")]
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

impl Serialize for Step {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.label())
    }
}

impl<'de> Deserialize<'de> for Step {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Step, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}
