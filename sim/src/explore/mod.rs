//! Walks every state of a [`Machine`], knowing nothing of what the machine is about.
//!
//! Two engines do the same work. [`exhaust()`] is stateright's breadth-first search; [`shortest()`] is a search of our own
//! that also gives the truly shortest trace to each breach. They share neither queue, nor set of visited states, nor
//! hash function, so equal counts from [`explore`] are evidence that neither lost a state. What they do share is
//! the state's `Hash`: [`shortest_exact`] compares whole states instead, and shows a `Hash` that overlooks a field.

pub mod error;
pub mod exhaust;
pub mod joint;
pub mod limits;
mod links;
pub mod machine;
mod mixer;
mod search;
mod seen;
pub mod shortest;
mod traces;
mod walk;

pub use error::ExploreError;
pub use exhaust::{Exhausted, ExhaustedProperty, exhaust};
pub use joint::{Exploration, explore};
pub use limits::{Counts, Ended, Limits};
pub use machine::{Look, Machine};
pub use shortest::{Shortest, ShortestProperty, shortest, shortest_exact};
