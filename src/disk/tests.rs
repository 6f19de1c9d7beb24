//! Writes and flushes, and what a crash leaves of them.

use super::*;
use crate::ids::{Index, NodeId, Term};
use crate::replica::{Entries, Entry, EntryKind, Membership};

fn voters(count: u32) -> Members {
    (1..=count).map(NodeId).collect()
}

/// None, or one that entry 1 names.
fn some_membership(number: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    Membership { index: Index(number % 2), members: voters(3) }.encode(&mut bytes);
    bytes
}

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
    disk.format(&voters(3), HardState::default(), &[]);
    let state = HardState { term: Term(4), vote: Some(NodeId(2)) };
    disk.write_hard_state(WriteId(1), state);
    disk.write_entries(WriteId(2), 1, &entries(&[1, 1, 2]));
    disk.write_truncation(WriteId(3), 3);
    disk.write_entries(WriteId(4), 3, &entries(&[4]));
    assert_eq!(disk.begin_flush(), Some(Duration::from_millis(1)));
    assert_eq!(disk.end_flush(), WriteId(4));
    disk.crash(None);
    let recovered = disk.recover().expect("sound");
    assert_eq!(recovered.genesis, Some(voters(3)));
    assert_eq!(recovered.hard_state, state);
    assert_eq!(recovered.entries, entries(&[1, 1, 4]));
}

#[test]
fn a_flush_covers_what_was_written_before_it_began() {
    let mut disk = disk();
    disk.format(&voters(1), HardState::default(), &[]);
    disk.write_entries(WriteId(1), 1, &entries(&[1]));
    assert!(disk.begin_flush().is_some());
    disk.write_entries(WriteId(2), 2, &entries(&[1]));
    assert_eq!(disk.begin_flush(), None, "one at a time");
    assert_eq!(disk.end_flush(), WriteId(1));
    disk.crash(None);
    assert_eq!(disk.recover().expect("sound").entries, entries(&[1]));
}

#[test]
fn a_crash_during_a_flush_loses_what_it_would_have_covered() {
    let mut disk = disk();
    disk.format(&voters(1), HardState::default(), &[]);
    disk.write_entries(WriteId(1), 1, &entries(&[1]));
    assert!(disk.begin_flush().is_some());
    disk.crash(None);
    assert!(disk.recover().expect("sound").entries.is_empty());
    assert_eq!(disk.begin_flush(), None);
}

#[test]
fn a_wiped_disk_is_blank() {
    let mut disk = disk();
    disk.format(&voters(1), HardState::default(), &[]);
    disk.write_hard_state(WriteId(1), HardState { term: Term(4), vote: None });
    disk.wipe();
    assert_eq!(disk.recover(), Ok(Recovered::default()));
}

/// What a sound replica could ask for, and what was asked last.
#[derive(Debug, Default)]
struct Replica {
    issued: u64,
    first: u64,
    terms: Vec<u64>,
    snapshot: u64,
    /// The snapshot that a cut may rest on, with its write.
    durable_snapshot: (WriteId, u64),
}

impl Replica {
    fn last(&self) -> u64 {
        self.first + self.terms.len() as u64 - 1
    }

    fn next_write(&mut self) -> WriteId {
        self.issued += 1;
        WriteId(self.issued)
    }

