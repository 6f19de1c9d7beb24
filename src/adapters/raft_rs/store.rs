//! The log as the crate reads it: what was handed to the disk, durable or not.

use crate::ids::Term;
use crate::replica::{Entries, Entry as WireEntry, EntryKind, Members, Recovered, Unrecoverable};
use protobuf::Message as _;
use raft::eraftpb::{ConfState, Entry, EntryType, HardState, Snapshot};
use raft::{GetEntriesContext, RaftState, Result, Storage, StorageError};
use std::collections::VecDeque;

/// Terms, entries and the latest snapshot.
///
/// Invariants:
/// - `entries` follow `base` without a gap.
/// - The snapshot, if there is one, ends at `base` or after it.
pub(super) struct Store {
    hard_state: HardState,
    conf_state: ConfState,
    base: (u64, u64),
    entries: VecDeque<Entry>,
    snapshot: Option<Snapshot>,
}

impl Store {
    /// What a disk gave back.
    ///
    /// # Errors
    /// [`Unrecoverable`] if its parts don't fit together.
    pub(super) fn recovered(
        recovered: &Recovered,
        members: &Members,
    ) -> std::result::Result<Self, Unrecoverable> {
        let wrong = |what: &str| Err(Unrecoverable(what.to_owned()));
        if Entries::new(&recovered.entries).all_valid().is_none() {
            return wrong("the log's bytes are not entries to the end");
        }
        let base = (recovered.base.index.0, recovered.base.term.0);
        let entries = Entries::new(&recovered.entries).zip(base.0 + 1..).map(|(it, index)| read(&it, index));
        let conf_state = conf_state(members);
        let mut store = Self {
            hard_state: HardState {
                term: recovered.hard_state.term.0,
                vote: recovered.hard_state.vote.map_or(0, |vote| u64::from(vote.0)),
                ..HardState::default()
            },
            base,
            entries: entries.collect(),
            snapshot: None,
            conf_state,
        };
        if store.last_term() > store.hard_state.term {
            return wrong("the log holds an entry of a term that the hard state has not reached");
        }
        if let Some(snapshot) = &recovered.snapshot {
            let last = (snapshot.index.0, snapshot.term.0);
            if last.0 < base.0 || store.term_at(last.0) != Some(last.1) {
                return wrong("the log does not have the snapshot's last entry");
            }
            store.hard_state.commit = last.0;
            store.taken(last.0, last.1, &snapshot.data);
        } else if base.0 > 0 {
            return wrong("the log begins after its first entry, and there is no snapshot");
        }
        Ok(store)
    }

    /// The last entry that the latest snapshot stands for; 0 if there is none.
    pub(super) fn snapshot_index(&self) -> u64 {
        self.snapshot.as_ref().map_or(0, |snapshot| snapshot.get_metadata().index)
    }

    /// The term of an entry, or of the base.
    pub(super) fn term_at(&self, index: u64) -> Option<u64> {
        if index == self.base.0 {
            return Some(self.base.1);
        }
        let place = index.checked_sub(self.base.0 + 1)?;
        self.entries.get(usize::try_from(place).ok()?).map(|entry| entry.term)
    }

    /// The last index, whether an entry's or the base's.
    pub(super) fn last(&self) -> u64 {
        self.base.0 + self.entries.len() as u64
    }

    fn last_term(&self) -> u64 {
        self.entries.back().map_or(self.base.1, |entry| entry.term)
    }

    /// Forgets the entry at this index and all that follow, and tells whether there were any.
    pub(super) fn truncate_from(&mut self, index: u64) -> bool {
        let is_there = index <= self.last();
        if is_there {
            self.entries.truncate((index - self.base.0 - 1) as usize);
        }
        is_there
    }

    /// Adds entries that follow the last one.
    pub(super) fn append(&mut self, entries: Vec<Entry>) {
        self.entries.extend(entries);
    }

    /// Begins anew after a snapshot that a leader has sent.
    pub(super) fn replace(&mut self, snapshot: Snapshot) {
        let last = snapshot.get_metadata();
        self.base = (last.index, last.term);
        self.entries.clear();
        self.conf_state = last.get_conf_state().clone();
        self.snapshot = Some(snapshot);
    }

