//! Leaders only append to their logs.

use super::*;

#[test]
fn a_leader_that_deletes_its_own_entry() {
    let mut s = settled();
    s.wakes(1).appends(1, 1, "b").wakes(1).truncates(1, 2).sends(1, 2, 1).wakes(1);
    let message = s.is_guilty_of(&[LeaderAppendOnly]);
    assert_eq!(message, "n1, leader of term 1, overwrote or deleted its log from entry 2 on");
}

#[test]
fn a_leader_that_steps_down_in_the_same_step_may_truncate() {
    let mut s = settled();
    s.wakes(1).appends(1, 1, "b");
    s.wakes(1).truncates(1, 2).writes(1, 3, None).appends(1, 3, "c").sends(1, 2, 3);
    s.record(NodeId(1), Body::Duplicated { to: NodeId(2).into(), kind: 1 });
    s.follows(1, 3, Some(2)).wakes(1);
    s.is_innocent(LeaderAppendOnly);
}

#[test]
fn a_leader_may_come_back_without_what_it_had_not_flushed() {
    let mut s = settled();
    s.wakes(1).appends(1, 1, "b").crashes(1).restarts(1).stores(1, 2, "c").follows(1, 2, Some(2));
    s.is_innocent(LeaderAppendOnly);
}
