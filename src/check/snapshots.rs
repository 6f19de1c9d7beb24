//! Snapshots: what stands in place of entries has to stand for just these, and for good.
//!
//! They have no property of their own. A snapshot is compared with the committed chain, and its contents with those of
//! others at the same index: that nodes apply the same. A state machine is never taken back: that nodes commit and apply in
//! order. A log is cut on disk only where a snapshot is: that what was flushed survives a crash.

use super::Checkers;
use super::finding::Property;
use crate::ids::Index;
use crate::trace::{Body, Record};

impl Checkers {
    /// A record of a snapshot, or of a log being cut.
    pub(super) fn snapshot(&mut self, slot: usize, record: &Record) {
        let Self { nodes, chain, findings, .. } = self;
        let node = &mut nodes[slot];
        match record.body {
            Body::SnapshotTaken { index, term, hash, store } => {
                let did = "took a snapshot up to";
                chain.stands_for(node.id, did, (index, term, hash), Some(store), record, findings);
            }
            Body::SnapshotWritten { write, index, term, hash, .. } => {
                chain.stands_for(
                    node.id,
                    "wrote a snapshot up to",
                    (index, term, hash),
                    None,
                    record,
                    findings,
                );
                node.memory.take_snapshot(index, term);
                node.disk.write_snapshot(write, index, term);
            }
            Body::Compacted { write, index, term, hash } => {
                chain.stands_for(node.id, "cut its log up to", (index, term, hash), None, record, findings);
                node.memory.log.cut(index);
                node.disk.write_cut(write, index);
            }
            Body::Restored { index, term, hash, store, at_start } => {
                let did = "restored a snapshot up to";
                chain.stands_for(node.id, did, (index, term, hash), Some(store), record, findings);
                if at_start {
                    self.found(slot, index, record);
                } else {
                    self.restored(slot, index, record);
                }
            }
            _ => {}
        }
    }

    /// A node goes on from its leader's snapshot.
    fn restored(&mut self, slot: usize, index: Index, record: &Record) {
        let Self { nodes, findings, .. } = self;
        let node = &mut nodes[slot];
        findings.examined(Property::CommitOrder);
        if index <= node.applied {
            findings.accuse(Property::CommitOrder, record, || {
                format!("{} took its state machine back from entry {} to {index}", node.id, node.applied)
            });
        }
        (node.commit, node.applied) = (index, index);
    }

    /// A node starts from the snapshot on its disk. It may be a later one than is known to be flushed, whose write had
    /// reached the disk when power was lost.
    fn found(&mut self, slot: usize, index: Index, record: &Record) {
        let Self { nodes, findings, .. } = self;
        let node = &mut nodes[slot];
        findings.examined(Property::Recovery);
        let flushed = node.disk.stored.snapshot;
        if index < flushed {
            findings.accuse(Property::Recovery, record, || {
                format!(
                    "{} recovered a snapshot up to entry {index}; one up to {flushed} was flushed",
                    node.id
                )
            });
        }
        (node.commit, node.applied) = (index, index);
        (node.memory.snapshot, node.disk.stored.snapshot) = (index, index);
    }

    /// A log is cut on disk. Once no disk holds an entry by itself, nothing will be compared with it.
    pub(super) fn cut_is_durable(&mut self, slot: usize, record: &Record) {
        let Self { nodes, findings, chain, log_matching, exactly_once, .. } = self;
        let node = &nodes[slot];
        findings.examined(Property::Recovery);
        if node.disk.stored.has_hole() {
            let (base, snapshot) = (node.disk.stored.log.base(), node.disk.stored.snapshot);
            findings.accuse(Property::Recovery, record, || {
                format!(
                    "the log on the disk of {} is cut up to entry {base}, but no snapshot beyond entry {snapshot} is \
                     durable: a crash would lose what is between",
                    node.id
                )
            });
        }
        let first_held = |node: &super::Node| {
            let (memory, disk) = (&node.memory.log, &node.disk.stored.log);
            let log = if disk.last() > Index::ZERO { disk } else { memory };
            (log.last() > Index::ZERO).then_some(log.base())
        };
        if let Some(lowest) = nodes.iter().filter_map(first_held).min() {
            chain.prune(lowest);
            log_matching.prune(lowest);
            exactly_once.prune(lowest);
        }
    }
}
