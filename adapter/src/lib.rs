//! The same core on real Postgres and Redis.

pub mod crew;
pub mod engine;
mod lockstep;
mod observer;
pub mod rows;
pub mod servers;
pub mod session;
pub mod statements;
pub mod stores;
pub mod worker;
