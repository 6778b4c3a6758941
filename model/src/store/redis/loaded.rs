//! Which scripts the server knows by their hash. They are not data: SCRIPT FLUSH and every restart remove them.

use crate::effect::{RedisOp, Script};
use crate::store::redis::Redis;

/// The scripts that EVALSHA finds: one bit per text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Loaded(u8);

impl Loaded {
    /// Every script.
    pub(super) const ALL: Loaded = Loaded((1 << Script::TEXTS) - 1);
    /// None.
    const NONE: Loaded = Loaded(0);

    pub(super) fn has(self, script: Script) -> bool {
        self.0 & (1 << script.text()) != 0
    }

    pub(super) fn load(&mut self, script: Script) {
        self.0 |= 1 << script.text();
    }
}

impl Redis {
    /// SCRIPT FLUSH.
    pub fn flush_scripts(&mut self) {
        self.loaded = Loaded::NONE;
    }

    /// SCRIPT LOAD of every script.
    pub fn load_scripts(&mut self) {
        self.loaded = Loaded::ALL;
    }

    /// Whether any script is loaded.
    pub fn has_scripts(&self) -> bool {
        self.loaded != Loaded::NONE
    }

    /// Whether the command, carried out now, would change data.
    pub fn would_change(&self, op: RedisOp) -> bool {
        let mut after = self.clone();
        after.execute(op);
        after.loaded = self.loaded;
        after != *self
    }

    /// A command is refused for lack of memory. A script that was sent whole is loaded all the same.
    pub fn refuse(&mut self, op: RedisOp) {
        if let RedisOp::Eval { script, .. } = op {
            self.loaded.load(script);
        }
    }
}
