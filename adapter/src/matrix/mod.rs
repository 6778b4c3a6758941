//! The crash matrix: per design, every step of an undisturbed run, each kind of trouble on either side of it, all of it
//! done to real processes and servers.

pub mod cell;
mod layout;
mod part;

pub use cell::{Fault, Side};
pub use layout::{Cell, Layout, ScriptedRun, setup};
pub use part::Part;
