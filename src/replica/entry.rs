//! Entries of the log in the one form that they have in frames, on disk and in memory.
//!
//! `term: u64 | kind: u8 | length: u32 | data`, little-endian. One form means that an entry is copied, never encoded
//! again, on its way from the leader's log to a follower's disk.

use crate::ids::Term;

/// The bytes of an entry before its data.
const HEADER: usize = 13;

/// What an entry is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EntryKind {
    /// Nothing but to commit the entries before it (Raft thesis, section 6.4: a no-op at election).
    NoOp,
    /// A command for the state machine.
    Command,
    /// The members from this entry on, committed or not (Raft thesis, section 4.1): see [`super::Members`].
    Membership,
}

/// An entry of the log, without its index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry<'a> {
    /// The term in which a leader created it.
    pub term: Term,
    /// What it is for.
    pub kind: EntryKind,
    /// The command, or the members in bytes; empty for a no-op.
    pub data: &'a [u8],
}

impl<'a> Entry<'a> {
    /// How many bytes it takes in wire form.
    pub const fn wire_len(&self) -> usize {
        HEADER + self.data.len()
    }

    /// Appends it in wire form.
    ///
    /// # Panics
    /// If the data exceeds 4 GiB.
    pub fn encode(&self, buffer: &mut Vec<u8>) {
        let length = u32::try_from(self.data.len()).expect("an entry stays below 4 GiB");
        let mut header = [0; HEADER];
        header[..8].copy_from_slice(&self.term.0.to_le_bytes());
        header[8] = match self.kind {
            EntryKind::NoOp => 0,
            EntryKind::Command => 1,
            EntryKind::Membership => 2,
        };
        header[9..].copy_from_slice(&length.to_le_bytes());
        buffer.reserve(self.wire_len());
        buffer.extend_from_slice(&header);
        buffer.extend_from_slice(self.data);
    }

    /// Reads one entry and returns it with the bytes after it; `None` if they are none. Never allocates.
    #[inline]
    pub fn decode(bytes: &'a [u8]) -> Option<(Self, &'a [u8])> {
        let (header, rest) = bytes.split_first_chunk::<HEADER>()?;
        let kind = match header[8] {
            0 => EntryKind::NoOp,
            1 => EntryKind::Command,
            2 => EntryKind::Membership,
            _ => return None,
        };
        let term = Term(u64::from_le_bytes(*header.first_chunk()?));
        let length = u32::from_le_bytes(*header.last_chunk()?) as usize;
        let (data, rest) = rest.split_at_checked(length)?;
        Some((Self { term, kind, data }, rest))
    }
}

/// A run of entries in wire form. Iterating stops at the first byte that is no entry; see [`Entries::all_valid`].
#[derive(Clone, Copy, Debug)]
pub struct Entries<'a>(&'a [u8]);

impl<'a> Entries<'a> {
    /// The entries in these bytes.
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// How many entries the bytes hold if they are entries to the last byte, else `None`.
    pub fn all_valid(self) -> Option<usize> {
        let mut rest = self.0;
        let mut count = 0;
        while !rest.is_empty() {
            (_, rest) = Entry::decode(rest)?;
            count += 1;
        }
        Some(count)
    }
}

impl<'a> Iterator for Entries<'a> {
    type Item = Entry<'a>;

    #[inline]
    fn next(&mut self) -> Option<Entry<'a>> {
        let (entry, rest) = Entry::decode(self.0)?;
        self.0 = rest;
        Some(entry)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_read_back_as_written() {
        let mut wire = Vec::new();
        let entries = [
            Entry { term: Term(1), kind: EntryKind::NoOp, data: &[] },
            Entry { term: Term(u64::MAX), kind: EntryKind::Command, data: b"put x 1" },
        ];
        for entry in &entries {
            entry.encode(&mut wire);
        }
        assert_eq!(Entries::new(&wire).collect::<Vec<_>>(), entries);
        assert_eq!(Entries::new(&wire).all_valid(), Some(2));
        for cut in 1..wire.len() {
            assert!(Entries::new(&wire[..cut]).all_valid().is_none_or(|n| n == 1), "cut at {cut}");
        }
    }

    proptest::proptest! {
        #[test]
        fn garbage_is_no_entry_and_no_panic(bytes: Vec<u8>) {
            let _ = Entries::new(&bytes).all_valid();
            let _ = Entries::new(&bytes).count();
        }
    }
}
