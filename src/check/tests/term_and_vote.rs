//! No term or vote sent is forgotten.

use super::*;

#[test]
fn a_term_that_was_sent_and_forgotten() {
    let mut s = Script::of(3);
    s.wakes(1).writes(1, 3, None).sends(1, 2, 3).crashes(1).restarts(1);
    let message = s.is_guilty_of(&[TermAndVote]);
    assert_eq!(message, "n1 restarted in term 0, but had sent frames in term 3");
}

#[test]
fn a_vote_that_was_sent_and_forgotten() {
    let mut s = Script::of(3);
    s.wakes(1).writes(1, 3, None).flushes(1).writes(1, 3, Some(2)).grants(1, 2, 3);
    s.crashes(1).restarts(1);
    let message = s.is_guilty_of(&[TermAndVote]);
    assert_eq!(message, "n1 restarted with no vote in term 3, in which it had voted for n2");
}

#[test]
fn a_term_that_goes_back_without_a_restart() {
    let mut s = Script::of(3);
    s.wakes(1).follows(1, 4, None).wakes(1).follows(1, 3, None);
    s.is_guilty_of(&[TermAndVote]);
}

#[test]
fn a_term_and_a_vote_lost_before_they_were_sent() {
    let mut s = settled();
    s.wakes(1).writes(1, 7, Some(1)).campaigns(1, 7).crashes(1).restarts(1);
    s.wakes(2).writes(2, 7, Some(1)).follows(2, 7, None).crashes(2).restarts(2);
    s.is_innocent(TermAndVote);
}

#[test]
fn a_later_term_has_no_need_of_the_vote() {
    let mut s = settled();
    s.wakes(2).writes(2, 2, None).follows(2, 2, None).flushes(2).crashes(2).restarts(2);
    s.is_innocent(TermAndVote);
}

#[test]
fn a_blank_disk_owes_nothing() {
    let mut s = settled();
    s.crashes(2).wipes(2).restarts(2).crashes(2).restarts(2);
    s.is_innocent(TermAndVote);
}
