//! When snapshots are taken, when the log is cut, and when one that was sent is given up for lost: what the crate leaves to
//! its user.
//!
//! As in Squall's own Raft one is taken at the very entry that fills `snapshot_every` bytes, and the log is cut once it is
//! durable, so that entries of half as many bytes stay before it.

use super::store::{Store, wire};
use crate::ids::{NodeId, WriteId};
use crate::replica::Options;
use crate::time::{Duration, LocalTime};
use raft::eraftpb::Entry;
use raft::{ProgressState, RawNode, SnapshotStatus};
use std::collections::BTreeMap;

/// The snapshots of a server.
#[derive(Debug)]
pub(super) struct Snapshots {
    every: Option<usize>,
    /// How many bytes of entries were applied since the last one.
    bytes: usize,
    /// The state machine has been asked for its contents as of this entry.
    asked: Option<u64>,
    /// The write of the latest one of its own, and its last entry, until that is durable.
    unflushed: Option<(WriteId, u64)>,
    /// To whom snapshots are being sent: since when, and how long an answer may take.
    sent: BTreeMap<NodeId, (LocalTime, Duration)>,
    /// How long the first answer may take.
    patience: Duration,
}

impl Snapshots {
    pub(super) fn new(options: &Options) -> Self {
        Self {
            every: options.snapshot_every.map(|bytes| bytes.get() as usize),
            bytes: 0,
            asked: None,
            unflushed: None,
            sent: BTreeMap::new(),
            patience: options.election_timeout.1,
        }
    }

    /// The place, among entries that are to be applied, of the one at which a snapshot is due. Those up to it, or else all, count
    /// as applied.
    pub(super) fn due(&mut self, entries: &[Entry]) -> Option<usize> {
        let every = self.every?;
        for (place, entry) in entries.iter().enumerate() {
            self.bytes += wire(entry).wire_len();
            if self.bytes >= every && self.asked.is_none() && self.unflushed.is_none() {
                return Some(place);
            }
        }
        None
    }

    /// The state machine is asked for its contents as of this entry.
    pub(super) fn ask(&mut self, at: u64) {
        (self.asked, self.bytes) = (Some(at), 0);
    }

    /// Whether it was asked for its contents as of this entry.
    pub(super) fn was_asked(&mut self, index: u64) -> bool {
        self.asked.take_if(|asked| *asked == index).is_some()
    }

    /// They are being written.
    pub(super) fn is_written(&mut self, write: WriteId, index: u64) {
        self.unflushed = Some((write, index));
    }

    /// A leader's snapshot is newer than whatever was taken here.
    pub(super) fn begin_anew(&mut self) {
        (self.bytes, self.asked, self.unflushed) = (0, None, None);
    }

    /// With this write durable: up to which entry the log may be cut, if it may.
    pub(super) fn durable(&mut self, write: WriteId, store: &Store) -> Option<u64> {
        let (_, index) = self.unflushed.take_if(|(last, _)| *last <= write)?;
        store.may_go(index, self.every? / 2)
    }

    /// A snapshot is sent.
    pub(super) fn is_sent(&mut self, to: NodeId, now: LocalTime) {
        let patience = self.sent.get(&to).map_or(self.patience, |(_, patience)| *patience);
        self.sent.insert(to, (now, patience));
    }

    /// Reports to the crate which snapshots have had no answer for too long; each is given twice as long the next time.
    pub(super) fn report_failures(&mut self, node: &mut RawNode<Store>, now: LocalTime) {
        if self.sent.is_empty() {
            return;
        }
        self.sent.retain(|to, (since, patience)| {
            let id = u64::from(to.0);
            let is_open =
                node.raft.prs().get(id).is_some_and(|progress| progress.state == ProgressState::Snapshot);
            if is_open && now.since(*since) >= *patience {
                node.report_snapshot(id, SnapshotStatus::Failure);
                *patience = patience.saturating_add(*patience);
                return true;
            }
            is_open || now.since(*since) < *patience
        });
    }
}
