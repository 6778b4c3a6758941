//! The audit on real servers: clean books, planted breaches, a living system, and that it writes nothing. Needs Postgres
//! and Redis, and fails without them.

#![allow(clippy::unwrap_used, reason = "a failed step of a test is a failed test, in its helper functions too")]

mod breaches;
mod cache_breaches;
mod clean;
mod fixture;
mod gateway;
mod kinds;
mod live;
mod long;
mod matches;
mod names;
mod numbers;
mod read_only;
mod values;
