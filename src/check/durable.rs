//! Durability: what a quorum holds on its disks when an entry is committed, and what is left of it at the end.

use super::cluster::Node;
use super::committed::CommittedChain;
use super::finding::{Findings, Property};
use crate::ids::{Index, Term};
use crate::trace::Record;

/// An entry was committed for the first time: by now it is durable on a quorum. A leader's own disk counts as any
/// other; the leader may know an entry to be committed before its own disk has it (Raft thesis, section 10.2.1). A
/// node that lost its disk counts for what it held then, since it may have said so before.
pub(super) fn committed(
    nodes: &[Node],
    (index, term): (Index, Term),
    record: &Record,
    findings: &mut Findings,
) {
    findings.examined(Property::DurableCommit);
    // Only a disk that was replaced has lost anything.
    let holds = |node: &&Node| {
        let disk = &node.disk;
        disk.stored.holds(index, term) || disk.blank && disk.lost.holds(index, term)
    };
    let quorum = quorum(nodes);
    // A quorum is enough to know.
    if nodes.iter().filter(holds).take(quorum).count() < quorum {
        let names: Vec<String> = nodes.iter().filter(holds).map(|node| node.id.to_string()).collect();
        let names = if names.is_empty() { "no node".into() } else { names.join(", ") };
        findings.accuse(Property::DurableCommit, record, || {
            format!(
                "entry {index} of term {term} was committed while durable on {names}: a quorum is {quorum}"
            )
        });
    }
}

/// At the end, the highest entry that a client was told is done: nodes without it on disk, but with a say in
/// elections, must be too few for a quorum, or they could elect a leader without it. The entries before it are
/// covered too, since whoever holds an entry holds those before.
pub(super) fn at_the_end(nodes: &[Node], chain: &CommittedChain, findings: &mut Findings) {
    let Some((index, term, record)) = chain.highest_acknowledged() else { return };
    let lacks = |node: &&Node| !node.disk.blank && !node.disk.stored.holds(index, term);
    let without = nodes.iter().filter(lacks).count();
    if without >= quorum(nodes) {
        let holders = nodes.iter().filter(|node| node.disk.stored.holds(index, term)).count();
        findings.accuse(Property::AcknowledgedWrites, record, || {
            format!(
                "entry {index} of term {term} was acknowledged to a client, but at the end only {holders} of \
                 {} disks hold it",
                nodes.len()
            )
        });
    }
}

fn quorum(nodes: &[Node]) -> usize {
    nodes.len() / 2 + 1
}