    /// Writes something, as the dice say.
    fn write(&mut self, dice: u64, disk: &mut Disk) {
        let (kind, number) = (dice % 6, dice / 6);
        let kept = (self.last() + 1 - self.first).max(1);
        match kind {
            0 => {
                let id = self.next_write();
                disk.write_hard_state(id, HardState { term: Term(number), vote: None });
            }
            1 if self.last() > self.snapshot => {
                let from = self.snapshot + 1 + number % (self.last() - self.snapshot);
                let id = self.next_write();
                disk.write_truncation(id, from);
                self.terms.truncate((from - self.first) as usize);
            }
            2 if self.last() > self.snapshot => {
                let index = self.snapshot + 1 + number % (self.last() - self.snapshot);
                let term = Term(self.terms[(index - self.first) as usize]);
                let id = self.next_write();
                disk.write_snapshot(id, Base { index: Index(index), term, hash: index }, &[], &[7; 40]);
                (self.snapshot, self.durable_snapshot) = (index, (id, index));
            }
            3 if number % 3 == 0 => {
                // The leader's: the log is replaced.
                let index = self.last() + 1 + number % 5;
                let id = self.next_write();
                disk.write_snapshot(
                    id,
                    Base { index: Index(index), term: Term(9), hash: index },
                    &some_membership(number),
                    &[8; 30],
                );
                (self.first, self.snapshot, self.durable_snapshot) = (index + 1, index, (id, index));
                self.terms.clear();
            }
            4 if disk.waiting.iter().all(|it| it.id > self.durable_snapshot.0)
                && self.durable_snapshot.1 >= self.first =>
            {
                let to = self.first + number % kept.min(self.durable_snapshot.1 + 1 - self.first);
                let id = self.next_write();
                disk.write_compaction(id, to, to);
                self.terms.drain(..(to + 1 - self.first) as usize);
                self.first = to + 1;
            }
            _ => {
                let id = self.next_write();
                let terms = vec![number % 4 + 1; (number % 3) as usize + 1];
                disk.write_entries(id, self.last() + 1, &entries(&terms));
                self.terms.extend(terms);
            }
        }
    }
}

/// What would be read after a crash at this moment.
fn after_a_crash(disk: &Disk) -> Recovered {
    recovery::recover(&disk.image[..disk.durable], disk.durable, disk.intact)
        .expect("what was flushed is sound")
        .0
}

proptest::proptest! {
    /// Whatever is written, and whenever power is lost: a start finds what was durable, a log and a snapshot that fit
    /// together; and a cut changes nothing of it but what it cuts off.
    #[test]
    fn a_crash_between_any_two_writes_and_flushes_is_survived(
        steps in proptest::collection::vec((0_u64..1_000, proptest::prelude::any::<bool>()), 1..80),
    ) {
        let mut disk = disk();
        disk.format(&voters(1), HardState::default(), &[]);
        let mut replica = Replica { first: 1, ..Replica::default() };
        let mut longest = 0;
        for (dice, flushes) in steps {
            replica.write(dice, &mut disk);
            if flushes && disk.begin_flush().is_some() {
                let before = after_a_crash(&disk);
                let covered: Vec<Waiting> =
                    disk.waiting.iter().copied().take_while(|it| Some(it.id) <= disk.flushing).collect();
                proptest::prop_assert!(covered.len() == 1 || covered.iter().all(|it| !it.alone));
                // Power lost while the flush is under way: nothing of it counts.
                proptest::prop_assert_eq!(&after_a_crash(&disk), &before);
                disk.end_flush();
            }
            let found = after_a_crash(&disk);
            let count = Entries::new(&found.entries).count() as u64;
            let snapshot = found.snapshot.clone().unwrap_or_default();
            proptest::prop_assert!(found.base.index <= snapshot.index, "the log begins where a snapshot is");
            proptest::prop_assert!(snapshot.index.0 <= found.base.index.0 + count, "and reaches its end");
            longest = longest.max(disk.image.len());
        }
        // With all flushed, the disk has what was asked for last.
        while disk.begin_flush().is_some() {
            disk.end_flush();
        }
        let found = after_a_crash(&disk);
        proptest::prop_assert_eq!(found.base.index.0 + 1, replica.first);
        let terms: Vec<u64> = Entries::new(&found.entries).map(|entry| entry.term.0).collect();
        proptest::prop_assert_eq!(terms, replica.terms);
        proptest::prop_assert_eq!(found.snapshot.unwrap_or_default().index.0, replica.snapshot);
        proptest::prop_assert_eq!(found.genesis, Some(voters(1)));
        disk.crash(None);
        proptest::prop_assert!(disk.recover().is_ok());
    }
}

