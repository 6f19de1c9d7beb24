//! Frames: what is really on the wire.
//!
//! ```text
//! magic u16 | version u8 | kind u8 | length u32 | cluster u64 | from u32 | to u32 | call u64 | payload | tag
//! ```
//!
//! Little-endian. The tag is of all before it; how long it is depends on the cluster's [`Integrity`], on which all of its
//! machines agree: it is not told by the frame, since a frame could lie.

use super::integrity::Integrity;
use crate::ids::{Address, CallId};
use crate::trace::Rejection;

/// The first bytes of every frame.
const MAGIC: u16 = 0x5351;
const VERSION: u8 = 1;
/// Bytes before the payload.
pub const HEADER: usize = 32;
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
pub fn encode(header: &Header, payload: &[u8], integrity: &Integrity, buffer: &mut Vec<u8>) {
    lay_out(header, payload, integrity, buffer);
    seal(integrity, buffer);
}

/// Writes a frame over `buffer`'s contents, with zeroes where its tag belongs: [`seal`] writes that.
///
/// # Panics
/// If the frame would exceed [`LIMIT`].
#[inline(always)]
pub fn lay_out(header: &Header, payload: &[u8], integrity: &Integrity, buffer: &mut Vec<u8>) {
    assert!(HEADER + payload.len() + integrity.tag_len() <= LIMIT, "a frame stays within its limit");
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
    buffer.reserve(HEADER + payload.len() + integrity.tag_len());
    buffer.extend_from_slice(&head);
    buffer.extend_from_slice(payload);
    integrity.leave_room(buffer);
}

/// Writes a frame's tag.
pub fn seal(integrity: &Integrity, frame: &mut [u8]) {
    let (covered, tag) = frame.split_at_mut(frame.len() - integrity.tag_len());
    integrity.seal(covered, tag);
}

/// Reads a frame. Any bytes may come: never panics, never allocates. Of a frame that is known to be `intact`, since
/// nothing on its way has touched it, nobody looks at the tag but debug builds, to see that this is so.
///
/// # Errors
/// What is wrong with it: integrity first, since nothing in a broken frame can be believed; then its form.
#[inline]
pub fn decode<'b>(
    bytes: &'b [u8],
    intact: bool,
    integrity: &Integrity,
) -> Result<(Header, &'b [u8]), Rejection> {
    let (covered, tag) = split(bytes, integrity)?;
    if intact {
        debug_assert!(integrity.is_sound(covered, tag), "nothing has touched this frame");
    } else if bytes.len() > LIMIT {
        return Err(Rejection::TooLong);
    } else if !integrity.is_sound(covered, tag) {
        return Err(Rejection::Checksum);
    }
    read(covered)
}

/// Reads a frame without a look at its tag, as a receiver does that has a bug.
///
/// # Errors
/// What is wrong with its form.
pub fn decode_unverified<'b>(
    bytes: &'b [u8],
    integrity: &Integrity,
) -> Result<(Header, &'b [u8]), Rejection> {
    read(split(bytes, integrity)?.0)
}

/// What the tag covers, and the tag.
#[inline(always)]
fn split<'b>(bytes: &'b [u8], integrity: &Integrity) -> Result<(&'b [u8], &'b [u8]), Rejection> {
    let covered = bytes.len().checked_sub(integrity.tag_len()).ok_or(Rejection::Length)?;
    bytes.split_at_checked(covered).filter(|(covered, _)| covered.len() >= HEADER).ok_or(Rejection::Length)
}

