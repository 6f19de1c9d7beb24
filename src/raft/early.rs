//! Entries that come before those they follow (thesis 10.2.2).
//!
//! Where links reorder what is sent over them, an append that overtakes another is refused, since the follower lacks the
//! entry before it. If a follower keeps what it refuses, and takes it once it fits, that is as if it had come in order.
//! The leader is told as ever; it does not go back while what is missing may still arrive (`flow.rs`).

use super::message::AppendEntries;
use super::node::Raft;
use crate::ids::{Index, Term};
use crate::replica::{Effects, Flow};
use std::collections::BTreeMap;

/// The appends that wait for what comes before them.
///
/// Invariants:
/// - All are of the term `term`, and so of one leader, whose log has all of them.
/// - `bytes` is the sum of their lengths, and at most `most`.
#[derive(Debug, Default)]
pub(super) struct Early {
    most: usize,
    term: Term,
    /// By the entry before them.
    appends: BTreeMap<Index, Append>,
    bytes: usize,
}

/// An append without what is the same for all.
#[derive(Debug)]
struct Append {
    prev_term: Term,
    commit: Index,
    count: u32,
    entries: Vec<u8>,
}

impl Early {
    /// None yet, and as many as the options allow.
    pub(super) fn new(flow: &Flow) -> Self {
        Self { most: flow.max_early_bytes.map_or(0, |most| most.get() as usize), ..Self::default() }
    }

    #[inline]
    fn is_empty(&self) -> bool {
        self.appends.is_empty()
    }

    /// Keeps an append. Where there is no room for all, those that come next count for more. Of two that begin alike the
    /// longer one stays.
    fn keep(&mut self, request: &AppendEntries<'_>) {
        if self.term != request.term {
            self.clear();
            self.term = request.term;
        }
        let length = request.entries.len();
        let known = self.appends.get(&request.prev_index).map_or(0, |append| append.entries.len());
        if length <= known || length > self.most {
            return;
        }
        self.remove(request.prev_index);
        while self.bytes + length > self.most {
            match self.appends.last_key_value() {
                Some((&last, _)) if last > request.prev_index => _ = self.remove(last),
                _ => return,
            }
        }
        let AppendEntries { prev_index, prev_term, commit, count, entries, .. } = *request;
        self.bytes += length;
        self.appends.insert(prev_index, Append { prev_term, commit, count, entries: entries.to_vec() });
    }

    /// The next append that follows an entry at or before `last`, if they are of this term.
    fn next(&mut self, term: Term, last: Index) -> Option<(Index, Append)> {
        if self.term != term {
            self.clear();
        }
        let (&prev, _) = self.appends.first_key_value()?;
        let append = if prev <= last { self.remove(prev) } else { None };
        append.map(|append| (prev, append))
    }

    fn remove(&mut self, prev: Index) -> Option<Append> {
        let append = self.appends.remove(&prev)?;
        self.bytes -= append.entries.len();
        Some(append)
    }

    fn clear(&mut self) {
        self.appends.clear();
        self.bytes = 0;
    }
}

impl Raft {
    /// An append does not fit on the log. If that is since entries before it are missing, it may soon.
    #[inline]
    pub(super) fn keep_early(&mut self, request: &AppendEntries<'_>) {
        if self.options.flow.max_early_bytes.is_some() && request.prev_index > self.log.last() {
            self.early.keep(request);
        }
    }

    /// The log is known to agree up to `matched`, and the leader to have committed up to `commit`; what was kept may make
    /// both more.
    #[inline]
    pub(super) fn take_early(&mut self, known: (Index, Index), out: &mut Effects) -> (Index, Index) {
        if self.early.is_empty() { known } else { self.take_what_fits(known, out) }
    }

    #[inline(never)]
    fn take_what_fits(
        &mut self,
        (mut matched, mut committed): (Index, Index),
        out: &mut Effects,
    ) -> (Index, Index) {
        while let Some((prev_index, append)) = self.early.next(self.term, self.log.last()) {
            let Append { prev_term, commit, count, ref entries } = append;
            let request = AppendEntries { term: self.term, prev_index, prev_term, commit, count, entries };
            // What agrees is the leader's up to there, however it came.
            if self.agrees_at(prev_index, prev_term)
                && let Some(reached) = self.take_entries(&request, out)
            {
                matched = matched.max(reached);
                committed = committed.max(commit);
            }
        }
        (matched, committed)
    }
}
