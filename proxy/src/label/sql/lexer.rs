//! Cuts SQL into tokens by Postgres's lexical rules. It never fails: a string that does not end goes on to the end of the text.

use super::words;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A keyword, in capitals.
    Keyword,
    /// A name: folded to small letters, or in its double quotes where it needs them.
    Word,
    /// A string, a number or a parameter; its text is `?`.
    Literal,
    /// A list of literals of any length; its text is `…`.
    List,
    /// An operator or a punctuation mark.
    Symbol,
}

/// A token of SQL. Comments and blanks are none.
#[derive(Clone, Debug)]
pub(super) struct Token {
    pub kind: Kind,
    /// How a label writes it.
    pub text: String,
    /// Nothing stands between it and the token before it.
    pub glued: bool,
}

impl Token {
    pub fn new(kind: Kind, text: impl Into<String>) -> Self {
        Self { kind, text: text.into(), glued: false }
    }

    /// Whether it is the keyword or symbol `text`.
    pub fn is(&self, text: &str) -> bool {
        matches!(self.kind, Kind::Keyword | Kind::Symbol) && self.text == text
    }

    /// Whether an operand ends with it, so that a sign after it is an operator.
    pub fn ends_operand(&self) -> bool {
        matches!(self.kind, Kind::Word | Kind::Literal | Kind::List) || self.is(")") || self.is("]")
    }
}

/// The statements of `sql` that are not empty: the text of each, and its tokens.
pub(super) fn statements(sql: &str) -> Vec<(&str, Vec<Token>)> {
    let mut lexer = Lexer { rest: sql, glued: false, out: Vec::new() };
    let (mut found, mut from) = (Vec::new(), sql);
    loop {
        let before = lexer.rest;
        if !before.is_empty() {
            lexer.step();
        }
        if before.is_empty() || lexer.out.pop_if(|token| token.is(";")).is_some() {
            let tokens = std::mem::take(&mut lexer.out);
            found.extend((!tokens.is_empty()).then_some((&from[..from.len() - before.len()], tokens)));
            from = lexer.rest;
        }
        if before.is_empty() {
            return found;
        }
    }
}

struct Lexer<'a> {
    rest: &'a str,
    glued: bool,
    out: Vec<Token>,
}

impl Lexer<'_> {
    /// Reads one token, comment or run of blanks.
    fn step(&mut self) {
        let rest = self.rest;
        let first = rest.chars().next().unwrap_or(' ');
        if let Some(length) = blank(rest) {
            self.rest = &rest[length..];
            self.glued = false;
        } else if let Some(length) = string(rest).or_else(|| dollar(rest)) {
            self.push(length, Kind::Literal, "?");
        } else if let Some(length) = self.number() {
            // A sign that is no operator is part of the number: -5 is as much a literal as 5.
            let sign = |token: &mut Token| token.is("-") || token.is("+");
            let before = self.out.len().checked_sub(2).and_then(|at| self.out.get(at));
            if !before.is_some_and(Token::ends_operand) {
                self.glued = self.out.pop_if(sign).map_or(self.glued, |sign| sign.glued);
            }
            self.push(length, Kind::Literal, "?");
        } else if first == '"' {
            let length = quoted(rest, '"', false);
            self.push(length, Kind::Word, &name(&rest[..length]));
        } else if word_char(first) {
            let length = rest.find(|c| !(word_char(c) || c == '$')).unwrap_or(rest.len());
            let text = rest[..length].to_ascii_lowercase();
            match words::keyword(&text) {
                Some(keyword) => self.push(length, Kind::Keyword, keyword),
                None if text == "…" => self.push(length, Kind::List, "…"),
                None => self.push(length, Kind::Word, &text),
            }
        } else {
            let length = match operator(rest) {
                0 if rest.starts_with("::") || rest.starts_with(":=") => 2,
                0 => first.len_utf8(),
                length => length,
            };
            let text = &rest[..length];
            self.push(length, if text == "?" { Kind::Literal } else { Kind::Symbol }, text);
        }
    }

    fn push(&mut self, length: usize, kind: Kind, text: &str) {
        self.out.push(Token { kind, text: text.to_owned(), glued: self.glued });
        self.rest = &self.rest[length..];
        self.glued = true;
    }

    /// The length of the number that begins here.
    fn number(&self) -> Option<usize> {
        let bytes = self.rest.as_bytes();
        let digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
        let after_name = self.glued && self.out.last().is_some_and(Token::ends_operand);
        if !(digit(0) || (bytes[0] == b'.' && digit(1) && !after_name)) {
            return None;
        }
        let part = |b: &&u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.');
        let run = |from: usize| from + bytes[from..].iter().take_while(part).count();
        let end = run(0);
        let exponent = matches!(bytes[end - 1], b'e' | b'E') && !bytes[..end].contains(&b'x');
        let signed = matches!(bytes.get(end), Some(b'+' | b'-')) && digit(end + 1);
        Some(if exponent && signed { run(end + 1) } else { end })
    }
}

