//! Reading a disk's image back into what a replica starts from.

use super::{
    APPEND, BASE, COMPACT, GENESIS, HARD_STATE, MEMBERS, PREFIX, SNAPSHOT, SNAPSHOT_WITH_MEMBERS, TAG,
    TRUNCATE,
};
use crate::ids::{Index, NodeId, Term};
use crate::replica::{Base, Entries, HardState, Members, Membership, Recovered, Snapshot, Unrecoverable};

/// Reads an image back: see [`replay`]. Also returns how many bytes are sound.
pub(super) fn recover(
    image: &[u8],
    flushed: usize,
    intact: bool,
) -> Result<(Recovered, usize), Unrecoverable> {
    replay(image, flushed, intact).map(|(log, sound)| (log.into_recovered(), sound))
}

/// Reads the records in order, of which the first `flushed` bytes were flushed. Any bytes may come: never panics, and copies
/// nothing. Also returns how many bytes are sound. The checksums of an `intact` image, which is still what was written, are not
/// looked at.
///
/// A record that is cut short, or the very last one with a wrong checksum, is a torn tail if it was not flushed: power was lost
/// while it was written, nothing that follows from it was ever promised, and it is cut off. Else, and if the checksum is wrong
/// further in, it is rot: going on would mean to forget something promised, so the node has to stop. So is a length that does
/// not fit its inverted copy: where the record ends, and whether more follows, can't be told.
pub(super) fn replay(
    image: &[u8],
    flushed: usize,
    intact: bool,
) -> Result<(Replayed<'_>, usize), Unrecoverable> {
    // Room for entries that are written one by one, of some length.
    let runs = Vec::with_capacity(image.len() / 64);
    let mut log = Replayed { runs, ..Replayed::default() };
    let mut rest = image;
    loop {
        let sound = image.len() - rest.len();
        let was_flushed = sound < flushed;
        let (content, after) = match next_record(rest, intact) {
            Next::Torn if was_flushed => return Err(at(image, rest, "was flushed, and its end is missing")),
            Next::Torn => return Ok((log, sound)),
            Next::WrongLength => return Err(at(image, rest, "has a length that does not fit its copy")),
            Next::Record(content, after) => (content, after),
        };
        match content {
            Some((kind, body)) => log.take(kind, body).ok_or_else(|| at(image, rest, "makes no sense"))?,
            None if was_flushed => return Err(at(image, rest, "was flushed, and its checksum is wrong")),
            None if after.is_empty() => return Ok((log, sound)),
            None => return Err(at(image, rest, "has a wrong checksum, and more follows")),
        }
        rest = after;
    }
}

/// Writes the checksums of these records, which are whole.
pub(super) fn seal(records: &mut [u8]) {
    let mut rest = records;
    while let Some((head, _)) = rest.split_first_chunk::<PREFIX>() {
        let length = word(head, TAG) as usize;
        let (record, after) = rest.split_at_mut(PREFIX + length);
        let tag = crc32c::crc32c(&record[TAG..]);
        record[..TAG].copy_from_slice(&tag.to_le_bytes());
        rest = after;
    }
}

fn at(image: &[u8], rest: &[u8], what: &str) -> Unrecoverable {
    Unrecoverable(format!("the record at byte {} {what}", image.len() - rest.len()))
}

/// What comes next in an image.
enum Next<'a> {
    /// Nothing, or only the beginning of a record.
    Torn,
    /// A record whose end can't be told.
    WrongLength,
    /// A record's kind and body (none if its checksum is wrong), and the bytes after it.
    Record(Option<(u8, &'a [u8])>, &'a [u8]),
}

fn word(head: &[u8; PREFIX], at: usize) -> u32 {
    u32::from_le_bytes([head[at], head[at + 1], head[at + 2], head[at + 3]])
}

