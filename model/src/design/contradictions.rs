//! Which choices exclude each other: one table.

use crate::design::{Base, Budget, Choice, Counting, Design, Idempotency, Stream, UnknownDesign, Usage};

/// Whether a choice is on this side of a line.
type Side = fn(Choice) -> bool;

const CODE: Side = |choice| choice == Choice::Base(Base::Code);
const OTHER_KEY: Side = |choice| matches!(choice, Choice::Idempotency(key) if key != Idempotency::AsReported);
const REDIS_DECIDES: Side = |choice| matches!(choice, Choice::Cache(cache) if !cache.takes_in_postgres());
const ONLY_REDIS: Side = |choice| matches!(choice, Choice::Cache(cache) if cache.takes_in_redis());
const COUNTS_ELSEWHERE: Side = |choice| matches!(choice, Choice::Counting(counts) if counts != Counting::AsReported);
const IN_TRANSACTION: Side = |choice| matches!(choice, Choice::Usage(Usage::C) | Choice::Budget(Budget::AFixed));
const OTHER_STREAM: Side = |choice| matches!(choice, Choice::Stream(stream) if stream != Stream::AsReported);
const OWN_TRANSACTION: Side =
    |choice| OTHER_STREAM(choice) && !matches!(choice, Choice::Stream(Stream::A | Stream::AFixed | Stream::Stamped));

/// Each pair that no design can have, and why.
const TABLE: &[(Side, Side, &str)] = &[
    (CODE, OTHER_KEY, "the fix replaces the steps in which the code differs"),
    (CODE, REDIS_DECIDES, "the fix replaces the steps in which the code differs"),
    (ONLY_REDIS, OTHER_KEY, "the fix judges a PENDING row by the balance in Postgres, which only follows"),
    (REDIS_DECIDES, COUNTS_ELSEWHERE, "the script that deducts counts as well, all or nothing"),
    (ONLY_REDIS, IN_TRANSACTION, "the charge is made in Redis, there is no transaction of the charge to be part of"),
    (REDIS_DECIDES, OTHER_STREAM, "the fix charges a stream in Postgres, where the balance only follows"),
    (
        CODE,
        OWN_TRANSACTION,
        "the fix ends its own transaction, the code leaves that to a caller who is gone when a stream is over",
    ),
];

impl Design {
    /// The design, unless two of its choices exclude each other.
    ///
    /// # Errors
    /// Names the two choices and the reason.
    pub fn consistent(self) -> Result<Design, UnknownDesign> {
        let made = |side: Side| self.choices().into_iter().find(|&choice| side(choice));
        for &(one, other, why) in TABLE {
            if let (Some(first), Some(second)) = (made(one), made(other)) {
                return Err(UnknownDesign::Contradiction { first, second, why });
            }
        }
        Ok(self)
    }
}
