//! What the records tell about each node: the common ground of all checkers.

use super::runs::TermRuns;
use crate::ids::{Epoch, Index, NodeId, Term, WriteId};
use crate::replica::{HardState, Role};
use std::collections::VecDeque;

/// One node as the records show it.
#[derive(Clone, Debug)]
pub(super) struct Node {
    /// Who it is.
    pub(super) id: NodeId,
    /// Which of its lives it is in, or was in last.
    pub(super) epoch: Epoch,
    /// Its role; a follower while it is down.
    pub(super) role: Role,
    /// Its term.
    pub(super) term: Term,
    /// Its log, and how far its snapshot reaches, as it has them in memory.
    pub(super) memory: Stored,
    /// What its disk holds.
    pub(super) disk: Disk,
    /// The index up to which it knows entries to be committed, in this life.
    pub(super) commit: Index,
    /// The index up to which it has applied entries, in this life.
    pub(super) applied: Index,
}

impl Node {
    pub(super) fn new(id: NodeId) -> Self {
        Self {
            id,
            epoch: Epoch::ZERO,
            role: Role::Follower,
            term: Term::ZERO,
            memory: Stored::default(),
            disk: Disk::default(),
            commit: Index::ZERO,
            applied: Index::ZERO,
        }
    }

    /// Whether it is leader in this term.
    pub(super) fn leads(&self, term: Term) -> bool {
        self.role == Role::Leader && self.term == term
    }

    /// Its memory is gone.
    pub(super) fn down(&mut self) {
        self.role = Role::Follower;
    }

    /// A new life begins, from what the disk holds.
    pub(super) fn boot(&mut self, epoch: Epoch, term: Term) {
        self.epoch = epoch;
        self.role = Role::Follower;
        self.term = term;
        self.memory.clone_from(&self.disk.stored);
        self.commit = Index::ZERO;
        self.applied = Index::ZERO;
    }
}

/// A log, and the snapshot that stands for what it lacks at its beginning.
#[derive(Clone, Debug, Default)]
pub(super) struct Stored {
    pub(super) log: TermRuns,
    /// The last entry that the snapshot stands for; 0 if there is none.
    pub(super) snapshot: Index,
}

impl Stored {
    /// Whether it holds this committed entry: in the log or in the snapshot.
    #[inline]
    pub(super) fn holds(&self, index: Index, term: Term) -> bool {
        (self.log.term_at(index) == Some(term) || index <= self.snapshot) && !self.has_hole()
    }

    /// Whether entries are missing between the snapshot and the log. Then all is lost: nothing can start from that.
    #[inline]
    pub(super) fn has_hole(&self) -> bool {
        self.log.base() > self.snapshot
    }

    /// A snapshot takes the place of the one before, and of a log that does not have its last entry.
    pub(super) fn take_snapshot(&mut self, index: Index, term: Term) {
        self.snapshot = index;
        if self.log.term_at(index) != Some(term) {
            self.log = TermRuns::begun_after(index, term);
        }
    }
}

/// A disk: what is durable on it, and the writes on their way.
#[derive(Clone, Debug, Default)]
pub(super) struct Disk {
    /// What is durable.
    pub(super) stored: Stored,
    /// What was durable when the disk was lost. A leader may still count an acknowledgement from before.
    pub(super) lost: Stored,
    /// Whether it was replaced by a blank one. Stays so: a blank node comes back only as another one.
    pub(super) blank: bool,
    hard_state: HardState,
    pending: VecDeque<Pending>,
}

#[derive(Clone, Copy, Debug)]
struct Pending {
    write: WriteId,
    change: Change,
}

/// What a write does to a disk.
#[derive(Clone, Copy, Debug)]
pub(super) enum Change {
    HardState(HardState),
    Append { first: Index, last: Index, term: Term },
    Truncate(Index),
    Snapshot { index: Index, term: Term },
    Cut(Index),
}

