//! What faults do to single frames: whether it takes the leader's links, and whose frame was believed.

use super::*;
use crate::ids::CallId;
use crate::plan::{Action, Corruption, Integrity};
use crate::replica::Traffic;
use crate::trace::Forgery;

/// A plan with faults of these actions.
fn doing(actions: impl IntoIterator<Item = Action>) -> Plan {
    let mut plan = plan(3);
    let fault = |action| Fault {
        id: None,
        start: Start::At(at(500)),
        spread: Duration::ZERO,
        end: End::Until(at(900)),
        action,
    };
    plan.faults = actions.into_iter().map(fault).collect();
    plan
}

/// n1 leads from 100 ms on; the faults hit all its links, or all nodes, at 500 ms and end at 900 ms.
fn hit(places: std::ops::Range<u32>) -> Script {
    let mut s = led();
    for (time, begins) in [(500, true), (900, false)] {
        for place in places.clone() {
            let (source, action) = (FaultSource::Fault(place), ActionKind::Lose);
            let nodes: NodeSet = (1..=3).map(NodeId).collect();
            let body = match begins {
                true => Body::FaultStarted { fault: place, source, action, nodes },
                false => Body::FaultEnded { fault: place, source, action, nodes, last: true },
            };
            s.ms(time).event(Address::WORLD, body);
            for (from, to) in [(1, 2), (2, 1), (1, 3), (3, 1)] {
                let to = NodeId(to).into();
                let body = if begins { Body::Afflicted { to } } else { Body::Relieved { to } };
                s.record(NodeId(from), body);
            }
        }
    }
    s.ms(1500).wakes(1);
    s
}

/// Whether the leader is effective while these faults last.
fn leads_under(actions: impl IntoIterator<Item = Action>, integrity: Integrity) -> bool {
    let mut plan = doing(actions);
    plan.cluster.integrity = integrity;
    let s = hit(0..plan.faults.len() as u32);
    let spans = s.play(Metrics::new(&plan)).elections(at(2000));
    let spans: Vec<_> = spans.iter().map(|span| (span.from, span.vacant)).collect();
    match spans.as_slice() {
        [_] => true,
        [_, it] => {
            assert_eq!(*it, (at(500), ms(400)));
            false
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_leader_whose_every_frame_is_taken_is_none() {
    let links = || Shape::Isolate(Target::All);
    let (one, less) = (Rate::ONE, Rate::new(0.99).expect("a rate"));
    let lose = |rate| Action::Lose { links: links(), rate };
    let misdirect = |rate| Action::Misdirect { links: links(), rate };
    let replay = || Action::Replay { links: links(), rate: less };
    let corrupt = |rate| Action::Corrupt { links: links(), rate, kind: Corruption::Garbage, clients: false };
    let starve = |kind| Action::Starve { kind, to: Target::All };
    let crc = || Integrity::Crc32c;
    assert!(!leads_under([lose(one)], crc()));
    assert!(leads_under([lose(less)], crc()), "some frames arrive");
    assert!(!leads_under([misdirect(one)], crc()));
    assert!(leads_under([misdirect(less)], crc()));
    assert!(leads_under([misdirect(one), replay()], crc()), "old frames come as they were sent");
    assert!(!leads_under([lose(one), replay()], crc()), "what is lost does not come again");
    assert!(!leads_under([corrupt(one)], crc()));
    assert!(leads_under([corrupt(one)], Integrity::Unchecked), "some are believed");
    assert!(leads_under([starve(Traffic::Heartbeats)], crc()), "entries arrive");
    assert!(leads_under([starve(Traffic::Entries), starve(Traffic::Answers)], crc()), "heartbeats arrive");
    assert!(!leads_under([starve(Traffic::Entries), starve(Traffic::Heartbeats)], crc()));
}

#[test]
fn links_that_lose_everything_do_so_from_the_start_and_until_all_is_settled() {
    let mut plan = plan(3);
    plan.network.default.loss = Rate::ONE;
    let mut s = led();
    assert_eq!(s.play(Metrics::new(&plan)).elections(at(2000))[0].leader, None);
    s.ms(700).event(Address::WORLD, Body::Settled).ms(800).wakes(1);
    assert_eq!(s.play(Metrics::new(&plan)).elections(at(2000))[0].vacant, ms(700));
    let mut s = led();
    let core = |nodes: [u32; 2]| Body::SettledFor { nodes: nodes.map(NodeId).into_iter().collect() };
    s.ms(600)
        .event(Address::WORLD, core([2, 3]))
        .ms(700)
        .event(Address::WORLD, core([1, 2]))
        .ms(800)
        .wakes(1);
    assert_eq!(s.play(Metrics::new(&plan)).elections(at(2000))[0].vacant, ms(700));
}

#[test]
fn what_is_waived_begins_with_the_frame_that_was_believed() {
    let links = Shape::Isolate(Target::All);
    let corrupt = Action::Corrupt { links, rate: Rate::ONE, kind: Corruption::Garbage, clients: false };
    let mut plan = doing([corrupt, Action::Forge { to: Target::All, mean: ms(1) }]);
    plan.cluster.integrity = Integrity::Unchecked;
    let mut s = hit(0..2);
    let (n1, n2) = (Address::from(NodeId(1)), Address::from(NodeId(2)));
    let delivered = Body::Delivered { from: n2, kind: 1, call: CallId(1), bytes: 40, hash: 1 };
    s.ms(1600).event(n1, delivered).record(n1, Body::Believed { from: n2, kind: 1 });
    s.ms(1700).event(n1, Body::Forged { from: n2, kind: 1, like: Forgery::Message, bytes: 40 });
    s.record(n1, delivered);
    let forged = s.records().last().expect("just now").id;
    s.record_of(Some(forged), n1, Body::Believed { from: n2, kind: 1 });
    let judges = s.play(Judges::new(&plan));
    let outcome = Outcome { end: at(2000), ..Outcome::default() };
    let waivers = Report::new(&plan, &judges, outcome).waivers;
    let told: Vec<_> = waivers.iter().map(|waiver| (waiver.since, waiver.why)).collect();
    assert_eq!(
        told,
        [
            (at(1600), "a frame that was changed on its way was believed"),
            (at(1700), "a frame that a stranger had made was believed")
        ]
    );
}