    /// A snapshot was taken here, of what is up to this entry.
    pub(super) fn taken(&mut self, index: u64, term: u64, data: &[u8]) {
        let mut snapshot = Snapshot { data: data.to_vec().into(), ..Snapshot::default() };
        let metadata = snapshot.mut_metadata();
        (metadata.index, metadata.term) = (index, term);
        metadata.set_conf_state(self.conf_state.clone());
        self.snapshot = Some(snapshot);
    }

    /// The last entry that may go so that entries of so many bytes stay before this one; none if all stay.
    pub(super) fn may_go(&self, before: u64, bytes: usize) -> Option<u64> {
        let mut kept = 0;
        for index in (self.base.0 + 1..=before).rev() {
            let place = (index - self.base.0 - 1) as usize;
            kept += wire(&self.entries[place]).wire_len();
            if kept > bytes {
                return Some(index);
            }
        }
        None
    }

    /// Forgets the entries up to and with this one.
    pub(super) fn compact_to(&mut self, index: u64) {
        if let Some(term) = self.term_at(index).filter(|_| index > self.base.0) {
            self.entries.drain(..(index - self.base.0) as usize);
            self.base = (index, term);
        }
    }
}

impl Storage for Store {
    fn initial_state(&self) -> Result<RaftState> {
        Ok(RaftState::new(self.hard_state.clone(), self.conf_state.clone()))
    }

    fn entries(
        &self,
        low: u64,
        high: u64,
        max_size: impl Into<Option<u64>>,
        _: GetEntriesContext,
    ) -> Result<Vec<Entry>> {
        if low <= self.base.0 {
            return Err(StorageError::Compacted.into());
        }
        if high > self.last() + 1 {
            return Err(StorageError::Unavailable.into());
        }
        let place = |index: u64| (index - self.base.0 - 1) as usize;
        let most = max_size.into().unwrap_or(raft::NO_LIMIT);
        let (mut entries, mut bytes) = (Vec::new(), 0);
        for entry in self.entries.range(place(low)..place(high)) {
            bytes += u64::from(entry.compute_size());
            // One entry always fits; of a long log no more is copied than that.
            if bytes > most && !entries.is_empty() {
                break;
            }
            entries.push(entry.clone());
        }
        Ok(entries)
    }

    fn term(&self, index: u64) -> Result<u64> {
        let missing = if index < self.base.0 { StorageError::Compacted } else { StorageError::Unavailable };
        self.term_at(index).ok_or(missing.into())
    }

    fn first_index(&self) -> Result<u64> {
        Ok(self.base.0 + 1)
    }

    fn last_index(&self) -> Result<u64> {
        Ok(self.last())
    }

    fn snapshot(&self, request_index: u64, _: u64) -> Result<Snapshot> {
        let fits = |snapshot: &&Snapshot| snapshot.get_metadata().index >= request_index;
        self.snapshot
            .as_ref()
            .filter(fits)
            .cloned()
            .ok_or(StorageError::SnapshotTemporarilyUnavailable.into())
    }
}

fn conf_state(members: &Members) -> ConfState {
    let ids = |set: crate::ids::NodeSet| set.iter().map(|node| u64::from(node.0)).collect();
    ConfState { voters: ids(members.voters), learners: ids(members.learners), ..ConfState::default() }
}

/// An entry of ours as the crate's. An entry without data is a no-op to it.
fn read(entry: &WireEntry<'_>, index: u64) -> Entry {
    Entry { term: entry.term.0, index, data: entry.data.to_vec().into(), ..Entry::default() }
}

/// An entry of the crate's as ours.
pub(super) fn wire(entry: &Entry) -> WireEntry<'_> {
    let kind = match entry.get_entry_type() {
        EntryType::EntryNormal if entry.data.is_empty() => EntryKind::NoOp,
        EntryType::EntryNormal => EntryKind::Command,
        EntryType::EntryConfChange | EntryType::EntryConfChangeV2 => EntryKind::Membership,
    };
    WireEntry { term: Term(entry.term), kind, data: &entry.data }
}
