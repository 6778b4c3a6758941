//! Free-running load: processes run real requests concurrently without a gate, clients ask again, processes are killed
//! at random, and the books are judged whenever everything is at rest. The machine determines the order of the
//! statements; the seed determines what is asked for and who is killed when.

mod books_at_rest;
mod clients;
mod decisions;
mod error;
mod gateway;
mod process;
mod shared_traffic;
mod traffic;

pub use books_at_rest::{Breached, RestResult};
pub use decisions::Terms;
pub use error::LoadError;
pub use gateway::gateway_main;
pub use traffic::{Figures, Load};
