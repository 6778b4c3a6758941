//! Writes a normalised statement, in full and in short.

use super::lexer::{Kind, Token};
use crate::label::point::cut;

/// The statement on one line.
pub(super) fn full(statement: &[Token]) -> String {
    let mut out = String::new();
    let mut target = false;
    for (at, token) in statement.iter().enumerate() {
        if at > 0 && gap(&statement[at - 1], token, target) {
            out.push(' ');
        }
        out.push_str(&token.text);
        target = token.is("INTO") || (target && is_name(token));
    }
    out
}

/// Whether a blank stands between two tokens. The name of a table into which is inserted is no function.
fn gap(before: &Token, next: &Token, target: bool) -> bool {
    let opens = before.is("(") || before.is("[") || before.is(".");
    let casts = before.is("::") && matches!(next.kind, Kind::Word | Kind::Keyword);
    match next.text.as_str() {
        "," | ")" | "]" | ";" | "." | "[" => false,
        "(" if before.kind == Kind::Word => target,
        "::" if before.kind == Kind::Keyword || before.ends_operand() => false,
        _ => !(opens || casts),
    }
}

/// The statement for a table: without lists of columns and values, and cut.
pub(super) fn short(statement: &[Token]) -> String {
    let is = |at: usize, word: &str| statement.get(at).is_some_and(|token| token.is(word));
    if is(0, "INSERT") {
        let head =
            statement.iter().take_while(|token| token.is("INSERT") || token.is("INTO") || is_name(token)).count();
        let conflict = match top(statement, "DO") {
            Some(at) if is(at + 1, "NOTHING") => " ON CONFLICT DO NOTHING",
            Some(_) => " ON CONFLICT DO UPDATE",
            None => "",
        };
        return cut(&format!("{} (…)", full(&statement[..head])), conflict);
    }
    let (body, lock) = statement.split_at(top(statement, "FOR").filter(|_| is(0, "SELECT")).unwrap_or(statement.len()));
    let lock = if lock.is_empty() { String::new() } else { format!(" {}", full(lock)) };
    match top(body, "FROM") {
        Some(from) if is(0, "SELECT") && from > 2 => cut(&format!("SELECT … {}", full(&body[from..])), &lock),
        _ => cut(&full(body), &lock),
    }
}

fn is_name(token: &Token) -> bool {
    token.kind == Kind::Word || token.is(".")
}

/// Where the keyword stands outside of parentheses.
fn top(statement: &[Token], keyword: &str) -> Option<usize> {
    let mut depth = 0_i32;
    statement.iter().position(|token| {
        depth += i32::from(token.is("(")) - i32::from(token.is(")"));
        depth == 0 && token.is(keyword)
    })
}
