//! The part of the two protocols that shows where a request ends and when it has been answered in full.

use std::collections::VecDeque;

use super::find::Kind;

/// The first request code of a Postgres connection when it asks for encryption (TLS, GSS); the answer is one byte.
const ENCRYPTION: [u32; 2] = [80_877_103, 80_877_104];

/// The messages of one connection: requests go in, and each full answer closes the oldest open request.
#[derive(Debug)]
pub(super) struct Talk {
    kind: Kind,
    /// Postgres: the start-up message was seen.
    started: bool,
    /// Postgres: this many single-byte answers precede the first framed one.
    bytes_due: usize,
    /// Postgres: the batch that the next Sync ends has the mark.
    marked_batch: bool,
    /// Requests without their full answer; true for those with the mark.
    open: VecDeque<bool>,
    /// The next request gets the mark.
    mark: bool,
    to_server: Vec<u8>,
    to_client: Vec<u8>,
}

/// The result of reading the client's bytes.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Heard {
    /// Complete messages to pass on.
    pub(super) bytes: Vec<u8>,
    /// One of them has an effect on the data, unlike start-up, preparation and settings of the connection.
    pub(super) acts: bool,
}

impl Talk {
    pub(super) fn new(kind: Kind) -> Talk {
        Talk {
            kind,
            started: false,
            bytes_due: 0,
            marked_batch: false,
            open: VecDeque::new(),
            mark: false,
            to_server: Vec::new(),
            to_client: Vec::new(),
        }
    }

    /// Reads bytes of the client and returns the messages that are complete. With `mark`, the first request that acts
    /// is the one that [`Talk::server`] waits for.
    pub(super) fn client(&mut self, bytes: &[u8], mark: bool) -> Heard {
        self.to_server.extend_from_slice(bytes);
        self.mark = mark;
        let mut heard = Heard::default();
        while let Some(length) = self.request_length() {
            let message: Vec<u8> = self.to_server.drain(..length).collect();
            heard.acts |= match self.kind {
                Kind::Postgres => self.postgres_request(&message),
                Kind::Redis => self.redis_request(&message),
            };
            heard.bytes.extend(message);
        }
        heard
    }

    /// Reads bytes of the server; true when they complete the answer to the marked request.
    pub(super) fn server(&mut self, bytes: &[u8]) -> bool {
        self.to_client.extend_from_slice(bytes);
        let raw = self.bytes_due.min(self.to_client.len());
        self.to_client.drain(..raw);
        self.bytes_due -= raw;
        let mut marked = false;
        while let Some(length) = self.answer_length() {
            let ends = match self.kind {
                Kind::Postgres => self.to_client[0] == b'Z',
                // A push message is not an answer.
                Kind::Redis => self.to_client[0] != b'>',
            };
            self.to_client.drain(..length);
            marked |= ends && self.open.pop_front() == Some(true);
        }
        marked
    }

    /// Whether every request has been answered in full.
    pub(super) fn idle(&self) -> bool {
        self.open.is_empty()
    }

    fn request_length(&self) -> Option<usize> {
        match self.kind {
            Kind::Postgres => framed(&self.to_server, usize::from(self.started)),
            Kind::Redis => resp(&self.to_server),
        }
    }

    fn answer_length(&self) -> Option<usize> {
        match self.kind {
            Kind::Postgres => framed(&self.to_client, 1),
            Kind::Redis => resp(&self.to_client),
        }
    }

    fn opened(&mut self, acts: bool) {
        self.open.push_back(acts && std::mem::take(&mut self.mark));
    }

    fn postgres_request(&mut self, message: &[u8]) -> bool {
        if !self.started {
            if number(message, 4).is_some_and(|code| ENCRYPTION.contains(&code)) {
                self.bytes_due += 1;
            } else {
                self.started = true;
                self.opened(false);
            }
            return false;
        }
        match message[0] {
            b'Q' | b'F' => {
                self.opened(true);
                true
            }
            b'E' => {
                self.marked_batch |= std::mem::take(&mut self.mark);
                true
            }
            b'S' => {
                let marked = std::mem::take(&mut self.marked_batch);
                self.open.push_back(marked);
                false
            }
            _ => false,
        }
    }

