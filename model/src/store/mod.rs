//! Pure models of the two stores, held against real servers by the conformance tests.

pub mod postgres;
pub mod redis;
pub mod versioned;
