//! All commit and apply the same.

use super::*;

#[test]
fn different_entries_committed_at_one_index() {
    let mut s = Script::of(3);
    for node in [1, 3] {
        s.wakes(node).stores(node, 1, "a");
    }
    s.wakes(2).stores(2, 2, "b").wakes(1).commits(1, 1).wakes(2).commits(2, 1);
    s.is_guilty_of(&[CommittedChain]);
}

#[test]
fn an_entry_applied_that_is_another_than_the_committed_one() {
    let mut s = settled();
    s.crashes(2).restarts(2).record(NodeId(2), Body::Applied { index: Index(1), term: Term(1), hash: 5 });
    s.is_guilty_of(&[CommittedChain, AcknowledgedWrites]);
}

#[test]
fn an_entry_applied_that_nobody_committed() {
    let mut s = Script::of(3);
    s.wakes(1).stores(1, 1, "a").applies(1, 1);
    s.is_guilty_of(&[CommittedChain]);
}

#[test]
fn an_entry_committed_that_the_node_does_not_have() {
    let mut s = settled();
    s.wakes(2).record(NodeId(2), Body::Committed { index: Index(2), term: Term(0), hash: 0 });
    let message = s.is_guilty_of(&[CommittedChain]);
    assert_eq!(message, "n2 takes entry 2 as committed, but has no such entry");
}
