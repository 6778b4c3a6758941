//! What Redis holds, held against the database.
//!
//! Redis is in no snapshot of the database, and a living system writes both one after the other. So a key that looks wrong is
//! only a suspect: it is read again and again with growing pauses, each time between two fresh reads of the database, and is
//! reported only if the same wrong value is there each time and both reads say that it is wrong ([`watch`]).

mod fields;
mod judge;
mod kinds;
mod scan;
mod seen;
mod template;
mod truth;
mod watch;

pub(crate) use scan::{Cache, Stores};
pub(crate) use template::{Hole, Template};
pub(crate) use truth::Fresh;
