//! What a host knows of its replica's log: the term and the chained hash of each entry.

use crate::ids::{Index, Term};
use crate::replica::Entries;
use crate::trace::digest::chain;

/// The terms and chained hashes of a log, from index 1.
#[derive(Debug, Default)]
pub(super) struct Log {
    entries: Vec<(Term, u64)>,
}

impl Log {
    /// The log that these entries, in wire form, make.
    pub(super) fn of(entries: &[u8]) -> Self {
        let mut log = Self::default();
        for entry in Entries::new(entries) {
            log.append(entry.term, entry.data);
        }
        log
    }

    /// The last index; 0 if the log is empty.
    pub(super) fn last(&self) -> Index {
        Index(self.entries.len() as u64)
    }

    /// The chained hash of the whole log.
    pub(super) fn hash(&self) -> u64 {
        self.entries.last().map_or(0, |(_, hash)| *hash)
    }

    /// The term of the entry at `index` and the chained hash up to it; none if there is no such entry.
    pub(super) fn get(&self, index: Index) -> Option<(Term, u64)> {
        self.entries.get(usize::try_from(index.0.checked_sub(1)?).ok()?).copied()
    }

    /// The entries: index, term and the chained hash up to each.
    pub(super) fn iter(&self) -> impl Iterator<Item = (Index, Term, u64)> + '_ {
        (1..).map(Index).zip(&self.entries).map(|(index, &(term, hash))| (index, term, hash))
    }

    /// Adds an entry and returns the chained hash up to it.
    pub(super) fn append(&mut self, term: Term, data: &[u8]) -> u64 {
        let hash = chain(self.hash(), term, data);
        self.entries.push((term, hash));
        hash
    }

    /// Forgets this entry and all that follow.
    pub(super) fn truncate_from(&mut self, from: Index) {
        self.entries.truncate(usize::try_from(from.previous().0).expect("an index fits"));
    }
}