fn word_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_' || !c.is_ascii()
}

/// The length of the blanks or the comment that begin here. Postgres nests comments.
fn blank(text: &str) -> Option<usize> {
    let end = |found: Option<usize>| Some(found.unwrap_or(text.len()));
    if text.starts_with([' ', '\t', '\n', '\r', '\x0b', '\x0c']) {
        return end(text.find(|c: char| !matches!(c, ' ' | '\t'..='\r')));
    } else if text.starts_with("--") {
        return end(text.find('\n'));
    } else if !text.starts_with("/*") {
        return None;
    }
    let (mut at, mut depth) = (0, 0);
    while let Some(next) = text.as_bytes().get(at..at + 2) {
        match next {
            b"/*" => (depth, at) = (depth + 1, at + 2),
            b"*/" => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            return Some(at);
        }
    }
    end(None)
}

/// The length of the string in single quotes, with its prefix, that begins here.
fn string(text: &str) -> Option<usize> {
    let (prefix, backslash) = match text.as_bytes() {
        [b'\'', ..] => (0, false),
        [b'e' | b'E', b'\'', ..] => (1, true),
        [b'b' | b'B' | b'x' | b'X' | b'n' | b'N', b'\'', ..] => (1, false),
        [b'u' | b'U', b'&', b'\'', ..] => (2, false),
        _ => return None,
    };
    Some(prefix + quoted(&text[prefix..], '\'', backslash))
}

/// The length of what stands in quotes here; a doubled quote is part of it.
fn quoted(text: &str, quote: char, backslash: bool) -> usize {
    let mut chars = text.char_indices().skip(1).peekable();
    while let Some((at, c)) = chars.next() {
        if backslash && c == '\\' {
            chars.next();
        } else if c == quote && chars.next_if(|&(_, next)| next == quote).is_none() {
            return at + 1;
        }
    }
    text.len()
}

/// The length of the parameter or dollar-quoted string that begins here.
fn dollar(text: &str) -> Option<usize> {
    let rest = text.strip_prefix('$')?;
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    if digits > 0 {
        return Some(1 + digits);
    }
    let mark = &text[..rest.find(|c| !word_char(c)).filter(|&at| rest[at..].starts_with('$'))? + 2];
    Some(text[mark.len()..].find(mark).map_or(text.len(), |at| at + 2 * mark.len()))
}

/// The length of the operator that begins here: a comment ends it, and only some may end in a sign.
fn operator(text: &str) -> usize {
    let mut run = &text[..text.find(|c| !"+-*/<>=~!@#%^&|`?".contains(c)).unwrap_or(text.len())];
    for comment in ["--", "/*"] {
        run = run.find(comment).map_or(run, |at| &run[..at]);
    }
    while run.len() > 1 && run.ends_with(['+', '-']) && !run.contains(|c| "~!@#%^&|`?".contains(c)) {
        run = &run[..run.len() - 1];
    }
    run.len()
}

/// A name in double quotes, without them where Postgres reads the same name without them.
fn name(quoted: &str) -> String {
    let inner = quoted[1..].strip_suffix('"').unwrap_or(&quoted[1..]);
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    let simple = inner.chars().all(plain) && !inner.starts_with(|c: char| c.is_ascii_digit()) && !inner.is_empty();
    if simple && words::keyword(inner).is_none() { inner.to_owned() } else { format!("\"{inner}\"") }
}
