//! What leads to what.

use super::*;
use crate::ids::{CallId, Epoch, NodeSet, WriteId};
use crate::time::Time;
use crate::trace::{FaultSource, Trace};

fn started(action: ActionKind) -> Body {
    Body::FaultStarted { fault: 0, source: FaultSource::Fault(0), action, nodes: NodeSet::EMPTY }
}

fn received() -> Body {
    Body::Delivered { from: NodeId(2).into(), kind: 3, call: CallId(1), bytes: 9, hash: 0 }
}

fn trail(of: RecordId, records: &[Record]) -> Trail {
    let mut trail = Trail::of(of);
    records.iter().for_each(|record| trail.observe(record));
    trail
}

#[test]
fn a_step_after_a_restart_leads_to_the_crash() {
    let node = Address::from(NodeId(1));
    let mut trace = Trace::new(Vec::<Record>::new());
    let fault = trace.event(Time::ZERO, Address::WORLD, None, started(ActionKind::Crash));
    let crashed = trace.effect(node, Body::Crashed);
    let (epoch, term, last) = (Epoch(2), Term(0), Index(0));
    let booted = Body::Booted { epoch, blank: false, term, vote: None, last, hash: 0 };
    let booted = trace.event(Time::ZERO, node, None, booted);
    let woke = trace.event(Time::ZERO, NodeId(2).into(), None, Body::Woke);
    let step = trace.event(Time::ZERO, node, Some(woke), received());
    let shown = trace.event(Time::ZERO, node, Some(step), Body::Resumed);
    let records = trace.observer().clone();
    let chain = trail(shown, &records).chain().expect("it was seen");
    assert_eq!(chain.records, [fault, crashed, booted, step, shown]);
    assert_eq!((chain.fault, chain.linked), (Some(fault), true));
    assert_eq!(trail(shown, &records[..3]).chain(), None, "it was not seen");
}

#[test]
fn where_no_records_lead_to_a_fault_the_last_that_hit_a_node_is_told() {
    let (node, other) = (Address::from(NodeId(1)), Address::from(NodeId(2)));
    let mut trace = Trace::new(Vec::<Record>::new());
    let first = trace.event(Time::ZERO, Address::WORLD, None, started(ActionKind::Partition));
    let cut = trace.event(Time::ZERO, node, Some(first), Body::Cut { to: other });
    let elsewhere = trace.event(Time::ZERO, Address::WORLD, None, started(ActionKind::Drift));
    trace.event(Time::ZERO, NodeId(3).into(), Some(elsewhere), Body::ClockRate { ppm: 1 });
    let proposed = trace.event(Time::ZERO, node, None, Body::Proposed { bytes: 1, hash: 0 });
    let shown = trace.event(Time::ZERO, node, Some(proposed), Body::Resumed);
    let chain = trail(shown, trace.observer()).chain().expect("it was seen");
    assert_eq!(chain.records, [first, cut, proposed, shown]);
    assert_eq!((chain.fault, chain.linked), (Some(first), false));
}

#[test]
fn an_operation_that_takes_effect_twice_leads_to_both_entries() {
    let node = Address::from(NodeId(1));
    let mut trace = Trace::new(Vec::<Record>::new());
    let term = Term(1);
    let mut applied = Vec::new();
    for index in [Index(1), Index(2)] {
        let appended = Body::Appended { write: WriteId(1), index, term, hash: index.0 };
        let appended = trace.event(Time::ZERO, node, None, appended);
        let woke = trace.event(Time::ZERO, node, None, Body::Woke);
        let executed = Body::Executed { index, operation: Some(OperationId(7)), command: None };
        applied.push((appended, trace.event(Time::ZERO, node, Some(woke), executed)));
    }
    let [(_, first), (appended, second)] = applied[..] else { panic!("two") };
    let chain = trail(second, trace.observer()).chain().expect("it was seen");
    assert!([first, appended, second].iter().all(|id| chain.records.contains(id)), "{chain:?}");
}

