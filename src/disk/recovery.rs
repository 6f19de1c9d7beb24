//! Reading a disk's image back into what a replica starts from.

use super::{APPEND, GENESIS, HARD_STATE, PREFIX, TAG, TRUNCATE};
use crate::ids::{NodeId, Term};
use crate::replica::{Entries, HardState, Recovered, Unrecoverable};

/// Reads the records in order. Any bytes may come: never panics, and allocates no more than the image's length.
///
/// A record that is cut short, or the very last one with a wrong checksum, is a torn tail: power was lost while it was
/// written, nothing that follows from it was ever promised, and it is cut off. A wrong checksum further in is rot:
/// going on would mean to forget something promised, so the node has to stop.
pub(super) fn recover(image: &[u8]) -> Result<Recovered, Unrecoverable> {
    let mut log = Log::default();
    let mut rest = image;
    while let Some((record, after)) = next_record(rest) {
        match record {
            Some((kind, body)) => log.replay(kind, body).ok_or_else(|| at(image, rest, "makes no sense"))?,
            None if after.is_empty() => break,
            None => return Err(at(image, rest, "has a wrong checksum, and more follows")),
        }
        rest = after;
    }
    log.recovered.entries = log.bytes;
    Ok(log.recovered)
}

fn at(image: &[u8], rest: &[u8], what: &str) -> Unrecoverable {
    Unrecoverable(format!("the record at byte {} {what}", image.len() - rest.len()))
}

/// A record's kind and body (none if its checksum is wrong) and the bytes after it; none if the bytes end before it.
#[expect(clippy::type_complexity, reason = "a record and a rest, as every reader here returns")]
fn next_record(bytes: &[u8]) -> Option<(Option<(u8, &[u8])>, &[u8])> {
    let (tag, rest) = bytes.split_first_chunk()?;
    let (length, _) = rest.split_first_chunk()?;
    let (covered, after) = rest.split_at_checked(PREFIX - TAG + u32::from_le_bytes(*length) as usize)?;
    let sound = crc32c::crc32c(covered) == u32::from_le_bytes(*tag);
    let content = covered[PREFIX - TAG..].split_first().filter(|_| sound);
    Some((content.map(|(kind, body)| (*kind, body)), after))
}

/// The log being replayed: its bytes and where each entry begins.
#[derive(Default)]
struct Log {
    recovered: Recovered,
    bytes: Vec<u8>,
    starts: Vec<usize>,
}

impl Log {
    fn replay(&mut self, kind: u8, body: &[u8]) -> Option<()> {
        match kind {
            GENESIS => {
                let (voters, []) = body.as_chunks::<4>() else { return None };
                self.recovered.genesis =
                    Some(voters.iter().map(|id| NodeId(u32::from_le_bytes(*id))).collect());
            }
            HARD_STATE => {
                let (term, vote) = body.split_first_chunk()?;
                let vote = u32::from_le_bytes(vote.try_into().ok()?);
                let vote = (vote != 0).then_some(NodeId(vote));
                self.recovered.hard_state = HardState { term: Term(u64::from_le_bytes(*term)), vote };
            }
            APPEND => {
                let (first, entries) = body.split_first_chunk()?;
                self.append(u64::from_le_bytes(*first), entries)?;
            }
            TRUNCATE => self.truncate(u64::from_le_bytes(body.try_into().ok()?))?,
            _ => return None,
        }
        Some(())
    }

    fn append(&mut self, first: u64, entries: &[u8]) -> Option<()> {
        if first != self.starts.len() as u64 + 1 {
            return None;
        }
        Entries::new(entries).all_valid()?;
        let mut start = self.bytes.len();
        for entry in Entries::new(entries) {
            self.starts.push(start);
            start += entry.wire_len();
        }
        self.bytes.extend_from_slice(entries);
        Some(())
    }

    fn truncate(&mut self, from: u64) -> Option<()> {
        let keep = usize::try_from(from.checked_sub(1)?).ok()?;
        let end = *self.starts.get(keep)?;
        self.starts.truncate(keep);
        self.bytes.truncate(end);
        Some(())
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
        disk.format(&[NodeId(1), NodeId(2)], HardState::default(), &[]);
        let mut starts = vec![0, disk.image.len()];
        disk.write_hard_state(WriteId(1), HardState { term: Term(1), vote: None });
        for index in 1..=3 {
            starts.push(disk.image.len());
            let mut wire = Vec::new();
            Entry { term: Term(1), kind: EntryKind::Command, data: &[index as u8; 5] }.encode(&mut wire);
            disk.write_entries(WriteId(index + 1), index, &wire);
        }
        (disk.image, starts)
    }

    fn count(recovered: &Recovered) -> usize {
        Entries::new(&recovered.entries).count()
    }

    #[test]
    fn a_torn_tail_is_cut_wherever_it_was_torn() {
        let (image, starts) = image();
        for length in starts[4]..image.len() {
            let recovered = recover(&image[..length]).expect("a torn tail is no reason to stop");
            assert_eq!(count(&recovered), 2, "cut to {length}");
        }
        let mut smeared = image.clone();
        *smeared.last_mut().expect("bytes") ^= 1;
        assert_eq!(recover(&smeared).map(|recovered| count(&recovered)), Ok(2));
    }

    #[test]
    fn rot_further_in_stops_the_node() {
        let (mut image, starts) = image();
        image[starts[3] + PREFIX + 3] ^= 1;
        let error = recover(&image).expect_err("rotten");
        assert_eq!(
            error.0,
            format!("the record at byte {} has a wrong checksum, and more follows", starts[3])
        );
    }

    #[test]
    fn a_gap_in_the_log_stops_the_node() {
        let mut disk = Disk::new(Distribution::Constant(Duration::ZERO), Stream::new(1, "disk", 1, 0));
        disk.write_entries(WriteId(1), 2, &[]);
        assert_eq!(recover(&disk.image).expect_err("a gap").0, "the record at byte 0 makes no sense");
    }

    proptest! {
        #[test]
        fn garbage_is_no_panic(bytes in proptest::collection::vec(any::<u8>(), 0..500)) {
            let _ = recover(&bytes);
        }

        /// Whatever is done to the bytes, recovery gives a prefix of what was written, or stops.
        #[test]
        fn changed_bytes_give_a_prefix_or_a_stop(at in 0_usize..200, with: u8) {
            let (mut image, _) = image();
            let whole = recover(&image).expect("sound");
            let at = at % image.len();
            image[at] = with;
            if let Ok(recovered) = recover(&image) {
                prop_assert!(whole.entries.starts_with(&recovered.entries));
            }
        }
    }
}
