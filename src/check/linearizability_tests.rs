//! When linearizability is violated, and when not.

use super::super::script::Script;
use super::super::{Property, Verdict};
use super::settled;
use crate::ids::Index;
use crate::trace::Outcome;
use Property::Linearizability;

const KEY: u32 = 3;

/// The settled cluster with nine entries, committed and applied by the leader.
fn nine() -> Script {
    let mut s = settled();
    let words = "b c d e f g h i";
    s.ms(20).wakes(1).appends(1, 1, words).flushes(1).wakes(2).stores(2, 1, words).sends(2, 1, 1);
    s.ms(21).receives(1, 2).commits(1, 9).applies(1, 9);
    s
}

/// An operation is done: it has found this value, as this entry has written it; 0 is nothing.
fn told(s: &mut Script, operation: u64, (value, index): (u64, u64), written: bool) {
    let previous = (index > 0).then_some(value);
    s.returns(1, operation, Outcome::Done { previous, previous_index: Index(index), written });
}

/// One operation after the other, each over before the next begins: its number is the value that it writes.
fn in_turn(s: &mut Script, operations: &[(u64, (u64, u64), bool)]) {
    for (operation, found, written) in operations {
        s.turns_to(1, *operation, KEY, *written);
        told(s, *operation, *found, *written);
    }
}

/// Operation 1 has written entry 5, and operation 2 upon that entry 8.
fn written() -> Script {
    let mut s = nine();
    in_turn(&mut s, &[(1, (0, 0), true), (2, (1, 5), true)]);
    s
}

#[test]
fn a_read_that_misses_a_write_that_was_done_when_it_began() {
    let mut s = written();
    in_turn(&mut s, &[(3, (1, 5), false)]);
    let expected = format!(
        "operation 3 found k3 as entry 5 has written it: before it began, operation 2 had shown that it was written by \
         entry 6 or a later one. No order is there of\n\
         operation 2  |-write 2 over 1-|\n\
         operation 3  {:18}|-read 1-|",
        ""
    );
    assert_eq!(s.is_guilty_of(&[Linearizability]), expected);
}

#[test]
fn a_read_that_misses_what_a_read_before_it_has_found() {
    let mut s = written();
    s.turns_to(1, 9, KEY, true);
    in_turn(&mut s, &[(3, (9, 9), false), (4, (2, 8), false)]);
    s.is_guilty_of(&[Linearizability]);
}

#[test]
fn a_read_may_find_a_write_that_is_under_way_or_not() {
    for found in [(2, 8), (9, 9)] {
        let mut s = written();
        s.turns_to(1, 9, KEY, true).turns_to(1, 10, KEY, false);
        told(&mut s, 9, (2, 8), true);
        told(&mut s, 10, found, false);
        s.is_innocent(Linearizability);
    }
}

#[test]
fn a_version_that_is_found_with_two_values() {
    let mut s = written();
    in_turn(&mut s, &[(3, (2, 8), false), (4, (1, 8), false)]);
    let message = s.is_guilty_of(&[Linearizability]);
    assert!(message.contains("as 1, and somebody else as 2"), "{message}");
    let mut s = nine();
    in_turn(&mut s, &[(3, (7, 5), false), (4, (8, 5), false)]);
    s.is_guilty_of(&[Linearizability]);
}

#[test]
fn a_value_that_nobody_wrote_for_a_key_without_a_version() {
    let mut s = nine();
    s.turns_to(1, 1, KEY, false);
    let outcome = Outcome::Done { previous: Some(7), previous_index: Index::ZERO, written: false };
    s.returns(1, 1, outcome);
    s.is_guilty_of(&[Linearizability]);
}

#[test]
fn a_value_of_an_entry_that_is_not_committed_and_that_nobody_wrote() {
    let mut s = written();
    in_turn(&mut s, &[(3, (70, 12), false)]);
    let message = s.is_guilty_of(&[Linearizability]);
    assert!(message.contains("no node took that entry as committed"), "{message}");
}

#[test]
fn versions_alone_accuse_nobody() {
    // The version is wrong, or of no entry that is committed; the values have an order.
    for version in [7, 12] {
        let mut s = written();
        in_turn(&mut s, &[(3, (2, 8), false), (4, (2, version), false)]);
        s.is_innocent(Linearizability);
    }
}

#[test]
fn two_writes_upon_the_same_version() {
    let mut s = written();
    s.turns_to(1, 3, KEY, true);
    s.turns_to(1, 4, KEY, true);
    told(&mut s, 3, (2, 8), true);
    told(&mut s, 4, (2, 8), true);
    let message = s.is_guilty_of(&[Linearizability]);
    assert!(message.contains("operation 3 wrote upon the same"), "{message}");
}

#[test]
fn a_write_that_misses_one_that_stands_before_it() {
    // Operation 4 makes version 9 upon version 5, though operation 2 had made version 8.
    let mut s = nine();
    in_turn(&mut s, &[(1, (0, 0), true)]);
    s.turns_to(1, 2, KEY, true).turns_to(1, 4, KEY, true);
    in_turn(&mut s, &[(5, (2, 8), false), (6, (4, 9), false)]);
    s.returns(1, 2, Outcome::Unknown);
    told(&mut s, 4, (1, 5), true);
    let message = s.is_guilty_of(&[Linearizability]);
    assert!(message.contains("but wrote entry 9 upon it, and so missed entry 8"), "{message}");
}

#[test]
fn writes_at_once_that_found_each_other_are_in_order() {
    let mut s = written();
    for operation in [3, 4, 5] {
        s.turns_to(1, operation, KEY, true);
    }
    told(&mut s, 5, (4, 11), true);
    told(&mut s, 4, (3, 9), true);
    told(&mut s, 3, (2, 8), true);
    assert!(!matches!(s.verdict(Linearizability), Verdict::Violated(_)));
}

#[test]
fn other_keys_and_operations_without_an_answer_show_nothing() {
    let mut s = written();
    s.turns_to(2, 3, KEY + 1, false).is_told(2, 3, 0, false);
    for (operation, outcome) in [(4, Outcome::Unknown), (5, Outcome::Refused)] {
        s.turns_to(2, operation, KEY, true).returns(2, operation, outcome);
    }
    in_turn(&mut s, &[(6, (2, 8), false)]);
    s.is_innocent(Linearizability);
}

#[test]
fn what_is_long_ago_is_told_by_one_version() {
    // Far more than is kept; then a read of what was there before all that is kept, and of what is there.
    for (found, is_guilty) in [((3, 3), true), ((402, 402), false)] {
        let mut s = nine();
        for operation in 3..=402 {
            let found = if operation == 3 { (0, 0) } else { (operation - 1, operation - 1) };
            in_turn(&mut s, &[(operation, found, true)]);
        }
        in_turn(&mut s, &[(500, found, false)]);
        match s.verdict(Linearizability) {
            Verdict::Violated(violation) => assert!(is_guilty, "{}", violation.message),
            other => assert!(!is_guilty, "{other:?}"),
        }
    }
}

#[test]
fn many_operations_in_doubt_leave_it_undecided_what_versions_alone_say() {
    let mut s = written();
    for operation in 100..300 {
        s.turns_to(1, operation, KEY, true).returns(1, operation, Outcome::Unknown);
    }
    // What was found may have been written by one of those that are forgotten.
    in_turn(&mut s, &[(400, (101, 9), false), (401, (102, 9), false)]);
    assert!(matches!(s.verdict(Linearizability), Verdict::Undecided(4)), "{:?}", s.verdict(Linearizability));
}
