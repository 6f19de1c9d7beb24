//! Frames: what is really on the wire.
//!
//! ```text
//! magic u16 | version u8 | kind u8 | length u32 | cluster u64 | from u32 | to u32 | call u64 | payload | tag u32
//! ```
//!
//! Little-endian. The tag is the CRC-32C of all before it.

use crate::ids::{Address, CallId};
use crate::trace::Rejection;

/// The first bytes of every frame.
const MAGIC: u16 = 0x5351;
const VERSION: u8 = 1;
/// Bytes before the payload.
pub const HEADER: usize = 32;
/// Bytes after the payload.
pub const TAG: usize = 4;
/// The longest frame.
pub const LIMIT: usize = 1 << 20;

pub use crate::trace::FIRST_CLIENT_KIND;
/// A client asks for an operation.
pub const CLIENT_REQUEST: u8 = 128;
/// A host answers a client.
pub const CLIENT_REPLY: u8 = 129;

/// What a frame says of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// The kind of message.
    pub kind: u8,
    /// The cluster it belongs to.
    pub cluster: u64,
    /// The sender.
    pub from: Address,
    /// The receiver.
    pub to: Address,
    /// The call it belongs to.
    pub call: CallId,
}

/// Writes a frame over `buffer`'s contents.
///
/// # Panics
/// If the frame would exceed [`LIMIT`].
pub fn encode(header: &Header, payload: &[u8], buffer: &mut Vec<u8>) {
    assert!(HEADER + payload.len() + TAG <= LIMIT, "a frame stays within its limit");
    let first = u64::from(MAGIC)
        | u64::from(VERSION) << 16
        | u64::from(header.kind) << 24
        | (payload.len() as u64) << 32;
    let addresses = u64::from(header.from.to_wire()) | u64::from(header.to.to_wire()) << 32;
    let words = [first, header.cluster, addresses, header.call.0];
    let mut head = [0; HEADER];
    for (bytes, word) in head.as_chunks_mut::<8>().0.iter_mut().zip(words) {
        *bytes = word.to_le_bytes();
    }
    buffer.clear();
    buffer.reserve(HEADER + payload.len() + TAG);
    buffer.extend_from_slice(&head);
    buffer.extend_from_slice(payload);
    let tag = crc32c::crc32c(buffer);
    buffer.extend_from_slice(&tag.to_le_bytes());
}

/// Reads a frame. Any bytes may come: never panics, never allocates. Of a frame that is known to be `intact`, since
/// nothing on its way has touched it, the checksum is computed again only in debug builds, to see that this is so.
///
/// # Errors
/// What is wrong with it: integrity first, since nothing in a broken frame can be believed; then its form.
#[inline]
pub fn decode(bytes: &[u8], intact: bool) -> Result<(Header, &[u8]), Rejection> {
    let (covered, tag) = bytes.split_last_chunk::<TAG>().ok_or(Rejection::Length)?;
    let (head, payload) = covered.split_first_chunk::<HEADER>().ok_or(Rejection::Length)?;
    let is_sound = || crc32c::crc32c(covered) == u32::from_le_bytes(*tag);
    if intact {
        debug_assert!(is_sound(), "nothing has touched this frame");
    } else if !is_sound() {
        return Err(Rejection::Checksum);
    }
    let [first, cluster, addresses, call] = words(head);
    if first as u16 != MAGIC || (first >> 16) as u8 != VERSION {
        return Err(Rejection::Magic);
    }
    if (first >> 32) as usize != payload.len() {
        return Err(Rejection::Length);
    }
    let header = Header {
        kind: (first >> 24) as u8,
        cluster,
        from: Address::from_wire(addresses as u32),
        to: Address::from_wire((addresses >> 32) as u32),
        call: CallId(call),
    };
    Ok((header, payload))
}

fn words(head: &[u8; HEADER]) -> [u64; HEADER / 8] {
    let mut words = [0; HEADER / 8];
    for (word, bytes) in words.iter_mut().zip(head.as_chunks::<8>().0) {
        *word = u64::from_le_bytes(*bytes);
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{ClientId, NodeId};
    use proptest::prelude::*;

    fn example() -> (Header, Vec<u8>) {
        let header = Header {
            kind: 3,
            cluster: 7,
            from: NodeId(1).into(),
            to: ClientId(2).into(),
            call: CallId(u64::MAX - 1),
        };
        let mut bytes = Vec::new();
        encode(&header, b"payload", &mut bytes);
        (header, bytes)
    }

    #[test]
    fn frames_read_back_as_written() {
        let (header, bytes) = example();
        assert_eq!(decode(&bytes, false), Ok((header, &b"payload"[..])));
        assert_eq!(bytes.len(), HEADER + 7 + TAG);
    }

    #[test]
    fn every_flipped_bit_and_every_cut_is_noticed() {
        let (_, bytes) = example();
        for bit in 0..bytes.len() * 8 {
            let mut broken = bytes.clone();
            broken[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(decode(&broken, false), Err(Rejection::Checksum), "bit {bit}");
        }
        for length in 0..bytes.len() {
            assert!(decode(&bytes[..length], false).is_err(), "cut to {length}");
        }
    }

    /// The checks behind the checksum, for frames whose checksum is right.
    #[test]
    fn a_right_checksum_is_not_enough() {
        let (_, bytes) = example();
        for (at, wrong) in [(0, Rejection::Magic), (2, Rejection::Magic), (4, Rejection::Length)] {
            let mut other = bytes.clone();
            other[at] ^= 1;
            let end = other.len() - TAG;
            let tag = crc32c::crc32c(&other[..end]);
            other[end..].copy_from_slice(&tag.to_le_bytes());
            assert_eq!(decode(&other, false), Err(wrong), "byte {at}");
        }
    }

    proptest! {
        #[test]
        fn garbage_is_refused_without_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            prop_assert!(decode(&bytes, false).is_err());
        }
    }
}
