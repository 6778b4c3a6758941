//! The frames of Postgres sessions, and a proxy between clients and a server that is played by the test.

#![allow(clippy::unwrap_used, reason = "a failed step of a test is a failed test, in its helper functions too")]

mod fake;
mod frames;
mod messages;
mod relay;
mod session;
mod table;
