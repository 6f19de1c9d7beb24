//! The disk of one machine: a write-ahead log as bytes, what of it is durable, and how long a flush takes.
//!
//! ```text
//! record: crc u32 | length u32 | kind u8 | body        the CRC-32C covers all that follows it
//! genesis 1: voters, u32 each        hard state 2: term u64, vote u32 (0: nobody)
//! append 3: first u64, entries       truncate 4: from u64
//! ```
//!
//! Writes go to the end of the image at once, as into the operating system's cache, and become durable with a flush.
//! One flush is under way at a time and covers what was written before it began; what comes meanwhile waits for the
//! next (group commit). A crash loses whatever no flush has covered.

mod recovery;

use crate::ids::{NodeId, WriteId};
use crate::replica::{HardState, Recovered, Unrecoverable};
use crate::rng::{Distribution, Stream};
use crate::time::Duration;
use std::collections::VecDeque;

const GENESIS: u8 = 1;
const HARD_STATE: u8 = 2;
const APPEND: u8 = 3;
const TRUNCATE: u8 = 4;
/// The checksum at the head of a record.
const TAG: usize = 4;
/// The checksum and the length before a record's kind.
const PREFIX: usize = 8;

/// A disk.
///
/// - The durable part of the image is a prefix of it that ends at a record's end.
/// - Writes wait in the order in which they were made.
#[derive(Debug)]
pub struct Disk {
    image: Vec<u8>,
    durable: usize,
    waiting: VecDeque<(WriteId, usize)>,
    flushing: Option<WriteId>,
    latency: Distribution,
    stream: Stream,
}

impl Disk {
    /// A blank disk, whose flushes take as long as `latency` says by draws from `stream`.
    pub fn new(latency: Distribution, stream: Stream) -> Self {
        Self { image: Vec::new(), durable: 0, waiting: VecDeque::new(), flushing: None, latency, stream }
    }

    /// Writes what is there before the run begins, durably: the initial membership, and the state and the entries, in
    /// wire form, that the node has from an earlier time.
    pub fn format(&mut self, voters: &[NodeId], state: HardState, entries: &[u8]) {
        self.record(GENESIS, |image| {
            for voter in voters {
                image.extend_from_slice(&voter.0.to_le_bytes());
            }
        });
        if state != HardState::default() {
            self.record(HARD_STATE, |image| put_hard_state(state, image));
        }
        if !entries.is_empty() {
            self.record(APPEND, |image| put_entries(1, entries, image));
        }
        self.durable = self.image.len();
    }

    /// Writes a new term and vote.
    pub fn write_hard_state(&mut self, id: WriteId, state: HardState) {
        self.write(id, HARD_STATE, |image| put_hard_state(state, image));
    }

    /// Writes entries, in wire form, that begin at index `first`.
    pub fn write_entries(&mut self, id: WriteId, first: u64, entries: &[u8]) {
        self.write(id, APPEND, |image| put_entries(first, entries, image));
    }

    /// Writes that this entry and all that follow are void.
    pub fn write_truncation(&mut self, id: WriteId, from: u64) {
        self.write(id, TRUNCATE, |image| image.extend_from_slice(&from.to_le_bytes()));
    }

    fn write(&mut self, id: WriteId, kind: u8, body: impl FnOnce(&mut Vec<u8>)) {
        if let Some((last, _)) = self.waiting.back() {
            assert!(*last < id, "writes are numbered in order");
        }
        self.record(kind, body);
        self.waiting.push_back((id, self.image.len()));
    }

    fn record(&mut self, kind: u8, body: impl FnOnce(&mut Vec<u8>)) {
        let start = self.image.len();
        self.image.extend_from_slice(&[0; PREFIX]);
        self.image.push(kind);
        body(&mut self.image);
        let length = u32::try_from(self.image.len() - start - PREFIX).expect("a record stays below 4 GiB");
        self.image[start + TAG..start + PREFIX].copy_from_slice(&length.to_le_bytes());
        let tag = crc32c::crc32c(&self.image[start + TAG..]);
        self.image[start..start + TAG].copy_from_slice(&tag.to_le_bytes());
    }

    /// Makes durable what waits if flushes take no time, and returns the last write made so. There is nothing to
    /// draw then.
    #[inline]
    pub fn flush_if_instant(&mut self) -> Option<WriteId> {
        if self.latency != Distribution::Constant(Duration::ZERO) {
            return None;
        }
        let (last, end) = self.waiting.drain(..).next_back()?;
        self.durable = end;
        Some(last)
    }

