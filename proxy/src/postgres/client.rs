//! The client's half of a connection.

use std::collections::VecDeque;

use super::batch::Batch;
use super::body::Body;
use super::exchange::{Exchange, Open, Until};
use super::prepared::Names;
use crate::frame::{Chatter, FrameError, LONGEST, Purpose, Request, RequestId, Side, Statement};

/// The codes in place of a protocol version: TLS, GSS, cancel.
const ENCRYPTION: [u32; 2] = [80_877_103, 80_877_104];
const CANCEL: u32 = 80_877_102;

/// The server's own limit on a start-up message.
const LONGEST_START: u32 = 10_000;

/// The client's bytes become requests.
#[derive(Debug, Default)]
pub(super) struct Client {
    waiting: Vec<u8>,
    batch: Batch,
    next: u64,
    /// The message that opened the connection.
    pub(super) start: Option<Vec<u8>>,
    /// A batch without a Sync has executed something.
    executed: bool,
}

impl Client {
    /// Takes bytes and adds the requests that they complete to `out`.
    ///
    /// # Errors
    /// A message that the protocol does not know; [`Client::rest`] has the bytes from there on.
    pub(super) fn feed(
        &mut self,
        bytes: &[u8],
        exchange: &mut Exchange,
        names: &mut Names,
        out: &mut Vec<Request>,
    ) -> Result<(), FrameError> {
        self.waiting.extend_from_slice(bytes);
        let waiting = std::mem::take(&mut self.waiting);
        let mut at = 0;
        let result = loop {
            match self.length(&waiting[at..]) {
                Ok(Some(length)) => {
                    let message = &waiting[at..at + length];
                    at += length;
                    out.extend(self.message(message, exchange, names));
                }
                Ok(None) => break Ok(()),
                Err(error) => break Err(error),
            }
        };
        self.waiting = waiting;
        self.waiting.drain(..at);
        result
    }

    /// Keeps bytes of a stream that is not understood, for the rest.
    pub(super) fn keep(&mut self, bytes: &[u8]) {
        self.waiting.extend_from_slice(bytes);
    }

    /// The bytes that make no request, if there are any, and the id that they have as one.
    pub(super) fn rest(&mut self) -> Option<(RequestId, Vec<u8>)> {
        let mut bytes = std::mem::take(&mut self.batch).bytes;
        bytes.append(&mut self.waiting);
        (!bytes.is_empty()).then(|| (self.id(), bytes))
    }

    fn id(&mut self) -> RequestId {
        self.next += 1;
        RequestId(self.next - 1)
    }

    /// The length of the message at the beginning, once it is complete.
    fn length(&self, bytes: &[u8]) -> Result<Option<usize>, FrameError> {
        let Some((&kind, rest)) = bytes.split_first() else { return Ok(None) };
        let started = self.start.is_some();
        if started && !b"QPBDECSHFpdcfX".contains(&kind) {
            return Err(FrameError::Kind { side: Side::Client, kind });
        }
        let Some(length) = Body(if started { rest } else { bytes }).number() else { return Ok(None) };
        if length < if started { 4 } else { 8 } || (!started && length > LONGEST_START) {
            return Err(FrameError::Length { side: Side::Client, length: length.into() });
        }
        let whole = usize::from(started) + length as usize;
        if self.batch.bytes.len() + whole > LONGEST {
            return Err(FrameError::Long);
        }
        Ok((bytes.len() >= whole).then_some(whole))
    }

    /// Reads a message; the request that it completes.
    fn message(&mut self, message: &[u8], exchange: &mut Exchange, names: &mut Names) -> Option<Request> {
        if self.start.is_none() {
            return Some(self.opens(message, exchange));
        }
        let mut body = Body(&message[5..]);
        match message[0] {
            b'p' => return Some(self.alone(message, Chatter::StartUp, Some(Until::Admitted), exchange)),
            b'd' => return Some(self.alone(message, Chatter::Transfer, None, exchange)),
            b'X' => return Some(self.alone(message, Chatter::Farewell, None, exchange)),
            b'P' => names.parse(message, body, RequestId(self.next)),
            b'B' => names.bind(body),
            b'C' => names.close(body),
            b'E' => self.batch.statements.extend(body.text().map(|portal| names.execute(portal))),
            b'D' if body.byte() == Some(b'S') => self.batch.described.extend(body.text()),
            b'Q' => {
                names.simple_query();
                let text = body.text().unwrap_or_default();
                self.batch.statements.push(Statement::Sql { text, values: Vec::new() });
            }
            b'F' => self.batch.statements.push(Statement::Function(body.number().unwrap_or(0))),
            kind @ (b'c' | b'f') => self.batch.statements.push(Statement::EndOfCopy { done: kind == b'c' }),
            _ => {}
        }
        self.batch.add(message);
        let (until, sync) = match message[0] {
            b'Q' | b'F' => (Until::Ready, false),
            b'S' => (Until::Ready, true),
            b'H' => (Until::Count(self.batch.counted), false),
            b'c' | b'f' => match exchange.copying_simply() {
                Some(true) => (Until::Ready, false),
                // Sync or Flush follows.
                Some(false) => return None,
                None if exchange.may_copy() => (Until::Copied, false),
                // The server has given the COPY up and ignores this.
                None => (Until::Count(0), false),
            },
            _ => return None,
        };
        Some(self.batch_ends(until, sync, exchange))
    }

    /// Reads a message before the connection is open.
    fn opens(&mut self, message: &[u8], exchange: &mut Exchange) -> Request {
        match Body(&message[4..]).number() {
            Some(code) if ENCRYPTION.contains(&code) => {
                Request { refusal: Some(b"N"), ..self.alone(message, Chatter::Encryption, None, exchange) }
            }
            Some(CANCEL) => self.alone(message, Chatter::Cancel, None, exchange),
            _ => {
                self.start = Some(message.to_vec());
                self.alone(message, Chatter::StartUp, Some(Until::Admitted), exchange)
            }
        }
    }

    /// A message that is a request about the connection, with what ends its answer if it has one. The messages of a batch
    /// before it come with it.
    fn alone(&mut self, message: &[u8], chatter: Chatter, until: Option<Until>, exchange: &mut Exchange) -> Request {
        let batch = std::mem::take(&mut self.batch);
        let id = self.id();
        let open = |until| exchange.ask(Open { id, until, sync: false, described: VecDeque::new() });
        let answered = until.is_some_and(open);
        let bytes = [&batch.bytes, message].concat();
        Request { answered, ..Request::new(id, bytes, Vec::new(), Purpose::Chatter(chatter)) }
    }

    fn batch_ends(&mut self, until: Until, sync: bool, exchange: &mut Exchange) -> Request {
        let batch = std::mem::take(&mut self.batch);
        let id = self.id();
        let purpose = batch.purpose(sync && self.executed);
        let split = batch.split();
        self.executed = matches!(until, Until::Count(_)) && (self.executed || batch.executes());
        let answered = exchange.ask(Open { id, until, sync, described: batch.described });
        Request { answered, split, ..Request::new(id, batch.bytes, batch.statements, purpose) }
    }
}
