//! Commits are durable on a quorum.

use super::*;

#[test]
fn an_entry_committed_before_a_quorum_has_flushed_it() {
    let mut s = settled();
    s.wakes(1).stores(1, 1, "b").wakes(2).appends(2, 1, "b").wakes(1).commits(1, 2);
    let message = s.is_guilty_of(&[DurableCommit]);
    assert_eq!(message, "entry 2 of term 1 was committed while durable on n1: a quorum is 2");
}

#[test]
fn another_entry_at_the_same_index_does_not_count() {
    let mut s = settled();
    s.wakes(3).stores(3, 2, "x").wakes(1).stores(1, 1, "b").commits(1, 2);
    s.is_guilty_of(&[DurableCommit]);
}

#[test]
fn a_leader_may_commit_before_its_own_disk_has_the_entry() {
    let mut s = settled();
    s.wakes(1).appends(1, 1, "b");
    for node in [2, 3] {
        s.wakes(node).stores(node, 1, "b").sends(node, 1, 1);
    }
    s.wakes(1).commits(1, 2);
    s.is_innocent(DurableCommit);
}

#[test]
fn a_crashed_node_and_one_wiped_after_it_had_answered_count() {
    let mut s = settled();
    s.wakes(1).stores(1, 1, "b").wakes(2).stores(2, 1, "b").sends(2, 1, 1).crashes(2);
    let mut wiped = s.clone();
    s.receives(1, 2).commits(1, 2);
    s.is_innocent(DurableCommit);
    wiped.wipes(2).restarts(2).receives(1, 2).commits(1, 2);
    wiped.is_innocent(DurableCommit);
}

/// Node 1 appends entry 2, which names these voters, and in a joint configuration the old ones.
fn changing(voters: &[u32], outgoing: &[u32]) -> Script {
    let mut s = settled();
    s.wakes(1).stores(1, 1, "members");
    tell(&mut s, 1, voters, outgoing);
    s
}

fn tell(s: &mut Script, node: u32, voters: &[u32], outgoing: &[u32]) {
    for (part, nodes) in [(MembersPart::Outgoing, outgoing), (MembersPart::Voters, voters)] {
        let nodes: NodeSet = nodes.iter().map(|id| NodeId(*id)).collect();
        if !nodes.is_empty() {
            s.record(NodeId(node), Body::Membership { part, index: Index(2), nodes });
        }
    }
}

#[test]
fn the_members_in_force_make_the_quorum() {
    let mut alone = changing(&[1], &[]);
    alone.commits(1, 2);
    alone.is_innocent(DurableCommit);
    let mut others = changing(&[2, 3], &[]);
    others.wakes(2).stores(2, 1, "members").wakes(1).commits(1, 2);
    let message = others.is_guilty_of(&[DurableCommit]);
    assert_eq!(message, "entry 2 of term 1 was committed while durable on n1 n2: no quorum of n2 n3");
}

#[test]
fn a_joint_configuration_takes_both_quorums() {
    let mut s = changing(&[1], &[1, 2, 3]);
    let mut both = s.clone();
    s.commits(1, 2);
    let message = s.is_guilty_of(&[DurableCommit]);
    assert_eq!(
        message,
        "entry 2 of term 1 was committed while durable on n1: no quorum of n1 and of n1 n2 n3"
    );
    both.wakes(3).stores(3, 1, "members").wakes(1).commits(1, 2);
    both.is_innocent(DurableCommit);
}

#[test]
fn members_are_gone_with_the_entry_that_named_them() {
    let mut s = changing(&[1], &[]);
    s.follows(1, 2, Some(2)).truncates(1, 2).appends(1, 2, "x").flushes(1);
    s.wakes(1).commits(1, 2);
    s.is_guilty_of(&[DurableCommit]);
}

#[test]
fn a_blank_node_counts_for_nothing_new() {
    let mut s = settled();
    s.crashes(2).wipes(2).restarts(2).wakes(1).stores(1, 1, "b").commits(1, 2);
    s.is_guilty_of(&[DurableCommit]);
}
