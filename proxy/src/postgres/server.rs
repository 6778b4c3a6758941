//! The server's half of a connection.

use super::body::Body;
use super::exchange::Exchange;
use super::prepared::Names;
use crate::frame::{FrameError, LONGEST, PART, Reply, RequestId, Side};

/// Every kind of message that a server sends.
const KINDS: &[u8] = b"RKSZTDCENAI123nstGHWdcVv";

/// The server's bytes become replies.
#[derive(Debug, Default)]
pub(super) struct Server {
    waiting: Vec<u8>,
    /// The first bytes of those waiting, which are known to belong to the answer that is under way.
    known: usize,
    /// This many more bytes belong to the row or the data that is being received.
    row: usize,
}

impl Server {
    /// Takes bytes and adds the replies that they complete to `out`.
    ///
    /// # Errors
    /// A message that the protocol does not know or nobody asked for; [`Server::rest`] has the bytes from there on.
    pub(super) fn feed(
        &mut self,
        bytes: &[u8],
        exchange: &mut Exchange,
        names: &mut Names,
        out: &mut Vec<Reply>,
    ) -> Result<(), FrameError> {
        self.waiting.extend_from_slice(bytes);
        while self.step(exchange, names, out)? {}
        Ok(())
    }

    /// Keeps bytes of a stream that is not understood, for the rest.
    pub(super) fn keep(&mut self, bytes: &[u8]) {
        self.waiting.extend_from_slice(bytes);
    }

    /// The bytes that make no reply.
    pub(super) fn rest(&mut self) -> Vec<u8> {
        (self.known, self.row) = (0, 0);
        std::mem::take(&mut self.waiting)
    }

    /// Goes one message on, or as far as a row has arrived; false if there is nothing to go on with.
    fn step(&mut self, exchange: &mut Exchange, names: &mut Names, out: &mut Vec<Reply>) -> Result<bool, FrameError> {
        let ahead = &self.waiting[self.known..];
        if self.row > 0 {
            let arrived = self.row.min(ahead.len());
            self.row -= arrived;
            self.belongs(arrived, exchange.answers()?, out);
            return Ok(arrived > 0);
        }
        let Some((&kind, rest)) = ahead.split_first() else { return Ok(false) };
        if !KINDS.contains(&kind) {
            return Err(FrameError::Kind { side: Side::Server, kind });
        }
        let mut body = Body(rest);
        let Some(length) = body.number() else { return Ok(false) };
        let Some(length) = (length as usize).checked_sub(4) else {
            return Err(FrameError::Length { side: Side::Server, length: length.into() });
        };
        let pushed = self.known == 0 && exchange.pushes(kind);
        if matches!(kind, b'D' | b'd') && !pushed {
            self.row = length;
            self.belongs(5, exchange.answers()?, out);
            return Ok(true);
        }
        if length > LONGEST {
            return Err(FrameError::Long);
        }
        let Some(body) = body.bytes(length) else { return Ok(false) };
        if pushed {
            out.push(Reply::pushed(self.waiting.drain(..5 + length).collect()));
            return Ok(true);
        }
        let of = exchange.answers()?;
        let ended = exchange.heard(kind, Body(body), names)?;
        self.belongs(5 + length, of, out);
        for id in ended {
            // Only the first has bytes.
            let bytes = self.waiting.drain(..std::mem::take(&mut self.known)).collect();
            out.push(Reply { bytes, of: Some(id), ends: true });
        }
        Ok(true)
    }

    /// So many more bytes belong to the answer that is under way. Its parts are equally long whatever pieces arrive.
    fn belongs(&mut self, bytes: usize, of: RequestId, out: &mut Vec<Reply>) {
        self.known += bytes;
        while self.known > PART {
            self.known -= PART;
            out.push(Reply { bytes: self.waiting.drain(..PART).collect(), of: Some(of), ends: false });
        }
    }
}
