//! Cuts what the client sent into commands.

use super::scanner::Scanner;
use crate::frame::{FrameError, LONGEST, Side};

/// The longest inline command that a server reads.
const INLINE: usize = 64 << 10;

/// The incomplete command at the end of what the client sent.
#[derive(Debug, Default)]
pub(super) struct Reader {
    /// Its bytes so far, after the blank lines and empty arrays before it, which servers skip.
    pub held: Vec<u8>,
    /// Where in them it begins.
    begin: usize,
    /// Its form, once its first byte is known: an array, or an inline command.
    form: Option<Option<Scanner>>,
}

impl Reader {
    /// Takes from `bytes` what belongs to the next command. The bytes of the command and its words, once it is whole.
    #[expect(clippy::type_complexity, reason = "the two go into a request at once")]
    pub fn read(&mut self, bytes: &mut &[u8]) -> Result<Option<(Vec<u8>, Vec<Vec<u8>>)>, FrameError> {
        while let Some(&first) = bytes.first() {
            let form = self.form.get_or_insert_with(|| (first == b'*').then(|| Scanner::new(Side::Client)));
            let end = match form {
                Some(scanner) => scanner.scan(bytes)?,
                None => bytes.iter().position(|&byte| byte == b'\n').map(|at| at + 1),
            };
            let inline = form.is_none();
            let (taken, rest) = bytes.split_at(end.unwrap_or(bytes.len()));
            self.held.extend_from_slice(taken);
            *bytes = rest;
            let malformed = |what| FrameError::Malformed { side: Side::Client, what };
            if self.held.len() > LONGEST {
                return Err(FrameError::Long);
            } else if inline && self.held.len() - self.begin > INLINE {
                return Err(malformed("inline command"));
            } else if end.is_none() {
                break;
            }
            let command = &self.held[self.begin..];
            let words = match inline {
                // A quoted blank parts words here, which no client sends inline.
                true => {
                    command.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty()).map(<[u8]>::to_vec).collect()
                }
                false if command.starts_with(b"*-1") => Vec::new(),
                false => Some(strings(command)).filter(|found| found.1).ok_or(malformed("command"))?.0,
            };
            self.form = None;
            self.begin = self.held.len();
            if !words.is_empty() {
                self.begin = 0;
                return Ok(Some((std::mem::take(&mut self.held), words)));
            }
        }
        Ok(None)
    }
}

/// The strings at the beginning of an array, as far as `bytes` has them whole; and whether it has that and nothing else.
pub(super) fn strings(bytes: &[u8]) -> (Vec<Vec<u8>>, bool) {
    let number = |text: &[u8]| std::str::from_utf8(text).ok()?.parse::<usize>().ok();
    let mut found = Vec::new();
    let Some((_, count, mut rest)) = line(bytes) else { return (found, false) };
    while let Some((kind, text, after)) = line(rest) {
        let sized = number(text).filter(|_| kind == b'$').and_then(|length| after.split_at_checked(length));
        let Some((string, after)) = sized.or((kind == b'+').then_some((text, after))) else { return (found, false) };
        found.push(string.to_vec());
        rest = if kind == b'$' { after.get(2..).unwrap_or_default() } else { after };
    }
    let whole = rest.is_empty() && number(count) == Some(found.len());
    (found, whole)
}

/// The first byte of a line, the rest of it, and what comes after it.
fn line(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let end = bytes.windows(2).position(|pair| pair == b"\r\n")?;
    let (kind, text) = bytes[..end].split_first()?;
    Some((*kind, text, &bytes[end + 2..]))
}
