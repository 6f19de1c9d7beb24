//! Two logs with an entry of the same index and term are the same up to there.

use super::by_index::ByIndex;
use super::finding::{Findings, Property};
use crate::ids::{Index, NodeId, Term};
use crate::trace::Record;
use std::collections::BTreeMap;

/// The chained hash of the log that ends with an entry, for every entry that ever was in a log. An entry that a crash
/// took unflushed stays known here; correct Raft never makes another one of the same index and term.
#[derive(Clone, Debug, Default)]
pub(super) struct LogMatching {
    /// The first entry of each index: nearly always the only one.
    first: ByIndex<(Term, u64)>,
    /// Entries of other terms at the same indexes.
    others: BTreeMap<(Index, Term), u64>,
}

impl LogMatching {
    /// Whether a log that ends with this entry has this hash; also if that was forgotten.
    #[inline]
    pub(super) fn agrees(&self, index: Index, term: Term, hash: u64) -> bool {
        match self.first.get(index) {
            Some((known, first)) if *known == term => *first == hash,
            _ => self.others.get(&(index, term)) == Some(&hash) || self.first.is_pruned(index),
        }
    }

    /// Forgets the entries below this index, which no log holds any more.
    pub(super) fn prune(&mut self, below: Index) {
        self.first.prune(below);
        self.others = self.others.split_off(&(below, Term::ZERO));
    }

    /// A node's log now ends with this entry.
    #[inline(always)]
    pub(super) fn holds(
        &mut self,
        node: NodeId,
        (index, term, hash): (Index, Term, u64),
        record: &Record,
        findings: &mut Findings,
    ) {
        if self.first.is_pruned(index) {
            return;
        }
        findings.examined(Property::LogMatching);
        let known = match self.first.get(index) {
            None => {
                self.first.insert(index, (term, hash));
                return;
            }
            Some((known, hash)) if *known == term => *hash,
            Some(_) => *self.others.entry((index, term)).or_insert(hash),
        };
        if known != hash {
            findings.accuse(Property::LogMatching, &record.apart(), move || {
                format!(
                    "{node} has an entry {index} of term {term} with log hash {hash:016x}; another log with an \
                     entry of that index and term has {known:016x}"
                )
            });
        }
    }
}
