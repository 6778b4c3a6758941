//! The commands, one file each.

pub mod accept;
pub mod engines;
pub mod explore;
pub mod list;
pub mod replay;
pub mod run;
pub mod services;
pub mod worker;
