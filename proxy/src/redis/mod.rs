//! The framing of the Redis protocol, RESP2 and RESP3.
//!
//! The crate `redis-protocol` is not used: it refuses what servers send (`$-1` and `*-1` on a RESP3 connection, a map whose key is an array),
//! bounds no nesting, knows no inline commands, and reads an incomplete frame anew each time that more of it arrives.

mod framer;
mod pending;
mod purpose;
mod reader;
mod scanner;
#[cfg(test)]
mod tests;
mod transaction;

pub use transaction::{Place, Transaction};

use crate::frame::Framer;

/// A connection that nothing has been sent on yet.
#[must_use]
pub fn framer() -> Box<dyn Framer> {
    Box::new(framer::Redis::default())
}
