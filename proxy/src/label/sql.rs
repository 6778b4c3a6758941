//! The names of SQL statements, and the tables that they touch.

mod lexer;
mod lists;
mod names;
mod tables;
#[cfg(test)]
mod tests;
mod text;
mod words;

use super::{Footprint, Label};
use lexer::Token;

/// What a statement is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// It reads rows and neither changes nor locks any.
    Read,
    /// It changes or locks rows, or may.
    Write,
    /// It begins a transaction.
    Begin,
    /// It commits a transaction.
    Commit,
    /// It rolls a transaction back.
    Rollback,
    /// It sets a savepoint, releases it or goes back to it.
    Savepoint,
    /// It is about the session: a setting, a prepared statement, a channel.
    Session,
    /// It may be for anything, such as CALL.
    Unknown,
}

/// A text of SQL, of one statement or of several.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sql {
    /// Its name.
    pub label: Label,
    /// What each statement is for.
    pub kinds: Vec<Kind>,
    /// The tables that the statements touch.
    pub footprint: Footprint,
}

/// Names a text of SQL and tells what it touches.
#[must_use]
pub fn describe(sql: &str) -> Sql {
    let (mut full, mut short) = (Vec::new(), Vec::new());
    let (mut kinds, mut footprint) = (Vec::new(), Footprint::default());
    for (text, mut tokens) in lexer::statements(sql) {
        names::mask_name(&mut tokens);
        let tokens = lists::squeeze(tokens);
        let (kind, touches) = kind(text, &tokens);
        kinds.push(kind);
        footprint.extend(touches);
        full.push(text::full(&tokens));
        short.push(text::short(&tokens));
    }
    let or_empty = |text: Vec<String>| if text.is_empty() { "(empty)".to_owned() } else { text.join("; ") };
    Sql { label: Label::new(or_empty(full), &or_empty(short)), kinds, footprint }
}

fn kind(text: &str, statement: &[Token]) -> (Kind, Footprint) {
    let kind = match statement.first().map_or("", |token| token.text.as_str()) {
        "BEGIN" | "START" => Kind::Begin,
        "COMMIT" | "END" => Kind::Commit,
        "SAVEPOINT" | "RELEASE" => Kind::Savepoint,
        "ROLLBACK" if statement.iter().any(|token| token.is("TO")) => Kind::Savepoint,
        "ROLLBACK" | "ABORT" => Kind::Rollback,
        "SET" | "SHOW" | "RESET" | "DISCARD" | "DEALLOCATE" | "LISTEN" | "UNLISTEN" => Kind::Session,
        _ => {
            let touches = tables::footprint(text, statement);
            let kind = match touches.everything {
                _ if !touches.writes.is_empty() => Kind::Write,
                true => Kind::Unknown,
                false => Kind::Read,
            };
            return (kind, touches);
        }
    };
    (kind, Footprint::default())
}
