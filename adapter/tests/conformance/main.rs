//! The store models against real servers: generated sequences of operations, carried out on both, must agree. Whatever
//! differed once is in `found/` and is played first. Needs Postgres and Redis, and fails without them.
//!
//! `TRIAL_CONFORMANCE=10` makes ten times as many cases, `TRIAL_CONFORMANCE_SEED=7` makes others.

#![allow(clippy::unwrap_used, reason = "a failed step of a test is a failed test, in its helper functions too")]

mod found;
mod generate;
mod log_written;
mod postgres;
mod redis;
mod versions;
#[path = "../../../model/tests/stories/words/mod.rs"]
mod words;
