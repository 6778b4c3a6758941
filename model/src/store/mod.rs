//! Pure models of the two stores, compared with real servers by the conformance tests.

pub mod lua_number;
pub mod postgres;
pub mod redis;
pub mod versioned;
