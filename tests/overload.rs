//! Hosts that serve their frames at a cost: waits, drops, refusals, and what is slow or flooded.

use crate::common;
use common::{path, plan, records, run};
use squall::ids::{Address, NodeId};
use squall::plan::Plan;
use squall::report::{Judges, Outcome, Report, RunVerdict};
use squall::scenario::read;
use squall::time::{Duration, Time};
use squall::trace::{Body, Loss, Record};

fn shipped(name: &str) -> Plan {
    let text = std::fs::read_to_string(path(&format!("scenarios/overload/{name}.ron"))).expect("a scenario");
    read(&text).expect("a valid one").0
}

fn report(plan: &Plan, seed: u64) -> Report {
    let mut judges = Judges::new(plan);
    let end = run(plan, seed, &mut judges);
    let outcome = Outcome { digest: end.digest, end: end.time, events: end.events, ..Outcome::default() };
    Report::new(plan, &judges, outcome)
}

/// One machine that nobody elects: its frames are those of a flood, 8,000 a second of 100us each. Waits are those of one
/// server with Poisson arrivals and a constant cost (M/D/1).
#[test]
fn a_flooded_machine_waits_as_queueing_theory_has_it() {
    let plan = plan(
        r#"(format: 1, name: "test", duration: "60s",
            cluster: (voters: 1, host: (cost_per_frame: "100us", inbox: 1000000), raft: (election_timeout: ("1day", "2days"))),
            faults: [(at: "0s", do: Flood(target: All, rate: 8000))])"#,
    );
    let inbox = report(&plan, 3).inboxes.expect("frames cost something");
    let waited = inbox.clients.waited.expect("frames were served");
    assert!(waited.count > 470_000 && inbox.nodes.waited.is_none(), "{inbox:?}");
    assert_eq!((inbox.clients.dropped, inbox.turned_away), (0, 0));
    let (load, cost) = (0.8, 100_000.0);
    let expected = load * cost / (2.0 * (1.0 - load));
    let error = (waited.mean as f64 - expected).abs() / expected;
    assert!(error < 0.03, "{} instead of {expected}", waited.mean);
}

#[test]
fn each_scenario_shows_its_point_with_other_seeds_too() {
    for name in [
        "flood-one-lane",
        "flood-two-lanes",
        "drop-oldest",
        "refuse",
        "slow-leader",
        "slow-follower",
        "synchronous-writes",
        "group-commit",
    ] {
        let plan = shipped(name);
        for seed in 1..=4 {
            let report = report(&plan, seed);
            assert_eq!(report.verdict, RunVerdict::Pass, "{name}, seed {seed}: {:#?}", report.expectations);
        }
    }
}

/// Frames that hosts get, with the times at which they took them up and how long they had waited.
fn served(records: &[Record], node: u32) -> Vec<(Time, Option<Duration>)> {
    let mut all: Vec<(Time, Option<Duration>)> = Vec::new();
    for record in records.iter().filter(|record| record.node == NodeId(node).into()) {
        match record.body {
            Body::Delivered { .. } => all.push((record.time, None)),
            Body::Waited { waited, .. } => all.last_mut().expect("a frame before it").1 = Some(waited),
            _ => {}
        }
    }
    all
}

#[test]
fn frames_are_taken_up_one_after_the_other() {
    let plan = plan(
        r#"(format: 1, name: "test", duration: "2s",
            cluster: (voters: 3, host: (cost_per_frame: "1ms", cost_per_kib: "1ms")),
            clients: (count: 2, arrival: OpenLoop(rate: 100.0)))"#,
    );
    let records = records(&plan, 1);
    for node in 1..=3 {
        let served = served(&records, node);
        assert!(served.len() > 200, "{}", served.len());
        for pair in served.windows(2) {
            let apart = pair[1].0.since(pair[0].0);
            assert!(apart > Duration::from_millis(1), "node {node}: {apart} between two");
        }
        assert!(served.iter().any(|(_, waited)| waited.is_none()), "some find it free");
        assert!(served.iter().any(|(_, waited)| waited.is_some()), "some don't");
    }
}

/// Whatever waits is gone with the process, and none of it is taken up by the next one.
#[test]
fn a_crash_takes_what_waits() {
    let plan = plan(
        r#"(format: 1, name: "test", duration: "2s",
            cluster: (voters: 1, host: (cost_per_frame: "10ms")),
            faults: [
                (at: "500ms", for: "500ms", do: Flood(target: Node(1), rate: 1000)),
                (at: "1s", for: "1ns", do: Crash(Node(1))),
            ])"#,
    );
    let records = records(&plan, 1);
    let crashed = Time::ZERO + Duration::from_secs(1);
    let lost: Vec<&Record> = records
        .iter()
        .filter(|record| matches!(record.body, Body::Lost { why: Loss::ReceiverDown, .. }))
        .collect();
    assert!(lost.len() > 400 && lost.iter().all(|record| record.time == crashed), "{}", lost.len());
    let later = records.iter().filter(|record| matches!(record.body, Body::Delivered { .. }));
    assert!(later.clone().all(|record| record.time <= crashed));
    assert!(later.count() > 40);
}

