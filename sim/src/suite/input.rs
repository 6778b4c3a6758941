//! Reads files that somebody else wrote, within bounds, and reports what is wrong with them without the terms of a
//! programming language.

use std::io::Read;
use std::path::Path;

use model::setup::Account;
use model::shown::{MOST as MOST_SHOWN, is_hidden, plain, shown};

/// The most bytes of a scenario, a lock file or a capsule: a hundred times the size of any of ours.
const MOST: u64 = 4 << 20;

/// Reads a text file, without a byte order mark at its beginning.
///
/// # Errors
/// In words: it is not a regular file, is too large, is not text, or cannot be read.
pub fn read(path: &Path) -> Result<String, String> {
    let to_text = |error: std::io::Error| error.to_string();
    // Checked before opening: opening a pipe would wait for a writer.
    let meta = std::fs::metadata(path).map_err(to_text)?;
    if !meta.is_file() {
        return Err("it is not a regular file: expected a file with text in it".to_owned());
    }
    let mut bytes = Vec::new();
    std::fs::File::open(path).map_err(to_text)?.take(MOST + 1).read_to_end(&mut bytes).map_err(to_text)?;
    if bytes.len() as u64 > MOST {
        return Err(format!("it has more than {} MiB: expected a smaller one", MOST >> 20));
    }
    let text = String::from_utf8(bytes).map_err(|error| format!("it is not UTF-8 text: {}", error.utf8_error()))?;
    Ok(text.strip_prefix('\u{feff}').map_or(text.clone(), str::to_owned))
}

/// A person's text with its lines kept and every other hidden character escaped.
pub fn prose(text: &str) -> String {
    text.split(['\n', '\t']).map(plain).collect::<Vec<_>>().join("\n")
}

/// What is wrong with a name that is shown, typed and used in file names, if anything is.
pub fn wrong_name(name: &str) -> Option<String> {
    if let Some(hidden) = name.chars().find(|&c| is_hidden(c)) {
        return Some(format!(
            "has the character U+{:04X}, which cannot be seen: expected a name without",
            u32::from(hidden)
        ));
    }
    let long = name.chars().count();
    (long > MOST_SHOWN).then(|| format!("has {long} characters: expected at most {MOST_SHOWN}"))
}

/// The first account whose name is too long to be shown whole, and what is wrong with it.
pub fn wrong_account(accounts: &[Account]) -> Option<(String, String)> {
    let long = accounts.iter().map(|account| &account.name).find(|name| name.chars().count() > MOST_SHOWN)?;
    let why =
        format!("the account `{}` has {} characters: expected at most {MOST_SHOWN}", shown(long), long.chars().count());
    Some((long.clone(), why))
}

/// The line of an error in a TOML text, and what is wrong there, with the key.
pub fn wrong_toml(text: &str, error: &toml::de::Error) -> (usize, String) {
    let place = error.span().map_or(0, |span| span.start);
    (line_at(text, place), with_key(text, place, in_plain_words(error.message())))
}

/// The line, from 1, of a place in a text that is given in bytes.
pub fn line_at(text: &str, place: usize) -> usize {
    text.get(..place).unwrap_or_default().matches('\n').count() + 1
}

/// The place in a text, in bytes, of a line from 1 and of the bytes before it on that line.
pub fn place_at(text: &str, line: usize, column: usize) -> usize {
    text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum::<usize>() + column
}

/// The message preceded by the key whose value is at this place, which is given in bytes, if the key is on the same line
/// and the message neither names it nor speaks of a field.
pub fn with_key(text: &str, place: usize, why: String) -> String {
    let of_a_field = why.contains(" field `") || why.contains("duplicate key");
    match key_before(text.get(..place).unwrap_or_default()).filter(|_| !of_a_field) {
        Some(key) if !why.contains(&format!("`{key}`")) => format!("`{key}`: {why}"),
        Some(_) | None => why,
    }
}

/// The last key on the last line of this text, if its value has not ended before a further value or a closing bracket.
fn key_before(text: &str) -> Option<&str> {
    let line = &text[text.rfind('\n').map_or(0, |end| end + 1)..];
    let (mut quoted, mut lists) = (false, 0_u32);
    let (mut begin, mut key) = (0, None);
    for (at, c) in line.char_indices() {
        match c {
            '"' => quoted = !quoted,
            '=' | ':' if !quoted => key = Some(line[begin..at].trim().trim_matches('"')),
            '[' if !quoted => lists += 1,
            ',' if !quoted && lists > 0 => begin = at + 1,
            '{' | '}' | ',' | ']' if !quoted => {
                (begin, key) = (at + 1, None);
                lists = lists.saturating_sub(u32::from(c == ']'));
            }
            _ => {}
        }
    }
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    key.filter(|key| !key.is_empty() && key.chars().all(plain))
}

/// A parser's message about types, in words that are not those of a programming language.
pub fn in_plain_words(why: &str) -> String {
    const WORDS: [(&str, &str); 14] = [
        ("expected u8", "expected a whole number from 0 to 255"),
        ("expected u16", "expected a whole number from 0 to 65535"),
        ("expected u32", "expected a whole number from 0 to 4294967295"),
        ("expected u64", "expected a whole number, not negative"),
        ("expected i64", "expected a whole number"),
        ("expected a borrowed string", "expected a text in quotes"),
        ("expected a string", "expected a text in quotes"),
        ("expected a sequence", "expected a list"),
        ("expected a map", "expected a table"),
        ("invalid type: map", "a table is not valid here"),
        ("invalid type: sequence", "a list is not valid here"),
        ("invalid type: ", "not valid here: "),
        ("invalid value: ", "not valid here: "),
        ("invalid length ", "a list of another length is not valid here: "),
    ];
    let mut why = why.to_owned();
    for (from, to) in WORDS {
        why = why.replace(from, to);
    }
    // `expected struct Capsule with 14 elements`, `expected struct Account`
    if let Some((before, rest)) = why.split_once("expected struct ") {
        let after = rest.split_once(" elements").map_or("", |(_, after)| after);
        why = format!("{before}expected a table{after}");
    }
    why
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_word_of_a_programming_language_is_left() {
        for (said, expected) in [
            ("invalid type: map, expected u8", "a table is not valid here, expected a whole number from 0 to 255"),
            (
                "invalid type: integer `5`, expected struct Capsule with 14 elements",
                "not valid here: integer `5`, expected a table",
            ),
            (
                "invalid type: floating point `5.25`, expected a string",
                "not valid here: floating point `5.25`, expected a text in quotes",
            ),
            ("missing field `title`", "missing field `title`"),
        ] {
            assert_eq!(in_plain_words(said), expected);
        }
    }

    #[test]
    fn a_message_names_the_key_of_its_line() {
        let text = "title = \"x\"\ngateways = \"2\"\n  \"moves\": 5,\n[faults]\nseen = [\"a\", \"b\"]\n{\"schema\": 4, \"step\": \"a:b=c\"}";
        let with = |needle| with_key(text, text.find(needle).unwrap(), "not valid".to_owned());
        assert_eq!(with("\"2\""), "`gateways`: not valid");
        assert_eq!(with("5,"), "`moves`: not valid");
        assert_eq!(with("\"b\""), "`seen`: not valid");
        assert_eq!(with("4, "), "`schema`: not valid");
        assert_eq!(with("}"), "`step`: not valid");
        for none in ["title", "[faults]", "\"step"] {
            assert_eq!(with(none), "not valid");
        }
    }
}
