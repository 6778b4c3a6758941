//! Finds the end of a RESP value that arrives in pieces. It keeps counters instead of content: an announced length costs nothing.

use crate::frame::{FrameError, Side};

/// The deepest nesting of aggregates.
const DEPTH: usize = 128;
/// The longest header after its first byte.
const HEADER: usize = 21;

/// What of a value has been read.
#[derive(Debug)]
pub(super) struct Scanner {
    side: Side,
    state: State,
    open: Vec<Open>,
    /// The byte that says what the value is; attributes before it do not count.
    pub kind: Option<u8>,
}

#[derive(Debug)]
enum State {
    /// Before the byte that says what follows.
    Kind,
    /// In the number after that byte.
    Header(u8, Vec<u8>),
    /// In a line whose content does not matter; whether its last byte was a carriage return.
    Line(bool),
    /// In a string and the line end after it, of so many more bytes.
    Blob(u64),
}

/// What encloses the next value.
#[derive(Debug, PartialEq)]
enum Open {
    /// An aggregate that lacks so many values.
    Values(u64),
    /// Attributes that lack so many values. They are part of the value after them.
    Attributes(u64),
    /// An aggregate that ends with `.`.
    Stream,
    /// A string in chunks, which ends with an empty one.
    Chunks,
}

impl Scanner {
    pub fn new(side: Side) -> Self {
        Self { side, state: State::Kind, open: Vec::new(), kind: None }
    }

    /// Reads on until a value ends. The number of bytes up to its end; `None` if it goes on after them.
    pub fn scan(&mut self, bytes: &[u8]) -> Result<Option<usize>, FrameError> {
        let mut at = 0;
        while at < bytes.len() {
            let byte = bytes[at];
            let ended = match &mut self.state {
                State::Blob(left) => {
                    let step = usize::try_from(*left).unwrap_or(usize::MAX).min(bytes.len() - at);
                    *left -= step as u64;
                    at += step - 1;
                    *left == 0 && self.end()
                }
                State::Line(returned) => {
                    let end = *returned && byte == b'\n';
                    *returned = byte == b'\r';
                    end && self.end()
                }
                State::Kind => self.begin(byte)?,
                State::Header(_, text) if byte != b'\n' => {
                    text.push(byte);
                    if text.len() > HEADER {
                        return Err(self.malformed("length"));
                    }
                    false
                }
                State::Header(kind, text) => {
                    let (kind, text) = (*kind, std::mem::take(text));
                    self.header(kind, text.strip_suffix(b"\r").unwrap_or(b"bare"))?
                }
            };
            at += 1;
            if ended {
                return Ok(Some(at));
            }
        }
        Ok(None)
    }

    fn begin(&mut self, kind: u8) -> Result<bool, FrameError> {
        if self.open.is_empty() && kind != b'|' {
            self.kind = Some(kind);
        }
        self.state = match kind {
            _ if (kind == b';') != (self.open.last() == Some(&Open::Chunks)) => return Err(self.malformed("chunk")),
            b'+' | b'-' | b':' | b'_' | b'#' | b',' | b'(' => State::Line(false),
            b'$' | b'!' | b'=' | b'*' | b'~' | b'%' | b'>' | b'|' | b';' | b'.' => State::Header(kind, Vec::new()),
            _ => return Err(FrameError::Kind { side: self.side, kind }),
        };
        Ok(false)
    }

    /// Takes a whole header; whether the value ends with it.
    fn header(&mut self, kind: u8, text: &[u8]) -> Result<bool, FrameError> {
        match (kind, text) {
            (b'.', b"") => return self.close(&Open::Stream),
            (b'$', b"?") => return self.enter(Open::Chunks),
            (b'*' | b'~' | b'%' | b'>', b"?") => return self.enter(Open::Stream),
            (b'$' | b'*', b"-1") => return Ok(self.end()),
            _ => {}
        }
        let length = std::str::from_utf8(text).ok().and_then(|text| text.parse::<i64>().ok());
        let length = length.ok_or_else(|| self.malformed("length"))?;
        let length = u64::try_from(length).map_err(|_| FrameError::Length { side: self.side, length })?;
        match kind {
            b';' if length == 0 => return self.close(&Open::Chunks),
            b'$' | b'!' | b'=' | b';' => self.state = State::Blob(length + 2),
            b'|' if length == 0 => self.state = State::Kind,
            b'|' => return self.enter(Open::Attributes(length.saturating_mul(2))),
            _ if length == 0 => return Ok(self.end()),
            b'%' => return self.enter(Open::Values(length.saturating_mul(2))),
            _ => return self.enter(Open::Values(length)),
        }
        Ok(false)
    }

    fn enter(&mut self, open: Open) -> Result<bool, FrameError> {
        if self.open.len() == DEPTH {
            return Err(self.malformed("value: it is nested too deeply"));
        }
        self.open.push(open);
        self.state = State::Kind;
        Ok(false)
    }

    fn close(&mut self, stream: &Open) -> Result<bool, FrameError> {
        if self.open.pop().as_ref() == Some(stream) { Ok(self.end()) } else { Err(self.malformed("end of a stream")) }
    }

    /// A value has ended, and with it each aggregate of which it is the last. Whether nothing encloses it.
    fn end(&mut self) -> bool {
        self.state = State::Kind;
        loop {
            match self.open.last_mut() {
                None => return true,
                Some(Open::Stream | Open::Chunks) => return false,
                Some(Open::Values(left) | Open::Attributes(left)) if *left > 1 => {
                    *left -= 1;
                    return false;
                }
                Some(Open::Values(_) | Open::Attributes(_)) => {
                    if let Some(Open::Attributes(_)) = self.open.pop() {
                        return false;
                    }
                }
            }
        }
    }

    fn malformed(&self, what: &'static str) -> FrameError {
        FrameError::Malformed { side: self.side, what }
    }
}
