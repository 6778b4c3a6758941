//! One row of a Postgres table under READ COMMITTED: what is committed, and what the one session that has it locked
//! has made of it.

use arrayvec::ArrayVec;
use serde::{Deserialize, Serialize};

/// A session, by its place in the world: one per gateway and one per background job.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Session(pub u8);

/// What one savepoint level of the owner did to the row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Layer<T> {
    level: u8,
    /// Nothing: the level only locked the row.
    draft: Option<T>,
}

/// The deepest nesting of savepoints the model knows, the transaction itself being level 0.
pub const MAX_LEVEL: u8 = 2;

/// A row with at most one uncommitted writer or locker.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Versioned<T: Copy> {
    committed: Option<T>,
    owner: Option<Session>,
    layers: ArrayVec<Layer<T>, { MAX_LEVEL as usize + 1 }>,
}

impl<T: Copy> Versioned<T> {
    /// A row as committed, or absent.
    pub fn new(committed: Option<T>) -> Self {
        Versioned { committed, owner: None, layers: ArrayVec::new() }
    }

    /// What every session but the writer sees.
    pub fn committed(&self) -> Option<T> {
        self.committed
    }

    /// What this session sees: its own uncommitted version, else the committed one.
    pub fn seen_by(&self, session: Session) -> Option<T> {
        if self.owner == Some(session) { self.draft().or(self.committed) } else { self.committed }
    }

    /// The session this one has to wait for to lock the row.
    pub fn blocker(&self, session: Session) -> Option<Session> {
        self.owner.filter(|&owner| owner != session)
    }

    /// Another session whose uncommitted version of the row exists; a mere lock does not count.
    pub fn other_writer(&self, session: Session) -> Option<Session> {
        self.blocker(session).filter(|_| self.draft().is_some())
    }

    /// Makes `session` the owner, who must not be blocked, with a new version or only the lock.
    pub fn write(&mut self, session: Session, level: u8, draft: Option<T>) {
        self.owner = Some(session);
        match self.layers.last_mut() {
            Some(top) if top.level == level => top.draft = draft.or(top.draft),
            _ => self.layers.push(Layer { level, draft }),
        }
    }

    /// COMMIT or, at level 0, the end of an autocommit statement.
    pub fn commit(&mut self, session: Session) {
        if self.owner == Some(session) {
            self.committed = self.draft().or(self.committed);
            self.release();
        }
    }

    /// Takes back what the session did at levels above `level`; with `None` all of it.
    pub fn roll_back(&mut self, session: Session, above: Option<u8>) {
        if self.owner != Some(session) {
            return;
        }
        self.layers.retain(|layer| above.is_some_and(|level| layer.level <= level));
        if self.layers.is_empty() {
            self.release();
        }
    }

    /// RELEASE of the savepoint that opened `level`: its work becomes the level below's.
    pub fn merge(&mut self, session: Session, level: u8) {
        if self.owner != Some(session) {
            return;
        }
        if let Some(top) = self.layers.last().copied().filter(|top| top.level == level) {
            self.layers.pop();
            self.write(session, level - 1, top.draft);
        }
    }

    fn draft(&self) -> Option<T> {
        self.layers.iter().rev().find_map(|layer| layer.draft)
    }

    fn release(&mut self) {
        self.owner = None;
        self.layers.clear();
    }
}
