//! The framing of the Postgres protocol, version 3.
//!
//! A request is a simple query, a batch up to Sync or Flush, or a message by itself, such as a piece of the data of a COPY.
//! Encryption is refused, since nothing encrypted can be framed.

mod batch;
mod body;
mod chatter;
mod client;
mod exchange;
mod prepared;
mod server;

use client::Client;
use exchange::Exchange;
use prepared::Names;
use server::Server;

use crate::frame::{Chatter, FrameError, Framer, Purpose, Reply, Request, RequestId};

/// A Sync: ends a batch.
const SYNC: &[u8] = b"S\0\0\0\x04";

/// One connection.
#[derive(Debug, Default)]
pub struct Postgres {
    client: Client,
    server: Server,
    exchange: Exchange,
    names: Names,
    error: Option<FrameError>,
}

/// A connection that nothing has been sent on yet.
#[must_use]
pub fn framer() -> Box<dyn Framer> {
    Box::new(Postgres::default())
}

impl Postgres {
    /// The rest of the client's bytes.
    fn rest(&mut self, chatter: Chatter) -> Option<Request> {
        let (id, bytes) = self.client.rest()?;
        let request = Request::new(id, bytes, Vec::new(), Purpose::Chatter(chatter));
        Some(Request { answered: false, ..request })
    }

    /// The rest of the server's bytes, as a part of what it was answering if that is known.
    fn part(&mut self) -> Option<Reply> {
        let bytes = self.server.rest();
        let of = self.exchange.answering().filter(|_| self.error.is_none());
        (!bytes.is_empty()).then_some(Reply { bytes, of, ends: false })
    }
}

impl Framer for Postgres {
    fn client(&mut self, bytes: &[u8]) -> Vec<Request> {
        let mut out = Vec::new();
        if self.error.is_none() {
            self.error = self.client.feed(bytes, &mut self.exchange, &mut self.names, &mut out).err();
        } else {
            self.client.keep(bytes);
        }
        if self.error.is_some() {
            out.extend(self.rest(Chatter::Unframed));
        }
        out
    }

    fn server(&mut self, bytes: &[u8]) -> Vec<Reply> {
        let mut out = Vec::new();
        if self.error.is_none() {
            self.error = self.server.feed(bytes, &mut self.exchange, &mut self.names, &mut out).err();
        } else {
            self.server.keep(bytes);
        }
        if self.error.is_some() {
            out.extend(self.part());
        }
        out
    }

    fn client_closed(&mut self) -> Option<Request> {
        self.rest(Chatter::Fragment)
    }

    fn server_closed(&mut self) -> Option<Reply> {
        self.part()
    }

    fn error(&self) -> Option<&FrameError> {
        self.error.as_ref()
    }

    fn idle(&self) -> bool {
        self.exchange.idle()
    }

    fn backend(&self) -> Option<u32> {
        self.exchange.backend
    }

    /// The start-up message, which must be enough to be admitted, and the statements. Settings made by SQL are lost.
    fn setup(&self, of: RequestId) -> Option<Vec<Vec<u8>>> {
        let start = self.client.start.clone().filter(|_| self.exchange.is_plain() && self.error.is_none())?;
        let mut statements = self.names.parsed_before(of);
        if statements.is_empty() {
            return Some(vec![start]);
        }
        statements.extend_from_slice(SYNC);
        Some(vec![start, statements])
    }
}