    fn redis_request(&mut self, message: &[u8]) -> bool {
        // `*2\r\n$5\r\nHELLO\r\n...`: the command's name is the third line.
        let name = message.split(|byte| *byte == b'\n').nth(2).unwrap_or_default().trim_ascii_end();
        let settings = ["HELLO", "AUTH", "CLIENT", "SELECT"];
        let acts = !settings.iter().any(|setting| name.eq_ignore_ascii_case(setting.as_bytes()));
        self.opened(acts);
        acts
    }
}

fn number(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_be_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}

/// The length of a Postgres message, once it is complete; `tag` bytes precede its length field.
fn framed(bytes: &[u8], tag: usize) -> Option<usize> {
    let length = tag + usize::try_from(number(bytes, tag)?).ok()?.max(4);
    (bytes.len() >= length).then_some(length)
}

/// The length of a RESP value (2 or 3), once it is complete.
fn resp(bytes: &[u8]) -> Option<usize> {
    let line = bytes.windows(2).position(|pair| pair == b"\r\n")?;
    let count = || std::str::from_utf8(&bytes[1..line]).ok()?.parse::<i64>().ok();
    let mut end = line + 2;
    let values = match bytes[0] {
        b'$' | b'=' | b'!' => {
            if let Ok(length) = usize::try_from(count().unwrap_or(-1)) {
                end += length + 2;
            }
            0
        }
        b'*' | b'~' | b'>' => count().unwrap_or(0),
        b'%' => count().unwrap_or(0) * 2,
        // Attributes belong to the value that follows them.
        b'|' => count().unwrap_or(0) * 2 + 1,
        _ => 0,
    };
    for _ in 0..values {
        end += resp(bytes.get(end..)?)?;
    }
    (bytes.len() >= end).then_some(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_resp_value_ends_where_it_ends() {
        for whole in ["+OK\r\n", "$3\r\nabc\r\n", "$-1\r\n", "*2\r\n:1\r\n$1\r\nx\r\n", "%1\r\n+a\r\n*0\r\n", "_\r\n"] {
            assert_eq!(resp(format!("{whole}+more").as_bytes()), Some(whole.len()), "{whole}");
            for cut in 0..whole.len() {
                assert_eq!(resp(&whole.as_bytes()[..cut]), None, "{whole} cut at {cut}");
            }
        }
    }

    fn postgres(tag: u8, body: &[u8]) -> Vec<u8> {
        let length = u32::try_from(body.len() + 4).unwrap().to_be_bytes();
        [&[tag], length.as_slice(), body].concat()
    }

    #[test]
    fn a_preparation_is_not_the_request_that_acts() {
        let mut talk = Talk::new(Kind::Postgres);
        assert!(!talk.client(&[0, 0, 0, 8, 0, 3, 0, 0], true).acts);
        assert!(!talk.server(&postgres(b'Z', b"I")));
        let prepare = [postgres(b'P', b"\0"), postgres(b'S', b"")].concat();
        assert!(!talk.client(&prepare, true).acts);
        assert!(!talk.server(&[postgres(b'1', b""), postgres(b'Z', b"I")].concat()));
        let execute = [postgres(b'B', b"\0"), postgres(b'E', b"\0"), postgres(b'S', b"")].concat();
        assert!(talk.client(&execute[..8], true).bytes.len() < 8);
        assert!(talk.client(&execute[8..], true).acts);
        assert!(!talk.server(&postgres(b'C', b"UPDATE 1\0")));
        assert!(talk.server(&postgres(b'Z', b"I")));
    }

    #[test]
    fn the_answer_waited_for_is_that_of_the_marked_request() {
        let mut talk = Talk::new(Kind::Redis);
        let get = b"*2\r\n$3\r\nGET\r\n$1\r\na\r\n";
        talk.client(get, false);
        assert!(!talk.client(b"*2\r\n$6\r\nclient\r\n$4\r\nINFO\r\n", true).acts);
        assert!(talk.client(get, true).acts);
        assert!(!talk.server(b"$1\r\nx\r\n+OK\r\n>1\r\n+push\r\n$1\r\n"));
        assert!(talk.server(b"x\r\n"));
    }
}
