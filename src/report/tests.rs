//! Runs written by hand, with the numbers that a report on them has to show.

use super::{Election, Host, Judges, Metrics, Outcome, Report, RunVerdict, Window, json, text};
use crate::check::script::Script;
use crate::ids::{Address, Index, NodeId, NodeSet, RequestId, Term};
use crate::plan::{
    Action, Arrival, Backoff, Clients, Cluster, End, Event, Expectation, Fault, Jitter, Link, Logs, Mix,
    Moment, Network, Plan, Property, Settle, Shape, Span, Start, Target,
};
use crate::replica::{
    Abort, Change as MembersChange, ChangeStep, Flow, NoChange, NoTransfer, Options, Refusal, TransferStep,
};
use crate::rng::{Distribution, Rate};
use crate::time::{Duration, Time};
use crate::trace::{ActionKind, Body, FaultSource, Loss, Outcome as Returned, Rejection, StopReason};
use std::num::NonZeroU32;

pub(super) fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

pub(super) fn at(millis: u64) -> Time {
    Time::ZERO + ms(millis)
}

#[expect(clippy::too_many_lines, reason = "all that a plan has")]
pub(super) fn plan(voters: u32) -> Plan {
    let link = |latency| Link { latency, loss: Rate::ZERO, duplicate: Rate::ZERO, bandwidth: None };
    Plan {
        name: "leader-lost".into(),
        about:
            "The leader is cut off from everybody for a second, while a client writes; then all links heal."
                .into(),
        seed: 42,
        duration: ms(2000),
        cluster: Cluster {
            priorities: Vec::new(),
            drifts_ppm: Vec::new(),
            voters,
            learners: 0,
            spares: 0,
            first_leader: None,
            logs: Logs::Same,
            raft: Options {
                heartbeat: ms(50),
                election_timeout: (ms(150), ms(300)),
                max_batch_bytes: 65536,
                snapshot_every: None,
                snapshot_chunk: NonZeroU32::new(65536).expect("positive"),
                pre_vote: false,
                check_quorum: false,
                sticky: false,
                flow: Flow::default(),
                reads: crate::replica::Reads::default(),
                changes: crate::replica::Changes::default(),
                bug: None,
            },
            torn: Rate::ZERO,
            cpu: crate::plan::Cpu::FREE,
            flush: Distribution::Constant(ms(1)),
            blocking: false,
            call_timeout: ms(100),
            breaker: None,
            integrity: crate::plan::Integrity::Crc32c,
        },
        network: Network {
            default: Link {
                loss: Rate::new(0.001).expect("a rate"),
                ..link(Distribution::Uniform(ms(1), ms(5)))
            },
            links: vec![],
            clients: link(Distribution::Constant(Duration::ZERO)),
        },
        clients: Some(Clients {
            count: 1,
            arrival: Arrival::OpenLoop { mean: ms(20) },
            mix: Mix { put: 1 << 31, get: 1 << 31, cas: 0 },
            keys: 16,
            value_bytes: 64,
            timeout: ms(500),
            backoff: Backoff {
                base: ms(20),
                cap: ms(2000),
                jitter: Jitter::Full,
                after_silence: false,
                attempts: None,
                budget: None,
            },
            retry_after: None,
            sessions: None,
            breaker: None,
        }),
        names: vec![],
        faults: vec![],
        storms: vec![],
        settle: None,
        expectations: vec![],
        found: None,
    }
}

fn measured(s: &Script, voters: u32) -> Metrics {
    s.play(Metrics::new(&plan(voters)))
}

fn report(s: &Script, voters: u32, end: Time) -> Report {
    let plan = plan(voters);
    let judges = s.play(Judges::new(&plan));
    let file = Some("scenarios/leader-lost.ron".into());
    Report::new(&plan, &judges, Outcome { file, end, events: 1234, ..Outcome::default() })
}

