//! What was acknowledged stays done.

use super::*;

#[test]
fn an_entry_of_another_term() {
    let mut s = settled();
    s.wakes(1).acknowledges(1, 1, 2);
    let message = s.is_guilty_of(&[AcknowledgedWrites]);
    assert_eq!(message, "n1 acknowledged entry 1 of term 2, but the committed entry there is of term 1");
}

#[test]
fn an_entry_that_is_not_committed() {
    let mut s = settled();
    s.wakes(1).stores(1, 1, "b").acknowledges(1, 2, 1);
    s.is_guilty_of(&[AcknowledgedWrites]);
}

#[test]
fn another_entry_committed_in_its_place() {
    let mut s = settled();
    s.crashes(3).restarts(3).wakes(3).truncates(3, 1).stores(3, 2, "z").commits(3, 1);
    s.is_guilty_of(&[CommittedChain, AcknowledgedWrites]);
}

#[test]
fn an_entry_gone_from_a_quorum_at_the_end() {
    let mut s = settled();
    for node in [2, 3] {
        s.wakes(node).truncates(node, 1).flushes(node);
    }
    let message = s.is_guilty_of(&[AcknowledgedWrites]);
    assert_eq!(
        message,
        "entry 1 of term 1 was acknowledged to a client, but at the end only 1 of 3 disks hold it"
    );
}

#[test]
fn a_disk_lost_after_the_acknowledgement() {
    let mut s = settled();
    s.crashes(2).wipes(2).restarts(2).crashes(3).restarts(3);
    s.is_innocent(AcknowledgedWrites);
}
