//! Which choices exclude each other: one table.

use crate::design::{Base, Budget, Cache, Choice, Counting, Design, Idempotency, Stream, UnknownDesign, Usage};
use crate::policy::Store;

/// The choice of a design that is in the way of another, if it makes it.
type Side = fn(Design) -> Option<Choice>;

/// Each pair that no design can have, and why.
const TABLE: &[(Side, Side, &str)] = &[
    (code, other_key, "the fix replaces the steps in which the code differs"),
    (code, redis_decides, "the fix replaces the steps in which the code differs"),
    (only_redis, other_key, "the fix judges a PENDING row by the balance in Postgres, which only follows"),
    (redis_decides, counts_elsewhere, "the script that deducts counts as well, all or nothing"),
    (
        only_redis,
        usage_in_transaction,
        "the charge is made in Redis, there is no transaction of the charge to be part of",
    ),
    (
        only_redis,
        budget_in_transaction,
        "the charge is made in Redis, there is no transaction of the charge to be part of",
    ),
    (redis_decides, other_stream, "the fix charges a stream in Postgres, where the balance only follows"),
    (
        code,
        stream_in_own_transaction,
        "the fix ends its own transaction, the code leaves that to a caller who is gone when a stream is over",
    ),
];

fn code(design: Design) -> Option<Choice> {
    (design.base == Base::Code).then_some(Choice::Base(design.base))
}

fn other_key(design: Design) -> Option<Choice> {
    (design.idempotency != Idempotency::AsReported).then_some(Choice::Idempotency(design.idempotency))
}

fn redis_decides(design: Design) -> Option<Choice> {
    (design.truth() == Store::Redis).then_some(Choice::Cache(design.cache))
}

fn only_redis(design: Design) -> Option<Choice> {
    matches!(design.cache, Cache::C | Cache::CFixed).then_some(Choice::Cache(design.cache))
}

fn counts_elsewhere(design: Design) -> Option<Choice> {
    (design.counting != Counting::AsReported).then_some(Choice::Counting(design.counting))
}

fn usage_in_transaction(design: Design) -> Option<Choice> {
    (design.usage == Usage::C).then_some(Choice::Usage(design.usage))
}

fn budget_in_transaction(design: Design) -> Option<Choice> {
    (design.budget == Budget::AFixed).then_some(Choice::Budget(design.budget))
}

fn other_stream(design: Design) -> Option<Choice> {
    (design.stream != Stream::AsReported).then_some(Choice::Stream(design.stream))
}

fn stream_in_own_transaction(design: Design) -> Option<Choice> {
    let callers = matches!(design.stream, Stream::AsReported | Stream::A | Stream::AFixed | Stream::Stamped);
    (!callers).then_some(Choice::Stream(design.stream))
}

impl Design {
    /// The design, unless two of its choices exclude each other.
    ///
    /// # Errors
    /// Names the two and why.
    pub fn consistent(self) -> Result<Design, UnknownDesign> {
        for (one, other, why) in TABLE {
            if let (Some(first), Some(second)) = (one(self), other(self)) {
                return Err(UnknownDesign::Contradiction { first, second, why });
            }
        }
        Ok(self)
    }
}
