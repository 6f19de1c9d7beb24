//! The disk of one machine: a write-ahead log as bytes, what of it is durable, and how long a flush takes.
//!
//! ```text
//! record: crc u32 | length u32 | length, inverted u32 | kind u8 | body         the CRC-32C covers all that follows it
//! genesis 1: voters, u32 each        hard state 2: term u64, vote u32 (0: nobody)
//! append 3: first u64, entries       truncate 4: from u64
//! snapshot 5: base, data             compact 6: to u64, hash u64             base 7: base
//! genesis 8: members                 snapshot 9: base, membership's length u32, membership, data
//! base: index u64, term u64, hash u64
//! ```
//!
//! Kinds 8 and 9 stand for 1 and 5 where members are not just voters, or not the initial ones; what the members in them look
//! like is the replica's matter.
//!
//! Writes go to the end of the image at once, as into the operating system's cache, and become durable with a flush.
//! One flush is under way at a time and covers what was written before it began; what comes meanwhile waits for the
//! next (group commit). A crash loses whatever no flush has covered, or all but the first of it: then the image ends with a
//! torn write, which the next start cuts off.
//!
//! How far the image was flushed is kept apart from it, as in a sector of its own. So a broken write at the end that was
//! flushed is told from one that was not: the one has rotted, and whoever goes on without it breaks a promise; the other is
//! torn, and nobody was promised anything ("Protocol-Aware Recovery for Consensus-Based Storage", FAST 2018).
//!
//! An image that is still what was written is known to be sound, and nobody looks at its checksums. So they are written only when
//! something is about to change it: a bit that turns over, or a write that is torn. Debug builds write and check them always.
//!
//! A disk that lies says that a flush is done while all that it covers can still be lost, until a flush that is honest.
//!
//! A snapshot is a file of its own to a real server, and cutting the log writes a new file that takes the old one's name.
//! Here both go through the image like every other write, so that their order is kept. What remains of the files is that
//! each of the two is a flush of its own; and when the flush of a cut ends, the image has been written anew without all
//! that is no longer needed. Until then the old one counts, with no more of it than was flushed.

mod recovery;

use crate::ids::WriteId;
use crate::replica::{Base, HardState, Members, Recovered, Unrecoverable};
use crate::rng::{Distribution, Stream, below};
use crate::time::Duration;
use std::collections::VecDeque;

const GENESIS: u8 = 1;
const HARD_STATE: u8 = 2;
const APPEND: u8 = 3;
const TRUNCATE: u8 = 4;
const SNAPSHOT: u8 = 5;
const COMPACT: u8 = 6;
const BASE: u8 = 7;
const MEMBERS: u8 = 8;
const SNAPSHOT_WITH_MEMBERS: u8 = 9;
/// The checksum at the head of a record.
const TAG: usize = 4;
/// The checksum, the length and the inverted length before a record's kind. The second one tells rot in a length, which
/// no other checksum could, from a tail that was torn off.
const PREFIX: usize = 12;

/// A disk.
///
/// - The durable part of the image is a prefix of it that ends at a record's end.
/// - Writes wait in the order in which they were made.
#[derive(Debug)]
pub struct Disk {
    image: Vec<u8>,
    /// Whether the image is still what was written: then its checksums may be missing.
    intact: bool,
    durable: usize,
    waiting: VecDeque<Waiting>,
    /// Whether a snapshot or a cut has been written since nothing waited: only then does it matter which write is what.
    special: bool,
    flushing: Option<WriteId>,
    latency: Distribution,
    /// Whether each write is durable as it is made, and none waits: flushes take no time, and nothing stalls them.
    instant: bool,
    /// Whether flushes take no time.
    timeless: bool,
    stream: Stream,
    trouble: Trouble,
}

/// What is wrong with a disk, and how often at a time.
#[derive(Clone, Copy, Debug, Default)]
struct Trouble {
    stalls: u32,
    full: u32,
    lies: u32,
    /// Whether a flush has ended that a stall keeps back.
    kept_back: bool,
    /// How many bits have turned over.
    rotted: u64,
}

