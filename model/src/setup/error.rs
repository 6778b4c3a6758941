//! Why a scenario or a capsule is not possible in any world.

use crate::day::Day;
use crate::money::MoneyError;

/// A scenario that is not possible.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SetupError {
    /// A number outside its range.
    #[error("`{key}` is {found}: expected {low} to {high}")]
    OutOfRange {
        /// The key.
        key: &'static str,
        /// Its value.
        found: usize,
        /// The least valid value.
        low: usize,
        /// The greatest valid value.
        high: usize,
    },
    /// A request names an account that does not exist.
    #[error("request `{trace}` names the account `{account}`; expected one of {known}")]
    UnknownAccount {
        /// The trace of the request.
        trace: String,
        /// The account it names.
        account: String,
        /// The accounts that exist.
        known: String,
    },
    /// Two accounts or two requests that cannot be distinguished.
    #[error("{0} appears twice")]
    Twice(String),
    /// A trace id that `varchar(64)` does not hold or that is empty.
    #[error("the trace id `{0}` must have 1 to 64 characters")]
    TraceLength(String),
    /// A name that falsifies the text around it, or that no server can store.
    #[error(
        "the {what} `{name}` has the character {character}: expected characters that can be seen, and no control signs"
    )]
    Name {
        /// What has this name.
        what: &'static str,
        /// The name in a form that is safe to show.
        name: String,
        /// The Unicode number of the character, such as U+000A.
        character: String,
    },
    /// A first day from which a run would leave the range of days.
    #[error("`today` is {0}: expected {first} to {last}", first = Day::FIRST_OF_A_RUN.start(), last = Day::FIRST_OF_A_RUN.end())]
    FirstDay(Day),
    /// A time zone whose dates are not known.
    #[error(
        "account `{0}`: `zone` has no dates from the first day on: name it in a scenario, such as \"Europe/Berlin\""
    )]
    Zone(String),
    /// A price of zero, which proves nothing.
    #[error("request `{0}` has the price 0: it must be more, or no invariant could fail")]
    FreeRequest(String),
    /// A key that its kind of request needs, or does not accept.
    #[error("request `{trace}`: {why}")]
    Request {
        /// The trace of the request.
        trace: String,
        /// The key, and what would be valid.
        why: String,
    },
    /// Tokens and prices whose cost is not a valid amount of money.
    #[error("request `{trace}`: `tokens` cost {why}")]
    Price {
        /// The trace of the request.
        trace: String,
        /// Why not.
        why: MoneyError,
    },
}
