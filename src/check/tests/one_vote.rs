//! A node votes once in a term.

use super::*;

#[test]
fn votes_for_two_candidates() {
    let mut s = Script::of(3);
    s.wakes(1).grants(1, 2, 5).wakes(1).grants(1, 3, 5);
    let message = s.is_guilty_of(&[OneVote]);
    assert_eq!(message, "n1 voted for n3 in term 5, in which it had voted for n2");
}

#[test]
fn a_vote_for_another_after_a_durable_vote_for_oneself() {
    let mut s = Script::of(3);
    s.wakes(1).writes(1, 5, Some(1)).flushes(1).grants(1, 3, 5);
    s.is_guilty_of(&[OneVote]);
}

#[test]
fn a_vote_forgotten_at_a_crash_and_given_again() {
    let mut s = Script::of(3);
    s.wakes(1).writes(1, 5, Some(2)).grants(1, 2, 5).crashes(1).restarts(1);
    s.wakes(1).writes(1, 5, Some(3)).flushes(1).grants(1, 3, 5);
    s.is_guilty_of(&[OneVote, TermAndVote]);
}

#[test]
fn a_blank_node_must_not_vote_again() {
    let mut s = settled();
    s.crashes(2).wipes(2).restarts(2).wakes(2).grants(2, 3, 1);
    s.is_guilty_of(&[OneVote]);
}

#[test]
fn the_same_vote_sent_again_is_one_vote() {
    let mut s = settled();
    s.wakes(2).grants(2, 1, 1).crashes(2).restarts(2).wakes(2).grants(2, 1, 1);
    s.is_innocent(OneVote);
}

#[test]
fn a_vote_that_a_crash_took_before_it_counted_was_none() {
    let mut s = Script::of(3);
    // For another, not released; and for itself, not flushed.
    s.wakes(1).writes(1, 5, Some(2)).crashes(1).restarts(1);
    s.wakes(1).writes(1, 5, Some(3)).flushes(1).grants(1, 3, 5);
    s.wakes(2).writes(2, 5, Some(2)).crashes(2).restarts(2);
    s.wakes(2).writes(2, 5, Some(3)).flushes(2).grants(2, 3, 5);
    s.is_innocent(OneVote);
}
