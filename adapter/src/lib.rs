//! The same core on real Postgres and Redis.

mod ask;
pub mod commands;
pub mod contents;
pub mod crew;
pub mod engine;
pub mod load;
mod lockstep;
pub mod matrix;
pub mod names;
mod observer;
pub mod rows;
pub mod servers;
pub mod session;
pub mod statements;
pub mod stores;
pub mod tables;
pub mod values;
pub mod worker;
