//! What a host knows of its replica's log: the term and the chained hash of each entry.

use crate::ids::{Index, Term};
use crate::replica::{Base, Entries};
use crate::trace::digest::chain;

/// The terms and chained hashes of a log, from the entry after its base on.
#[derive(Debug, Default)]
pub(super) struct Log {
    base: Base,
    entries: Vec<(Term, u64)>,
}

impl Log {
    /// The log that these entries, in wire form, make after a base.
    pub(super) fn of(base: Base, entries: &[u8]) -> Self {
        let mut log = Self { base, entries: Vec::new() };
        for entry in Entries::new(entries) {
            log.append(entry.term, entry.data);
        }
        log
    }

    /// The last index; that of the base if the log is empty.
    #[inline]
    pub(super) fn last(&self) -> Index {
        Index(self.base.index.0 + self.entries.len() as u64)
    }

    /// The chained hash of the whole log.
    #[inline]
    pub(super) fn hash(&self) -> u64 {
        self.entries.last().map_or(self.base.hash, |(_, hash)| *hash)
    }

    /// The term of the entry at `index` and the chained hash up to it, also of the base; none if there is no such entry.
    #[inline]
    pub(super) fn get(&self, index: Index) -> Option<(Term, u64)> {
        let base = &self.base;
        if index > base.index {
            self.entries.get((index.0 - base.index.0 - 1) as usize).copied()
        } else {
            (index == base.index && index > Index::ZERO).then_some((base.term, base.hash))
        }
    }

    /// The entries: index, term and the chained hash up to each.
    pub(super) fn iter(&self) -> impl Iterator<Item = (Index, Term, u64)> + '_ {
        (self.base.index.0 + 1..)
            .map(Index)
            .zip(&self.entries)
            .map(|(index, &(term, hash))| (index, term, hash))
    }

    /// Adds an entry and returns the chained hash up to it.
    #[inline]
    pub(super) fn append(&mut self, term: Term, data: &[u8]) -> u64 {
        let hash = chain(self.hash(), term, data);
        self.entries.push((term, hash));
        hash
    }

    /// Forgets this entry and all that follow.
    pub(super) fn truncate_from(&mut self, from: Index) {
        let kept = from.previous().0.saturating_sub(self.base.index.0);
        self.entries.truncate(usize::try_from(kept).expect("an index fits"));
    }

    /// Forgets the entries up to this one, if it is there, and returns what is known of it. To cut at the base is to cut
    /// nothing, be it the beginning of a whole log: after a short snapshot of a leader's all that follows may be kept.
    pub(super) fn cut(&mut self, to: Index) -> Option<Base> {
        if to == self.base.index {
            return Some(self.base);
        }
        let (term, hash) = self.get(to)?;
        self.entries.drain(..(to.0 - self.base.index.0) as usize);
        self.base = Base { index: to, term, hash };
        Some(self.base)
    }

    /// Begins anew after this entry.
    pub(super) fn begin_after(&mut self, base: Base) {
        self.base = base;
        self.entries.clear();
    }
}
