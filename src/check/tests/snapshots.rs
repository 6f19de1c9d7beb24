//! Snapshots stand for what was applied, and logs that are cut stay what they were.

use super::*;

fn cut() -> Script {
    cut_on_first(settled())
}

/// Entries a, b and c are committed on n1 and n2; n1 has a snapshot up to b and has cut its log there.
fn cut_on_first(mut s: Script) -> Script {
    for node in [1, 2] {
        s.wakes(node).stores(node, 1, "b c");
    }
    s.wakes(1).commits(1, 3).applies(1, 3).acknowledges(1, 3, 1);
    s.takes_snapshot(1, 2, 77).writes_snapshot(1, 2).flushes(1).compacts(1, 2).flushes(1);
    s
}

#[test]
fn a_snapshot_stands_for_entries_everywhere() {
    let mut s = cut();
    s.wakes(3).installs(3, 1, 2, 77).flushes(3).compacts(3, 2).flushes(3);
    // n3 has b by its snapshot alone, and may lead with that once it has c.
    s.wakes(3).stores(3, 1, "c").commits(3, 3).applies(3, 3);
    s.crashes(1).crashes(2).wakes(3).writes(3, 2, Some(3)).flushes(3).campaigns(3, 2).leads(3, 2);
    s.restarts(1).restores(1, 2, 77).wakes(1).commits(1, 3).applies(1, 3);
    s.is_innocent(LeaderCompleteness);
    s.is_innocent(CommittedChain);
    s.is_innocent(AcknowledgedWrites);
}

#[test]
fn entries_can_be_committed_after_a_snapshot() {
    let mut s = cut();
    s.wakes(3).installs(3, 1, 2, 77).flushes(3);
    for node in [1, 3] {
        s.wakes(node).appends(node, 1, if node == 1 { "d" } else { "c d" }).flushes(node);
    }
    s.wakes(1).commits(1, 4);
    s.is_innocent(DurableCommit);
}

#[test]
fn a_snapshot_of_other_entries() {
    let mut s = cut();
    let (index, term) = (Index(2), Term(1));
    s.wakes(3).record(NodeId(3), Body::Restored { index, term, hash: 5, store: 77, at_start: false });
    s.is_guilty_of(&[CommittedChain]);
}

#[test]
fn a_snapshot_of_what_nobody_committed() {
    let mut s = settled();
    s.wakes(2).stores(2, 1, "b").takes_snapshot(2, 2, 77);
    let message = s.is_guilty_of(&[CommittedChain]);
    assert_eq!(message, "n2 took a snapshot up to entry 2 of term 1, which no node took as committed");
}

#[test]
fn other_contents_after_the_same_entries() {
    let mut s = cut();
    s.wakes(2).commits(2, 2).applies(2, 2).takes_snapshot(2, 2, 78);
    let message = s.is_guilty_of(&[CommittedChain]);
    assert_eq!(
        message,
        "n2 took a snapshot up to entry 2, with a state machine of hash 000000000000004e; another one had \
         000000000000004d there"
    );
}

#[test]
fn a_state_machine_taken_back() {
    let mut s = cut();
    s.wakes(2).commits(2, 3).applies(2, 3).installs(2, 1, 2, 77);
    let message = s.is_guilty_of(&[CommitOrder]);
    assert_eq!(message, "n2 took its state machine back from entry 3 to 2");
}

#[test]
fn a_log_cut_before_its_snapshot_is_durable() {
    let mut s = settled();
    s.wakes(1).takes_snapshot(1, 1, 77).compacts(1, 1).flushes(1);
    let message = s.is_guilty_of(&[Recovery]);
    assert_eq!(
        message,
        "the log on the disk of n1 is cut up to entry 1, but no snapshot beyond entry 0 is durable: a crash would \
         lose what is between"
    );
}

#[test]
fn a_flushed_snapshot_that_is_gone() {
    let mut s = cut();
    s.wakes(1).takes_snapshot(1, 3, 79).writes_snapshot(1, 3).flushes(1);
    s.crashes(1).restarts(1).restores(1, 2, 77);
    let message = s.is_guilty_of(&[Recovery]);
    assert_eq!(message, "n1 recovered a snapshot up to entry 2; one up to 3 was flushed");
}

#[test]
fn a_snapshot_on_its_way_that_had_reached_the_disk() {
    let mut s = cut();
    s.wakes(1).takes_snapshot(1, 3, 79).writes_snapshot(1, 3);
    s.crashes(1).restarts(1).restores(1, 3, 79);
    s.is_innocent(Recovery);
}

/// No node holds a or b one by one any more.
pub(super) fn cut_everywhere(settled: Script) -> Script {
    let mut s = cut_on_first(settled);
    for node in [2, 3] {
        s.wakes(node).installs(node, 1, 2, 77).flushes(node).compacts(node, 2).flushes(node);
    }
    s
}

#[test]
fn what_nobody_holds_one_by_one_is_not_remembered() {
    let mut s = cut_everywhere(settled());
    // A late message brings n3 nothing: but if it did, it would not be judged by what is forgotten.
    s.wakes(2).commits(2, 3).applies(2, 3);
    s.crashes(2).restarts(2).restores(2, 2, 77).wakes(2).commits(2, 3).applies(2, 3);
    s.is_innocent(CommittedChain);
    s.is_innocent(LogMatching);
}
