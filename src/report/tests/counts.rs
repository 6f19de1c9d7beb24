//! What is counted, by what became of it.

use super::*;
use crate::ids::{CallId, ClientId};
use crate::report::Flooded;
use crate::trace::{FIRST_CLIENT_KIND, Forgery};

#[test]
fn clients_are_unserved_from_the_last_one_served_or_the_first_that_asked() {
    let mut s = Script::of(3);
    // Served in time: 100 ms, below the threshold of 150 ms.
    s.ms(100).invokes(1, 1).ms(200).done(1, 1);
    // Nobody asks until 500 ms; then nobody is served until 700 ms.
    s.ms(500).invokes(1, 2).ms(600).invokes(2, 3).ms(700).done(2, 3);
    // The first one is still open and fails; the next one is served at 1000 ms.
    s.ms(800).returns(1, 2, Returned::Unknown).ms(900).invokes(1, 4).ms(1000).done(1, 4);
    // Refused, and then nobody asks: nobody knows whether anybody would have been served, but the last word was no.
    s.ms(1200).invokes(1, 5).ms(1210).returns(1, 5, Returned::Refused);
    let service = measured(&s, 3).service(at(2000));
    let window = |from, to| Window { from: at(from), to: at(to) };
    assert_eq!(service.windows, [window(500, 700), window(700, 1000), window(1200, 2000)]);
    assert_eq!((service.invoked, service.done, service.refused, service.unknown), (5, 3, 1, 1));
    assert_eq!(service.open, 0);
    let latency = service.latency.expect("some were done");
    assert_eq!((latency.count, latency.max, latency.p50), (3, 100_000_000, 100_000_000));
    assert_eq!(report(&s, 3, at(2000)).client_availability(), Some(0.6));
}

#[test]
fn without_clients_nothing_is_said_of_them() {
    let report = report(&led(), 3, at(2000));
    assert_eq!((report.client_availability(), report.service.latency), (None, None));
    assert!(!shown(&report, 80, false).contains("client availability"));
}

#[test]
fn frames_are_counted_by_what_became_of_them() {
    let mut s = led();
    let (n2, c1) = (NodeId(2).into(), crate::ids::ClientId(1).into());
    for why in [Loss::Random, Loss::CutAtArrival, Loss::CutAtArrival] {
        s.record(NodeId(1), Body::Lost { to: n2, kind: 1, why });
    }
    s.record(NodeId(1), Body::Lost { to: c1, kind: 1, why: Loss::Random });
    s.record(NodeId(1), Body::Duplicated { to: n2, kind: 1 });
    s.record(NodeId(1), Body::Rejected { from: n2, why: Rejection::Late });
    s.record(NodeId(1), Body::Rejected { from: n2, why: Rejection::Checksum });
    s.record(NodeId(1), Body::Held { to: n2, kind: 1, after: crate::ids::WriteId(1) });
    let reason = Refusal::NotLeader { hint: None };
    s.record(NodeId(1), Body::Refused { request: RequestId(1), reason });
    s.record(NodeId(1), Body::CallFailed { to: n2, kind: 1, call: crate::ids::CallId(1) });
    s.record(NodeId(1), Body::Committed { index: Index(7), term: Term(1), hash: 1 });
    let counters = measured(&s, 3).counters();
    assert_eq!((counters.frames_sent, counters.frames_delivered), (2, 2));
    assert_eq!(counters.frames_lost.by_reason().map(|(_, count)| count), [1, 0, 2, 0, 0, 0]);
    assert_eq!((counters.client_frames_lost, counters.frames_duplicated), (1, 1));
    assert_eq!(
        counters.frames_rejected.by_reason().map(|(_, count)| count),
        [0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0]
    );
    assert_eq!((counters.frames_held, counters.requests_refused, counters.calls_failed), (1, 1, 1));
    assert_eq!(counters.entries_committed, 7);
    assert_eq!(counters.records, s.records().len() as u64);
    let text = shown(&report(&s, 3, at(2000)), 80, false);
    assert!(text.contains("bad luck: 1; the link was cut on the"), "{text}");
}

#[test]
fn transfers_and_changes_are_counted_by_what_became_of_them() {
    let mut s = led();
    let (to, change) = (NodeId(2), MembersChange::Remove(NodeId(3)));
    for step in [
        TransferStep::Begun,
        TransferStep::Asked,
        TransferStep::Refused(NoTransfer::HandingOver),
        TransferStep::Aborted,
        TransferStep::Refused(NoTransfer::Leads),
    ] {
        s.record(NodeId(1), Body::Transfer { to, step });
    }
    for step in [
        ChangeStep::Refused(NoChange::NoOwnCommit),
        ChangeStep::Begun,
        ChangeStep::CaughtUp { rounds: 1 },
        ChangeStep::Refused(NoChange::AnotherOpen),
        ChangeStep::Done,
        ChangeStep::Begun,
        ChangeStep::Aborted(Abort::Silent),
    ] {
        s.record(NodeId(1), Body::Change { change, step });
    }
    let counters = measured(&s, 3).counters();
    assert_eq!((counters.transfers_begun, counters.transfers_asked, counters.transfers_aborted), (1, 1, 1));
    assert_eq!(counters.transfers_refused.by_reason().map(|(_, count)| count), [0, 0, 1, 1, 0]);
    assert_eq!((counters.changes_asked, counters.changes_begun, counters.changes_done), (4, 2, 1));
    let refused = counters.changes_refused;
    assert_eq!((refused.another_open, refused.no_own_commit), (1, 1));
    assert_eq!(refused.by_reason().iter().map(|(_, count)| count).sum::<u64>(), 2);
    assert_eq!(counters.changes_aborted.by_reason().map(|(_, count)| count), [0, 1, 0, 0]);
    let text = shown(&report(&s, 3, at(2000)), 120, false);
    for line in ["transfers refused", "changes asked for", "changes refused", "changes given up"] {
        assert!(text.contains(line), "{line}: {text}");
    }
    assert!(text.contains("another change is open: 1; no entry of its term is committed yet: 1"), "{text}");
}

