//! No operation takes effect twice.

use super::*;
use crate::ids::{CommandId, OperationId, Serial, SessionId};
use crate::trace::Disowned;

const COMMAND: CommandId = CommandId { session: SessionId(1), serial: Serial(1) };

fn executed(index: u64, operation: u64) -> Body {
    Body::Executed { index: Index(index), operation: Some(OperationId(operation)), command: Some(COMMAND) }
}

fn told(records: &[(u32, Body)]) -> Script {
    let mut s = settled();
    for (node, body) in records {
        s.wakes(*node).record(NodeId(*node), *body);
    }
    s
}

#[test]
fn an_operation_that_takes_effect_by_two_entries() {
    let s = told(&[(1, executed(2, 7)), (2, executed(2, 7)), (1, executed(3, 8)), (1, executed(4, 7))]);
    let message = s.is_guilty_of(&[ExactlyOnce]);
    assert_eq!(message, "n1 carried out operation 7 by entry 4: it had taken effect by entry 2");
}

#[test]
fn an_operation_that_takes_effect_again_after_its_entry_is_forgotten() {
    let mut s = settled();
    s.wakes(1).record(NodeId(1), executed(1, 7));
    let mut s = snapshots::cut_everywhere(s);
    s.wakes(1).record(NodeId(1), executed(2, 8)).record(NodeId(1), executed(3, 7));
    let message = s.is_guilty_of(&[ExactlyOnce]);
    assert_eq!(message, "n1 carried out operation 7 by entry 3: it had taken effect by an entry before 2");
}

#[test]
fn nodes_that_do_different_things_with_one_entry() {
    let repeated = Body::Repeated { index: Index(3), command: COMMAND };
    let s = told(&[(1, executed(2, 7)), (1, repeated), (2, executed(3, 7))]);
    let message = s.is_guilty_of(&[ExactlyOnce]);
    assert_eq!(message, "the command of entry 3 was carried out on n2, but answered from the session on n1");
}

#[test]
fn repetitions_without_effect_reads_and_another_life_are_no_second_time() {
    let read = |index| Body::Executed { index: Index(index), operation: None, command: None };
    let repeated = Body::Repeated { index: Index(3), command: COMMAND };
    let disowned = Body::Disowned { index: Index(4), command: COMMAND, why: Disowned::NotAwaited };
    let mut s = told(&[(1, executed(2, 7)), (1, repeated), (1, disowned), (1, read(5)), (1, read(6))]);
    s.crashes(1).restarts(1).record(NodeId(1), executed(2, 7)).record(NodeId(1), repeated);
    s.is_innocent(ExactlyOnce);
}