#[test]
fn the_image_does_not_grow_for_ever() {
    let mut disk = disk();
    disk.format(&voters(1), HardState::default(), &[]);
    let mut write = 0;
    let mut next = || {
        write += 1;
        WriteId(write)
    };
    for round in 1..=200 {
        let last = round * 10;
        disk.write_hard_state(next(), HardState { term: Term(round), vote: None });
        disk.write_entries(next(), last - 9, &entries(&[1; 10]));
        let base = Base { index: Index(last), term: Term(1), hash: last };
        disk.write_snapshot(next(), base, &[], &[1; 100]);
        disk.write_compaction(next(), last - 3, 5);
        while disk.begin_flush().is_some() {
            disk.end_flush();
        }
        assert!(disk.bytes() < 400, "{} bytes after {round} rounds", disk.bytes());
    }
    let recovered = disk.recover().expect("sound");
    assert_eq!(recovered.base, Base { index: Index(1997), term: Term(1), hash: 5 });
    assert_eq!(
        recovered.snapshot.map(|it| (it.index, it.term, it.data)),
        Some((Index(2000), Term(1), vec![1; 100]))
    );
    assert_eq!(recovered.entries, entries(&[1; 3]));
    assert_eq!(recovered.hard_state.term, Term(200));
}

fn with_entries(flushed: u64, more: u64) -> Disk {
    let mut disk = Disk::new(Distribution::Constant(MS), Stream::new(1, "disk", 1, 0));
    disk.format(&voters(3), HardState::default(), &[]);
    for index in 1..=flushed + more {
        if index == flushed + 1 {
            flush(&mut disk);
        }
        disk.write_entries(WriteId(index), index, &entries(&[index]));
    }
    if more == 0 {
        flush(&mut disk);
    }
    disk
}

const MS: Duration = Duration::from_millis(1);

fn flush(disk: &mut Disk) {
    while disk.begin_flush().is_some() {
        disk.end_flush();
    }
}

fn found(disk: &mut Disk) -> Result<(usize, u64), Unrecoverable> {
    disk.start().map(|(recovered, torn)| (Entries::new(&recovered.entries).count(), torn))
}

#[test]
fn a_torn_write_is_cut_off_and_what_is_whole_stays() {
    for word in (0..64).map(|part| part << 58) {
        let mut disk = with_entries(2, 3);
        disk.crash(Some(word));
        let left = disk.bytes();
        let (count, torn) = found(&mut disk).expect("a torn tail is no reason to stop");
        assert!((2..=5).contains(&count));
        assert_eq!(disk.bytes() + torn as usize, left);
        disk.write_entries(WriteId(9), count as u64 + 1, &entries(&[9]));
        flush(&mut disk);
        disk.crash(None);
        assert_eq!(found(&mut disk), Ok((count + 1, 0)), "what is written after it can be read");
    }
}

#[test]
fn whichever_bit_rots_the_node_stops() {
    let bits = with_entries(3, 0).bytes() as u64 * 8;
    for place in 0..bits {
        let mut disk = with_entries(3, 0);
        let word = ((u128::from(place) << 64).div_ceil(u128::from(bits))) as u64;
        assert_eq!(disk.rot(word), Some((place / 8, (place % 8) as u8)));
        disk.crash(None);
        assert!(found(&mut disk).is_err(), "bit {place}");
    }
}

#[test]
fn what_a_lying_disk_has_flushed_a_crash_takes_unless_an_honest_flush_came() {
    let mut disk = with_entries(1, 0);
    disk.lie(true);
    disk.write_entries(WriteId(2), 2, &entries(&[2]));
    flush(&mut disk);
    let mut honest = with_entries(1, 0);
    disk.crash(None);
    assert_eq!(found(&mut disk), Ok((1, 0)));
    honest.lie(true);
    honest.write_entries(WriteId(2), 2, &entries(&[2]));
    flush(&mut honest);
    honest.lie(false);
    honest.write_entries(WriteId(3), 3, &entries(&[3]));
    flush(&mut honest);
    honest.crash(None);
    assert_eq!(found(&mut honest), Ok((3, 0)));
}

#[test]
fn a_stalled_disk_keeps_flushes_back_however_fast_it_is() {
    for latency in [Duration::ZERO, MS] {
        let mut disk = Disk::new(Distribution::Constant(latency), Stream::new(1, "disk", 1, 0));
        disk.stall();
        disk.write_entries(WriteId(1), 1, &entries(&[1]));
        assert_eq!(disk.begin_flush(), Some(latency));
        assert!(disk.keeps_back());
        assert!(disk.unstall());
        assert_eq!(disk.end_flush(), WriteId(1));
        assert_eq!(disk.is_instant(), latency == Duration::ZERO);
    }
}