/// Three nodes: n1 is elected at 200 ms, isolated from 500 ms on; n2 and n3 split their votes, n3 is elected at
/// 900 ms. A client's command is done before, one after.
fn leader_lost() -> Script {
    let mut s = Script::of(3);
    s.ms(180).wakes(1).writes(1, 1, Some(1)).campaigns(1, 1);
    s.ms(181).flushes(1).sends(1, 2, 1).sends(1, 3, 1);
    for node in [2, 3] {
        s.ms(185).receives(node, 1).writes(node, 1, Some(1)).follows(node, 1, None);
        s.ms(186).flushes(node).grants(node, 1, 1);
    }
    s.ms(200).receives(1, 2).sends(1, 2, 1).sends(1, 3, 1).leads(1, 1);
    s.ms(203).receives(2, 1).follows(2, 1, Some(1));
    s.ms(205).receives(3, 1).follows(3, 1, Some(1));
    s.ms(300).invokes(1, 1).wakes(1).appends(1, 1, "a").accepts(1, 1, 1);
    s.ms(301).flushes(1).wakes(2).stores(2, 1, "a").wakes(3).stores(3, 1, "a");
    s.ms(310).wakes(1).commits(1, 1).applies(1, 1).acknowledges(1, 1, 1).done(1, 1);
    s.ms(500).cuts(1, 2).cuts(1, 3);
    s.ms(520).invokes(1, 2);
    for (node, term) in [(2, 2), (3, 2), (3, 3)] {
        s.ms(700 + 50 * term).wakes(node).writes(node, term, Some(node)).campaigns(node, term).flushes(node);
    }
    s.ms(860).wakes(2).writes(2, 3, Some(3)).follows(2, 3, None).flushes(2).grants(2, 3, 3);
    s.ms(900).receives(3, 2).sends(3, 2, 3).appends(3, 3, "b").leads(3, 3).flushes(3);
    s.ms(904).receives(2, 3).appends(2, 3, "b").follows(2, 3, Some(3)).flushes(2);
    s.ms(910).wakes(3).appends(3, 3, "c").accepts(3, 3, 3).flushes(3).wakes(2).stores(2, 3, "c");
    s.ms(930).wakes(3).commits(3, 3).applies(3, 3).acknowledges(3, 3, 3).done(1, 2);
    s.ms(1500).heals(1, 2).heals(1, 3);
    s
}

#[test]
fn a_span_is_taken_apart_into_its_phases() {
    let metrics = measured(&leader_lost(), 3);
    let first = Election {
        from: Time::ZERO,
        vacant: ms(200),
        detect: Some(ms(180)),
        elect: Some(ms(20)),
        announce: Some(ms(5)),
        recover: Some(ms(110)),
        terms: 1,
        split_votes: 0,
        candidates: vec![NodeId(1)],
        leader: Some((NodeId(1), Term(1))),
    };
    let second = Election {
        from: at(500),
        vacant: ms(400),
        detect: Some(ms(300)),
        elect: Some(ms(100)),
        announce: Some(ms(4)),
        recover: Some(ms(30)),
        terms: 2,
        split_votes: 1,
        candidates: vec![NodeId(2), NodeId(3)],
        leader: Some((NodeId(3), Term(3))),
    };
    assert_eq!(metrics.elections(at(2000)), [first, second]);
    let counters = metrics.counters();
    assert_eq!((counters.terms, counters.elections, counters.candidacies), (3, 2, 4));
    assert_eq!((counters.leader_changes, counters.links_cut), (1, 4));
    let report = report(&leader_lost(), 3, at(2000));
    assert_eq!(report.leaderless(), ms(600));
    assert_eq!(report.leader_availability(), Some(0.7));
    assert_eq!(report.verdict, RunVerdict::Pass);
}

