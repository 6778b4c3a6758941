//! The commands, one file each.

pub mod accept;
pub mod audit;
pub mod engines;
pub mod explain;
pub mod explore;
mod gate;
pub mod list;
pub mod load;
pub mod manual;
pub mod matrix;
pub mod replay;
pub mod run;
pub mod servers;
pub mod worker;

use crate::failure::Failure;

/// Refuses given servers: committed reports must be equal on every machine, and servers that may not be damaged show
/// less.
pub(crate) fn refuse_given_servers() -> Result<(), Failure> {
    let given = |name: &&&str| std::env::var_os(**name).is_some_and(|value| !value.is_empty());
    match ["DATABASE_URL", "REDIS_URL"].iter().find(given) {
        Some(name) => Err(Failure::Input(format!("--update-reports needs private servers: unset {name}"))),
        None => Ok(()),
    }
}
