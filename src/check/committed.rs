//! The committed chain: what any node ever took as committed, kept outside the nodes.

use super::by_index::ByIndex;
use super::finding::{Findings, Property};
use crate::ids::{Index, NodeId, Term};
use crate::trace::Record;
use std::collections::BTreeMap;

/// The committed entry of each index, as the first node that took it as committed has it. All later commits and
/// applications, and acknowledgements to clients, are compared with it.
#[derive(Clone, Debug, Default)]
pub(super) struct CommittedChain {
    entries: ByIndex<Committed>,
    acknowledged: Option<(Index, Term, Record)>,
    /// The hash of the state machine's contents with exactly the entries up to an index applied, from snapshots.
    contents: BTreeMap<Index, u64>,
}

/// A committed entry.
#[derive(Clone, Copy, Debug)]
pub(super) struct Committed {
    /// Its term.
    pub(super) term: Term,
    /// The chained hash of the log up to and with it.
    pub(super) hash: u64,
    /// Whether a client was told that it is done.
    acknowledged: bool,
}

impl CommittedChain {
    /// The committed entry of this index.
    pub(super) fn get(&self, index: Index) -> Option<&Committed> {
        self.entries.get(index)
    }

    /// The highest index committed.
    pub(super) fn last(&self) -> Index {
        self.entries.last()
    }

    /// A node takes this entry as committed; true if it is the first to do so.
    #[inline(always)]
    pub(super) fn committed(
        &mut self,
        node: NodeId,
        (index, term, hash): (Index, Term, u64),
        record: &Record,
        findings: &mut Findings,
    ) -> bool {
        if self.entries.is_pruned(index) {
            return false;
        }
        findings.examined(Property::CommittedChain);
        if let Some(known) = self.entries.get(index) {
            if (known.term, known.hash) != (term, hash) {
                differs(node, "takes", (index, term, hash), *known, &record.apart(), findings);
            }
            return false;
        }
        if term == Term::ZERO {
            findings.accuse(Property::CommittedChain, &record.apart(), move || {
                format!("{node} takes entry {index} as committed, but has no such entry")
            });
            return false;
        }
        self.entries.insert(index, Committed { term, hash, acknowledged: false });
        true
    }

    /// A node applies this entry.
    #[inline(always)]
    pub(super) fn applied(
        &self,
        node: NodeId,
        (index, term, hash): (Index, Term, u64),
        record: &Record,
        findings: &mut Findings,
    ) {
        findings.examined(Property::CommittedChain);
        match self.entries.get(index) {
            Some(known) if (known.term, known.hash) == (term, hash) => {}
            None if self.entries.is_pruned(index) => {}
            Some(known) => differs(node, "applied", (index, term, hash), *known, &record.apart(), findings),
            None => findings.accuse(Property::CommittedChain, &record.apart(), move || {
                format!("{node} applied entry {index} of term {term}, which no node took as committed")
            }),
        }
    }

    /// A node has a snapshot of all up to this entry, with these contents, or cuts its log there.
    pub(super) fn stands_for(
        &mut self,
        node: NodeId,
        did: &str,
        (index, term, hash): (Index, Term, u64),
        contents: Option<u64>,
        record: &Record,
        findings: &mut Findings,
    ) {
        if self.entries.is_pruned(index) {
            return;
        }
        findings.examined(Property::CommittedChain);
        match self.entries.get(index) {
            Some(known) if (known.term, known.hash) == (term, hash) => {}
            Some(known) => differs(node, did, (index, term, hash), *known, record, findings),
            None => findings.accuse(Property::CommittedChain, record, || {
                format!("{node} {did} entry {index} of term {term}, which no node took as committed")
            }),
        }
        let Some(contents) = contents else { return };
        let known = *self.contents.entry(index).or_insert(contents);
        if known != contents {
            findings.accuse(Property::CommittedChain, record, || {
                format!(
                    "{node} {did} entry {index}, with a state machine of hash {contents:016x}; another one had {known:016x} \
                     there"
                )
            });
        }
    }

    /// Forgets the entries below this index, which no node holds one by one any more.
    pub(super) fn prune(&mut self, below: Index) {
        self.entries.prune(below);
        self.contents = self.contents.split_off(&below);
    }

    /// A node told a client that this entry is done.
    pub(super) fn acknowledged(
        &mut self,
        node: NodeId,
        (index, term): (Index, Term),
        record: &Record,
        findings: &mut Findings,
    ) {
        if self.entries.is_pruned(index) {
            return;
        }
        findings.examined(Property::AcknowledgedWrites);
        match self.entries.get_mut(index) {
            Some(known) if known.term == term => {
                known.acknowledged = true;
                if self.acknowledged.is_none_or(|(highest, ..)| highest < index) {
                    self.acknowledged = Some((index, term, *record));
                }
            }
            known => {
                let instead = known.map_or("nothing is committed there".into(), |known| {
                    format!("the committed entry there is of term {}", known.term)
                });
                findings.accuse(Property::AcknowledgedWrites, record, || {
                    format!("{node} acknowledged entry {index} of term {term}, but {instead}")
                });
            }
        }
    }

    /// The highest entry that a client was told is done, and the record of that.
    pub(super) fn highest_acknowledged(&self) -> Option<(Index, Term, &Record)> {
        let (index, term, record) = self.acknowledged.as_ref()?;
        Some((*index, *term, record))
    }
}

/// A node has another entry than the committed one.
#[cold]
fn differs(
    node: NodeId,
    did: &str,
    (index, term, hash): (Index, Term, u64),
    known: Committed,
    record: &Record,
    findings: &mut Findings,
) {
    findings.accuse(Property::CommittedChain, record, || {
        format!(
            "{node} {did} entry {index} of term {term} with log hash {hash:016x} as committed; committed before \
             was one of term {} with {:016x}",
            known.term, known.hash
        )
    });
    if known.acknowledged {
        findings.accuse(Property::AcknowledgedWrites, record, || {
            format!(
                "entry {index} of term {} was acknowledged to a client, but {node} {did} another in its place",
                known.term
            )
        });
    }
}
