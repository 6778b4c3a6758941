//! The hash function of our own search.
//!
//! There are many similar states, so a fingerprint needs every bit of every field to reach all 64 bits. Fields are
//! packed into 128 bits before they are multiplied: a state of forty bytes then takes three multiplications instead of
//! forty.

use std::hash::{Hash, Hasher};

const SEED: u64 = 0x243f_6a88_85a3_08d3;
const LOW: u64 = 0x1319_8a2e_0370_7344;
const HIGH: u64 = 0xa409_3822_299f_31d0;
const LAST: u64 = 0x9e37_79b9_7f4a_7c15;

/// The fingerprint of a state: never 0, and the same in every run and on every platform of the same endianness.
#[inline]
pub fn fingerprint<T: Hash>(value: &T) -> u64 {
    let mut mixer = Mixer::default();
    value.hash(&mut mixer);
    mixer.finish().max(1)
}

/// A hasher by folded multiplication with fixed keys.
#[derive(Clone)]
pub struct Mixer {
    mixed: u64,
    waiting: u128,
    waiting_bits: u32,
}

impl Default for Mixer {
    fn default() -> Self {
        Self { mixed: SEED, waiting: 0, waiting_bits: 0 }
    }
}

/// The 128-bit product with its halves folded together.
#[inline(always)]
fn folded(a: u64, b: u64) -> u64 {
    let product = u128::from(a) * u128::from(b);
    (product as u64) ^ ((product >> 64) as u64)
}

#[inline(always)]
fn absorb(mixed: u64, block: u128) -> u64 {
    // The rotated old value is added so that no block, not even one that makes a factor zero, erases the blocks before
    // it.
    folded((block as u64) ^ mixed ^ LOW, ((block >> 64) as u64) ^ HIGH).wrapping_add(mixed.rotate_left(29))
}

impl Mixer {
    #[inline(always)]
    fn push(&mut self, value: u128, bits: u32) {
        if self.waiting_bits + bits > 128 {
            self.mixed = absorb(self.mixed, self.waiting);
            self.waiting = value;
            self.waiting_bits = bits;
        } else {
            self.waiting |= value << self.waiting_bits;
            self.waiting_bits += bits;
        }
    }
}

impl Hasher for Mixer {
    #[inline(always)]
    fn write(&mut self, bytes: &[u8]) {
        let mut chunks = bytes.chunks_exact(8);
        for chunk in &mut chunks {
            let mut word = [0; 8];
            word.copy_from_slice(chunk);
            self.write_u64(u64::from_le_bytes(word));
        }
        for byte in chunks.remainder() {
            self.write_u8(*byte);
        }
    }

    #[inline(always)]
    fn write_u8(&mut self, value: u8) {
        self.push(value.into(), 8);
    }

    #[inline(always)]
    fn write_u16(&mut self, value: u16) {
        self.push(value.into(), 16);
    }

    #[inline(always)]
    fn write_u32(&mut self, value: u32) {
        self.push(value.into(), 32);
    }

    #[inline(always)]
    fn write_u64(&mut self, value: u64) {
        self.push(value.into(), 64);
    }

    #[inline(always)]
    fn write_usize(&mut self, value: usize) {
        self.push(value as u128, 64);
    }

    #[inline(always)]
    fn write_u128(&mut self, value: u128) {
        self.write_u64(value as u64);
        self.write_u64((value >> 64) as u64);
    }

    #[inline(always)]
    fn finish(&self) -> u64 {
        let mixed = absorb(self.mixed ^ u64::from(self.waiting_bits), self.waiting);
        folded(mixed ^ LAST, LAST).wrapping_add(mixed.rotate_left(32))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn alike_values_have_distinct_fingerprints() {
        let mut seen: Vec<u64> =
            (0..1_u32 << 20)
                .map(|n| {
                    fingerprint(&std::array::from_fn::<u8, 40, _>(|i| {
                        if i % 2 == 0 { (n >> (i / 2)) as u8 & 1 } else { 0 }
                    }))
                })
                .collect();
        seen.sort_unstable();
        seen.dedup();
        assert_eq!(seen.len(), 1 << 20);
    }

    #[test]
    fn flipping_any_bit_flips_about_half_of_the_fingerprint() {
        for bit in 0..320 {
            let flipped: u32 = (0..256_u64)
                .map(|n| {
                    let mut words = [n.wrapping_mul(LAST), n, 0, 7, n << 50];
                    let before = fingerprint(&words);
                    words[bit / 64] ^= 1 << (bit % 64);
                    (before ^ fingerprint(&words)).count_ones()
                })
                .sum();
            let mean = f64::from(flipped) / 256.0;
            assert!((28.0..36.0).contains(&mean), "bit {bit}: {mean}");
        }
    }

    #[test]
    fn trailing_zeros_count() {
        let of = |bytes: &[u8]| {
            let mut mixer = Mixer::default();
            mixer.write(bytes);
            mixer.finish()
        };
        assert_ne!(of(&[1]), of(&[1, 0]));
        assert_ne!(of(&[]), of(&[0]));
        assert_ne!(of(&[0; 16]), of(&[0; 17]));
    }
}
