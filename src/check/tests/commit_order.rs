//! Nodes commit and apply in order.

use super::*;

#[test]
fn a_commit_index_that_goes_back() {
    let mut s = settled();
    for node in [1, 2] {
        s.wakes(node).stores(node, 1, "b");
    }
    s.wakes(1).commits(1, 2);
    let first = s.records().iter().find(|r| matches!(r.body, Body::Committed { .. })).expect("one").body;
    s.wakes(1).record(NodeId(1), first);
    let message = s.is_guilty_of(&[CommitOrder]);
    assert_eq!(message, "the commit index of n1 went back from 2 to 1");
}

#[test]
fn an_entry_applied_twice() {
    let mut s = settled();
    let applied = s.records().iter().find(|r| matches!(r.body, Body::Applied { .. })).expect("one").body;
    s.wakes(1).record(NodeId(1), applied);
    s.is_guilty_of(&[CommitOrder]);
}

#[test]
fn both_start_again_after_a_restart() {
    let mut s = settled();
    s.crashes(2).restarts(2).wakes(2).commits(2, 1).applies(2, 1);
    s.is_innocent(CommitOrder);
}
