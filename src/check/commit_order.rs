//! Within one life of a node its commit index never goes back, and it applies every index once, in order.

use super::cluster::Node;
use super::finding::{Findings, Property};
use crate::ids::Index;
use crate::trace::Record;

/// A node takes an index as committed.
#[inline]
pub(super) fn committed(node: &mut Node, index: Index, record: &Record, findings: &mut Findings) {
    findings.examined(Property::CommitOrder);
    if index <= node.commit {
        findings.accuse(Property::CommitOrder, record, || {
            format!("the commit index of {} went back from {} to {index}", node.id, node.commit)
        });
    }
    node.commit = index;
}

/// A node applies an index.
#[inline]
pub(super) fn applied(node: &mut Node, index: Index, record: &Record, findings: &mut Findings) {
    findings.examined(Property::CommitOrder);
    if index != node.applied.next() {
        findings.accuse(Property::CommitOrder, record, || {
            format!("{} applied entry {index} after entry {}", node.id, node.applied)
        });
    }
    node.applied = index;
}
