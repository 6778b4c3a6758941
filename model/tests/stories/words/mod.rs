//! What is done to the stores and what they answer, in words: one place that writes them and one that reads them, for
//! the stories of the models and for the cases in which real servers are held against them.
#![allow(dead_code, reason = "each test file uses its part")]

pub mod answers;
pub mod commands;
pub mod rows;
pub mod statements;

use std::str::FromStr;

use model::day::Day;
use model::row::{QuotaRow, Tenant, TraceId};

pub const TENANTS: [&str; 2] = ["acme", "zenith"];
pub const TRACES: [&str; 2] = ["t-1", "t-2"];

/// A word that is a value of its own.
fn value<T: FromStr>(word: &str, what: &str) -> Result<T, String> {
    word.parse().map_err(|_| format!("`{word}`: expected {what}"))
}

fn place(word: &str, known: &[&str]) -> Result<u8, String> {
    let place = known.iter().position(|name| *name == word);
    place.map(|place| place as u8).ok_or_else(|| format!("`{word}`: expected {}", known.join(" or ")))
}

fn tenant(word: &str) -> Result<Tenant, String> {
    place(word, &TENANTS).map(Tenant)
}

fn trace(word: &str) -> Result<TraceId, String> {
    place(word, &TRACES).map(TraceId)
}

/// What a word of a list means.
fn named<T: Copy>(word: &str, known: &[(&str, T)]) -> Result<T, String> {
    let names: Vec<&str> = known.iter().map(|(name, _)| *name).collect();
    place(word, &names).map(|place| known[usize::from(place)].1)
}

/// The word of a list that means this.
fn word_of<T: PartialEq>(meant: T, known: &[(&'static str, T)]) -> &'static str {
    known.iter().find(|(_, known)| *known == meant).map_or("?", |(word, _)| word)
}

/// Nothing for the day that is given.
fn on(day: Day, given: &QuotaRow) -> String {
    if given.daily_reset_at == Some(day) { String::new() } else { format!(" on {day}") }
}