/// A write that is not durable.
#[derive(Clone, Copy, Debug)]
struct Waiting {
    id: WriteId,
    /// Where it ends in the image.
    end: usize,
    /// A snapshot or a cut: a flush of its own.
    alone: bool,
    /// Whether the image is to be written anew with it.
    cuts: bool,
}

impl Disk {
    /// A blank disk, whose flushes take as long as `latency` says by draws from `stream`.
    pub fn new(latency: Distribution, stream: Stream) -> Self {
        Self {
            // Room for the first records of a run.
            image: Vec::with_capacity(256),
            intact: true,
            durable: 0,
            waiting: VecDeque::new(),
            special: false,
            flushing: None,
            instant: latency == Distribution::Constant(Duration::ZERO),
            timeless: latency == Distribution::Constant(Duration::ZERO),
            latency,
            stream,
            trouble: Trouble::default(),
        }
    }

    /// Writes what is there before the run begins, durably: the initial membership, and the state and the entries, in
    /// wire form, that the node has from an earlier time.
    pub fn format(&mut self, members: &Members, state: HardState, entries: &[u8]) {
        put_genesis(members, &mut self.image);
        self.seal_from(0);
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

    /// Writes a snapshot of all up to `last`, with the membership as of then in bytes; none for the initial one.
    pub fn write_snapshot(&mut self, id: WriteId, last: Base, membership: &[u8], data: &[u8]) {
        self.write(id, snapshot_kind(membership), |image| put_snapshot(last, membership, data, image));
    }

    /// Writes that the entries up to and with `to` are cut off; `hash` will come back with the log's base.
    pub fn write_compaction(&mut self, id: WriteId, to: u64, hash: u64) {
        self.write(id, COMPACT, |image| {
            image.extend_from_slice(&to.to_le_bytes());
            image.extend_from_slice(&hash.to_le_bytes());
        });
    }

    fn write(&mut self, id: WriteId, kind: u8, body: impl FnOnce(&mut Vec<u8>)) {
        self.record(kind, body);
        let (alone, cuts) = (matches!(kind, SNAPSHOT | SNAPSHOT_WITH_MEMBERS | COMPACT), kind == COMPACT);
        if self.instant {
            if self.trouble.lies == 0 {
                self.durable = self.image.len();
                if cuts {
                    self.write_anew();
                }
            }
            return;
        }
        if let Some(last) = self.waiting.back() {
            assert!(last.id < id, "writes are numbered in order");
        }
        self.special |= alone;
        self.waiting.push_back(Waiting { id, end: self.image.len(), alone, cuts });
    }

    fn record(&mut self, kind: u8, body: impl FnOnce(&mut Vec<u8>)) {
        let start = self.image.len();
        put_record(kind, body, &mut self.image);
        self.seal_from(start);
    }

    /// Writes the checksums of the records from there on, if somebody will look at them.
    #[inline]
    fn seal_from(&mut self, start: usize) {
        if !self.intact || cfg!(debug_assertions) {
            recovery::seal(&mut self.image[start..]);
        }
    }

    /// Something is about to change what is written.
    fn touch(&mut self) {
        if std::mem::take(&mut self.intact) {
            self.seal_from(0);
        }
    }

    /// Whether flushes take no time: what is written is durable, and nothing is drawn.
    #[inline]
    pub fn is_instant(&self) -> bool {
        self.instant
    }

    /// Begins a flush if something waits and none is under way. One word is drawn for each flush.
    #[inline]
    pub fn begin_flush(&mut self) -> Option<Duration> {
        if self.flushing.is_some() || self.waiting.is_empty() {
            return None;
        }
        self.begin_flush_of_waiting()
    }

    fn begin_flush_of_waiting(&mut self) -> Option<Duration> {
        let mut last = self.waiting.back()?.id;
        if self.special {
            let together = self.waiting.iter().take_while(|waiting| !waiting.alone).count().max(1);
            last = self.waiting.get(together - 1)?.id;
        }
        self.flushing = Some(last);
        Some(self.latency.sample(self.stream.word()))
    }

    /// From now on flushes take next to no time.
    pub fn quicken(&mut self) {
        self.latency = Distribution::Constant(Duration::from_nanos(1));
    }

    /// How many bytes the image has.
    pub fn bytes(&self) -> usize {
        self.image.len()
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
        if self.trouble.lies == 0 {
            self.make_durable(last);
        } else {
            self.claim_durable(last);
        }
        self.be_instant_again();
        last
    }

    /// Where flushes take no time, and nothing is left of a stall, writes are durable as they are made again.
    fn be_instant_again(&mut self) {
        self.instant = self.timeless && self.trouble.stalls == 0 && self.waiting.is_empty();
    }

    /// What a flush of a disk that lies does: nothing but to say that it is done.
    #[cold]
    fn claim_durable(&mut self, last: WriteId) {
        while self.waiting.pop_front_if(|waiting| waiting.id <= last).is_some() {}
        self.special &= !self.waiting.is_empty();
    }

    #[inline]
    fn make_durable(&mut self, last: WriteId) {
        let mut cuts = false;
        while let Some(written) = self.waiting.pop_front_if(|waiting| waiting.id <= last) {
            self.durable = written.end;
            cuts |= written.cuts;
        }
        self.special &= !self.waiting.is_empty();
        if cuts {
            self.write_anew();
        }
    }

    /// Replaces the durable part of the image by what a start would read from it.
    #[cold]
    fn write_anew(&mut self) {
        let durable = &self.image[..self.durable];
        let Ok((read, _)) = recovery::replay(durable, self.durable, self.intact) else {
            return; // What can't be read can't be copied.
        };
        // As much room as before: until the next cut it grows to the same length.
        let mut image = Vec::with_capacity(self.image.capacity());
        if let Some(members) = &read.genesis {
            put_genesis(members, &mut image);
        }
        put_record(HARD_STATE, |image| put_hard_state(read.hard_state, image), &mut image);
        put_record(BASE, |image| put_base(read.base, image), &mut image);
        let entries = |image: &mut Vec<u8>| {
            image.extend_from_slice(&(read.base.index.0 + 1).to_le_bytes());
            read.entries().for_each(|run| image.extend_from_slice(run));
        };
        put_record(APPEND, entries, &mut image);
        if let Some((last, membership, data)) = read.snapshot {
            let kind = snapshot_kind(membership);
            put_record(kind, |image| put_snapshot(last, membership, data, image), &mut image);
        }
        let (before, after) = (self.durable, image.len());
        image.extend_from_slice(&self.image[before..]);
        self.image = image;
        self.seal_from(0);
        self.durable = after;
        for waiting in &mut self.waiting {
            waiting.end = waiting.end - before + after;
        }
    }

    /// Power is lost: what no flush has covered is gone, but for the first of it if `torn` gives a word to draw how many of its
    /// bytes have reached the disk.
    pub fn crash(&mut self, torn: Option<u64>) {
        let unflushed = self.image.len() - self.durable;
        let left = torn.map_or(0, |word| below(word, unflushed as u64 + 1) as usize);
        if left > 0 {
            self.touch();
        }
        self.image.truncate(self.durable + left);
        self.waiting.clear();
        self.special = false;
        self.flushing = None;
        self.trouble.kept_back = false;
        self.be_instant_again();
    }

    /// The disk is replaced by a blank one.
    pub fn wipe(&mut self) {
        self.crash(None);
        self.image.clear();
        self.intact = true;
        self.durable = 0;
    }

    /// Reads the image back, as a start does.
    ///
    /// # Errors
    /// [`Unrecoverable`] if the bytes make no sense, or if what was flushed is broken.
    pub fn recover(&self) -> Result<Recovered, Unrecoverable> {
        recovery::recover(&self.image, self.durable, self.intact).map(|(recovered, _)| recovered)
    }

    /// Reads the image back, and cuts off a torn write at its end. What is left is taken for durable: a server flushes its log
    /// before it goes on with it. Also returns how many bytes were cut off.
    ///
    /// # Errors
    /// As [`recover`](Self::recover).
    pub fn start(&mut self) -> Result<(Recovered, u64), Unrecoverable> {
        let (recovered, sound) = recovery::recover(&self.image, self.durable, self.intact)?;
        let torn = self.image.len() - sound;
        self.image.truncate(sound);
        self.durable = sound;
        Ok((recovered, torn as u64))
    }

    /// Begins to finish no flush.
    pub fn stall(&mut self) {
        self.trouble.stalls += 1;
        self.instant = false;
    }

    /// Takes back one stall. Whether a flush that it has kept back is to end now.
    pub fn unstall(&mut self) -> bool {
        self.trouble.stalls -= 1;
        self.be_instant_again();
        self.trouble.stalls == 0 && std::mem::take(&mut self.trouble.kept_back)
    }

    /// Whether a flush that would end now does not: it will when the stall is over.
    pub fn keeps_back(&mut self) -> bool {
        self.trouble.kept_back |= self.trouble.stalls > 0;
        self.trouble.kept_back
    }

    /// Takes nothing more, or one such trouble is over.
    pub fn fill(&mut self, more: bool) {
        self.trouble.full = if more { self.trouble.full + 1 } else { self.trouble.full - 1 };
    }

    /// Whether it takes nothing more.
    #[inline]
    pub fn is_full(&self) -> bool {
        self.trouble.full > 0
    }

    /// Begins to lie about its flushes, or one such trouble is over.
    pub fn lie(&mut self, more: bool) {
        self.trouble.lies = if more { self.trouble.lies + 1 } else { self.trouble.lies - 1 };
    }

    /// How many bits have turned over so far: to draw a word for the next one.
    pub fn rotted(&self) -> u64 {
        self.trouble.rotted
    }

    /// Turns one bit over of what is durable, by a word. Which one it is, by byte and bit; none on a blank disk.
    pub fn rot(&mut self, word: u64) -> Option<(u64, u8)> {
        self.trouble.rotted += 1;
        self.touch();
        let place = below(word, (self.durable as u64 * 8).max(1));
        let (at, bit) = (place / 8, (place % 8) as u8);
        *self.image[..self.durable].get_mut(at as usize)? ^= 1 << bit;
        Some((at, bit))
    }

    /// How many words were drawn for flushes.
    pub fn words_drawn(&self) -> u64 {
        self.stream.position()
    }
}

/// Appends a record, with zeroes for a checksum.
fn put_record(kind: u8, body: impl FnOnce(&mut Vec<u8>), image: &mut Vec<u8>) {
    let start = image.len();
    let mut head = [0; PREFIX + 1];
    head[PREFIX] = kind;
    image.extend_from_slice(&head);
    body(image);
    let length = u32::try_from(image.len() - start - PREFIX).expect("a record stays below 4 GiB");
    let lengths = u64::from(length) | u64::from(!length) << 32;
    image[start + TAG..start + PREFIX].copy_from_slice(&lengths.to_le_bytes());
}

fn put_genesis(members: &Members, image: &mut Vec<u8>) {
    if *members == Members::of_voters(members.voters.iter()) {
        let put_voters = |image: &mut Vec<u8>| {
            members.voters.iter().for_each(|voter| image.extend_from_slice(&voter.0.to_le_bytes()));
        };
        put_record(GENESIS, put_voters, image);
    } else {
        put_record(MEMBERS, |image| members.encode(image), image);
    }
}

fn snapshot_kind(membership: &[u8]) -> u8 {
    if membership.is_empty() { SNAPSHOT } else { SNAPSHOT_WITH_MEMBERS }
}

fn put_base(base: Base, image: &mut Vec<u8>) {
    for word in [base.index.0, base.term.0, base.hash] {
        image.extend_from_slice(&word.to_le_bytes());
    }
}

fn put_snapshot(last: Base, membership: &[u8], data: &[u8], image: &mut Vec<u8>) {
    put_base(last, image);
    if !membership.is_empty() {
        let length = u32::try_from(membership.len()).expect("members are few");
        image.extend_from_slice(&length.to_le_bytes());
        image.extend_from_slice(membership);
    }
    image.extend_from_slice(data);
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
mod tests;
