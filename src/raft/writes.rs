//! What has been handed to the disk, and what of it is durable.

use crate::ids::{Index, Term, WriteId};
use crate::replica::{Bytes, Effect, Effects, HardState, Write};
use std::collections::VecDeque;

/// The writes of this incarnation.
///
/// Invariants:
/// - Ids rise by one from 1, and `persisted <= issued`.
/// - `unflushed` rises in both its ids and its indexes, all above `persisted` and `durable`.
#[derive(Debug, Default)]
pub(super) struct Writes {
    issued: WriteId,
    persisted: WriteId,
    hard_state: WriteId,
    unflushed: VecDeque<(WriteId, Index)>,
    durable: Index,
}

impl Writes {
    /// Nothing written yet: the log up to `durable` is what the disk gave back.
    pub(super) fn new(durable: Index) -> Self {
        Self { durable, ..Self::default() }
    }

    /// Writes a new hard state.
    pub(super) fn hard_state(&mut self, hard_state: HardState, out: &mut Effects) {
        self.hard_state = self.issue(Write::HardState(hard_state), out);
    }

    /// Writes the entries from `first` to `last`, which follow the last one written.
    #[inline]
    pub(super) fn append(&mut self, first: Index, last: Index, entries: Bytes, out: &mut Effects) {
        let before = self.unflushed.back().map_or(self.durable, |&(_, last)| last);
        assert!(first == before.next() && first <= last, "entries are written one after the other");
        let id = self.issue(Write::Append { first, entries }, out);
        self.unflushed.push_back((id, last));
    }

    /// Forgets the entry at `from` and all that follow.
    pub(super) fn truncate_from(&mut self, from: Index, out: &mut Effects) {
        self.issue(Write::TruncateFrom(from), out);
        let kept = from.previous();
        let mut cut = None;
        while let Some((id, _)) = self.unflushed.pop_back_if(|&mut (_, last)| last >= from) {
            cut = Some(id);
        }
        self.durable = self.durable.min(kept);
        let before = self.unflushed.back().map_or(self.durable, |&(_, last)| last);
        if let Some(id) = cut
            && kept > before
        {
            self.unflushed.push_back((id, kept));
        }
    }

    /// Writes a snapshot. The log on disk is replaced by it if `replaces`: then all up to its index is durable with it.
    pub(super) fn snapshot(
        &mut self,
        (index, term): (Index, Term),
        (membership, data): (Bytes, Bytes),
        replaces: bool,
        out: &mut Effects,
    ) -> WriteId {
        let id = self.issue(Write::Snapshot { index, term, membership, data }, out);
        if replaces {
            self.durable = Index::ZERO;
            self.unflushed.clear();
            self.unflushed.push_back((id, index));
        }
        id
    }

    /// Forgets the entries up to and with this one, which a snapshot stands for.
    pub(super) fn compact_to(&mut self, index: Index, out: &mut Effects) {
        self.issue(Write::CompactTo(index), out);
    }

    /// All writes up to this one are durable.
    ///
    /// # Panics
    /// If no such write was issued.
    #[inline]
    pub(super) fn persisted(&mut self, id: WriteId) {
        assert!(id <= self.issued, "write {id} was issued");
        self.persisted = self.persisted.max(id);
        while let Some((_, last)) = self.unflushed.pop_front_if(|&mut (write, _)| write <= id) {
            self.durable = last;
        }
    }

    /// The last entry of the log up to which all are durable.
    #[inline]
    pub(super) fn durable(&self) -> Index {
        self.durable
    }

    /// The write that made the current hard state; 0 if it is the recovered one.
    #[inline]
    pub(super) fn of_hard_state(&self) -> WriteId {
        self.hard_state
    }

    /// The write with which the entry at this index becomes durable; 0 if it is.
    #[inline]
    pub(super) fn of_entry(&self, index: Index) -> WriteId {
        if index <= self.durable {
            return WriteId::ZERO;
        }
        let place = self.unflushed.partition_point(|&(_, last)| last < index);
        self.unflushed.get(place).map_or(WriteId::ZERO, |&(id, _)| id)
    }

    /// The write itself if it has yet to become durable, else `None`: what a send's `after` takes.
    #[inline]
    pub(super) fn pending(&self, id: WriteId) -> Option<WriteId> {
        (id > self.persisted).then_some(id)
    }

    #[inline]
    fn issue(&mut self, write: Write, out: &mut Effects) -> WriteId {
        self.issued = self.issued.next();
        out.push(Effect::Persist { id: self.issued, write });
        self.issued
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn append(writes: &mut Writes, first: u64, last: u64) {
        let mut out = Effects::default();
        let entries = out.bytes(&[]);
        writes.append(Index(first), Index(last), entries, &mut out);
    }

    #[test]
    fn an_entry_is_durable_with_the_write_that_holds_it() {
        let mut writes = Writes::new(Index(2));
        append(&mut writes, 3, 5);
        append(&mut writes, 6, 6);
        let needed: Vec<u64> = (2..=6).map(|index| writes.of_entry(Index(index)).0).collect();
        assert_eq!(needed, [0, 1, 1, 1, 2]);
        writes.persisted(WriteId(1));
        assert_eq!(writes.durable(), Index(5));
        assert_eq!(writes.pending(writes.of_entry(Index(5))), None);
        assert_eq!(writes.pending(writes.of_entry(Index(6))), Some(WriteId(2)));
        writes.persisted(WriteId(2));
        assert_eq!(writes.durable(), Index(6));
    }

    #[test]
    fn what_was_truncated_is_not_durable_by_its_old_write() {
        let mut writes = Writes::new(Index(0));
        append(&mut writes, 1, 3);
        append(&mut writes, 4, 6);
        append(&mut writes, 7, 9);
        writes.truncate_from(Index(5), &mut Effects::default());
        append(&mut writes, 5, 8);
        writes.persisted(WriteId(3));
        assert_eq!(writes.durable(), Index(4), "4 is left of the second write, nothing of the third");
        writes.persisted(WriteId(4));
        assert_eq!(writes.durable(), Index(4), "a truncation makes nothing durable");
        writes.persisted(WriteId(5));
        assert_eq!(writes.durable(), Index(8));
    }

    #[test]
    fn truncation_reaches_below_what_was_durable() {
        let mut writes = Writes::new(Index(0));
        append(&mut writes, 1, 3);
        writes.persisted(WriteId(1));
        append(&mut writes, 4, 6);
        writes.truncate_from(Index(2), &mut Effects::default());
        assert_eq!(writes.durable(), Index(1));
        writes.persisted(WriteId(3));
        assert_eq!(writes.durable(), Index(1));
    }
}
