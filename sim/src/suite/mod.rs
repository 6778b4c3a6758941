//! What is asked and what is answered: scenarios and their lock files, findings and verdicts, claims, fixes, counterexamples,
//! and a run in words.

pub mod capsules;
pub mod check;
pub mod claims;
pub mod deny;
pub mod exit_code;
pub mod explain;
pub mod fault_kinds;
pub mod findings_index;
pub mod fixes;
pub mod input;
pub mod lock;
pub mod necessary_faults;
pub mod observed;
pub mod reasoned;
pub mod route;
pub mod scenario;
pub mod story;
pub mod tables;
pub mod unseen;
pub mod verdict;
