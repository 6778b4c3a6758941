//! Runs the same core as the model on real Postgres and Redis.

pub mod commands;
pub mod contents;
mod engine;
pub mod error;
pub mod load;
mod lockstep;
pub mod matrix;
pub mod means;
pub mod names;
mod observer;
pub mod real;
pub mod rows;
pub mod scripts;
pub mod servers;
pub mod session;
pub mod statements;
pub mod stores;
pub mod tables;
pub mod values;
pub mod worker;
pub mod worker_pool;
