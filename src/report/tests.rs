//! Runs written by hand, with the numbers that a report on them has to show.

mod counts;
mod forms;
pub(crate) mod pages;
mod spans;
mod takings;

use super::{Election, Host, Judges, LastRecords, Metrics, Outcome, Report, RunVerdict, Window, json, text};
use crate::check::script::Script;
use crate::ids::{Address, Index, NodeId, NodeSet, RequestId, Term};
use crate::plan::{
    Action, Arrival, Backoff, Clients, Cluster, End, Event, Expectation, Fault, Implementation, Jitter, Link,
    Logs, Mix, Moment, Network, Plan, Property, Settle, Shape, Span, Start, Target,
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
        events: None,
        cluster: Cluster {
            implementation: Implementation::Squall,
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
                eager_votes: false,
                announce_commits: false,
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
    reported(s, &plan(voters), end)
}

/// The report on records of a run of this plan, with the evidence.
fn reported(s: &Script, plan: &Plan, end: Time) -> Report {
    let judges = s.play(Judges::new(plan));
    let evidence = judges.first_violation().and_then(|at| s.play(LastRecords::up_to(at)).into_evidence());
    let file = Some("scenarios/leader-lost.ron".into());
    let outcome = Outcome { file, end, events: 1234, ..Outcome::default() };
    Report { evidence, ..Report::new(plan, &judges, outcome) }
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

/// Three nodes, n1 leader of term 1 from 100 ms on.
fn led() -> Script {
    let mut s = Script::of(3);
    s.ms(90).wakes(1).campaigns(1, 1).ms(100).wakes(1).sends(1, 2, 1).sends(1, 3, 1).leads(1, 1);
    s.ms(105).receives(2, 1).receives(3, 1);
    s
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

/// Links that flap are a fault each time that they are cut, and one row.
#[test]
fn links_that_flap_are_one_row_and_what_lasts_no_time_has_no_end() {
    let mut plan = plan(3);
    let gap = || Distribution::Constant(ms(100));
    let fault = |action| Fault {
        id: None,
        start: Start::At(at(100)),
        spread: Duration::ZERO,
        end: End::Never,
        action,
    };
    let shape = Shape::Isolate(Target::Node(NodeId(1)));
    plan.faults = vec![
        fault(Action::Flap { shape, down: gap(), up: gap() }),
        fault(Action::Rot(Target::Node(NodeId(2)))),
    ];
    let mut s = Script::of(3);
    for (time, number) in (0..3).zip(0..) {
        let (source, action, nodes) = (FaultSource::Fault(0), ActionKind::Partition, NodeSet::EMPTY);
        s.ms(200 * time + 100);
        s.event(Address::WORLD, Body::FaultStarted { fault: number, source, action, nodes });
        for (from, to) in [(1, 2), (2, 1), (1, 3), (3, 1)] {
            s.record(NodeId(from), Body::Cut { to: NodeId(to).into() });
        }
        let last = time == 2;
        s.ms(200 * time + 200);
        s.event(Address::WORLD, Body::FaultEnded { fault: number, source, action, nodes, last });
    }
    let (action, source) = (ActionKind::Rot, FaultSource::Fault(1));
    let nodes = NodeSet::from_iter([NodeId(2)]);
    s.ms(700).event(Address::WORLD, Body::FaultStarted { fault: 3, source, action, nodes });
    let judges = s.play(Judges::new(&plan));
    let report = Report::new(&plan, &judges, Outcome { end: at(1000), ..Outcome::default() });
    assert_eq!(report.faults.len(), 4);
    let text = shown(&report, 80, false);
    let (_, table) = text.split_once("Faults\n").expect("a section of faults");
    let rows: Vec<String> =
        table.lines().take(5).map(|row| row.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
    assert_eq!(rows[2], "faults[0] flap, 3 times n1 | n2 n3 0.100s 0.600s");
    assert_eq!(rows[3], "faults[1] rot n2 0.700s at once");
    assert_eq!(rows[4], "");
}

#[test]
fn the_first_violation_keeps_the_records_before_it() {
    let s = two_leaders();
    let judges = s.play(Judges::new(&plan(3)));
    assert_eq!(judges.violations(), 2);
    let first = judges.first_violation().expect("a violation");
    let evidence = s.play(LastRecords::up_to(first)).into_evidence().expect("it was seen");
    assert_eq!(evidence.records.len(), 32);
    assert!(evidence.records.is_sorted_by_key(|record| record.id));
    let guilty = &s.records()[s.records().len() - 3];
    assert_eq!(evidence.records.last(), Some(guilty));
    // The election, the frame that brought it about, its sending, and the waking that did that.
    assert_eq!(evidence.chain.len(), 4);
    assert!(evidence.chain.is_sorted());
    assert_eq!(judges.verdicts()[0].examined(), 3);
    let begin = s.records()[0].id;
    assert_eq!(LastRecords::up_to(begin).into_evidence(), None, "it was not seen");
    let begin = s.play(LastRecords::up_to(begin)).into_evidence().expect("it was seen");
    assert_eq!((begin.records.len(), begin.chain), (1, vec![s.records()[0].id]));

    assert_eq!(led().play(Judges::new(&plan(3))).first_violation(), None);
}

#[test]
fn the_verdict_is_the_gravest() {
    assert_eq!(report(&led(), 3, at(2000)).verdict, RunVerdict::Pass);
    let mut s = led();
    s.ms(400).event(NodeId(1), Body::Stopped { reason: StopReason::Unrecoverable });
    assert_eq!(report(&s, 3, at(2000)).verdict, RunVerdict::Pass);
    assert_eq!(report(&two_leaders(), 3, at(2000)).verdict, RunVerdict::Safety);
    let plan = plan(3);
    let stuck = Outcome { livelock: Some(super::Livelock::Instant), end: at(10), ..Outcome::default() };
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
