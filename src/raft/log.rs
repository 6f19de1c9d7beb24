//! The log in memory.

use crate::ids::{Index, Term};
use crate::replica::{Entries, Entry, EntryKind};

/// The log, in the wire form that its entries have everywhere else: one growing run of bytes and a place for each
/// entry in it. Appending, sending and persisting a run of entries is one copy each.
///
/// Invariants:
/// - Indexes are contiguous, from the one after the base to [`Log::last`]. The base is the last entry that was cut off
///   (section 7), or 0; of it only index and term are known.
/// - Place `i` ends where place `i + 1` begins; the last one ends with the bytes.
///
/// Terms never go down along the log of a correct replica. That is not asserted: a planted bug can break it, and then
/// it is the checkers' to find.
#[derive(Debug, Default)]
pub(super) struct Log {
    base: Index,
    base_term: Term,
    bytes: Vec<u8>,
    places: Vec<Place>,
}

/// Where an entry ends in the bytes, and its term, so that the consistency check of AppendEntries touches no more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Place {
    term: Term,
    end: usize,
}

impl Log {
    /// An empty log that begins after this entry.
    pub(super) fn after(base: Index, base_term: Term) -> Self {
        Self { base, base_term, ..Self::default() }
    }

    /// The log that these bytes hold after a base; `None` if they are not entries to the last byte.
    pub(super) fn from_wire(base: Index, base_term: Term, bytes: &[u8]) -> Option<Self> {
        Entries::new(bytes).all_valid()?;
        let mut log = Self::after(base, base_term);
        log.extend(bytes);
        Some(log)
    }

    /// The last entry that was cut off; 0 if none was.
    #[inline]
    pub(super) fn base(&self) -> Index {
        self.base
    }

    /// The index of the last entry; that of the base if there is none.
    #[inline]
    pub(super) fn last(&self) -> Index {
        Index(self.base.0 + self.places.len() as u64)
    }

    /// The term of the last entry; that of the base if there is none.
    #[inline]
    pub(super) fn last_term(&self) -> Term {
        self.places.last().map_or(self.base_term, |place| place.term)
    }

    /// The term of the entry at this index, also that of the base, and `None` before it and beyond the last one.
    #[inline]
    pub(super) fn term_at(&self, index: Index) -> Option<Term> {
        if index > self.base {
            self.places.get(self.place(index)).map(|place| place.term)
        } else {
            (index == self.base).then_some(self.base_term)
        }
    }

    /// Appends one entry and returns its index.
    #[inline]
    pub(super) fn append(&mut self, entry: &Entry<'_>) -> Index {
        entry.encode(&mut self.bytes);
        self.places.push(Place { term: entry.term, end: self.bytes.len() });
        self.last()
    }

    /// Appends a run of valid entries in wire form. Whether one of them names members.
    #[inline]
    pub(super) fn extend(&mut self, entries: &[u8]) -> bool {
        let mut names_members = false;
        let mut end = self.bytes.len();
        self.bytes.extend_from_slice(entries);
        for entry in Entries::new(entries) {
            end += entry.wire_len();
            self.places.push(Place { term: entry.term, end });
            names_members |= entry.kind == EntryKind::Membership;
        }
        assert_eq!(end, self.bytes.len(), "the run is entries to its last byte");
        names_members
    }

    /// Forgets the entry at this index and all that follow.
    ///
    /// # Panics
    /// If `from` is not in the log: there is nothing to forget.
    pub(super) fn truncate_from(&mut self, from: Index) {
        assert!(self.contains(from), "{from} is an entry of the log");
        self.bytes.truncate(self.start(from));
        self.places.truncate(self.place(from));
    }

