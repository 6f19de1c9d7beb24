//! The plainest way to lay a message out: some numbers, and bytes after them.

use super::{Bytes, Effects};

/// The numbers that a message begins with, 8 bytes each and little-endian, and the rest of it; `None` if it is too short.
pub fn numbers<const N: usize>(payload: &[u8]) -> Option<([u64; N], &[u8])> {
    let (mut numbers, mut rest) = ([0; N], payload);
    for number in &mut numbers {
        let (bytes, after) = rest.split_first_chunk()?;
        (*number, rest) = (u64::from_le_bytes(*bytes), after);
    }
    Some((numbers, rest))
}

impl Effects {
    /// Lays out a message that begins with these numbers, for an effect to name; [`numbers`] reads it.
    pub fn numbers<const N: usize>(&mut self, numbers: [u64; N], rest: &[u8]) -> Bytes {
        self.write(|buffer| {
            numbers.iter().for_each(|number| buffer.extend_from_slice(&number.to_le_bytes()));
            buffer.extend_from_slice(rest);
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_back_as_laid_out_and_not_without_their_last_byte() {
        let mut out = Effects::default();
        let message = out.numbers([1, u64::MAX], b"rest");
        let bytes = out.get(message);
        assert_eq!(numbers(bytes), Some(([1, u64::MAX], &b"rest"[..])));
        assert_eq!(numbers(&bytes[..16]), Some(([1, u64::MAX], &b""[..])));
        assert_eq!(numbers::<2>(&bytes[..15]), None);
        assert_eq!(numbers::<0>(b""), Some(([], &b""[..])));
    }
}