/// What recovery says a disk holds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Found {
    pub(super) hard_state: HardState,
    pub(super) last: Index,
    pub(super) hash: u64,
}

impl Disk {
    /// What is on it before time 0.
    pub(super) fn begin(&mut self, hard_state: HardState) {
        self.hard_state = hard_state;
    }

    pub(super) fn write_hard_state(&mut self, write: WriteId, hard_state: HardState) {
        self.pending.push_back(Pending { write, change: Change::HardState(hard_state) });
    }

    pub(super) fn write_truncation(&mut self, write: WriteId, from: Index) {
        self.pending.push_back(Pending { write, change: Change::Truncate(from) });
    }

    pub(super) fn write_snapshot(&mut self, write: WriteId, index: Index, term: Term) {
        self.pending.push_back(Pending { write, change: Change::Snapshot { index, term } });
    }

    pub(super) fn write_cut(&mut self, write: WriteId, to: Index) {
        self.pending.push_back(Pending { write, change: Change::Cut(to) });
    }

    /// One entry on its way to the disk. The entries of one write and term make one change.
    #[inline]
    pub(super) fn write_entry(&mut self, write: WriteId, index: Index, entry_term: Term) {
        if let Some(Pending { write: latest, change: Change::Append { last, term, .. } }) =
            self.pending.back_mut()
            && (*latest, last.next(), *term) == (write, index, entry_term)
        {
            *last = index;
            return;
        }
        let change = Change::Append { first: index, last: index, term: entry_term };
        self.pending.push_back(Pending { write, change });
    }

    /// All writes up to this one are durable: the next change that this makes, until none is left.
    #[inline(always)]
    pub(super) fn flush_next(&mut self, write: WriteId) -> Option<Change> {
        let Pending { change, .. } = self.pending.pop_front_if(|next| next.write <= write)?;
        self.apply(change);
        Some(change)
    }

    /// The disk is gone, and a blank one is in its place.
    pub(super) fn wipe(&mut self) {
        if self.stored.log.last() > Index::ZERO {
            self.lost = std::mem::take(&mut self.stored);
        }
        self.hard_state = HardState::default();
        self.pending.clear();
        self.blank = true;
    }

    /// Finds out how many of the writes on their way had reached the disk when power was lost: all that were flushed,
    /// and of the others as many as recovery found, down to part of an append. `agrees` tells whether a log that
    /// ends with an entry has this hash, or whether that is not known any more. False if recovery found something that can't have been there.
    pub(super) fn recover(&mut self, found: &Found, agrees: impl Fn(Index, Term, u64) -> bool) -> bool {
        let flushed = self.stored.log.clone();
        let holds = |disk: &Self| {
            let log = &disk.stored.log;
            disk.hard_state == found.hard_state
                && log.last() == found.last
                && log.term_at(found.last).is_none_or(|term| agrees(found.last, term, found.hash))
        };
        while !holds(self) {
            let Some(Pending { change, .. }) = self.pending.pop_front() else {
                if found.last <= flushed.last() {
                    self.stored.log = flushed;
                }
                self.stored.log.truncate(found.last.next());
                self.hard_state = found.hard_state;
                return false;
            };
            if let Change::Append { first, last, term } = change
                && (first..last).contains(&found.last)
            {
                let whole = self.stored.log.clone();
                self.apply(Change::Append { first, last: found.last, term });
                if holds(self) {
                    break;
                }
                self.stored.log = whole;
            }
            self.apply(change);
        }
        self.pending.clear();
        true
    }

    #[inline]
    fn apply(&mut self, change: Change) {
        match change {
            Change::HardState(hard_state) => self.hard_state = hard_state,
            Change::Append { first, last, term } => self.stored.log.append(first, last, term),
            Change::Truncate(from) => self.stored.log.truncate(from),
            Change::Snapshot { index, term } => self.stored.take_snapshot(index, term),
            Change::Cut(to) => self.stored.log.cut(to),
        }
    }
}
