//! The names of requests that are the same from run to run.

mod footprint;
mod mask;
mod point;
pub mod redis;
pub mod sql;
#[cfg(test)]
mod tests;
mod values;

pub use footprint::{Footprint, Resource};
pub use mask::mask;
pub use point::{Label, Occurrences, Point};
pub use values::Values;
