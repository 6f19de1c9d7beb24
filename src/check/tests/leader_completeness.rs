//! Later leaders have what is committed.

use super::*;

#[test]
fn a_leader_without_a_committed_entry() {
    let mut s = settled();
    for node in [1, 2] {
        s.wakes(node).stores(node, 1, "b");
    }
    s.wakes(1).commits(1, 2);
    elect(&mut s, 3, 2, 2);
    let message = s.is_guilty_of(&[LeaderCompleteness]);
    assert_eq!(
        message,
        "n3 became leader of term 2 without entry 2 of term 1, committed in an earlier term; its log is too short"
    );
}

#[test]
fn an_entry_committed_in_an_old_term_that_a_later_leader_lacks() {
    let mut s = settled();
    for node in [1, 2] {
        s.wakes(node).stores(node, 1, "b");
    }
    elect(&mut s, 3, 2, 2);
    s.wakes(1).commits(1, 2);
    s.is_guilty_of(&[LeaderCompleteness]);
}

#[test]
fn a_deposed_leader_that_commits_late_what_its_successor_has() {
    let mut s = settled();
    for node in [1, 2] {
        s.wakes(node).stores(node, 1, "b");
    }
    elect(&mut s, 2, 3, 2);
    s.wakes(2).appends(2, 2, "c").wakes(1).commits(1, 2);
    s.is_innocent(LeaderCompleteness);
}

#[test]
fn a_deposed_leader_in_its_role_is_not_asked_for_later_commits() {
    let mut s = settled();
    elect(&mut s, 2, 3, 2);
    for node in [2, 3] {
        s.wakes(node).stores(node, 2, "b");
    }
    s.wakes(2).commits(2, 2).wakes(1).leads(1, 1);
    s.is_innocent(LeaderCompleteness);
}

#[test]
fn an_entry_of_an_earlier_term_committed_by_counting() {
    // Figure 8 without the restriction of section 5.4.2: in term 3 entry 2 of term 1 reaches a majority and is
    // taken as committed; n3, whose log ends in term 2, is elected in term 4 nevertheless.
    let mut s = settled();
    s.wakes(1).stores(1, 1, "b").crashes(1);
    elect(&mut s, 3, 2, 2);
    s.wakes(3).stores(3, 2, "x").crashes(3).restarts(1);
    elect(&mut s, 1, 2, 3);
    s.wakes(2).stores(2, 1, "b").wakes(1).commits(1, 2).crashes(1).restarts(3);
    elect(&mut s, 3, 2, 4);
    let message = s.is_guilty_of(&[LeaderCompleteness]);
    assert_eq!(
        message,
        "n3 became leader of term 4 without entry 2 of term 1, committed in an earlier term; it had one of term \
         2 there"
    );
}

#[test]
fn a_leader_of_an_earlier_term_may_lack_what_a_later_one_commits() {
    // Figure 8, with the restriction of section 5.4.2: entry 2 of term 1 reaches a majority only in term 3, which
    // commits it with an entry of its own. The leader of term 2 never had it, and need not.
    let mut s = settled();
    s.wakes(1).stores(1, 1, "b").crashes(1);
    elect(&mut s, 3, 2, 2);
    s.wakes(3).stores(3, 2, "x").crashes(3);
    s.restarts(1);
    elect(&mut s, 1, 2, 3);
    s.wakes(1).stores(1, 3, "c").wakes(2).stores(2, 1, "b").stores(2, 3, "c");
    s.wakes(1).commits(1, 3);
    s.is_innocent(LeaderCompleteness);
}