/// Three nodes, n1 leader of term 1 from 100 ms on.
fn led() -> Script {
    let mut s = Script::of(3);
    s.ms(90).wakes(1).campaigns(1, 1).ms(100).wakes(1).sends(1, 2, 1).sends(1, 3, 1).leads(1, 1);
    s.ms(105).receives(2, 1).receives(3, 1);
    s
}

/// From and length of each span but the first, in milliseconds.
fn spans(s: &Script, voters: u32) -> Vec<(u64, u64)> {
    let elections = measured(s, voters).elections(at(2000));
    assert_eq!(elections[0].from, Time::ZERO);
    let millis = |nanos: u64| nanos / 1_000_000;
    elections[1..].iter().map(|e| (millis(e.from.nanos()), millis(e.vacant.nanos()))).collect()
}

#[test]
fn a_run_in_which_nothing_happens_is_one_span() {
    let elections = measured(&Script::of(3), 3).elections(at(2000));
    assert_eq!(elections.len(), 1);
    assert_eq!((elections[0].from, elections[0].vacant), (Time::ZERO, ms(2000)));
    assert_eq!((elections[0].detect, elections[0].elect, elections[0].leader), (None, None, None));
    assert_eq!(measured(&Script::of(3), 3).elections(Time::ZERO), []);
    assert_eq!(report(&Script::of(3), 3, Time::ZERO).leader_availability(), None);
}

#[test]
fn a_span_that_goes_on_at_the_end_counts_to_the_end() {
    let mut s = led();
    s.ms(500).crashes(1).ms(700).wakes(2).campaigns(2, 2);
    let elections = measured(&s, 3).elections(at(2000));
    assert_eq!((elections[1].from, elections[1].vacant), (at(500), ms(1500)));
    assert_eq!((elections[1].detect, elections[1].elect), (Some(ms(200)), None));
    assert_eq!((elections[1].terms, elections[1].split_votes, elections[1].leader), (1, 1, None));
}

#[test]
fn a_leader_lost_in_the_very_last_record_counts() {
    let mut s = led();
    s.ms(500).crashes(1);
    assert_eq!(spans(&s, 3), [(500, 1500)]);
}

#[test]
fn what_happens_at_one_instant_is_weighed_as_a_whole() {
    let mut s = led();
    s.ms(400).cuts(1, 3).ms(500).cuts(1, 2).heals(1, 3).ms(600).cuts(1, 3).heals(1, 2);
    // Nor does it matter that a leader gives way to another one at one instant.
    s.ms(700).wakes(1).follows(1, 2, None).wakes(2).campaigns(2, 2).leads(2, 2);
    assert_eq!(spans(&s, 3), []);
    assert_eq!(measured(&s, 3).counters().leader_changes, 1);
}

#[test]
fn a_candidacy_at_the_instant_of_the_loss_belongs_to_the_span() {
    let mut s = led();
    s.ms(500).wakes(2).campaigns(2, 2).crashes(1).ms(600).wakes(2).leads(2, 2);
    let elections = measured(&s, 3).elections(at(2000));
    assert_eq!((elections[1].detect, elections[1].elect), (Some(ms(0)), Some(ms(100))));
    assert_eq!(elections[1].split_votes, 0);
}

/// n2 campaigns in term 1 and n3 in term 2, both before n2 leads; n3 then leads after all.
#[test]
fn a_candidacy_that_outlasts_its_span_belongs_to_the_next_and_split_no_vote() {
    let mut s = Script::of(3);
    s.ms(180).wakes(2).campaigns(2, 1);
    s.ms(190).wakes(3).campaigns(3, 2);
    s.ms(195).leads(2, 1);
    s.ms(197).follows(2, 2, None);
    s.ms(203).leads(3, 2);
    let report = report(&s, 3, at(1000));
    let [first, second] = &report.elections[..] else { panic!("{:?}", report.elections) };
    assert_eq!((first.terms, first.split_votes, first.leader), (2, 0, Some((NodeId(2), Term(1)))));
    assert_eq!((second.from, second.vacant), (at(197), ms(6)));
    assert_eq!((second.detect, second.elect), (Some(ms(0)), Some(ms(6))));
    assert_eq!((second.terms, second.split_votes, second.candidates.clone()), (1, 0, vec![NodeId(3)]));
}

