//! Within one life of a node its commit index never goes back, and it applies every index once, in order.

use super::cluster::Node;
use super::finding::{Findings, Property};
use crate::ids::Index;
use crate::trace::Record;

/// A node takes an index as committed.
#[inline(always)]
pub(super) fn committed(node: &mut Node, index: Index, record: &Record, findings: &mut Findings) {
    findings.examined(Property::CommitOrder);
    let known = node.commit;
    if index <= known {
        let id = node.id;
        findings.accuse(Property::CommitOrder, &record.apart(), move || {
            format!("the commit index of {id} went back from {known} to {index}")
        });
    }
    node.commit = index;
}

/// A node applies an index.
#[inline(always)]
pub(super) fn applied(node: &mut Node, index: Index, record: &Record, findings: &mut Findings) {
    findings.examined(Property::CommitOrder);
    let last = node.applied;
    if index != last.next() {
        let id = node.id;
        findings.accuse(Property::CommitOrder, &record.apart(), move || {
            format!("{id} applied entry {index} after entry {last}")
        });
    }
    node.applied = index;
}
