//! The suite: scenarios, engines, verdicts, capsules and reports.

pub mod capsules;
pub mod check;
pub mod claims;
pub mod deny;
pub mod explain;
pub mod fixes;
pub mod input;
pub mod known;
pub mod lock;
pub mod owed;
pub mod reasoned;
pub mod report;
pub mod route;
pub mod sampled;
pub mod scenario;
pub mod simulate;
pub mod story;
pub mod unseen;
pub mod verdict;
pub mod without;
