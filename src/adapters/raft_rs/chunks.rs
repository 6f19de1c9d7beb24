//! Snapshots in chunks, since the crate sends one as a single message and frames have a limit.
//!
//! All chunks are sent at once, in any order they may arrive. What is lost is not asked for again: the sender reports to the
//! crate that the snapshot has failed, and it is sent anew.

use crate::ids::NodeId;
use std::collections::BTreeMap;
use std::num::NonZeroU32;

/// The bytes of a chunk before its part of the message.
const HEAD: usize = 16;

/// A part of an encoded message: `index: u64 | total: u32 | offset: u32 | bytes`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Chunk<'a> {
    /// The last entry of the snapshot.
    pub(super) index: u64,
    /// How many bytes the whole message has.
    pub(super) total: u32,
    /// How many bytes come before these.
    pub(super) offset: u32,
    /// The part.
    pub(super) bytes: &'a [u8],
}

impl<'a> Chunk<'a> {
    pub(super) fn encode(&self, buffer: &mut Vec<u8>) {
        buffer.extend_from_slice(&self.index.to_le_bytes());
        buffer.extend_from_slice(&self.total.to_le_bytes());
        buffer.extend_from_slice(&self.offset.to_le_bytes());
        buffer.extend_from_slice(self.bytes);
    }

    /// Reads a chunk; none for bytes that are none.
    pub(super) fn decode(bytes: &'a [u8]) -> Option<Self> {
        let (head, bytes) = bytes.split_first_chunk::<HEAD>()?;
        let chunk = Self {
            index: u64::from_le_bytes(*head.first_chunk()?),
            total: u32::from_le_bytes(*head[8..].first_chunk()?),
            offset: u32::from_le_bytes(*head[12..].first_chunk()?),
            bytes,
        };
        let end = chunk.offset.checked_add(u32::try_from(bytes.len()).ok()?)?;
        (!bytes.is_empty() && end <= chunk.total).then_some(chunk)
    }
}

/// The chunks of an encoded message.
pub(super) fn cut(index: u64, message: &[u8], most: NonZeroU32) -> impl Iterator<Item = Chunk<'_>> {
    let total = u32::try_from(message.len()).expect("a snapshot stays below 4 GiB");
    let parts = message.chunks(most.get() as usize).zip((0_u32..).step_by(most.get() as usize));
    parts.map(move |(bytes, offset)| Chunk { index, total, offset, bytes })
}

/// The snapshot that is coming in. A chunk of another one begins anew.
#[derive(Debug, Default)]
pub(super) struct Incoming {
    of: Option<(NodeId, u64, u64, u32)>,
    /// What has come, by its offset. It grows with what comes, whatever size the whole is said to have.
    parts: BTreeMap<u32, Vec<u8>>,
    bytes: usize,
}

impl Incoming {
    /// Takes a chunk that a node sent in a term, and returns the whole message if it is complete.
    pub(super) fn take(&mut self, from: NodeId, term: u64, chunk: &Chunk<'_>) -> Option<Vec<u8>> {
        let of = Some((from, term, chunk.index, chunk.total));
        if self.of != of {
            *self = Self { of, ..Self::default() };
        }
        if self.parts.insert(chunk.offset, chunk.bytes.to_vec()).is_none() {
            self.bytes += chunk.bytes.len();
        }
        if self.bytes < chunk.total as usize {
            return None;
        }
        let whole = std::mem::take(self).parts.into_values().collect::<Vec<_>>().concat();
        (whole.len() == chunk.total as usize).then_some(whole)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_make_the_message_in_any_order_and_more_than_once() {
        let message: Vec<u8> = (0..100).collect();
        let chunks: Vec<Chunk<'_>> = cut(7, &message, NonZeroU32::new(30).expect("positive")).collect();
        assert_eq!(chunks.iter().map(|chunk| chunk.bytes.len()).collect::<Vec<_>>(), [30, 30, 30, 10]);
        for chunk in &chunks {
            let mut bytes = Vec::new();
            chunk.encode(&mut bytes);
            assert_eq!(Chunk::decode(&bytes), Some(*chunk));
        }
        let mut incoming = Incoming::default();
        for chunk in [3, 3, 0, 2, 0] {
            assert_eq!(incoming.take(NodeId(1), 1, &chunks[chunk]), None);
        }
        assert_eq!(incoming.take(NodeId(1), 1, &chunks[1]), Some(message.clone()));
        // Nothing of it is left.
        assert_eq!(incoming.take(NodeId(1), 1, &chunks[1]), None);
    }

    #[test]
    fn what_is_of_another_snapshot_begins_anew() {
        let message = [1; 20];
        let chunks: Vec<Chunk<'_>> = cut(7, &message, NonZeroU32::new(10).expect("positive")).collect();
        let mut incoming = Incoming::default();
        assert_eq!(incoming.take(NodeId(1), 1, &chunks[0]), None);
        assert_eq!(incoming.take(NodeId(2), 1, &chunks[1]), None, "of another sender");
        assert_eq!(incoming.take(NodeId(1), 1, &chunks[1]), None, "begun anew");
        assert!(incoming.take(NodeId(1), 1, &chunks[0]).is_some());
    }
}
