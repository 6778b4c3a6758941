//! Pure models of the two stores, held against real servers by the conformance tests.

pub mod lua_number;
pub mod postgres;
pub mod redis;
pub mod versioned;
