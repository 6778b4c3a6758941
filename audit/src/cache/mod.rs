//! Compares the content of Redis with the database.
//!
//! Redis is in no snapshot of the database, and a living system writes the two one after the other. So a key that looks
//! wrong is only a suspect: it is read again and again with growing pauses, each time between two fresh reads of the
//! database, and is reported only if the same wrong value is there each time and both reads show that it is wrong
//! ([`watch`]).

mod database_side;
mod fields;
mod key_state;
mod kinds;
mod scan;
mod template;
mod watch;
mod wrong_values;

pub(crate) use database_side::Fresh;
pub(crate) use scan::{Cache, Stores};
pub(crate) use template::{Hole, Template};
