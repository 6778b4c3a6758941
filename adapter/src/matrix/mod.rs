//! The crash matrix: for each design, every step of an undisturbed run with each kind of fault on either side of it,
//! all of it carried out on real processes and servers.

pub mod cell;
mod layout;
mod part;

pub use cell::{MatrixFault, Side};
pub use layout::{Cell, Layout, ScriptedRun, setup};
pub use part::Part;
