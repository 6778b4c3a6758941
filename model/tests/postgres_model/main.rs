//! The Postgres model as storyboards, each a row of what real servers (15 and 18) were seen to do.
//!
//! A line is a statement of session a, b or c and its answer. `waits` means that it waits for a lock; an indented line
//! tells whose wait ended by what stands above it, and with what answer. Where several could go on, `first:` in the
//! statement says who does. The last line is what is committed in the end. Prices are 5.25, the balance is 100.00, the day
//! is 2026-01-31.
#![allow(clippy::unwrap_used)]

mod columns;
mod counts;
mod inserts;
mod keys;
mod optimistic_updates;
mod quota_writes;
mod row_locks;
mod rules;
mod savepoints;
mod story;
mod transactions;
mod trouble;
mod unfinished;
