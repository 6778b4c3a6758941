//! Three rooms: what is asked and answered ([`suite`]), the engine that draws runs from seeds ([`simulate`]), and the pages and
//! texts that people read ([`report`]).

pub mod report;
pub mod simulate;
pub mod suite;
