//! The crash matrix: per design, every step of an undisturbed run, each kind of trouble on either side of it, all of it
//! done to real processes and servers.

pub mod cell;
mod part;
mod plan;

pub use cell::{Fault, Side};
pub use part::Part;
pub use plan::{Cell, Deed, Plan, setup};