fn next_record(bytes: &[u8], intact: bool) -> Next<'_> {
    let Some((head, _)) = bytes.split_first_chunk::<PREFIX>() else { return Next::Torn };
    if word(head, 2 * TAG) != !word(head, TAG) {
        return Next::WrongLength;
    }
    let length = word(head, TAG) as usize;
    let Some((covered, after)) = bytes[TAG..].split_at_checked(PREFIX - TAG + length) else {
        return Next::Torn;
    };
    let is_sound = || crc32c::crc32c(covered) == word(head, 0);
    debug_assert!(!intact || is_sound(), "nothing has touched this record");
    let sound = intact || is_sound();
    let content = covered[PREFIX - TAG..].split_first().filter(|_| sound);
    Next::Record(content.map(|(kind, body)| (*kind, body)), after)
}

/// A base, and the bytes after it.
fn base(body: &[u8]) -> Option<(Base, &[u8])> {
    let (index, rest) = body.split_first_chunk()?;
    let (term, rest) = rest.split_first_chunk()?;
    let (hash, rest) = rest.split_first_chunk()?;
    let [index, term, hash] = [index, term, hash].map(|word| u64::from_le_bytes(*word));
    Some((Base { index: Index(index), term: Term(term), hash }, rest))
}

/// A snapshot's base, membership and data.
fn snapshot(kind: u8, body: &[u8]) -> Option<(Base, &[u8], &[u8])> {
    let (last, rest) = base(body)?;
    if kind == SNAPSHOT {
        return Some((last, &[], rest));
    }
    let (length, rest) = rest.split_first_chunk()?;
    let (membership, data) = rest.split_at_checked(u32::from_le_bytes(*length) as usize)?;
    Membership::decode(membership)?;
    Some((last, membership, data))
}

/// What the records say that were replayed, which hold the bytes.
#[derive(Default)]
pub(super) struct Replayed<'a> {
    pub(super) genesis: Option<Members>,
    pub(super) hard_state: HardState,
    pub(super) base: Base,
    /// The last snapshot: its base, membership and data.
    pub(super) snapshot: Option<(Base, &'a [u8], &'a [u8])>,
    /// The entries after the base. Each run begins where the one before it ends.
    runs: Vec<Run<'a>>,
}

/// Entries as they were written together, in wire form.
struct Run<'a> {
    /// The index of the first one.
    first: u64,
    count: u64,
    bytes: &'a [u8],
}

impl<'a> Run<'a> {
    /// The entries before this index, and those from it on.
    fn split(self, index: u64) -> (Self, Self) {
        let count = index - self.first;
        let place = Entries::new(self.bytes).take(count as usize).map(|entry| entry.wire_len()).sum();
        let (before, after) = self.bytes.split_at(place);
        (
            Self { first: self.first, count, bytes: before },
            Self { first: index, count: self.count - count, bytes: after },
        )
    }
}

impl<'a> Replayed<'a> {
    fn take(&mut self, kind: u8, body: &'a [u8]) -> Option<()> {
        match kind {
            GENESIS => {
                let (voters, []) = body.as_chunks::<4>() else { return None };
                let voters = voters.iter().map(|id| u32::from_le_bytes(*id));
                if !voters.clone().all(|id| (1..=255).contains(&id)) {
                    return None;
                }
                self.genesis = Some(voters.map(NodeId).collect());
            }
            MEMBERS => self.genesis = Some(Members::decode(body)?),
            HARD_STATE => {
                let (term, vote) = body.split_first_chunk()?;
                let vote = u32::from_le_bytes(vote.try_into().ok()?);
                let vote = (vote != 0).then_some(NodeId(vote));
                self.hard_state = HardState { term: Term(u64::from_le_bytes(*term)), vote };
            }
            APPEND => {
                let (first, entries) = body.split_first_chunk()?;
                self.append(u64::from_le_bytes(*first), entries)?;
            }
            TRUNCATE => self.truncate(u64::from_le_bytes(body.try_into().ok()?))?,
            SNAPSHOT | SNAPSHOT_WITH_MEMBERS => {
                let (last, membership, data) = snapshot(kind, body)?;
                // A log that does not have the snapshot's last entry is replaced (Raft paper, figure 13).
                if self.term_at(last.index) != Some(last.term) {
                    self.begin_after(last);
                }
                self.snapshot = Some((last, membership, data));
            }
            COMPACT => {
                let (to, hash) = body.split_first_chunk()?;
                let hash = u64::from_le_bytes(hash.try_into().ok()?);
                self.cut(Index(u64::from_le_bytes(*to)), hash)?;
            }
            BASE => {
                let (base, []) = base(body)? else { return None };
                self.begin_after(base);
            }
            _ => return None,
        }
        Some(())
    }

