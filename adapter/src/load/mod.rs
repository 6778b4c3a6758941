//! Free-running load: processes that run real requests beside each other without a gate, clients that ask again, random
//! kills, and the books judged whenever all is at rest. Which statement comes when is the machine's; what is asked for and
//! who is killed when is drawn from the seed.

mod clients;
mod error;
mod gateway;
mod judge;
mod plan;
mod process;
mod street;
mod traffic;

pub use error::LoadError;
pub use gateway::gateway_main;
pub use judge::{Breached, Judged};
pub use plan::Terms;
pub use traffic::{Figures, Load};
