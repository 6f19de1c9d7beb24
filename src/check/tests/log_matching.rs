//! Equal index and term, equal logs.

use super::*;

#[test]
fn two_entries_of_one_index_and_term() {
    let mut s = Script::of(3);
    s.wakes(1).appends(1, 1, "a").wakes(2).appends(2, 1, "b");
    s.is_guilty_of(&[LogMatching]);
}

#[test]
fn the_same_entry_after_different_ones() {
    let mut s = Script::of(3);
    s.wakes(1).appends(1, 1, "a").appends(1, 3, "c").wakes(2).appends(2, 2, "b").appends(2, 3, "c");
    s.is_guilty_of(&[LogMatching]);
}

#[test]
fn an_unflushed_end_lost_and_overwritten_in_another_term() {
    let mut s = settled();
    s.wakes(2).appends(2, 1, "b c").crashes(2).restarts(2).wakes(2).stores(2, 2, "x y");
    s.wakes(3).stores(3, 2, "x y").truncates(3, 2).stores(3, 3, "z");
    s.is_innocent(LogMatching);
}