    /// The index after the last entry; none beyond the last number there is.
    fn end(&self) -> Option<u64> {
        match self.runs.last() {
            Some(run) => run.first.checked_add(run.count),
            None => self.base.index.0.checked_add(1),
        }
    }

    /// The run that holds this entry, if one does.
    fn run_of(&self, index: u64) -> Option<usize> {
        let run = self.runs.partition_point(|run| run.first <= index).checked_sub(1)?;
        (index - self.runs[run].first < self.runs[run].count).then_some(run)
    }

    fn term_at(&self, index: Index) -> Option<Term> {
        if index == self.base.index {
            return Some(self.base.term);
        }
        let run = &self.runs[self.run_of(index.0)?];
        Entries::new(run.bytes).nth((index.0 - run.first) as usize).map(|entry| entry.term)
    }

    fn begin_after(&mut self, base: Base) {
        self.base = base;
        self.runs.clear();
    }

    fn append(&mut self, first: u64, bytes: &'a [u8]) -> Option<()> {
        if self.end() != Some(first) {
            return None;
        }
        let count = Entries::new(bytes).all_valid()? as u64;
        if count > 0 {
            self.runs.push(Run { first, count, bytes });
        }
        Some(())
    }

    fn truncate(&mut self, from: u64) -> Option<()> {
        let run = self.run_of(from)?;
        self.runs.truncate(run + 1);
        let (before, _) = self.runs.pop()?.split(from);
        if before.count > 0 {
            self.runs.push(before);
        }
        Some(())
    }

    fn cut(&mut self, to: Index, hash: u64) -> Option<()> {
        let term = self.term_at(to)?;
        let kept = self.runs.partition_point(|run| run.first <= to.0);
        let cut = self.runs.drain(..kept).next_back();
        if let Some(run) = cut.filter(|run| to.0 - run.first + 1 < run.count) {
            self.runs.insert(0, run.split(to.0 + 1).1);
        }
        self.base = Base { index: to, term, hash };
        Some(())
    }

