//! Free-running load: processes that run real requests beside each other without a gate, clients that ask again, random
//! kills, and the books judged whenever all is at rest. Which statement comes when is the machine's; what is asked for and
//! who is killed when is drawn from the seed.

mod books_at_rest;
mod clients;
mod decisions;
mod error;
mod gateway;
mod process;
mod shared_traffic;
mod traffic;

pub use books_at_rest::{Breached, Judged};
pub use decisions::Terms;
pub use error::LoadError;
pub use gateway::gateway_main;
pub use traffic::{Figures, Load};
