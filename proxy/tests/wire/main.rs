//! The frames of Postgres sessions.

#![allow(clippy::unwrap_used, reason = "a failed step of a test is a failed test, in its helper functions too")]

mod frames;
mod messages;
mod session;
mod table;
