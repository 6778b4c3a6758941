//! What a request reads and writes, so that two requests that touch nothing in common need no order.

use std::collections::BTreeSet;

/// Something that a request reads or writes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Resource {
    /// A table of Postgres, without its schema: tables of one name in two schemas are taken for one.
    Table(String),
    /// A key of Redis. The number of the database is not told apart.
    Key(Vec<u8>),
    /// A script in the cache of Redis, by its digest.
    Script(String),
}

/// What a request touches. What a trigger, a foreign key, a view or a rule touches besides is not seen.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Footprint {
    /// What it only reads.
    pub reads: BTreeSet<Resource>,
    /// What it writes or locks.
    pub writes: BTreeSet<Resource>,
    /// It may touch more than that: anything.
    pub everything: bool,
    /// The keys are those that a script declares, as Redis demands of scripts and does not enforce.
    pub declared: bool,
}

impl Footprint {
    /// What may touch anything.
    #[must_use]
    pub fn everything() -> Self {
        Self { everything: true, ..Self::default() }
    }

    /// Takes in what another request touches.
    pub fn extend(&mut self, other: Self) {
        self.reads.extend(other.reads);
        self.writes.extend(other.writes);
        self.reads.retain(|resource| !self.writes.contains(resource));
        self.everything |= other.everything;
        self.declared |= other.declared;
    }

    /// Whether the order of the two requests can matter: one writes what the other touches.
    #[must_use]
    pub fn depends_on(&self, other: &Self) -> bool {
        let meets = |writer: &Self, other: &Self| {
            writer.writes.iter().any(|resource| other.writes.contains(resource) || other.reads.contains(resource))
        };
        self.everything || other.everything || meets(self, other) || meets(other, self)
    }
}