#[test]
fn faults_are_told_with_whom_they_hit() {
    let mut s = Script::of(3);
    let world = Address::WORLD;
    let (action, source) = (ActionKind::Crash, FaultSource::Fault(1));
    let nodes = NodeSet::from_iter([NodeId(2)]);
    s.ms(100).event(world, Body::FaultStarted { fault: 0, source, action, nodes });
    s.ms(300).event(world, Body::FaultEnded { fault: 0, source, action, nodes, last: true });
    let (action, source, nodes) = (ActionKind::Partition, FaultSource::Storm(0), NodeSet::EMPTY);
    s.ms(400).event(world, Body::FaultStarted { fault: 1, source, action, nodes });
    s.record(NodeId(1), Body::Cut { to: NodeId(2).into() })
        .record(NodeId(2), Body::Cut { to: NodeId(1).into() });
    let source = FaultSource::Fault(2);
    s.ms(500).event(world, Body::FaultSkipped { source, action: ActionKind::Pause });
    let source = FaultSource::Storm(0);
    s.event(world, Body::FaultSkipped { source, action: ActionKind::Transfer });
    let text = shown(&report(&s, 3, at(1000)), 80, false);
    let (_, table) = text.split_once("Faults\n").expect("a section of faults");
    let rows: Vec<String> =
        table.lines().take(6).map(|row| row.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
    assert_eq!(rows[0], "fault what hit from until");
    assert_eq!(rows[2], "faults[1] crash n2 0.100s 0.300s");
    assert_eq!(rows[3], "storm[0] partition n1-n2 0.400s the end");
    assert_eq!(rows[4], "faults[2] pause skipped: what it waited for never came - -");
    assert_eq!(rows[5], "storm[0] transfer skipped: its targets could not be named - -");
    assert!(text.contains("note: skipped 1 fault: what was waited for never came\n"), "{text}");
    assert!(text.contains("note: skipped 1 fault: when the storm brought them"), "{text}");
}

#[test]
fn a_leader_is_effective_only_with_a_quorum_both_ways() {
    let one_way = |body: fn(NodeId) -> Body| {
        let mut s = led();
        s.ms(500).event(NodeId(2), body(NodeId(1))).event(NodeId(1), body(NodeId(3)));
        spans(&s, 3)
    };
    assert_eq!(one_way(|to| Body::Cut { to: to.into() }), [(500, 1500)]);
    assert_eq!(one_way(|to| Body::Clogged { to: to.into() }), [(500, 1500)]);

    let mut paused = led();
    paused.ms(500).event(NodeId(1), Body::Paused).ms(800).event(NodeId(1), Body::Resumed);
    assert_eq!(spans(&paused, 3), [(500, 300)]);
    let elections = measured(&paused, 3).elections(at(2000));
    assert_eq!((elections[1].detect, elections[1].elect, elections[1].terms), (None, None, 0));

    let mut alone = led();
    alone.ms(500).crashes(2).ms(600).crashes(3).ms(700).restarts(2);
    assert_eq!(spans(&alone, 3), [(600, 100)]);

    let mut stopped = led();
    stopped.ms(500).event(NodeId(1), Body::Stopped { reason: StopReason::Unrecoverable });
    assert_eq!(spans(&stopped, 3), [(500, 1500)]);
}

#[test]
fn a_leader_of_a_later_term_that_reaches_nobody_leaves_none() {
    let mut s = led();
    s.ms(400).cuts(3, 1).cuts(3, 2).ms(500).wakes(3).leads(3, 2);
    assert_eq!(spans(&s, 3), [(500, 1500)]);
}

#[test]
fn a_frame_from_before_the_election_announces_nothing() {
    let mut s = Script::of(3);
    s.ms(90).wakes(1).campaigns(1, 1).sends(1, 2, 1).sends(1, 3, 1);
    s.ms(100).wakes(1).leads(1, 1).ms(105).receives(2, 1).receives(3, 1);
    assert_eq!(measured(&s, 3).elections(at(2000))[0].announce, None);
    s.ms(150).wakes(1).sends(1, 2, 1).sends(1, 3, 1).ms(151).receives(2, 1).ms(153).receives(3, 1);
    assert_eq!(measured(&s, 3).elections(at(2000))[0].announce, Some(ms(53)));
}

#[test]
fn who_cannot_be_reached_is_not_waited_for() {
    let mut s = Script::of(3);
    s.ms(90).wakes(1).campaigns(1, 1).ms(100).wakes(1).sends(1, 2, 1).leads(1, 1).ms(102).receives(2, 1);
    let mut cut = s.clone();
    cut.ms(120).cuts(1, 3).ms(130).wakes(1);
    assert_eq!(measured(&cut, 3).elections(at(2000))[0].announce, Some(ms(20)));
    let mut paused = s.clone();
    paused.ms(130).event(NodeId(3), Body::Paused).ms(900).event(NodeId(3), Body::Resumed);
    assert_eq!(measured(&paused, 3).elections(at(2000))[0].announce, Some(ms(30)));
    s.ms(140).crashes(3);
    assert_eq!(measured(&s, 3).elections(at(2000))[0].announce, Some(ms(40)));
}

/// n3 is reachable and hears nothing: as a spare it need not, as a learner it has to.
#[test]
fn only_members_are_waited_for() {
    let mut s = Script::of(3);
    s.ms(90).wakes(1).campaigns(1, 1).ms(100).wakes(1).sends(1, 2, 1).leads(1, 1).ms(102).receives(2, 1);
    s.ms(500).wakes(1);
    let announced = |learners, spares| {
        let mut plan = plan(2);
        (plan.cluster.learners, plan.cluster.spares) = (learners, spares);
        s.play(Metrics::new(&plan)).elections(at(2000))[0].announce
    };
    assert_eq!(announced(0, 1), Some(ms(2)));
    assert_eq!(announced(1, 0), None);
}

#[test]
fn a_single_voter_has_nobody_to_tell() {
    let mut s = Script::of(1);
    s.ms(90).wakes(1).campaigns(1, 1).leads(1, 1);
    let elections = measured(&s, 1).elections(at(2000));
    assert_eq!((elections[0].vacant, elections[0].announce), (ms(90), Some(ms(0))));
}

#[test]
fn only_a_command_taken_and_committed_by_the_leader_is_a_recovery() {
    let mut s = led();
    s.ms(200).wakes(1).appends(1, 1, "a b").commits(1, 1);
    assert_eq!(measured(&s, 3).elections(at(2000))[0].recover, None, "nothing was taken from a client");
    s.accepts(1, 2, 1).wakes(2).appends(2, 1, "a b").commits(2, 2);
    assert_eq!(measured(&s, 3).elections(at(2000))[0].recover, None, "committed on another node");
    let mut lost = s.clone();
    lost.ms(210).crashes(1).restarts(1).ms(220).wakes(1).appends(1, 1, "a b").commits(1, 2);
    assert_eq!(measured(&lost, 3).elections(at(2000))[0].recover, None, "it did not lead any more");
    s.ms(230).wakes(1).commits(1, 2);
    assert_eq!(measured(&s, 3).elections(at(2000))[0].recover, Some(ms(130)));
}

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

/// n1 and n2 lead the same term.
fn two_leaders() -> Script {
    let mut s = led();
    for millis in 0..40 {
        s.ms(200 + millis).wakes(1).sends(1, 2, 1);
    }
    s.ms(300).receives(2, 1).campaigns(2, 1).leads(2, 1);
    s.ms(310).wakes(3).leads(3, 1);
    s
}

#[test]
fn the_first_violation_keeps_the_records_before_it() {
    let s = two_leaders();
    let judges = s.play(Judges::new(&plan(3)));
    assert_eq!(judges.violations(), 2);
    let evidence = judges.evidence().expect("a violation");
    assert_eq!(evidence.records.len(), 32);
    assert!(evidence.records.is_sorted_by_key(|record| record.id));
    let guilty = &s.records()[s.records().len() - 3];
    assert_eq!(evidence.records.last(), Some(guilty));
    // The election, the frame that brought it about, its sending, and the waking that did that.
    assert_eq!(evidence.chain.len(), 4);
    assert!(evidence.chain.is_sorted());
    assert_eq!(judges.last_records().last(), s.records().last());
    assert_eq!(judges.verdicts()[0].examined(), 3);

    let early = led().play(Judges::new(&plan(3)));
    assert_eq!(early.last_records(), led().records());
    assert_eq!(early.evidence(), None);
}

#[test]
fn the_verdict_is_the_gravest() {
    assert_eq!(report(&led(), 3, at(2000)).verdict, RunVerdict::Pass);
    let mut s = led();
    s.ms(400).event(NodeId(1), Body::Stopped { reason: StopReason::Unrecoverable });
    assert_eq!(report(&s, 3, at(2000)).verdict, RunVerdict::Pass);
    assert_eq!(report(&two_leaders(), 3, at(2000)).verdict, RunVerdict::Safety);
    let plan = plan(3);
    let stuck = Outcome { livelock: true, end: at(10), ..Outcome::default() };
    assert_eq!(Report::new(&plan, &led().play(Judges::new(&plan)), stuck).verdict, RunVerdict::Livelock);
    let panicked =
        Outcome { panicked: Some("index out of bounds".into()), end: at(10), ..Outcome::default() };
    let broken = Report::new(&plan, &led().play(Judges::new(&plan)), panicked);
    assert_eq!(broken.verdict, RunVerdict::Panicked);
    assert!(shown(&broken, 80, false).contains("The run broke off\n  index out of bounds\n"));
}

fn shown(report: &Report, width: usize, colour: bool) -> String {
    let form = text::Form { width, colour, kind: &|kind| format!("kind {kind}") };
    text::render(report, Some(&Host { wall_ns: 1_234_567 }), &form)
}

/// Compares with a file in `tests/report/`; where it differs, what came out is in `target/golden/`.
#[track_caller]
fn is_as_in(file: &str, expected: &str, text: &str) {
    if text != expected {
        let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/target/golden");
        std::fs::create_dir_all(directory).unwrap();
        std::fs::write(format!("{directory}/{file}"), text).unwrap();
        panic!(
            "not as in tests/report/{file}; if it should be: cp target/golden/{file} tests/report/\n{text}"
        );
    }
}

#[test]
fn the_text_is_fit_for_narrow_and_wide_terminals() {
    let report = report(&leader_lost(), 3, at(2000));
    let (narrow, wide) = (shown(&report, 80, false), shown(&report, 160, false));
    is_as_in("80-columns.txt", include_str!("../../tests/report/80-columns.txt"), &narrow);
    is_as_in("160-columns.txt", include_str!("../../tests/report/160-columns.txt"), &wide);
    for (text, width) in [(&narrow, 80), (&wide, 160)] {
        for line in text.lines() {
            assert!(line.chars().count() <= width, "longer than {width}: {line}");
            assert_eq!(line, line.trim_end());
        }
    }
    assert_eq!(shown(&report, 20, false), narrow, "less than 80 columns make no sense");
}

#[test]
fn a_violation_is_shown_with_its_evidence_and_how_to_replay_it() {
    let text = shown(&report(&two_leaders(), 3, at(2000)), 80, false);
    is_as_in("violation.txt", include_str!("../../tests/report/violation.txt"), &text);
    let last: Vec<&str> = text.lines().rev().take(3).collect();
    assert!(last[0].starts_with("digest: "));
    assert_eq!(last[1], "verdict: safety violated");
    assert_eq!(last[2], "replay: squall run scenarios/leader-lost.ron --seed 42");
}

/// The run of `leader_lost`, of which more is expected than it shows; n1 leads once more, against the rules.
fn much_expected() -> Report {
    let bound = ms(500);
    let fault = Fault {
        id: Some("isolation".into()),
        start: Start::At(at(500)),
        spread: Duration::ZERO,
        end: End::Until(at(1500)),
        action: Action::Partition(Shape::Isolate(Target::Leader)),
    };
    let plan = Plan {
        faults: vec![fault.clone(), Fault { id: Some("flood".into()), ..fault }],
        settle: Some(Settle { from: at(1500) }),
        expectations: vec![
            Expectation::LeaderWithin { bound, after: Moment::Start },
            Expectation::LeaderWithin { bound: ms(399), after: Moment::At(at(500)) },
            Expectation::Availability {
                at_least: Some(Rate::new(0.95).expect("a rate")),
                at_most: None,
                during: Span::Run,
            },
            Expectation::LeaderChanges {
                at_least: Some(1),
                at_most: Some(3),
                during: Span::Between(at(0), at(950)),
            },
            Expectation::Progress { during: Span::Fault(1) },
            Expectation::Sometimes(Event::FrameLost),
            Expectation::Violates(Property::ElectionSafety),
        ],
        ..plan(3)
    };
    let mut s = leader_lost();
    s.skips(1).ms(1600).wakes(1).follows(1, 3, Some(3)).leads(1, 3);
    let judges = s.play(Judges::new(&plan));
    let file = Some("scenarios/leader-lost.ron".into());
    Report::new(&plan, &judges, Outcome { file, end: at(2000), events: 1234, ..Outcome::default() })
}

#[test]
fn what_was_expected_is_shown_with_what_came_of_it() {
    let report = much_expected();
    assert_eq!(report.verdict, RunVerdict::Expectation);
    let (narrow, wide) = (shown(&report, 80, false), shown(&report, 160, false));
    is_as_in("expectations.txt", include_str!("../../tests/report/expectations.txt"), &narrow);
    is_as_in(
        "expectations-160-columns.txt",
        include_str!("../../tests/report/expectations-160-columns.txt"),
        &wide,
    );
    for (text, width) in [(&narrow, 80), (&wide, 160)] {
        // Records are as long as they are.
        for line in text.lines().filter(|line| !line.contains(" #") || line.contains("record #")) {
            assert!(line.chars().count() <= width, "longer than {width}: {line}");
            assert_eq!(line, line.trim_end());
        }
    }
    let last: Vec<&str> = narrow.lines().rev().take(3).collect();
    assert_eq!(last[1], "verdict: expectation failed");
    assert_eq!(last[2], "replay: squall run scenarios/leader-lost.ron --seed 42");
}

#[test]
fn json_tells_what_became_of_expectations() {
    let document = json::document(&[much_expected(), report(&led(), 3, at(2000))], &Host::default());
    let value: serde_json::Value = serde_json::from_str(&document).unwrap();
    let run = &value["runs"][0];
    assert_eq!(run["verdict"], "expectation");
    let held = |place: usize| (&run["expectations"][place]["held"], &run["expectations"][place]["verdict"]);
    assert_eq!(held(0), (&true.into(), &"held".into()));
    assert_eq!(held(1), (&false.into(), &"failed".into()));
    assert_eq!(held(4), (&serde_json::Value::Null, &"vacuous".into()));
    assert_eq!(run["expectations"][4]["expect"], "Progress(during: Fault(\"flood\"))");
    let why = "the fault flood was skipped: what it waited for never came";
    assert_eq!(run["expectations"][4]["why"], why);
    assert_eq!(run["checks"][0]["excuse"], "expected");
    assert_eq!(run["checks"][1].get("excuse"), None);
    assert_eq!(value["runs"][1]["expectations"], serde_json::json!([]));
}

#[test]
fn colours_change_nothing_but_colours() {
    let report = |script| report(&script, 3, at(2000));
    for report in [report(leader_lost()), report(two_leaders()), much_expected()] {
        let (plain, colourful) = (shown(&report, 80, false), shown(&report, 80, true));
        assert!(!plain.contains('\x1b'));
        assert!(colourful.contains("\x1b["));
        assert_eq!(anstream::adapter::strip_str(&colourful).to_string(), plain);
    }
}

#[test]
fn of_many_spans_the_longest_are_shown() {
    let mut s = led();
    for span in 0..50_u64 {
        let from = 500 + 20 * span;
        s.ms(from).event(NodeId(1), Body::Paused).ms(from + 5 + span % 10).event(NodeId(1), Body::Resumed);
    }
    let report = report(&s, 3, at(2000));
    assert_eq!(report.elections.len(), 51);
    let text = shown(&report, 80, false);
    assert!(text.contains("Shown are the 20 longest, in order of time."));
    assert_eq!(text.lines().filter(|line| line.ends_with("n1     1")).count(), 20);
}

#[test]
fn the_json_document_has_the_same_numbers() {
    let report = report(&leader_lost(), 3, at(2000));
    let guilty = self::report(&two_leaders(), 3, at(2000));
    let document = json::document(&[report.clone(), guilty], &Host { wall_ns: 5 });
    let value: serde_json::Value = serde_json::from_str(&document).unwrap();
    assert_eq!(value["format"], 1);
    assert_eq!(value["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(value["host"]["wall_ns"], 5);
    let run = &value["runs"][0];
    for (field, expected) in [
        ("scenario", "leader-lost"),
        ("file", "scenarios/leader-lost.ron"),
        ("seed", "42"),
        ("verdict", "pass"),
        ("digest", report.digest.to_string().as_str()),
    ] {
        assert_eq!(run[field], expected);
    }
    assert_eq!((&run["simulated_ns"], &run["events"]), (&2_000_000_000_u64.into(), &1234.into()));
    assert_eq!(run["frames_delivered"], run["counters"]["frames_delivered"]);
    assert_eq!(run["checks"][0]["name"], "election safety");
    assert_eq!((&run["checks"][0]["verdict"], &run["checks"][0]["examined"]), (&"held".into(), &2.into()));
    let election = &run["elections"][1];
    for (field, millis) in
        [("from_ns", 500), ("vacant_ns", 400), ("detect_ns", 300), ("elect_ns", 100), ("announce_ns", 4)]
    {
        assert_eq!(election[field], millis * 1_000_000, "{field}");
    }
    assert_eq!((&election["leader"], &election["term"]), (&3.into(), &3.into()));
    assert_eq!((&election["split_votes"], &election["candidates"]), (&1.into(), &vec![2, 3].into()));
    assert_eq!(run["liveness"]["leader_availability"], 0.7);
    assert_eq!(run["liveness"]["client_availability"], 1.0);
    assert_eq!(run["liveness"]["windows"][0]["from_ns"], 520_000_000);
    assert_eq!(run["parameters"]["election timeout"], "150ms to 300ms");

    assert_eq!(value["runs"][1]["evidence"]["records"].as_array().map(Vec::len), Some(32));
    assert_eq!(run.get("evidence"), None);
    let violated = &value["runs"][1]["checks"][0];
    assert_eq!((&value["runs"][1]["verdict"], &violated["verdict"]), (&"safety".into(), &"violated".into()));
    assert_eq!(
        (&violated["violation"]["count"], &violated["violation"]["time_ns"]),
        (&2.into(), &300_000_000.into())
    );
}
