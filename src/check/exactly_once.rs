//! Exactly once: however often a client asks, its operation takes effect by one entry at most (Raft thesis, section
//! 6.3).

use super::finding::{Findings, Property};
use crate::ids::{Index, NodeId, OperationId};
use crate::trace::Record;
use std::collections::BTreeMap;

/// What became of the command of each entry, and by which entry each operation took effect. A command that only reads
/// has no effect, and no number to be known by.
///
/// Of entries that no node holds one by one any more it is forgotten what became of them, but never which operations
/// took effect by them: a copy of a command can come at any time. One bit for each operation is enough for that.
#[derive(Clone, Debug, Default)]
pub(super) struct ExactlyOnce {
    /// Nothing below this entry can be carried out again.
    lowest: Index,
    fates: BTreeMap<Index, (Fate, NodeId)>,
    effects: BTreeMap<OperationId, Index>,
    /// The operations that took effect by an entry below the lowest.
    settled: Numbers,
}

/// A set of numbers that lie close together, one bit for each.
#[derive(Clone, Debug, Default)]
struct Numbers(BTreeMap<u64, u64>);

impl Numbers {
    fn insert(&mut self, number: u64) {
        *self.0.entry(number / 64).or_default() |= 1 << (number % 64);
    }

    fn contains(&self, number: u64) -> bool {
        self.0.get(&(number / 64)).is_some_and(|bits| bits >> (number % 64) & 1 == 1)
    }
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
        if index < self.lowest {
            return;
        }
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
        if self.settled.contains(operation.0) {
            let lowest = self.lowest;
            return findings.accuse(Property::ExactlyOnce, record, || {
                format!(
                    "{node} carried out operation {operation} by entry {index}: it had taken effect by an entry before \
                     {lowest}"
                )
            });
        }
        let first = *self.effects.entry(operation).or_insert(index);
        if first != index {
            findings.accuse(Property::ExactlyOnce, record, || {
                format!(
                    "{node} carried out operation {operation} by entry {index}: it had taken effect by entry {first}"
                )
            });
        }
    }
    /// Forgets what became of the entries below this index, which no node holds one by one any more.
    pub(super) fn prune(&mut self, below: Index) {
        if below <= self.lowest {
            return;
        }
        self.lowest = below;
        let kept = self.fates.split_off(&below);
        for (index, (fate, _)) in std::mem::replace(&mut self.fates, kept) {
            if let Fate::Executed(Some(operation)) = fate
                && self.effects.get(&operation) == Some(&index)
            {
                self.effects.remove(&operation);
                self.settled.insert(operation.0);
            }
        }
    }
}
