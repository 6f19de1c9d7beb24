//! The digest of a run, and the chained hashes of its logs.
//!
//! Both fold words by 64x64->128-bit multiplication, with the old state added after the product so that a zero factor
//! can't erase it. The fold is specified here, to the constants; it is the same on every platform, and changing it
//! changes every digest. It tells runs apart; it is no defence against somebody who wants two runs to look alike.

use crate::ids::Term;
use serde::Serialize;
use std::fmt;
use xxhash_rust::xxh3::xxh3_64;

// The first digits of the fractional parts of the square roots of 2, 3, 5 and 7, made odd.
const KEYS: [u64; 4] =
    [0x6a09_e667_f3bc_c909, 0xbb67_ae85_84ca_a73b, 0x3c6e_f372_fe94_f82b, 0xa54f_f53a_5f1d_36f1];

/// A fold of all words so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(into = "String")]
pub struct Digest {
    a: u64,
    b: u64,
}

impl Default for Digest {
    fn default() -> Self {
        Self { a: KEYS[2], b: KEYS[3] }
    }
}

impl Digest {
    /// Folds in words, two at a time; a missing last word counts as 0. Fold things of which the first word tells how
    /// many follow.
    #[inline(always)]
    pub fn fold(&mut self, words: &[u64]) {
        for pair in words.chunks(2) {
            let (x, y) = (pair[0], pair.get(1).copied().unwrap_or(0));
            let product = u128::from(x ^ self.a) * u128::from(y ^ self.b);
            let (low, high) = (product as u64, (product >> 64) as u64);
            (self.a, self.b) =
                (self.b.wrapping_add(low).rotate_left(23).wrapping_add(x), self.a.wrapping_add(high) ^ y);
        }
    }

    /// The 128 bits, finished so that late words reach every bit.
    pub fn value(self) -> u128 {
        let mut end = self;
        end.fold(&[KEYS[0], KEYS[1], KEYS[2], KEYS[3]]);
        u128::from(end.a) << 64 | u128::from(end.b)
    }
}

impl From<Digest> for String {
    fn from(digest: Digest) -> Self {
        digest.to_string()
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.value())
    }
}

/// The hash of some bytes' content.
pub fn content(bytes: &[u8]) -> u64 {
    xxh3_64(bytes)
}

/// The hash of a log that ends with this entry: `H(i) = h(H(i-1), term, data)`. Two logs that agree in it agree in
/// every entry up to here.
#[inline]
pub fn chain(previous: u64, term: Term, data: &[u8]) -> u64 {
    let product =
        u128::from(previous ^ content(data) ^ KEYS[0]) * u128::from(term.0.wrapping_mul(KEYS[3]) ^ KEYS[1]);
    previous.wrapping_mul(KEYS[2]).wrapping_add(product as u64) ^ (product >> 64) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(words: &[u64]) -> u128 {
        let mut digest = Digest::default();
        digest.fold(words);
        digest.value()
    }

    #[test]
    fn the_fold_is_pinned() {
        assert_eq!(format!("{:032x}", of(&[1, 2, 3])), PINNED);
    }
    const PINNED: &str = "00bd7e454ed3b6d8ee066d034b158fac";

    #[test]
    fn every_bit_of_every_word_counts() {
        let base = [7, 0, u64::MAX, 1 << 63, 0, 12];
        let digest = of(&base);
        for at in 0..base.len() {
            for bit in 0..64 {
                let mut other = base;
                other[at] ^= 1 << bit;
                let differing = (of(&other) ^ digest).count_ones();
                assert!((20..=108).contains(&differing), "word {at} bit {bit}: {differing} bits");
            }
        }
        assert_ne!(of(&[1, 2, 3, 4]), of(&[3, 4, 1, 2]));
    }

    #[test]
    fn no_factor_erases_what_came_before() {
        let mut digests = std::collections::BTreeSet::new();
        for first in 0..1000 {
            let mut digest = Digest::default();
            digest.fold(&[first, 0]);
            let zeroing = [digest.a, digest.b];
            digest.fold(&zeroing);
            digests.insert(digest.value());
        }
        assert_eq!(digests.len(), 1000);
    }

    #[test]
    fn the_chain_tells_terms_data_and_order_apart() {
        let (a, b) = (chain(0, Term(1), b"a"), chain(0, Term(1), b"b"));
        assert_ne!(a, b);
        assert_ne!(a, chain(0, Term(2), b"a"));
        assert_ne!(chain(a, Term(1), b"b"), chain(b, Term(1), b"a"));
    }
}