    /// Begins a flush if something waits and none is under way. One word is drawn for each flush.
    pub fn begin_flush(&mut self) -> Option<Duration> {
        if self.flushing.is_some() {
            return None;
        }
        let (last, _) = *self.waiting.back()?;
        self.flushing = Some(last);
        Some(self.latency.sample(self.stream.word()))
    }

    /// How many writes are not durable.
    pub fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// The flush under way is done. Returns the last write that it made durable.
    ///
    /// # Panics
    /// If no flush is under way.
    pub fn end_flush(&mut self) -> WriteId {
        let last = self.flushing.take().expect("a flush is under way");
        while let Some((_, end)) = self.waiting.pop_front_if(|(id, _)| *id <= last) {
            self.durable = end;
        }
        last
    }

    /// Power is lost: what no flush has covered is gone.
    pub fn crash(&mut self) {
        self.image.truncate(self.durable);
        self.waiting.clear();
        self.flushing = None;
    }

    /// The disk is replaced by a blank one.
    pub fn wipe(&mut self) {
        self.crash();
        self.image.clear();
        self.durable = 0;
    }

    /// Reads the image back, as a start does.
    ///
    /// # Errors
    /// [`Unrecoverable`] if the bytes make no sense.
    pub fn recover(&self) -> Result<Recovered, Unrecoverable> {
        recovery::recover(&self.image)
    }

    /// How many words were drawn for flushes.
    pub fn words_drawn(&self) -> u64 {
        self.stream.position()
    }
}

fn put_hard_state(state: HardState, image: &mut Vec<u8>) {
    image.extend_from_slice(&state.term.0.to_le_bytes());
    image.extend_from_slice(&state.vote.map_or(0, |vote| vote.0).to_le_bytes());
}

fn put_entries(first: u64, entries: &[u8], image: &mut Vec<u8>) {
    image.extend_from_slice(&first.to_le_bytes());
    image.extend_from_slice(entries);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::Term;
    use crate::replica::{Entry, EntryKind};

    fn disk() -> Disk {
        Disk::new(Distribution::Constant(Duration::from_millis(1)), Stream::new(1, "disk", 1, 0))
    }

    fn entries(terms: &[u64]) -> Vec<u8> {
        let mut wire = Vec::new();
        for &term in terms {
            Entry { term: Term(term), kind: EntryKind::Command, data: b"x" }.encode(&mut wire);
        }
        wire
    }

    #[test]
    fn what_was_flushed_comes_back() {
        let mut disk = disk();
        disk.format(&[NodeId(1), NodeId(2), NodeId(3)], HardState::default(), &[]);
        let state = HardState { term: Term(4), vote: Some(NodeId(2)) };
        disk.write_hard_state(WriteId(1), state);
        disk.write_entries(WriteId(2), 1, &entries(&[1, 1, 2]));
        disk.write_truncation(WriteId(3), 3);
        disk.write_entries(WriteId(4), 3, &entries(&[4]));
        assert_eq!(disk.begin_flush(), Some(Duration::from_millis(1)));
        assert_eq!(disk.end_flush(), WriteId(4));
        disk.crash();
        let recovered = disk.recover().expect("sound");
        assert_eq!(recovered.genesis, Some(vec![NodeId(1), NodeId(2), NodeId(3)]));
        assert_eq!(recovered.hard_state, state);
        assert_eq!(recovered.entries, entries(&[1, 1, 4]));
    }

    #[test]
    fn a_flush_covers_what_was_written_before_it_began() {
        let mut disk = disk();
        disk.format(&[NodeId(1)], HardState::default(), &[]);
        disk.write_entries(WriteId(1), 1, &entries(&[1]));
        assert!(disk.begin_flush().is_some());
        disk.write_entries(WriteId(2), 2, &entries(&[1]));
        assert_eq!(disk.begin_flush(), None, "one at a time");
        assert_eq!(disk.end_flush(), WriteId(1));
        disk.crash();
        assert_eq!(disk.recover().expect("sound").entries, entries(&[1]));
    }

    #[test]
    fn a_crash_during_a_flush_loses_what_it_would_have_covered() {
        let mut disk = disk();
        disk.format(&[NodeId(1)], HardState::default(), &[]);
        disk.write_entries(WriteId(1), 1, &entries(&[1]));
        assert!(disk.begin_flush().is_some());
        disk.crash();
        assert!(disk.recover().expect("sound").entries.is_empty());
        assert_eq!(disk.begin_flush(), None);
    }

    #[test]
    fn a_wiped_disk_is_blank() {
        let mut disk = disk();
        disk.format(&[NodeId(1)], HardState::default(), &[]);
        disk.write_hard_state(WriteId(1), HardState { term: Term(4), vote: None });
        disk.wipe();
        assert_eq!(disk.recover(), Ok(Recovered::default()));
    }
}
