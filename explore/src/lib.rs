//! Walks every state of a [`Machine`], without knowing what the machine describes.
//!
//! Two engines do the same work. [`exhaust()`] is stateright's breadth-first search; [`shortest()`] is a search of our
//! own that also gives the truly shortest trace to each breach. They share neither queue, nor set of visited states,
//! nor hash function, so equal counts from [`explore`] are evidence that neither lost a state. What they do share is
//! the state's `Hash`: [`shortest_exact`] compares whole states instead, and so reveals a `Hash` that omits a field.
//!
//! ```
//! use std::sync::Arc;
//!
//! use explore::{EdgeEvaluation, Limits, Machine, explore};
//!
//! /// Two counters that count to two in any order; the property is that they are never both two.
//! struct Counters;
//!
//! impl Machine for Counters {
//!     type State = [u8; 2];
//!     type Move = usize;
//!
//!     fn initial(&self) -> [u8; 2] {
//!         [0, 0]
//!     }
//!
//!     fn moves(&self, state: &[u8; 2], out: &mut Vec<usize>) {
//!         out.extend((0..2).filter(|&counter| state[counter] < 2));
//!     }
//!
//!     fn apply(&self, state: &[u8; 2], &counter: &usize) -> [u8; 2] {
//!         let mut next = *state;
//!         next[counter] += 1;
//!         next
//!     }
//!
//!     fn at_rest(&self, state: &[u8; 2]) -> bool {
//!         *state == [2, 2]
//!     }
//!
//!     fn properties(&self) -> usize {
//!         1
//!     }
//!
//!     fn judge(&self, _: Option<(&[u8; 2], &usize)>, state: &[u8; 2], found: &mut [EdgeEvaluation]) {
//!         found[0] = if *state == [2, 2] { EdgeEvaluation::Broken } else { EdgeEvaluation::Held };
//!     }
//! }
//!
//! let found = explore(&Arc::new(Counters), &Limits::default())?;
//! assert!(found.ended.is_complete());
//! assert_eq!((found.counts.states, found.counts.edges), (9, 12));
//! assert_eq!(found.properties[0].trace, Some(vec![0, 0, 1, 1]));
//! # Ok::<(), explore::ExploreError>(())
//! ```

pub mod error;
pub mod exhaust;
pub mod found;
pub mod joint;
pub mod limits;
mod links;
pub mod machine;
mod mixer;
mod search;
pub mod shortest;
mod traces;
mod visited;
mod walk;

pub use error::ExploreError;
pub use exhaust::exhaust;
pub use found::{Exhausted, ExhaustedProperty, Shortest, ShortestProperty};
pub use joint::{Exploration, explore};
pub use limits::{Counts, Ended, Limits};
pub use machine::{EdgeEvaluation, Machine};
pub use shortest::{shortest, shortest_exact};