    /// Forgets the entries up to and with this one, which becomes the base (section 7).
    ///
    /// # Panics
    /// If `to` is neither in the log nor its base.
    pub(super) fn cut(&mut self, to: Index) {
        let term = self.term_at(to).unwrap_or_else(|| panic!("{to} is an entry of the log"));
        let bytes = self.start(to.next());
        self.bytes.drain(..bytes);
        self.places.drain(..(to.0 - self.base.0) as usize);
        for place in &mut self.places {
            place.end -= bytes;
        }
        (self.base, self.base_term) = (to, term);
    }

    /// The entries from `first` to `last`, both included, in wire form; none if `first` is the one after `last`.
    #[inline(always)]
    pub(super) fn slice(&self, first: Index, last: Index) -> &[u8] {
        &self.bytes[self.start(first)..self.start(last.next())]
    }

    /// The last of the entries from `first` on that go together into `max_bytes`; at least `first` itself.
    ///
    /// # Panics
    /// If `first` is not in the log.
    #[inline]
    pub(super) fn batch_end(&self, first: Index, max_bytes: u32) -> Index {
        assert!(self.contains(first), "{first} is an entry of the log");
        let limit = self.start(first) + max_bytes as usize;
        if self.bytes.len() <= limit {
            return self.last();
        }
        let rest = &self.places[self.place(first)..];
        let fitting = rest.partition_point(|place| place.end <= limit).max(1);
        Index(first.0 + fitting as u64 - 1)
    }

    /// How many bytes the entries after `after` and up to `upto` take.
    #[inline]
    pub(super) fn bytes_between(&self, after: Index, upto: Index) -> usize {
        self.start(upto.next()) - self.start(after.next())
    }

    /// The first entry after `after` up to and with which the entries take so many bytes, at least one; the last one of
    /// the log if they are fewer.
    pub(super) fn first_to_fill(&self, after: Index, bytes: usize) -> Index {
        let goal = self.start(after.next()) + bytes.max(1);
        let rest = &self.places[self.place(after.next())..];
        Index(after.0 + rest.partition_point(|place| place.end < goal) as u64 + 1).min(self.last())
    }

    /// The first entry, or the base, after which the entries up to `upto` take at most so many bytes.
    pub(super) fn keeping(&self, upto: Index, bytes: usize) -> Index {
        let end = self.start(upto.next());
        if end <= bytes {
            return self.base;
        }
        let cut = self.places.partition_point(|place| place.end < end - bytes);
        Index(self.base.0 + cut as u64 + 1)
    }

    /// The last index at or before `index` whose entry's term is at most `term`, and that entry's term: what both
    /// sides of the fast back-track look for. Terms don't go down along the log, so halving finds it. The base, if no
    /// entry will do: what was cut off is committed, and agrees with the log of any leader.
    pub(super) fn last_of_term_at_most(&self, index: Index, term: Term) -> (Index, Term) {
        let upto = index.min(self.last()).0.saturating_sub(self.base.0) as usize;
        let count = self.places[..upto].partition_point(|place| place.term <= term);
        let term = count.checked_sub(1).map_or(self.base_term, |place| self.places[place].term);
        (Index(self.base.0 + count as u64), term)
    }

    /// Whether this entry is in the log.
    #[inline]
    fn contains(&self, index: Index) -> bool {
        index > self.base && index <= self.last()
    }

    /// The place of an entry, or where it would be if it were the next one.
    #[inline]
    fn place(&self, index: Index) -> usize {
        (index.0 - self.base.0 - 1) as usize
    }

