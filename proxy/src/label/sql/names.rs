//! Masks the names that clients generate: of savepoints, prepared statements and cursors.

use super::lexer::{Kind, Token};
use super::words::keyword;
use crate::label::mask;

/// Writes the generated name in a statement, if there is one, as it is in each run.
pub(super) fn mask_name(statement: &mut Vec<Token>) {
    let Some(at) = position(statement) else { return };
    let end = at + 1 + statement[at + 1..].iter().take_while(|token| token.glued && is_part(token)).count();
    // A keyword alone, such as ALL, is no name.
    if !is_part(&statement[at]) || (statement[at].kind == Kind::Keyword && end == at + 1) {
        return;
    }
    let part = |token: &Token| if token.kind == Kind::Keyword { token.text.to_lowercase() } else { token.text.clone() };
    let name: String = statement[at..end].iter().map(part).collect();
    let bare = name.strip_prefix('"').and_then(|name| name.strip_suffix('"')).filter(|_| end == at + 1);
    let masked = mask(&bare.map_or(name.clone(), |name| name.replace("\"\"", "\"")));
    let plain = |c: char| c.is_ascii_lowercase() || matches!(c, '_' | '*') || !c.is_ascii();
    let simple = !masked.is_empty() && masked.chars().all(plain) && keyword(&masked).is_none();
    let text = if simple { masked } else { format!("\"{}\"", masked.replace('"', "\"\"")) };
    statement.splice(at..end, [Token::new(Kind::Word, text)]);
}

/// Whether it may be a part of a name: a mask parts a name into tokens with nothing between them.
fn is_part(token: &Token) -> bool {
    matches!(token.kind, Kind::Word | Kind::Keyword) || token.is("*")
}

/// Where in a statement the name stands.
fn position(statement: &[Token]) -> Option<usize> {
    let is = |at: usize, word: &str| statement.get(at).is_some_and(|token| token.is(word));
    let after = |at: usize, optional: &str| at + usize::from(is(at, optional));
    let found = match statement.first()?.text.as_str() {
        "SAVEPOINT" | "EXECUTE" | "DECLARE" | "CLOSE" => Some(1),
        "PREPARE" if !is(1, "TRANSACTION") => Some(1),
        "RELEASE" => Some(after(1, "SAVEPOINT")),
        "DEALLOCATE" => Some(after(1, "PREPARE")),
        "ROLLBACK" => {
            let to = after(after(1, "WORK"), "TRANSACTION");
            is(to, "TO").then(|| after(to + 1, "SAVEPOINT"))
        }
        "FETCH" | "MOVE" => {
            let goes_on = |at: usize| at > 1 && statement[at].glued && is_part(&statement[at - 1]);
            let begins = |&at: &usize| is_part(&statement[at]) && !goes_on(at);
            (1..statement.len()).rev().find(begins)
        }
        _ => None,
    };
    found.filter(|&at| at < statement.len())
}
