//! The possible results of a phase of these flows: all that is kept of its replies.

use serde::{Deserialize, Serialize};

use crate::delivery::Delivered;
use crate::flow::deducted::Deducted;
use crate::io;
use crate::money::Money;
use crate::reply::Answer;
use crate::row::{Limit, QuotaRow};

/// The interface through which these flows act.
pub type Io<'a> = io::Io<'a, Carried>;

/// The replies that one of these flows has so far.
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
    /// No value.
    Unit(()),
    /// Yes or no.
    Flag(bool),
    /// The limit that refused, if one did.
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
    /// The answer, if there is one so far.
    Answer(Option<Answer>),
}
