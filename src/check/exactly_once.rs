//! Exactly once: however often a client asks, its operation takes effect by one entry at most (Raft thesis, section
//! 6.3).

use super::finding::{Findings, Property};
use crate::ids::{Index, NodeId, OperationId};
use crate::trace::Record;
use std::collections::BTreeMap;

/// What became of the command of each entry, and by which entry each operation took effect. A command that only reads
/// has no effect, and no number to be known by.
#[derive(Clone, Debug, Default)]
pub(super) struct ExactlyOnce {
    fates: BTreeMap<Index, (Fate, NodeId)>,
    effects: BTreeMap<OperationId, Index>,
}

/// What became of a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// It was carried out; the operation, if it writes.
    Executed(Option<OperationId>),
    /// It was answered once more, without effect.
    Repeated,
    /// It was refused, without effect.
    Disowned,
}

impl Fate {
    fn words(self) -> &'static str {
        match self {
            Self::Executed(_) => "carried out",
            Self::Repeated => "answered from the session",
            Self::Disowned => "refused",
        }
    }
}

impl ExactlyOnce {
    /// This became of the command of an entry on this node.
    pub(super) fn befalls(
        &mut self,
        node: NodeId,
        index: Index,
        fate: Fate,
        record: &Record,
        findings: &mut Findings,
    ) {
        findings.examined(Property::ExactlyOnce);
        let (known, first) = *self.fates.entry(index).or_insert((fate, node));
        if known != fate {
            return findings.accuse(Property::ExactlyOnce, record, || {
                format!(
                    "the command of entry {index} was {} on {node}, but {} on {first}",
                    fate.words(),
                    known.words()
                )
            });
        }
        let Fate::Executed(Some(operation)) = fate else { return };
        let first = *self.effects.entry(operation).or_insert(index);
        if first != index {
            findings.accuse(Property::ExactlyOnce, record, || {
                format!(
                    "{node} carried out operation {operation} by entry {index}: it had taken effect by entry {first}"
                )
            });
        }
    }
}
