//! The Postgres model as the stories in `../stories/postgres`, each a row of what real servers (15 and 18) were seen to do.
//!
//! A move is a statement of session a, b or c, or what happens to a session. `waits` means that it waits for a lock; an
//! indented line tells whose wait ended by what stands above it, and with what answer. Where several could go on, the move
//! says who wins. The last line is what is committed in the end. Where `given` says nothing else, the balance is 100.00, both
//! quotas are 10, and the day is 2026-01-31; a row of which nothing else is said is a pending charge of 5.25.
#![allow(clippy::unwrap_used)]

mod reading;
mod rules;
#[path = "../stories/mod.rs"]
mod stories;
mod story;

#[test]
fn every_story_goes_as_it_is_written() {
    stories::walk("postgres", story::Played::new);
}