#[test]
fn a_leader_is_not_measured_by_what_later_terms_committed() {
    let [early, late] = [1, 2].map(|node| Address::from(NodeId(node)));
    let mut trace = Trace::new(Vec::<Record>::new());
    let leads = |term| Body::RoleChanged { role: Role::Leader, term: Term(term), leader: None };
    trace.event(Time::ZERO, late, None, leads(3));
    let committed = Body::Committed { index: Index(1), term: Term(3), hash: 1 };
    let committed = trace.event(Time::ZERO, late, None, committed);
    let before = trace.event(Time::ZERO, early, None, leads(2));
    let after = trace.event(Time::ZERO, early, None, leads(4));
    let has = |of| trail(of, trace.observer()).chain().expect("it was seen").records.contains(&committed);
    assert!(!has(before) && has(after));
}

#[test]
fn a_changed_frame_leads_to_what_hits_its_link() {
    let (node, other) = (Address::from(NodeId(1)), Address::from(NodeId(2)));
    let mut trace = Trace::new(Vec::<Record>::new());
    let fault = trace.event(Time::ZERO, Address::WORLD, None, started(ActionKind::Corrupt));
    let hit = trace.event(Time::ZERO, other, Some(fault), Body::Afflicted { to: node });
    let sent = trace.event(Time::ZERO, other, None, Body::Proposed { bytes: 1, hash: 0 });
    let how = crate::trace::CorruptionKind::BitFlip;
    let changed = Body::Corrupted { to: node, kind: 3, how, count: 1 };
    let changed = trace.event(Time::ZERO, other, Some(sent), changed);
    let shown = trace.event(Time::ZERO, node, Some(sent), received());
    let chain = trail(shown, trace.observer()).chain().expect("it was seen");
    assert_eq!(chain.records, [fault, hit, changed, shown]);
    // Of each the cause is the sending, which is not told.
    assert_eq!(chain.built_upon, BTreeMap::from([(changed, hit), (shown, changed)]));
}

/// A read that misses a write leads to how that came to be committed elsewhere.
#[test]
fn a_stale_read_leads_to_the_fault_behind_the_write_that_it_missed() {
    let (old, new) = (Address::from(NodeId(1)), Address::from(NodeId(2)));
    let client = Address::from(crate::ids::ClientId(1));
    let mut trace = Trace::new(Vec::<Record>::new());
    let asks = |request, operation| Body::Invoked { operation: OperationId(operation), request };
    let committed = |index| Body::Committed { index: Index(index), term: Term(index), hash: index };
    let done = |operation, index, written| {
        let outcome = Outcome::Done { previous: Some(1), previous_index: Index(index), written };
        Body::Returned { operation: OperationId(operation), outcome }
    };
    let put = crate::trace::Operation::Put { key: 1, value: 2 };
    let first = trace.event(Time::ZERO, old, None, committed(1));
    let fault = trace.event(Time::ZERO, Address::WORLD, None, started(ActionKind::Partition));
    let cut = trace.event(Time::ZERO, new, Some(fault), Body::Cut { to: old });
    trace.event(Time::ZERO, client, None, asks(put, 2));
    let woke = trace.event(Time::ZERO, new, None, Body::Woke);
    trace.event(Time::ZERO, new, Some(woke), committed(2));
    let written = trace.event(Time::ZERO, client, Some(woke), done(2, 1, true));
    let asked = trace.event(Time::ZERO, client, None, asks(crate::trace::Operation::Get { key: 1 }, 3));
    let records = trace.observer().clone();
    let stale = trace.event(Time::ZERO, client, Some(asked), done(3, 1, false));
    let chain = trail(stale, trace.observer()).chain().expect("it was seen");
    assert_eq!(chain.records, [first, fault, cut, woke, written, stale], "{chain:?}");
    assert_eq!((chain.fault, chain.linked), (Some(fault), true));
    let mut trace = Trace::new(Vec::<Record>::new());
    assert!(records.iter().all(|it| trace.event(it.time, it.node, it.cause, it.body) == it.id));
    let current = trace.event(Time::ZERO, client, Some(asked), done(3, 2, false));
    assert!(!trail(current, trace.observer()).chain().expect("it was seen").records.contains(&first));
}
