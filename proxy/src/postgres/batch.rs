//! The messages of the client since the last request.

use std::collections::VecDeque;

use super::chatter::is_ping;
use crate::frame::{Chatter, Purpose, Split, Statement};

/// A Flush: has the server send its pending answers.
pub(super) const FLUSH: &[u8] = b"H\0\0\0\x04";

/// A request in the making.
#[derive(Debug, Default)]
pub(super) struct Batch {
    pub(super) bytes: Vec<u8>,
    pub(super) statements: Vec<Statement>,
    /// The messages that the server answers by one counted message each.
    pub(super) counted: usize,
    /// The statements that it describes, in order.
    pub(super) described: VecDeque<String>,
    prepares: bool,
    closes: bool,
    /// Where the first Execute begins.
    execution: Option<usize>,
}

impl Batch {
    /// Adds a message.
    pub(super) fn add(&mut self, message: &[u8]) {
        match message.first() {
            Some(b'P' | b'B' | b'D') => self.prepares = true,
            Some(b'C') => self.closes = true,
            Some(b'E') if self.execution.is_none() => self.execution = Some(self.bytes.len()),
            _ => {}
        }
        if let Some(b'P' | b'B' | b'D' | b'C' | b'E' | b'c' | b'f') = message.first() {
            self.counted += 1;
        }
        self.bytes.extend_from_slice(message);
    }

    pub(super) fn executes(&self) -> bool {
        self.execution.is_some()
    }

    /// Where the values end and the first Execute begins.
    pub(super) fn split(&self) -> Option<Split> {
        self.execution.filter(|at| *at > 0).map(|at| Split { at, between: FLUSH })
    }

    /// What the batch is for; `commits`: by its end it commits what earlier batches have executed.
    pub(super) fn purpose(&self, commits: bool) -> Purpose {
        let ping = |statement: &Statement| matches!(statement, Statement::Sql { text, .. } if is_ping(text));
        if self.statements.iter().any(|statement| !ping(statement)) || commits {
            return Purpose::Acts;
        }
        Purpose::Chatter(match () {
            () if !self.statements.is_empty() => Chatter::Ping,
            () if self.prepares => Chatter::Preparation,
            () if self.closes => Chatter::Close,
            () => Chatter::Ping,
        })
    }
}