    /// The entries after the base, in wire form, as they were written together.
    pub(super) fn entries(&self) -> impl Iterator<Item = &'a [u8]> {
        self.runs.iter().map(|run| run.bytes)
    }

    fn into_recovered(self) -> Recovered {
        let snapshot = self.snapshot.map(|(Base { index, term, .. }, membership, data)| Snapshot {
            index,
            term,
            membership: Membership::decode(membership).flatten(),
            data: data.to_vec(),
        });
        let mut entries = Vec::with_capacity(self.entries().map(<[u8]>::len).sum());
        self.entries().for_each(|run| entries.extend_from_slice(run));
        Recovered { genesis: self.genesis, hard_state: self.hard_state, base: self.base, snapshot, entries }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Disk;
    use super::*;
    use crate::ids::WriteId;
    use crate::replica::{Entry, EntryKind};
    use crate::rng::{Distribution, Stream};
    use crate::time::Duration;
    use proptest::prelude::*;

    /// An image of genesis, a hard state and three appends, and where each record begins.
    fn image() -> (Vec<u8>, Vec<usize>) {
        let mut disk = Disk::new(Distribution::Constant(Duration::ZERO), Stream::new(1, "disk", 1, 0));
        disk.format(&[NodeId(1), NodeId(2)].into_iter().collect(), HardState::default(), &[]);
        let mut starts = vec![0, disk.image.len()];
        disk.write_hard_state(WriteId(1), HardState { term: Term(1), vote: None });
        for index in 1..=3 {
            starts.push(disk.image.len());
            let mut wire = Vec::new();
            Entry { term: Term(1), kind: EntryKind::Command, data: &[index as u8; 5] }.encode(&mut wire);
            disk.write_entries(WriteId(index + 1), index, &wire);
        }
        disk.touch();
        (disk.image, starts)
    }

    fn count(recovered: &Recovered) -> usize {
        Entries::new(&recovered.entries).count()
    }

    #[test]
    fn a_torn_tail_is_cut_wherever_it_was_torn() {
        let (image, starts) = image();
        for length in starts[4]..image.len() {
            let recovered =
                recover(&image[..length], starts[4], false).expect("a torn tail is no reason to stop").0;
            assert_eq!(count(&recovered), 2, "cut to {length}");
        }
        let mut smeared = image.clone();
        *smeared.last_mut().expect("bytes") ^= 1;
        assert_eq!(recover(&smeared, starts[4], false).map(|(recovered, _)| count(&recovered)), Ok(2));
    }

    #[test]
    fn a_broken_end_that_was_flushed_is_rot() {
        let (mut image, starts) = image();
        let whole = image.len();
        let broken = |image: &[u8]| recover(image, whole, false).expect_err("rotten").0;
        assert_eq!(
            broken(&image[..whole - 1]),
            format!("the record at byte {} was flushed, and its end is missing", starts[4])
        );
        *image.last_mut().expect("bytes") ^= 1;
        assert_eq!(
            broken(&image),
            format!("the record at byte {} was flushed, and its checksum is wrong", starts[4])
        );
    }

    #[test]
    fn rot_further_in_stops_the_node() {
        let (mut image, starts) = image();
        image[starts[3] + PREFIX + 3] ^= 1;
        let error = recover(&image, 0, false).expect_err("rotten");
        assert_eq!(
            error.0,
            format!("the record at byte {} has a wrong checksum, and more follows", starts[3])
        );
    }

    #[test]
    fn rot_in_a_length_stops_the_node() {
        let (image, starts) = image();
        for start in &starts {
            for bit in 0..32 {
                let mut rotten = image.clone();
                rotten[start + TAG + bit / 8] ^= 1 << (bit % 8);
                let error = recover(&rotten, 0, false).expect_err("rotten");
                assert_eq!(
                    error.0,
                    format!("the record at byte {start} has a length that does not fit its copy")
                );
            }
        }
    }

    #[test]
    fn a_gap_in_the_log_stops_the_node() {
        let mut disk = Disk::new(Distribution::Constant(Duration::ZERO), Stream::new(1, "disk", 1, 0));
        disk.write_entries(WriteId(1), 2, &[]);
        assert_eq!(
            recover(&disk.image, 0, false).expect_err("a gap").0,
            "the record at byte 0 makes no sense"
        );
    }

    proptest! {
        #[test]
        fn garbage_is_no_panic(bytes in proptest::collection::vec(any::<u8>(), 0..500)) {
            let _ = recover(&bytes, 100, false);
        }

        /// Whatever is done to the bytes, recovery gives a prefix of what was written, or stops.
        #[test]
        fn changed_bytes_give_a_prefix_or_a_stop(at in 0_usize..200, with: u8) {
            let (mut image, _) = image();
            let (whole, _) = recover(&image, 0, false).expect("sound");
            let at = at % image.len();
            image[at] = with;
            if let Ok((recovered, _)) = recover(&image, 0, false) {
                prop_assert!(whole.entries.starts_with(&recovered.entries));
            }
        }
    }
}