fn sends(s: &mut Script, from: Address, to: Address, call: u64) {
    let (kind, term) = (FIRST_CLIENT_KIND, Term::ZERO);
    s.event(from, Body::Sent { to, kind, call: CallId(call), bytes: 40, hash: 1, term, grants_vote: false });
}

fn arrives(s: &mut Script, from: Address, to: Address, call: u64) {
    s.event(to, Body::Delivered { from, kind: FIRST_CLIENT_KIND, call: CallId(call), bytes: 40, hash: 1 });
}

#[test]
fn what_floods_send_is_no_clients() {
    let mut s = led();
    let (n1, c1, flood) = (Address::from(NodeId(1)), Address::from(ClientId(1)), Address::CROWD);
    s.ms(200).invokes(1, 1);
    for (call, asker) in (1..).zip([flood, c1, flood, flood]) {
        sends(&mut s, asker, n1, call);
        arrives(&mut s, asker, n1, call);
        match call {
            3 => {
                let reason = Refusal::NotLeader { hint: None };
                s.record(n1, Body::Refused { request: RequestId(call), reason });
                sends(&mut s, n1, asker, call);
            }
            _ => {
                s.record(n1, Body::Accepted { request: RequestId(call), index: Index(call), term: Term(1) });
            }
        }
    }
    s.ms(210).wakes(1);
    for request in [1, 2] {
        let (index, term) = (Index(request), Term(1));
        s.record(n1, Body::Acknowledged { request: RequestId(request), index, term });
    }
    sends(&mut s, flood, n1, 5);
    s.event(flood, Body::Lost { to: n1, kind: FIRST_CLIENT_KIND, why: Loss::InboxFull });
    sends(&mut s, flood, n1, 6);
    s.event(n1, Body::TurnedAway { from: flood, call: CallId(6) });
    // What a machine that lost power had taken from a flood is not what it acknowledges later under the same number.
    s.crashes(1).restarts(1).wakes(1);
    s.record(n1, Body::Acknowledged { request: RequestId(4), index: Index(9), term: Term(2) });
    let counters = measured(&s, 3).counters();
    let Flooded { sent, lost, turned_away, refused, accepted, acknowledged } = counters.floods;
    assert_eq!((sent, lost, turned_away, refused, accepted, acknowledged), (5, 1, 1, 1, 2, 1));
    assert_eq!((counters.requests_sent, counters.requests_refused), (1, 0));
    assert_eq!((counters.requests_accepted, counters.requests_acknowledged), (1, 2));
    assert_eq!((counters.client_frames_sent, counters.client_frames_delivered), (1, 1));
    assert_eq!(counters.client_frames_lost, 0);
    let text = shown(&report(&s, 3, at(2000)), 120, false);
    let line = text.lines().find(|line| line.contains("requests of floods")).expect("a line of its own");
    assert!(line.contains(" 5  sent by faults"), "{line}");
    assert!(json::document(&[report(&s, 3, at(2000))], &Host::default()).contains("\"turned_away\": 1"));
}

#[test]
fn what_strangers_send_is_no_nodes() {
    let mut s = led();
    let before = measured(&s, 3).counters();
    let (n1, n2, c1) = (Address::from(NodeId(1)), Address::from(NodeId(2)), Address::from(ClientId(1)));
    for (from, to) in [(n2, n1), (c1, n1), (n2, n1)] {
        let forged = Body::Forged { from, kind: 1, like: Forgery::Message, bytes: 40 };
        s.ms(300).event(to, forged);
        s.record(to, Body::Delivered { from, kind: 1, call: CallId(1), bytes: 40, hash: 1 });
        s.record(to, Body::Rejected { from, why: Rejection::Checksum });
    }
    s.event(n1, Body::Forged { from: n2, kind: 1, like: Forgery::Message, bytes: 40 });
    s.record(n2, Body::Lost { to: n1, kind: 1, why: Loss::ReceiverDown });
    s.event(c1, Body::Rejected { from: n2, why: Rejection::Late });
    let counters = measured(&s, 3).counters();
    assert_eq!((counters.frame_faults.forged, counters.frame_faults.forged_delivered), (4, 3));
    assert_eq!(counters.frames_delivered, before.frames_delivered);
    assert_eq!(counters.client_frames_delivered, before.client_frames_delivered);
    assert_eq!(counters.frames_lost.by_reason().map(|(_, count)| count), [0; 6]);
    assert_eq!(counters.frames_rejected.checksum, 2);
    assert_eq!((counters.client_frames_rejected.checksum, counters.client_frames_rejected.late), (1, 1));
    let text = shown(&report(&s, 3, at(2000)), 120, false);
    assert!(text.contains("client frames rejected"), "{text}");
    assert!(text.contains("that reached a process: 3"), "{text}");
}
