//! Writes lists of literals of any length alike: those of IN, of VALUES and of ARRAY.

use super::lexer::{Kind, Token};

#[derive(Clone, Copy, PartialEq, Eq)]
enum Group {
    /// A list of any length.
    List,
    /// A row of VALUES.
    Row,
    Other,
}

/// The statement with each list in the form it has for any length.
pub(super) fn squeeze(statement: Vec<Token>) -> Vec<Token> {
    let mut out: Vec<Token> = Vec::with_capacity(statement.len());
    let mut open: Vec<(usize, Group)> = Vec::new();
    // Where the last row of VALUES begins and ends.
    let mut row: Option<(usize, usize)> = None;
    for token in statement {
        if token.is("(") || token.is("[") {
            let after = |word: &str| out.last().is_some_and(|last| last.is(word));
            let follows = after(",") && row.is_some_and(|(_, end)| end + 1 == out.len());
            let group = match token.text.as_str() {
                "(" if after("VALUES") || follows => Group::Row,
                "(" if after("IN") => Group::List,
                "[" if after("ARRAY") => Group::List,
                _ => Group::Other,
            };
            open.push((out.len(), group));
        }
        let closes = token.is(")") || token.is("]");
        let (start, group) = if closes { open.pop() } else { None }.unwrap_or((out.len(), Group::Other));
        if group != Group::Other {
            elements(&mut out, start + 1);
        }
        out.push(token);
        row = row.filter(|&(_, end)| end <= start);
        match row {
            Some((first, end)) if group == Group::Row && end + 1 == start && alike(&out[first..end], &out[start..]) => {
                out.truncate(end)
            }
            _ if group == Group::Row => row = Some((start, out.len())),
            _ => {}
        }
    }
    out
}

/// Leaves one of neighbouring elements that are alike. A list of nothing but literals becomes `…`.
fn elements(out: &mut Vec<Token>, from: usize) {
    let is_any = |token: &Token, words: &[&str]| words.iter().any(|word| token.is(word));
    if out.get(from).is_none_or(|token| is_any(token, &["SELECT", "WITH", "VALUES", "TABLE"])) {
        return;
    }
    let mut depth = 0_i32;
    let list = out.split_off(from);
    let mut elements: Vec<Vec<Token>> = list
        .split(|token| {
            depth += i32::from(is_any(token, &["(", "["])) - i32::from(is_any(token, &[")", "]"]));
            depth == 0 && token.is(",")
        })
        .map(<[Token]>::to_vec)
        .collect();
    for element in &mut elements {
        if let [token] = element.as_mut_slice()
            && (is_any(token, &["NULL", "TRUE", "FALSE", "DEFAULT"])
                || matches!(token.kind, Kind::Literal | Kind::List))
        {
            *token = Token::new(Kind::Literal, "?");
        }
    }
    elements.dedup_by(|one, other| alike(one, other));
    if let [only] = elements.as_slice()
        && matches!(only.as_slice(), [Token { kind: Kind::Literal, .. }])
    {
        return out.push(Token::new(Kind::List, "…"));
    }
    for (at, element) in elements.into_iter().enumerate() {
        out.extend((at > 0).then(|| Token::new(Kind::Symbol, ",")));
        out.extend(element);
    }
}

fn alike(one: &[Token], other: &[Token]) -> bool {
    one.iter().map(|token| (token.kind, &token.text)).eq(other.iter().map(|token| (token.kind, &token.text)))
}
