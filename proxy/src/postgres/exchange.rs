//! The requests that the server has still to answer, and what each answer ends with.

use std::collections::VecDeque;

use super::body::Body;
use super::prepared::Names;
use crate::frame::{FrameError, RequestId, Side};

/// What an answer ends with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Until {
    /// `ReadyForQuery`, an error, or a demand for a proof of who the client is.
    Admitted,
    /// `ReadyForQuery`, or the server's wait for the data of a COPY.
    Ready,
    /// As `Ready` if the request before it begins a COPY, whose data the client has sent unasked. Otherwise the server
    /// ignores this.
    Copied,
    /// This many messages of those that the server sends one for each message of a batch.
    Count(usize),
}

/// A request without its full answer.
#[derive(Debug)]
pub(super) struct Open {
    pub(super) id: RequestId,
    pub(super) until: Until,
    /// Sync ends it: after an error the server goes on here.
    pub(super) sync: bool,
    /// The statements that it describes, in order.
    pub(super) described: VecDeque<String>,
}

/// A COPY for which the client sends data.
#[derive(Debug, Clone, Copy)]
struct Copying {
    id: RequestId,
    /// A simple query began it, and not an Execute.
    simple: bool,
    /// The server sends data too.
    both: bool,
}

/// What the two sides know of each other.
#[derive(Debug, Default)]
pub(super) struct Exchange {
    open: VecDeque<Open>,
    copying: Option<Copying>,
    /// After an error the server ignores everything until Sync, which has not been sent yet.
    skips: bool,
    pub(super) in_transaction: bool,
    pub(super) backend: Option<u32>,
}

impl Exchange {
    pub(super) fn idle(&self) -> bool {
        self.open.is_empty()
    }

    /// The request that the server is answering.
    pub(super) fn answering(&self) -> Option<RequestId> {
        self.open.front().map(|open| open.id)
    }

    /// Whether a simple query, and not an Execute, began the COPY for which the client sends data; `None` without one.
    pub(super) fn copying_simply(&self) -> Option<bool> {
        self.copying.map(|copying| copying.simple)
    }

    /// Whether the newest request may yet begin a COPY, in a simple query.
    pub(super) fn may_copy(&self) -> bool {
        self.open.back().is_some_and(|open| matches!(open.until, Until::Ready | Until::Copied) && !open.sync)
    }

    /// Whether nothing but the connection's own state matters to a request, as far as the server has answered.
    pub(super) fn is_plain(&self) -> bool {
        !self.in_transaction && !self.skips && self.copying.is_none()
    }

    /// The client asks; whether the server will answer.
    pub(super) fn ask(&mut self, open: Open) -> bool {
        if open.sync {
            self.skips = false;
        }
        let answered = !self.skips && open.until != Until::Count(0);
        if answered {
            self.open.push_back(open);
        }
        answered
    }

    /// Whether such a message, when it begins no answer that is under way, answers nothing.
    pub(super) fn pushes(&self, kind: u8) -> bool {
        match kind {
            b'N' | b'S' | b'A' => true,
            b'E' => self.open.is_empty() && self.copying.is_none(),
            b'd' | b'c' => self.open.is_empty() && self.copying.is_some_and(|copying| copying.both),
            _ => false,
        }
    }

    /// A message of an answer arrives; the request that it is about.
    ///
    /// # Errors
    /// [`FrameError::Unasked`].
    pub(super) fn answers(&mut self) -> Result<RequestId, FrameError> {
        if self.open.is_empty()
            && let Some(Copying { id, simple, .. }) = self.copying.take()
        {
            // The server gives the COPY up by itself.
            let until = if simple { Until::Ready } else { Until::Count(1) };
            self.open.push_back(Open { id, until, sync: false, described: VecDeque::new() });
        }
        self.answering().ok_or(FrameError::Unasked)
    }

    /// A whole message of the answer to the oldest open request; the requests that have their full answer with it. All
    /// but the first are skipped or ignored by the server.
    ///
    /// # Errors
    /// [`FrameError::Unasked`], [`FrameError::Malformed`].
    pub(super) fn heard(
        &mut self,
        kind: u8,
        mut body: Body<'_>,
        names: &mut Names,
    ) -> Result<Vec<RequestId>, FrameError> {
        let open = self.open.front_mut().ok_or(FrameError::Unasked)?;
        match kind {
            b'K' => self.backend = body.number(),
            b'Z' => self.in_transaction = body.0 != b"I",
            b't' => {
                if let Some(name) = open.described.pop_front() {
                    names.described(&name, body);
                }
            }
            _ => {}
        }
        if !ends(&mut open.until, kind, body)? {
            return Ok(Vec::new());
        }
        let Some(ended) = self.open.pop_front() else { return Ok(Vec::new()) };
        if matches!(kind, b'G' | b'W') {
            let simple = matches!(ended.until, Until::Ready | Until::Copied) && !ended.sync;
            self.copying = Some(Copying { id: ended.id, simple, both: kind == b'W' });
        } else if ended.until != Until::Admitted {
            self.copying = None;
        }
        let mut all = vec![ended.id];
        while self.copying.is_none() && self.open.front().is_some_and(|open| open.until == Until::Copied) {
            all.extend(self.open.pop_front().map(|open| open.id));
        }
        if kind == b'E' && matches!(ended.until, Until::Count(_)) {
            self.skips = !self.open.iter().any(|open| open.sync);
            while self.open.front().is_some_and(|open| !open.sync) {
                all.extend(self.open.pop_front().map(|open| open.id));
            }
        }
        Ok(all)
    }
}

/// Whether the message ends the answer.
fn ends(until: &mut Until, kind: u8, mut body: Body<'_>) -> Result<bool, FrameError> {
    let malformed = FrameError::Malformed { side: Side::Server, what: "authentication request" };
    match (until, kind) {
        // The client has nothing to add when it is admitted (0), or when the server proves itself (12).
        (Until::Admitted, b'R') => Ok(!matches!(body.number().ok_or(malformed)?, 0 | 12)),
        (Until::Admitted, kind) => Ok(matches!(kind, b'Z' | b'E')),
        (Until::Ready | Until::Copied, kind) => Ok(matches!(kind, b'Z' | b'G' | b'W')),
        (Until::Count(left), b'1' | b'2' | b'3' | b'T' | b'n' | b'C' | b's' | b'I') => {
            *left = left.saturating_sub(1);
            Ok(*left == 0)
        }
        (Until::Count(_), b'Z') => Err(FrameError::Unasked),
        (Until::Count(_), kind) => Ok(matches!(kind, b'E' | b'G' | b'W')),
    }
}
