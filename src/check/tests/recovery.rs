//! What was flushed survives a crash.

use super::*;

#[test]
fn a_flushed_entry_that_is_gone() {
    let mut s = settled();
    s.crashes(3).finds(3, (1, Some(1)), 0).restarts(3);
    s.is_guilty_of(&[Recovery]);
}

#[test]
fn a_flushed_term_that_is_gone() {
    let mut s = settled();
    s.wakes(3).writes(3, 2, None).follows(3, 2, None).flushes(3).crashes(3);
    s.finds(3, (1, Some(1)), 1).restarts(3);
    s.is_guilty_of(&[Recovery]);
}

#[test]
fn an_entry_that_never_was() {
    let mut s = settled();
    let (epoch, term, hash) = (crate::ids::Epoch(2), Term(1), 9);
    let vote = Some(NodeId(1));
    s.crashes(3);
    s.event(NodeId(3), Body::Booted { epoch, blank: false, term, vote, last: Index(2), hash });
    s.is_guilty_of(&[Recovery]);
}

#[test]
fn some_of_the_writes_on_their_way_may_have_arrived() {
    for (entries, term) in [(1, 1), (2, 1), (3, 1), (4, 1), (4, 2)] {
        let mut s = settled();
        s.wakes(3).appends(3, 1, "b c").appends(3, 1, "d").writes(3, 2, None);
        s.event(NodeId(3), Body::Crashed);
        let vote = if term == 1 { Some(1) } else { None };
        s.finds(3, (term, vote), entries).restarts(3);
        s.is_innocent(Recovery);
    }
}

#[test]
fn a_truncation_that_did_not_arrive_is_no_loss() {
    let mut s = settled();
    s.wakes(3).stores(3, 1, "b c").truncates(3, 2).appends(3, 2, "x y").crashes(3).restarts(3);
    s.is_innocent(Recovery);
    s.wakes(3).truncates(3, 2).appends(3, 2, "x y").flushes(3).crashes(3).restarts(3);
    s.is_innocent(Recovery);
}