    /// Where the entry at this index begins in the bytes, or would begin if it were the next one.
    #[inline(always)]
    fn start(&self, index: Index) -> usize {
        match (index.0 - self.base.0).checked_sub(2) {
            None => 0,
            Some(before) => self.places[before as usize].end,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The same log, naively.
    #[derive(Default)]
    struct Model(Vec<(Term, Vec<u8>)>);

    impl Model {
        fn wire(&self, first: usize, last: usize) -> Vec<u8> {
            let mut bytes = Vec::new();
            for (term, data) in &self.0[first - 1..last] {
                Entry { term: *term, kind: EntryKind::Command, data }.encode(&mut bytes);
            }
            bytes
        }

        fn batch_end(&self, first: usize, max_bytes: usize) -> usize {
            let mut last = first;
            while last < self.0.len() && self.wire(first, last + 1).len() <= max_bytes {
                last += 1;
            }
            last
        }

        fn last_of_term_at_most(&self, index: usize, term: Term) -> (usize, Term) {
            let upto = index.min(self.0.len());
            (1..=upto)
                .rev()
                .find(|i| self.0[i - 1].0 <= term)
                .map_or((0, Term::ZERO), |i| (i, self.0[i - 1].0))
        }
    }

    #[derive(Clone, Debug)]
    enum Change {
        Append(u64, Vec<u8>),
        Extend(u64, Vec<Vec<u8>>),
        Truncate(usize),
    }

    fn change() -> impl Strategy<Value = Change> {
        let data = || proptest::collection::vec(any::<u8>(), 0..20);
        prop_oneof![
            3 => (0_u64..2, data()).prop_map(|(step, data)| Change::Append(step, data)),
            2 => (0_u64..2, proptest::collection::vec(data(), 0..5)).prop_map(|(step, run)| Change::Extend(step, run)),
            1 => any::<usize>().prop_map(Change::Truncate),
        ]
    }

    proptest! {
        #[test]
        fn the_log_agrees_with_a_plain_vector(
            changes in proptest::collection::vec(change(), 0..40), max_bytes in 0_u32..200, term in 0_u64..20,
        ) {
            let (mut log, mut model) = (Log::default(), Model::default());
            for change in changes {
                match change {
                    Change::Append(step, data) => {
                        let term = Term(log.last_term().0 + step);
                        log.append(&Entry { term, kind: EntryKind::Command, data: &data });
                        model.0.push((term, data));
                    }
                    Change::Extend(step, run) => {
                        let term = Term(log.last_term().0 + step);
                        let first = model.0.len() + 1;
                        model.0.extend(run.into_iter().map(|data| (term, data)));
                        log.extend(&model.wire(first, model.0.len()));
                    }
                    Change::Truncate(from) if !model.0.is_empty() => {
                        let from = from % model.0.len();
                        log.truncate_from(Index(from as u64 + 1));
                        model.0.truncate(from);
                    }
                    Change::Truncate(_) => {}
                }
                let length = model.0.len();
                prop_assert_eq!(log.last(), Index(length as u64));
                prop_assert_eq!(log.term_at(Index(length as u64 + 1)), None);
                prop_assert_eq!(log.term_at(Index(u64::MAX)), None);
                for index in 0..=length {
                    let expected = if index == 0 { Term::ZERO } else { model.0[index - 1].0 };
                    prop_assert_eq!(log.term_at(Index(index as u64)), Some(expected));
                    prop_assert_eq!(
                        log.last_of_term_at_most(Index(index as u64), Term(term)),
                        { let (i, t) = model.last_of_term_at_most(index, Term(term)); (Index(i as u64), t) }
                    );
                }
                for first in 1..=length {
                    let end = model.batch_end(first, max_bytes as usize);
                    prop_assert_eq!(log.batch_end(Index(first as u64), max_bytes), Index(end as u64));
                    prop_assert_eq!(log.slice(Index(first as u64), Index(end as u64)), &model.wire(first, end)[..]);
                }
            }
            let again = Log::from_wire(log.base, log.base_term, &log.bytes).expect("its own bytes");
            prop_assert_eq!(again.places, log.places);
        }
    }

    #[test]
    fn what_is_not_entries_to_the_last_byte_is_no_log() {
        let mut log = Log::default();
        log.append(&Entry { term: Term(1), kind: EntryKind::Command, data: b"x=1" });
        assert!(Log::from_wire(Index(0), Term(0), &log.bytes[..log.bytes.len() - 1]).is_none());
        assert!(Log::from_wire(Index(0), Term(0), &[]).is_some());
    }
}
