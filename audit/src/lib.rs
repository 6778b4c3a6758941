//! Judges the books of a real system at rest from its database and its Redis, and writes to neither.
//!
//! The ledger is read once, in one repeatable-read, read-only transaction, in the order of tenants, so that memory does
//! not grow with it. Redis is not part of that snapshot: what looks wrong there is read again and again, between two
//! fresh reads of the database, and is reported only if the same wrong value stays ([`cache`]).

mod cache;
pub mod catalog;
pub mod check;
mod error;
mod ledger;
pub mod mapping;
pub mod numeric;
pub mod report;
mod run;
mod sql;

pub use error::AuditError;
pub use run::{Options, Target, audit};
