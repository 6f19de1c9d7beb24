//! A leader never overwrites or deletes entries of its own log.

use super::cluster::Node;
use super::finding::{Findings, Property};
use crate::ids::{Index, NodeId, Term};
use crate::replica::Role;
use crate::trace::{Body, Record};

/// A step's writes are recorded before the change of role that the same step may bring: a leader that hears of a
/// later term steps down and truncates its log in one step. So a truncation by a leader is a suspicion until the
/// step's records are over, and is dropped if among them the node steps down.
#[derive(Clone, Debug, Default)]
pub(super) struct LeaderAppendOnly {
    suspicion: Option<Suspicion>,
}

#[derive(Clone, Copy, Debug)]
struct Suspicion {
    record: Record,
    node: NodeId,
    term: Term,
    from: Index,
}

impl LeaderAppendOnly {
    /// Whether a step is under suspicion.
    #[inline]
    pub(super) fn suspects(&self) -> bool {
        self.suspicion.is_some()
    }

    /// The log of a node grows by this entry.
    #[inline(always)]
    pub(super) fn appended(&mut self, node: &Node, index: Index, record: &Record, findings: &mut Findings) {
        if node.role == Role::Leader {
            findings.examined(Property::LeaderAppendOnly);
            if index <= node.memory.log.last() {
                self.suspect(node, index, &record.apart());
            }
        }
    }

    /// The log of a node loses this entry and all that follow.
    pub(super) fn truncated(&mut self, node: &Node, from: Index, record: &Record, findings: &mut Findings) {
        if node.role == Role::Leader {
            findings.examined(Property::LeaderAppendOnly);
            if from <= node.memory.log.last() {
                self.suspect(node, from, record);
            }
        }
    }

    #[cold]
    fn suspect(&mut self, node: &Node, from: Index, record: &Record) {
        let suspicion = Suspicion { record: *record, node: node.id, term: node.term, from };
        self.suspicion.get_or_insert(suspicion);
    }

    /// The next record after a suspicion: drops it, confirms it or leaves it open.
    #[cold]
    pub(super) fn settle(&mut self, next: &Record, findings: &mut Findings) {
        let Some(Suspicion { record, node, term, from }) = self.suspicion else { return };
        match next.body {
            Body::RoleChanged { role, term: now, .. } if next.node.as_node() == Some(node) => {
                if role == Role::Leader && now == term {
                    return;
                }
                self.suspicion = None;
            }
            // The step goes on.
            Body::Sent { .. }
            | Body::Held { .. }
            | Body::Lost { .. }
            | Body::Duplicated { .. }
            | Body::Appended { .. }
            | Body::Truncated { .. }
            | Body::SnapshotTaken { .. }
            | Body::SnapshotWritten { .. }
            | Body::Compacted { .. }
            | Body::Restored { .. }
            | Body::HardStateWritten { .. }
            | Body::Accepted { .. }
            | Body::Refused { .. }
            | Body::ReadRound { .. }
            | Body::Served { .. }
            | Body::Transfer { .. }
            | Body::Membership { .. }
            | Body::Change { .. }
            | Body::Committed { .. }
            | Body::Applied { .. }
            | Body::Acknowledged { .. } => {}
            _ => {
                self.suspicion = None;
                findings.accuse(Property::LeaderAppendOnly, &record, || {
                    format!(
                        "{node}, leader of term {term}, overwrote or deleted its log from entry {from} on"
                    )
                });
            }
        }
    }
}
