//! The scripts of Redis by the digests that call them.

use std::collections::BTreeMap;

/// The names of the scripts whose text was seen.
#[derive(Debug, Clone, Default)]
pub struct Scripts(BTreeMap<String, String>);

impl Scripts {
    /// Learns the script that the command `words` brings along, if it is SCRIPT LOAD or EVAL.
    pub fn learn(&mut self, words: &[Vec<u8>]) {
        let is = |at: usize, name: &str| words[at].eq_ignore_ascii_case(name.as_bytes());
        let text = match words {
            [_, _, text] if is(0, "SCRIPT") && is(1, "LOAD") => text,
            [_, text, ..] if is(0, "EVAL") || is(0, "EVAL_RO") => text,
            _ => return,
        };
        self.0.extend(name(text).map(|name| (digest(text), name)));
    }

    /// How a label calls the script `digest`: by its name if it has one, and by the beginning of its digest.
    pub(super) fn call(&self, digest: &str) -> String {
        let short = digest.get(..8).unwrap_or(digest);
        self.0.get(digest).map_or(short.to_owned(), |name| format!("{name}@{short}"))
    }
}

/// The digest by which EVALSHA calls the script `text`.
pub(super) fn digest(text: &[u8]) -> String {
    sha1_smol::Sha1::from(text).digest().to_string()
}

/// The name that a script gives itself in its first line: `#!lua name=deduct` or `-- deduct`.
fn name(text: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(text);
    let line = text.trim_start().lines().next()?;
    let named = line.strip_prefix("#!").and_then(|line| line.split_once("name=")).map(|(_, name)| name);
    let name = named.or_else(|| line.strip_prefix("--"))?.trim_start_matches(['-', '[', ' ', '\t']);
    let end = name.find(|c: char| !(c.is_alphanumeric() || "_-.".contains(c))).unwrap_or(name.len());
    Some(name[..end].to_owned()).filter(|name| !name.is_empty())
}
