//! One row of a Postgres table under READ COMMITTED: what is committed, and what the one session that has it locked did
//! to it.

use arrayvec::ArrayVec;
use serde::{Deserialize, Serialize};

/// A session, by its index in the world: one per process that talks to Postgres.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct SessionId(pub u8);

/// What one savepoint level of the owner did to the row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Layer<T> {
    level: u8,
    /// Nothing: the level only locked the row.
    draft: Option<T>,
}

/// The deepest nesting of savepoints the model knows, the transaction itself being level 0.
pub const MAX_LEVEL: u8 = 2;

/// What the session that has the row locked did to it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Holding<T: Copy> {
    owner: SessionId,
    layers: ArrayVec<Layer<T>, { MAX_LEVEL as usize + 1 }>,
}

/// A row with at most one uncommitted writer or locker.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Versioned<T: Copy> {
    committed: Option<T>,
    /// Boxed, because hardly any row of a state is locked and a state is copied for each that follows it.
    holding: Option<Box<Holding<T>>>,
}

impl<T: Copy> Versioned<T> {
    /// A row as committed, or absent.
    pub fn new(committed: Option<T>) -> Self {
        Versioned { committed, holding: None }
    }

    /// What every session but the writer sees.
    pub fn committed(&self) -> Option<T> {
        self.committed
    }

    /// What this session sees: its own uncommitted version, else the committed one.
    pub fn seen_by(&self, session: SessionId) -> Option<T> {
        if self.owned_by(session) { self.draft().or(self.committed) } else { self.committed }
    }

    /// The session this one has to wait for to lock the row.
    pub fn blocker(&self, session: SessionId) -> Option<SessionId> {
        self.holding.as_ref().map(|holding| holding.owner).filter(|&owner| owner != session)
    }

    /// Another session whose uncommitted version of the row exists; a mere lock does not count.
    pub fn other_writer(&self, session: SessionId) -> Option<SessionId> {
        self.blocker(session).filter(|_| self.draft().is_some())
    }

    /// Makes `session`, which must not be blocked, the owner, with a new version or only the lock.
    pub fn write(&mut self, session: SessionId, level: u8, draft: Option<T>) {
        let empty = || Box::new(Holding { owner: session, layers: ArrayVec::new() });
        let layers = &mut self.holding.get_or_insert_with(empty).layers;
        match layers.last_mut() {
            Some(top) if top.level == level => top.draft = draft.or(top.draft),
            _ => layers.push(Layer { level, draft }),
        }
    }

    fn owned_by(&self, session: SessionId) -> bool {
        self.holding.as_ref().is_some_and(|holding| holding.owner == session)
    }

    fn draft(&self) -> Option<T> {
        self.holding.as_ref().and_then(|holding| holding.layers.iter().rev().find_map(|layer| layer.draft))
    }
}

/// How a transaction ends or steps back, whatever the table of the row. Rows of other sessions are left alone.
pub trait Transactional {
    /// COMMIT or, at level 0, the end of an autocommit statement.
    fn commit(&mut self, session: SessionId);
    /// Takes back what the session did at levels above `level`; with `None` all of it.
    fn roll_back(&mut self, session: SessionId, above: Option<u8>);
    /// RELEASE of the savepoint that opened `level`: its work becomes part of the level below.
    fn merge(&mut self, session: SessionId, level: u8);
}

impl<T: Copy> Transactional for Versioned<T> {
    fn commit(&mut self, session: SessionId) {
        if self.owned_by(session) {
            self.committed = self.draft().or(self.committed);
            self.holding = None;
        }
    }

    fn roll_back(&mut self, session: SessionId, above: Option<u8>) {
        let Some(holding) = self.holding.as_mut().filter(|holding| holding.owner == session) else { return };
        holding.layers.retain(|layer| above.is_some_and(|level| layer.level <= level));
        if holding.layers.is_empty() {
            self.holding = None;
        }
    }

    fn merge(&mut self, session: SessionId, level: u8) {
        let Some(holding) = self.holding.as_mut().filter(|holding| holding.owner == session) else { return };
        if let Some(top) = holding.layers.last().copied().filter(|top| top.level == level) {
            holding.layers.pop();
            self.write(session, level - 1, top.draft);
        }
    }
}
