//! At most one leader in a term.

use super::cluster::Node;
use super::finding::{Findings, Property};
use crate::ids::{NodeId, Term};
use crate::trace::Record;
use std::collections::BTreeMap;

/// Every term's leader, for ever: looking at the leaders of one moment would miss two that lead one after the other.
#[derive(Clone, Debug, Default)]
pub(super) struct ElectionSafety {
    leaders: BTreeMap<Term, NodeId>,
}

impl ElectionSafety {
    /// A node became leader of a term.
    pub(super) fn elected(&mut self, node: &Node, term: Term, record: &Record, findings: &mut Findings) {
        findings.examined(Property::ElectionSafety);
        let leader = *self.leaders.entry(term).or_insert(node.id);
        if leader != node.id {
            findings.accuse(Property::ElectionSafety, record, || {
                format!("{} became leader of term {term}, which had {leader} as leader already", node.id)
            });
        }
    }
}
