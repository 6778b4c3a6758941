//! What a phase of these flows can come to: all that is kept of its replies.

use serde::{Deserialize, Serialize};

use crate::delivery::Delivered;
use crate::flow::deducted::Deducted;
use crate::io;
use crate::money::Money;
use crate::reply::Answer;
use crate::row::{Limit, QuotaRow};

/// The way of these flows to the world.
pub type Io<'a> = io::Io<'a, Carried>;

/// What one of these flows has been told so far.
pub type Recorded = io::Recorded<Carried>;

macro_rules! carried {
    ($($(#[$doc:meta])* $name:ident($type:ty),)*) => {
        /// The result of a phase that has ended.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
        pub enum Carried {
            $($(#[$doc])* $name($type),)*
        }
        $(
            impl From<$type> for Carried {
                fn from(value: $type) -> Carried { Carried::$name(value) }
            }
            impl TryFrom<Carried> for $type {
                type Error = Carried;
                fn try_from(carried: Carried) -> Result<$type, Carried> {
                    if let Carried::$name(value) = carried { Ok(value) } else { Err(carried) }
                }
            }
        )*
    };
}

carried! {
    /// Nothing to tell.
    Unit(()),
    /// Yes or no.
    Flag(bool),
    /// Nothing stood in the way, or this limit did.
    Limit(Option<Limit>),
    /// An amount.
    Money(Money),
    /// A quota row.
    Quota(QuotaRow),
    /// A quota row, if there was one.
    MaybeQuota(Option<QuotaRow>),
    /// A stream that is over.
    Delivered(Delivered),
    /// The result of a deduct.
    Deducted(Deducted),
    /// Nothing to tell so far, or this.
    Answer(Option<Answer>),
}
