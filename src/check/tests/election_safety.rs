//! A term has at most one leader.

use super::*;

#[test]
fn two_leaders_of_one_term_at_different_times() {
    let mut s = Script::of(3);
    s.wakes(1).leads(1, 2).crashes(1);
    s.ms(500).wakes(2).leads(2, 2);
    s.is_guilty_of(&[ElectionSafety]);
}

#[test]
fn a_deposed_leader_that_does_not_know_yet_is_innocent() {
    let mut s = settled();
    elect(&mut s, 2, 3, 2);
    s.wakes(1).sends(1, 2, 1);
    s.is_innocent(ElectionSafety);
}

#[test]
fn a_leader_that_says_so_again_is_one_leader() {
    let mut s = settled();
    s.leads(1, 1).leads(1, 1);
    s.is_innocent(ElectionSafety);
}
