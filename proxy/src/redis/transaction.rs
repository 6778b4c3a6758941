//! Which requests belong to a transaction, from MULTI to EXEC.

use super::purpose::word;
use crate::frame::{Request, Statement};

/// Where a request stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// In no transaction.
    Outside,
    /// MULTI, or queued after it: it takes effect with the EXEC that ends the transaction.
    Within,
    /// It ends the transaction.
    Ends,
}

/// Whether the requests of a connection have opened a transaction.
#[derive(Debug, Clone, Copy, Default)]
pub struct Transaction {
    open: bool,
}

impl Transaction {
    /// Where `request`, the next on the connection, stands.
    pub fn place(&mut self, request: &Request) -> Place {
        let Some(Statement::Command(words)) = request.statements.first() else { return Place::Outside };
        self.command(words)
    }

    pub(super) fn command(&mut self, words: &[Vec<u8>]) -> Place {
        let place = match (word(words, 0).as_str(), self.open) {
            ("EXEC" | "DISCARD" | "RESET" | "QUIT", true) => Place::Ends,
            ("MULTI", _) | (_, true) => Place::Within,
            (_, false) => Place::Outside,
        };
        self.open = place == Place::Within;
        place
    }
}
