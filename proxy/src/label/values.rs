//! The values that the client itself sent in its request, by their names.

use super::mask::mask;

/// Names for values that differ from run to run, such as the trace of a request.
#[derive(Debug, Clone, Default)]
pub struct Values {
    /// Each value with its placeholder; a value comes before those that are part of it.
    known: Vec<(String, String)>,
}

impl Values {
    /// The values with their names. A value without a letter or a digit names nothing.
    pub fn new<'a>(values: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let named = values.into_iter().filter(|(_, value)| value.contains(|c: char| c.is_ascii_alphanumeric()));
        let mut known: Vec<_> = named.map(|(name, value)| (value.to_owned(), format!("{{{name}}}"))).collect();
        known.sort_by_key(|(value, _)| std::cmp::Reverse(value.len()));
        Self { known }
    }

    /// `text` with the name of each value in its place, and the rest masked. A value counts only as a whole word: `7` is not
    /// found in `plan-17`.
    #[must_use]
    pub fn mask(&self, text: &str) -> String {
        let mut out = String::new();
        let (mut from, mut at) = (0, 0);
        while let Some(c) = text[at..].chars().next() {
            let rest = &text[at..];
            let is_value = |value: &str| rest.starts_with(value) && apart(text, at) && apart(text, at + value.len());
            let named =
                self.known.iter().find(|(_, name)| rest.starts_with(name.as_str())).map(|known| (known.1.len(), known));
            let valued = || self.known.iter().find(|(value, _)| is_value(value)).map(|known| (known.0.len(), known));
            if let Some((length, (_, name))) = named.or_else(valued) {
                out.push_str(&mask(&text[from..at]));
                out.push_str(name);
                at += length;
                from = at;
            } else {
                at += c.len_utf8();
            }
        }
        out + &mask(&text[from..])
    }
}

/// Whether a word ends or begins at `at`. What was masked belongs to its word.
fn apart(text: &str, at: usize) -> bool {
    let letter = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric() || c == '*');
    !(letter(text[..at].chars().next_back()) && letter(text[at..].chars().next()))
}
