//! Whether a command acts on data or is about the connection.

use crate::frame::{Chatter, Purpose};

/// What the command `words` is for. SCRIPT LOAD acts: calls of a script by its digest depend on it.
pub(super) fn purpose(words: &[Vec<u8>]) -> Purpose {
    Purpose::Chatter(match (word(words, 0).as_str(), word(words, 1).as_str()) {
        ("HELLO" | "AUTH", _) => Chatter::StartUp,
        ("CLIENT" | "SELECT" | "READONLY" | "READWRITE" | "RESET" | "COMMAND" | "INFO", _) | ("CONFIG", "GET") => {
            Chatter::Settings
        }
        ("PING", _) => Chatter::Ping,
        ("MONITOR", _) => Chatter::Subscription,
        (name, _) if name.ends_with("SUBSCRIBE") => Chatter::Subscription,
        ("QUIT", _) => Chatter::Farewell,
        _ => return Purpose::Acts,
    })
}

/// What the command sets for as long as the connection lasts.
pub(super) fn sets(words: &[Vec<u8>]) -> Option<String> {
    let (name, sub) = (word(words, 0), word(words, 1));
    match (name.as_str(), sub.as_str()) {
        ("HELLO" | "AUTH" | "SELECT" | "READONLY" | "READWRITE" | "RESET" | "MONITOR", _) => Some(name),
        ("CLIENT", "SETINFO") => Some(sub + &word(words, 2)),
        ("CLIENT", "SETNAME" | "TRACKING" | "NO-EVICT" | "NO-TOUCH") => Some(sub),
        _ => None,
    }
}

/// The word `at` of a command, in capitals; empty if there is none.
pub(super) fn word(words: &[Vec<u8>], at: usize) -> String {
    words.get(at).map_or_else(String::new, |word| String::from_utf8_lossy(word).to_ascii_uppercase())
}