/// Reads what the tag covers.
#[inline(always)]
fn read(covered: &[u8]) -> Result<(Header, &[u8]), Rejection> {
    let (head, payload) = covered.split_first_chunk::<HEADER>().ok_or(Rejection::Length)?;
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

#[inline]
fn words(head: &[u8; HEADER]) -> [u64; HEADER / 8] {
    let chunks = head.as_chunks().0;
    std::array::from_fn(|at| u64::from_le_bytes(chunks[at]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{ClientId, NodeId};
    use proptest::prelude::*;

    const CRC: &Integrity = &Integrity::Crc32c;

    fn levels() -> [Integrity; 3] {
        [Integrity::Unchecked, Integrity::Crc32c, Integrity::keyed("storm")]
    }

    fn example(integrity: &Integrity) -> (Header, Vec<u8>) {
        let header = Header {
            kind: 3,
            cluster: 7,
            from: NodeId(1).into(),
            to: ClientId(2).into(),
            call: CallId(u64::MAX - 1),
        };
        let mut bytes = Vec::new();
        encode(&header, b"payload", integrity, &mut bytes);
        (header, bytes)
    }

    #[test]
    fn frames_read_back_as_written() {
        for integrity in levels() {
            let (header, bytes) = example(&integrity);
            assert_eq!(decode(&bytes, false, &integrity), Ok((header, &b"payload"[..])));
            assert_eq!(decode(&bytes, true, &integrity), Ok((header, &b"payload"[..])));
            assert_eq!(bytes.len(), HEADER + 7 + integrity.tag_len());
        }
    }

    #[test]
    fn every_flipped_bit_and_every_cut_is_noticed() {
        for integrity in &levels()[1..] {
            let (_, bytes) = example(integrity);
            for bit in 0..bytes.len() * 8 {
                let mut broken = bytes.clone();
                broken[bit / 8] ^= 1 << (bit % 8);
                assert_eq!(decode(&broken, false, integrity), Err(Rejection::Checksum), "bit {bit}");
            }
            for length in 0..bytes.len() {
                assert!(decode(&bytes[..length], false, integrity).is_err(), "cut to {length}");
            }
        }
    }

    #[test]
    fn who_does_not_know_the_secret_can_not_lay_out_a_frame() {
        let (right, wrong) = (Integrity::keyed("storm"), Integrity::keyed("calm"));
        for other in [wrong, Integrity::Crc32c, Integrity::Unchecked] {
            let (_, bytes) = example(&other);
            assert!(decode(&bytes, false, &right).is_err(), "{other:?}");
        }
        let (_, by_stranger) = example(CRC);
        assert!(decode(&by_stranger, false, CRC).is_ok(), "a checksum is no secret");
    }

    /// The checks behind the tag, for frames whose tag is right.
    #[test]
    fn a_right_tag_is_not_enough() {
        for integrity in levels() {
            let (_, bytes) = example(&integrity);
            for (at, wrong) in [(0, Rejection::Magic), (2, Rejection::Magic), (4, Rejection::Length)] {
                let mut other = bytes.clone();
                other[at] ^= 1;
                seal(&integrity, &mut other);
                assert_eq!(decode(&other, false, &integrity), Err(wrong), "byte {at}");
            }
            let mut long = bytes.clone();
            long.resize(LIMIT + integrity.tag_len(), 0);
            long[4..8].copy_from_slice(&((LIMIT - HEADER) as u32).to_le_bytes());
            seal(&integrity, &mut long);
            let expected = if long.len() > LIMIT { Err(Rejection::TooLong) } else { Ok(LIMIT - HEADER) };
            let read = decode(&long, false, &integrity).map(|(_, payload)| payload.len());
            assert_eq!(read, expected, "{integrity:?}");
        }
    }

    #[test]
    fn a_receiver_that_does_not_look_at_the_tag_believes_what_it_should_not() {
        let (header, mut bytes) = example(CRC);
        bytes[HEADER] ^= 1;
        assert_eq!(decode(&bytes, false, CRC), Err(Rejection::Checksum));
        assert_eq!(decode_unverified(&bytes, CRC), Ok((header, &b"qayload"[..])));
        assert_eq!(decode_unverified(&bytes[..HEADER], CRC), Err(Rejection::Length));
    }

    proptest! {
        #[test]
        fn garbage_is_refused_without_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            for integrity in levels() {
                prop_assert!(decode(&bytes, false, &integrity).is_err());
            }
            let _ = decode_unverified(&bytes, CRC);
        }
    }
}