/// A paused process takes nothing up; its inbox keeps what it has room for, and what was under service goes on.
#[test]
fn a_pause_stops_the_service() {
    let plan = plan(
        r#"(format: 1, name: "test", duration: "3s",
            cluster: (voters: 1, host: (cost_per_frame: "10ms", inbox: 20, when_full: Refuse)),
            faults: [
                (at: "0s", for: "2s", do: Flood(target: Node(1), rate: 200)),
                (at: "505ms", for: "1s", do: Pause(Node(1))),
            ])"#,
    );
    let records = records(&plan, 1);
    let (from, to) = (Time::ZERO + Duration::from_millis(505), Time::ZERO + Duration::from_millis(1505));
    let during = |record: &&Record| (from..to).contains(&record.time);
    let count =
        |is: fn(&Body) -> bool| records.iter().filter(during).filter(|record| is(&record.body)).count();
    assert_eq!(count(|body| matches!(body, Body::Delivered { .. })), 0);
    assert_eq!(count(|body| matches!(body, Body::TurnedAway { .. })), 0, "nobody is there to answer");
    assert!(count(|body| matches!(body, Body::Lost { why: Loss::InboxFull, .. })) > 150);
    let turned_away = |record: &&Record| matches!(record.body, Body::TurnedAway { .. });
    assert!(records.iter().filter(turned_away).count() > 40, "before and after it does");
    let first = served(&records, 1).into_iter().find(|(time, _)| *time >= to).expect("it goes on");
    assert!(first.0.since(to) < Duration::from_millis(10), "with what was under service");
}

/// While a frame is under service no timer ends: a slow host's heartbeats are late.
#[test]
fn a_timer_waits_for_the_frame_under_service() {
    let plan = plan(
        r#"(format: 1, name: "test", duration: "4s",
            cluster: (voters: 1, host: (cost_per_frame: "70ms")),
            faults: [(at: "1s", for: "2s", do: Flood(target: Node(1), rate: 1000))])"#,
    );
    let records = records(&plan, 1);
    let mut times = Vec::new();
    for record in &records {
        let busy = (1_100..2_900).contains(&(record.time.nanos() / 1_000_000));
        if busy && record.node == NodeId(1).into() && record.body == Body::Woke {
            times.push(record.time);
        }
    }
    let taken: Vec<Time> = served(&records, 1).into_iter().map(|(time, _)| time).collect();
    assert!(times.iter().all(|time| taken.contains(time)), "it wakes between two frames: {times:?}");
}

/// A server that waits for its flush takes up nothing meanwhile, and what it flushes is one frame's.
#[test]
fn a_blocking_flush_keeps_frames_waiting() {
    let text = |blocking: bool| {
        format!(
            r#"(format: 1, name: "test", duration: "2s",
                cluster: (voters: 3, disk: (flush: Constant("5ms"), blocking: {blocking})),
                clients: (count: 2, arrival: OpenLoop(rate: 100.0), mix: (put: 1.0)))"#
        )
    };
    let blocked = records(&plan(&text(true)), 1);
    let mut flushing = [false; 4];
    for record in &blocked {
        let Some(node) = record.node.as_node() else { continue };
        let flushing = &mut flushing[node.0 as usize];
        match record.body {
            Body::Appended { .. } | Body::HardStateWritten { .. } => *flushing = true,
            Body::Flushed { .. } => *flushing = false,
            Body::Delivered { .. } | Body::Woke => {
                assert!(!*flushing, "{node} takes nothing up at {}", record.time);
            }
            _ => {}
        }
    }
    let flushes = |records: &[Record]| {
        records.iter().filter(|record| matches!(record.body, Body::Flushed { .. })).count()
    };
    let free = records(&plan(&text(false)), 1);
    assert!(blocked.iter().any(|record| matches!(record.body, Body::Waited { .. })));
    assert!(free.iter().all(|record| !matches!(record.body, Body::Waited { .. })), "else nothing waits");
    assert!(flushes(&free) > 0);
}

/// A client that is turned away has asked for nothing: what it is told holds.
#[test]
fn who_is_turned_away_is_told_where_to_go() {
    let plan = plan(
        r#"(format: 1, name: "test", duration: "4s",
            cluster: (voters: 3, first_leader: 1, host: (cost_per_frame: "1ms", inbox: 5, when_full: Refuse, lanes: Two)),
            clients: (count: 4, arrival: OpenLoop(rate: 100.0)),
            faults: [(at: "1s", for: "2s", do: Flood(target: All, rate: 2000))])"#,
    );
    let report = report(&plan, 1);
    assert_eq!(report.verdict, RunVerdict::Pass);
    let inbox = report.inboxes.expect("frames cost something");
    assert!(inbox.turned_away > 1_000 && inbox.clients.dropped == 0, "{inbox:?}");
    let (unknown, invoked) = (report.service.unknown, report.service.invoked);
    assert!(
        100 * unknown < invoked,
        "whoever gets in is served in time: {unknown} of {invoked} wait in vain"
    );
    assert!(inbox.longest <= 10, "two lanes of five places: {inbox:?}");
}

/// The crowd is nobody: what it is answered is recorded and goes nowhere.
#[test]
fn nobody_waits_for_the_answers_to_a_flood() {
    let plan = plan(
        r#"(format: 1, name: "test", duration: "2s", cluster: (voters: 3),
            faults: [(at: "500ms", for: "1s", do: Flood(target: All, rate: 500))])"#,
    );
    let records = records(&plan, 1);
    let asked = records.iter().filter(|record| record.node == Address::CROWD).count();
    assert!((1_300..1_700).contains(&asked), "{asked}");
    let told = |record: &&Record| matches!(record.body, Body::Sent { to: Address::CROWD, .. });
    assert!(records.iter().filter(told).count() > 1_000);
    let lost = |record: &&Record| matches!(record.body, Body::Lost { to: Address::CROWD, .. });
    assert_eq!(records.iter().filter(lost).count(), 0);
}
