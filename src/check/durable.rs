//! Durability: what a quorum holds on its disks when an entry is committed, and what is left of it at the end.

use super::cluster::Node;
use super::committed::CommittedChain;
use super::finding::{Findings, Property};
use super::members::NamedMembers;
use crate::ids::{Index, NodeSet, Term};
use crate::replica::Members;
use crate::trace::Record;

/// An entry was committed for the first time: by now it is durable on a quorum. A leader's own disk counts as any
/// other; the leader may know an entry to be committed before its own disk has it (Raft thesis, section 10.2.1). A
/// node that lost its disk counts for what it held then, since it may have said so before.
///
/// Which quorum counts is told by the members in force for the node that took it as committed: only for leaders is that a
/// promise, and the first to know an entry to be committed is one.
pub(super) fn committed(
    (nodes, slot): (&[Node], usize),
    members: &NamedMembers,
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
    if !members.are_all() {
        let members = members.in_force(&nodes[slot].memory);
        let holders: NodeSet = nodes.iter().filter(holds).map(|node| node.id).collect();
        if !members.is_quorum(holders) {
            findings.accuse(Property::DurableCommit, record, || {
                let holders = if holders.is_empty() { "no node".into() } else { holders.to_string() };
                format!(
                    "entry {index} of term {term} was committed while durable on {holders}: no quorum of {}",
                    told(&members)
                )
            });
        }
        return;
    }
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
pub(super) fn at_the_end(
    nodes: &[Node],
    members: &NamedMembers,
    chain: &CommittedChain,
    findings: &mut Findings,
) {
    let Some((index, term, record)) = chain.highest_acknowledged() else { return };
    let lacks = |node: &&Node| !node.disk.blank && !node.disk.stored.holds(index, term);
    if !members.are_all() {
        let lacking: Vec<&Node> = nodes.iter().filter(lacks).collect();
        if let Some(candidate) = lacking.iter().find(|node| could_lead(node, &lacking, members)) {
            findings.accuse(Property::AcknowledgedWrites, record, || {
                format!(
                    "entry {index} of term {term} was acknowledged to a client, but at the end {} could be elected \
                     by disks without it",
                    candidate.id
                )
            });
        }
        return;
    }
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

/// Whether these nodes could elect this one of them: those whose logs are not better than its own make a quorum of the
/// members in force for it.
fn could_lead(candidate: &Node, among: &[&Node], members: &NamedMembers) -> bool {
    let last = |node: &Node| {
        let log = &node.disk.stored.log;
        (log.term_at(log.last()), log.last())
    };
    let members = members.in_force(&candidate.disk.stored);
    let votes = among.iter().filter(|node| last(node) <= last(candidate)).map(|node| node.id);
    members.votes(candidate.id) && members.is_quorum(votes.collect())
}

/// The voters, as people read them.
fn told(members: &Members) -> String {
    let Members { voters, outgoing, .. } = members;
    if members.is_joint() { format!("{voters} and of {outgoing}") } else { voters.to_string() }
}

fn quorum(nodes: &[Node]) -> usize {
    nodes.len() / 2 + 1
}
