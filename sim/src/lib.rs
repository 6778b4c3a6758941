//! The suite: scenarios, engines, verdicts, capsules and reports.

pub mod capsules;
pub mod check;
pub mod claims;
pub mod deny;
pub mod explain;
pub mod fault_kinds;
pub mod findings_index;
pub mod fixes;
pub mod input;
pub mod lock;
pub mod necessary_faults;
pub mod observed;
pub mod reasoned;
pub mod report;
pub mod route;
pub mod scenario;
pub mod simulate;
pub mod story;
pub mod unseen;
pub mod verdict;
