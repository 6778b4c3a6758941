//! The [`Framer`] of a Redis connection.

use std::collections::BTreeSet;

use super::pending::{Class, Pending};
use super::purpose::{purpose, word};
use super::reader::Reader;
use super::scanner::Scanner;
use super::transaction::{Place, Transaction};
use crate::frame::{Chatter, FrameError, Framer, PART, Purpose, Reply, Request, RequestId, Side, Statement};

/// The requests and replies of one Redis connection. Each command is a request, in a pipeline and in a transaction too:
/// [`Transaction`] tells where in one it stands.
#[derive(Debug)]
pub(super) struct Redis {
    reader: Reader,
    next: u64,
    transaction: Transaction,
    watches: bool,
    /// The requests that mean nothing on another connection: those of a transaction, for one.
    bound: BTreeSet<RequestId>,
    /// The server answers, unless CLIENT REPLY says otherwise: OFF, or SKIP for the next command.
    silent: Option<Silence>,
    pending: Pending,
    scanner: Scanner,
    /// What the server sent of an incomplete value and was not yielded.
    held: Vec<u8>,
    /// What that value is, once it is known.
    class: Option<Class>,
    error: Option<FrameError>,
}

#[derive(Debug, Clone, Copy)]
enum Silence {
    Once,
    Always,
}

impl Default for Redis {
    /// A framer of a connection that was just opened.
    fn default() -> Self {
        Self {
            reader: Reader::default(),
            next: 0,
            transaction: Transaction::default(),
            watches: false,
            bound: BTreeSet::new(),
            silent: None,
            pending: Pending::default(),
            scanner: Scanner::new(Side::Server),
            held: Vec::new(),
            class: None,
            error: None,
        }
    }
}

impl Redis {
    fn id(&mut self) -> RequestId {
        self.next += 1;
        RequestId(self.next - 1)
    }

    fn request(&mut self, bytes: Vec<u8>, words: Vec<Vec<u8>>) -> Request {
        let id = self.id();
        let name = word(&words, 0);
        let place = self.transaction.command(&words);
        if self.pending.queue.is_empty() {
            self.bound.clear();
        }
        if place != Place::Outside || self.watches || self.silent.is_some() {
            self.bound.insert(id);
        }
        match name.as_str() {
            "WATCH" => self.watches = true,
            "EXEC" | "DISCARD" | "UNWATCH" | "RESET" => self.watches = false,
            _ => {}
        }
        let answered = self.is_answered(&name, &words);
        if answered {
            self.pending.ask(id, &words, &bytes, place == Place::Within && name != "MULTI");
        }
        let purpose = purpose(&words);
        Request { answered, ..Request::new(id, bytes, vec![Statement::Command(words)], purpose) }
    }

    /// Whether the server answers the command, which may change whether it answers those after it.
    fn is_answered(&mut self, name: &str, words: &[Vec<u8>]) -> bool {
        let reply = if name == "CLIENT" && word(words, 1) == "REPLY" { word(words, 2) } else { String::new() };
        let (answered, silent) = match (reply.as_str(), self.silent) {
            ("ON", _) => (true, None),
            ("OFF", _) | (_, Some(Silence::Always)) if name != "RESET" => (false, Some(Silence::Always)),
            ("SKIP", _) => (false, Some(Silence::Once)),
            (_, Some(Silence::Once)) => (false, None),
            _ => (true, None),
        };
        self.silent = silent;
        answered
    }

    /// A request that is no command; nothing if it is empty.
    fn remainder(&mut self, bytes: Vec<u8>, chatter: Chatter) -> Option<Request> {
        let request = |id| Request::new(id, bytes.clone(), Vec::new(), Purpose::Chatter(chatter));
        (!bytes.is_empty()).then(|| Request { answered: false, ..request(self.id()) })
    }

    /// The stream is not understood from here on.
    fn fail(&mut self, error: FrameError) {
        self.error = Some(error);
        self.pending.queue.clear();
    }

    /// Takes from `bytes` the rest of a value, or all there is of it, and yields what can be yielded.
    fn value(&mut self, bytes: &mut &[u8], out: &mut Vec<Reply>) -> Result<(), FrameError> {
        let end = self.scanner.scan(bytes)?;
        let (taken, rest) = bytes.split_at(end.unwrap_or(bytes.len()));
        self.held.extend_from_slice(taken);
        *bytes = rest;
        if end.is_none() && self.held.len() <= PART {
            return Ok(());
        }
        let kind = self.scanner.kind;
        let class = match self.class.take() {
            Some(class) => class,
            None => self.pending.classify(kind, &self.held[..self.held.len().min(PART)])?,
        };
        while self.held.len() > PART {
            let rest = self.held.split_off(PART);
            let bytes = std::mem::replace(&mut self.held, rest);
            out.push(Reply { bytes, of: self.pending.of(&class), ends: false });
        }
        if end.is_some() {
            let (of, ends) = self.pending.complete(&class, matches!(kind, Some(b'-' | b'!')));
            out.push(Reply { bytes: std::mem::take(&mut self.held), of, ends });
            self.scanner = Scanner::new(Side::Server);
        } else {
            self.class = Some(class);
        }
        Ok(())
    }
}

impl Framer for Redis {
    fn client(&mut self, mut bytes: &[u8]) -> Vec<Request> {
        let mut out = Vec::new();
        while self.error.is_none() {
            match self.reader.read(&mut bytes) {
                Ok(Some((bytes, words))) => out.push(self.request(bytes, words)),
                Ok(None) => return out,
                Err(error) => self.fail(error),
            }
        }
        let unframed = [&std::mem::take(&mut self.reader.held), bytes].concat();
        out.extend(self.remainder(unframed, Chatter::Unframed));
        out
    }

    fn server(&mut self, mut bytes: &[u8]) -> Vec<Reply> {
        let mut out = Vec::new();
        while self.error.is_none() && !bytes.is_empty() {
            if let Err(error) = self.value(&mut bytes, &mut out) {
                self.fail(error);
            }
        }
        if self.error.is_some() {
            let unframed = [&std::mem::take(&mut self.held), bytes].concat();
            out.extend((!unframed.is_empty()).then(|| Reply::pushed(unframed)));
        }
        out
    }

    fn client_closed(&mut self) -> Option<Request> {
        let chatter = if self.error.is_some() { Chatter::Unframed } else { Chatter::Fragment };
        let bytes = std::mem::take(&mut self.reader.held);
        self.remainder(bytes, chatter)
    }

    fn server_closed(&mut self) -> Option<Reply> {
        let bytes = std::mem::take(&mut self.held);
        let class = self.class.take().or_else(|| self.pending.classify(self.scanner.kind, &bytes).ok());
        let of = class.and_then(|class| self.pending.of(&class));
        (!bytes.is_empty()).then_some(Reply { bytes, of, ends: false })
    }

    fn error(&self) -> Option<&FrameError> {
        self.error.as_ref()
    }

    fn idle(&self) -> bool {
        self.pending.queue.is_empty()
    }

    fn setup(&self, of: RequestId) -> Option<Vec<Vec<u8>>> {
        self.pending.setup().filter(|_| !self.bound.contains(&of) && self.error.is_none())
    }
}
