//! The rules of Trial Balance as pure code: what a gateway asks of its stores, how the stores answer, what must hold.
//!
//! Nothing here can do I/O, read a clock or draw a random number.

// Every function that distinguishes kinds of effect, fault or row must handle a new kind explicitly.
#![deny(clippy::wildcard_enum_match_arm)]

#[macro_use]
mod as_text;

pub mod books;
pub mod calendar;
pub mod capsule;
pub mod day;
pub mod delivery;
pub mod design;
pub mod effect;
pub mod flow;
pub mod invariant;
pub mod io;
pub mod money;
pub mod moves;
pub mod policy;
pub mod presets;
pub mod pricing;
pub mod reply;
pub mod risk;
pub mod row;
pub mod run;
pub mod schedule;
pub mod setup;
pub mod shown;
pub mod situation;
pub mod step;
pub mod store;
pub mod world;
