//! Which states were seen: by 64-bit fingerprint, which is small and fast, or by the states themselves, which is exact.

use std::hash::Hash;
use std::mem::size_of;

use rustc_hash::FxHashSet;

use super::mixer::fingerprint;

/// A set of states.
pub(super) trait Visited<S> {
    /// What [`touch`](Self::touch) and [`insert`](Self::insert) need of a state.
    fn key(state: &S) -> u64;
    /// Reads where `key` will go, so that many cache misses overlap before the first insertion waits for one.
    fn touch(&self, key: u64) -> u64;
    /// Whether the state was new.
    fn insert(&mut self, key: u64, state: &S, heap_bytes: usize) -> bool;
    /// The memory held at the worst moment while `coming` more states are inserted.
    fn bytes(&self, coming: usize) -> u64;
}

const FIRST_SLOTS: usize = 1 << 10;

/// Fingerprints in an open-addressed table; 0 marks a free slot.
pub(super) struct Fingerprints {
    slots: Vec<u64>,
    len: usize,
    /// Slots are chosen by the highest bits, so that a grown table is filled from front to back.
    shift: u32,
}

impl Default for Fingerprints {
    fn default() -> Self {
        Self::with_slots(FIRST_SLOTS)
    }
}

impl Fingerprints {
    fn with_slots(slots: usize) -> Self {
        Self { slots: vec![0; slots], len: 0, shift: 64 - slots.trailing_zeros() }
    }

    /// How many fingerprints fit: three quarters, beyond which probes get long.
    fn capacity(&self) -> usize {
        self.slots.len() / 4 * 3
    }

    #[inline]
    fn place(&mut self, key: u64) -> bool {
        let mask = self.slots.len() - 1;
        let mut at = (key >> self.shift) as usize & mask;
        loop {
            let slot = self.slots[at];
            if slot == key {
                return false;
            }
            if slot == 0 {
                self.slots[at] = key;
                self.len += 1;
                return true;
            }
            at = (at + 1) & mask;
        }
    }

    #[cold]
    fn grow(&mut self) {
        let mut grown = Self::with_slots(self.slots.len() * 2);
        for key in self.slots.iter().filter(|slot| **slot != 0) {
            grown.place(*key);
        }
        *self = grown;
    }
}

impl<S: Hash> Visited<S> for Fingerprints {
    #[inline]
    fn key(state: &S) -> u64 {
        fingerprint(state)
    }

    #[inline]
    fn touch(&self, key: u64) -> u64 {
        self.slots[(key >> self.shift) as usize & (self.slots.len() - 1)]
    }

    #[inline]
    fn insert(&mut self, key: u64, _state: &S, _heap_bytes: usize) -> bool {
        if self.len == self.capacity() {
            self.grow();
        }
        self.place(key)
    }

    fn bytes(&self, coming: usize) -> u64 {
        let tables = if self.len + coming > self.capacity() { 3 } else { 1 };
        (self.slots.len() * size_of::<u64>() * tables) as u64
    }
}

/// Whole states. Neither a collision nor a `Hash` that omits a field can make it confuse two states, because `Eq`
/// decides in the end.
pub(super) struct Exact<S> {
    states: FxHashSet<S>,
    heap_bytes: u64,
}

impl<S> Default for Exact<S> {
    fn default() -> Self {
        Self { states: FxHashSet::default(), heap_bytes: 0 }
    }
}

impl<S: Clone + Eq + Hash> Visited<S> for Exact<S> {
    fn key(_state: &S) -> u64 {
        0
    }

    fn touch(&self, _key: u64) -> u64 {
        0
    }

    fn insert(&mut self, _key: u64, state: &S, heap_bytes: usize) -> bool {
        if self.states.contains(state) {
            return false;
        }
        self.heap_bytes += heap_bytes as u64;
        self.states.insert(state.clone())
    }

    fn bytes(&self, coming: usize) -> u64 {
        let tables = if self.states.len() + coming > self.states.capacity() { 3 } else { 1 };
        // The standard table has one more byte per slot and uses seven slots of eight.
        let slots = self.states.capacity() / 7 * 8;
        self.heap_bytes + (slots * (size_of::<S>() + 1)) as u64 * tables
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_fingerprint_is_new_once_however_the_table_grows() {
        let mut seen = Fingerprints::default();
        let keys: Vec<u64> = (0..50_000_u64).map(|n| fingerprint(&n)).collect();
        assert!(keys.iter().all(|key| Visited::<u64>::insert(&mut seen, *key, &0, 0)));
        assert!(!keys.iter().any(|key| Visited::<u64>::insert(&mut seen, *key, &0, 0)));
        assert_eq!(seen.len, keys.len());
    }

    #[test]
    fn fingerprints_that_want_one_slot_find_their_own() {
        let mut seen = Fingerprints::default();
        for low in 1..=500 {
            assert!(Visited::<u64>::insert(&mut seen, u64::MAX << 20 | low, &0, 0));
        }
        assert!(!Visited::<u64>::insert(&mut seen, u64::MAX << 20 | 250, &0, 0));
    }
}
