//! Why no world can hold what a scenario or a capsule lays down.

use crate::day::Day;
use crate::money::MoneyError;

/// A scenario that no world can hold.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SetupError {
    /// A number outside its range.
    #[error("`{key}` is {found}: expected {low} to {high}")]
    OutOfRange {
        /// Which key.
        key: &'static str,
        /// What it is.
        found: usize,
        /// Least valid.
        low: usize,
        /// Most valid.
        high: usize,
    },
    /// A request names an account that is not there.
    #[error("request `{trace}` names the account `{account}`; expected one of {known}")]
    UnknownAccount {
        /// Whose request.
        trace: String,
        /// What it names.
        account: String,
        /// The accounts there are.
        known: String,
    },
    /// Two accounts or two requests that cannot be told apart.
    #[error("{0} appears twice")]
    Twice(String),
    /// A trace id that `varchar(64)` does not hold or that is empty.
    #[error("the trace id `{0}` must have 1 to 64 characters")]
    TraceLength(String),
    /// A name that forges what stands around it, or that no server holds.
    #[error(
        "the {what} `{name}` has the character {character}: expected characters that can be seen, and no control signs"
    )]
    Name {
        /// Whose.
        what: &'static str,
        /// As it may be shown.
        name: String,
        /// As Unicode numbers it, such as U+000A.
        character: String,
    },
    /// A day from which a run would leave the days that there are.
    #[error("`today` is {0}: expected {first} to {last}", first = Day::FIRST_OF_A_RUN.start(), last = Day::FIRST_OF_A_RUN.end())]
    FirstDay(Day),
    /// A time zone of which no dates are known.
    #[error(
        "account `{0}`: `zone` has no dates from the first day on: name it in a scenario, such as \"Europe/Berlin\""
    )]
    Zone(String),
    /// A price of nothing proves nothing.
    #[error("request `{0}` has the price 0: it must be more, or no invariant could fail")]
    FreeRequest(String),
    /// A key that its kind of request needs, or has no use for.
    #[error("request `{trace}`: {why}")]
    Request {
        /// Whose request.
        trace: String,
        /// The key, and what would be valid.
        why: String,
    },
    /// Tokens and prices that make no money.
    #[error("request `{trace}`: `tokens` cost {why}")]
    Price {
        /// Whose request.
        trace: String,
        /// Why not.
        why: MoneyError,
    },
}
