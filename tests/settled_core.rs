//! Runs that settle for a core of their nodes: what ends, what stays, and what the core owes.

use crate::common;
use common::{plan, report, run};
use squall::fuzz::{Resolver, draw};
use squall::host::Power;
use squall::ids::{NodeId, NodeSet};
use squall::plan::{Core, Expectation, Plan};
use squall::raft::RaftSoftware;
use squall::report::Judgement;
use squall::time::{Duration, Time};
use squall::trace::{Body, Record};
use squall::world::{View, World};
use std::collections::BTreeSet;

const MS: u64 = 1_000_000;

fn at(ms: u64) -> Time {
    Time::from_nanos(ms * MS)
}

/// Five nodes under load, with these faults and storms, that settle at 4 s.
fn settling(faults: &str, storms: &str, core: &str, expect: &str) -> Plan {
    plan(&format!(
        r#"(format: 1, name: "x", duration: "10s",
            cluster: (voters: 5, raft: (pre_vote: true, check_quorum: true, sticky: true)),
            network: (default: (loss: 0.02, duplicate: 0.02)), clients: (count: 3),
            faults: [{faults}], storm: [{storms}], settle: (from: "4s", core: {core}), expect: [{expect}])"#
    ))
}

/// Every kind of fault that hits links or nodes and lasts.
fn everything() -> String {
    let actions = [
        "Crash(Random)",
        "Crash(Minority)",
        "Pause(Random)",
        "Deaf(Random)",
        "Mute(Random)",
        "DiskStall(Random)",
        "DiskFull(Random)",
        "Partition(isolate: Random)",
        "Partition(bridge: Random)",
        "Clog(isolate: Minority)",
        "Flap(isolate: Random, down: Constant(\"50ms\"), up: Constant(\"70ms\"))",
        "Flood(target: All, rate: 100)",
        "Lose(links: All, rate: 0.3)",
        "Delay(links: All, by: Uniform(\"1ms\", \"50ms\"))",
        "Corrupt(links: All, rate: 0.1, kind: BitFlip(1, 2), clients: true)",
        "Replay(links: All, rate: 0.1)",
        "Misdirect(links: All, rate: 0.1)",
        "Duplicate(links: All, rate: 0.1)",
        "Drift(nodes: Random, ppm: 10000)",
        "Starve(kind: Heartbeats, to: Random)",
        "Skew(nodes: Random, ahead: \"1s\")",
        "Forge(to: All, rate: 20)",
    ];
    let storm = |action: &&str| {
        format!(r#"(every: Exponential(mean: "1500ms"), for: Uniform("100ms", "3s"), do: {action}),"#)
    };
    actions.iter().map(storm).collect()
}

fn core_of(records: &[Record]) -> NodeSet {
    let told = records.iter().filter_map(|record| match record.body {
        Body::SettledFor { nodes } => Some(nodes),
        _ => None,
    });
    let told: Vec<NodeSet> = told.collect();
    assert_eq!(told.len(), 1, "a run settles once");
    told[0]
}

/// The world right after it has settled.
fn just_settled(plan: &Plan, seed: u64) -> View {
    let mut world = World::new(plan, &RaftSoftware, seed, Vec::<Record>::new());
    world.run_until(at(4000) + Duration::from_nanos(1));
    world.view()
}

#[test]
fn within_the_core_nothing_stays_wrong_and_elsewhere_it_does() {
    let plan = settling("", &everything(), "Random", "");
    let (mut down, mut cut, mut cores) = (0, 0, BTreeSet::new());
    for seed in 0..60 {
        let mut records = Vec::new();
        run(&plan, seed, &mut records);
        let core = core_of(&records);
        cores.insert(core.words());
        assert_eq!(core.len(), 3, "a majority of five");
        let view = just_settled(&plan, seed);
        for node in &view.nodes {
            let is_in = core.contains(node.id);
            assert!(!is_in || node.state == Power::Up, "seed {seed}: {node:?}");
            down += usize::from(!is_in && node.state != Power::Up);
        }
        for (from, to) in view.cut.iter().chain(&view.clogged) {
            assert!(!core.contains(*from) || !core.contains(*to), "seed {seed}: {from} to {to}");
            cut += 1;
        }
        // What is done to a frame that was sent elsewhere, and goes astray, is told of where it goes.
        let astray = records.iter().filter(|record| matches!(record.body, Body::Misdirected { .. }));
        let astray: BTreeSet<_> = astray.filter_map(|record| record.cause).collect();
        let later = records.iter().skip_while(|record| !matches!(record.body, Body::SettledFor { .. }));
        for record in later {
            let is_hit = |node: squall::ids::Address| node.as_node().is_some_and(|node| core.contains(node));
            match record.body {
                Body::FaultStarted { .. } => panic!("seed {seed}: {record}"),
                Body::Forged { .. } | Body::Crashed => assert!(!is_hit(record.node), "seed {seed}: {record}"),
                Body::Duplicated { to, .. } | Body::Corrupted { to, .. } | Body::Delayed { to, .. } => {
                    let is_astray = record.cause.is_some_and(|cause| astray.contains(&cause));
                    assert!(!is_hit(record.node) || !is_hit(to) || is_astray, "seed {seed}: {record}");
                }
                _ => {}
            }
        }
    }
    assert!(
        down > 60 && cut > 300 && cores.len() == 10,
        "{down} down, {cut} links cut, {} cores",
        cores.len()
    );
}

#[test]
fn a_run_with_a_core_is_a_script_with_the_same_digest() {
    let plan = settling("", &everything(), "Random", "");
    for seed in 0..30 {
        let (mut resolver, mut records) = (Resolver::default(), Vec::new());
        let digest = run(&plan, seed, &mut resolver).digest;
        run(&plan, seed, &mut records);
        let script = resolver.script(&plan, seed);
        let core = script.settle.map(|settle| settle.core);
        assert_eq!(core, Some(Core::Nodes(core_of(&records))));
        let text = squall::scenario::write(&script);
        assert_eq!(common::plan(&text), script, "{text}");
        assert_eq!(run(&script, seed, &mut Vec::<Record>::new()).digest, digest, "seed {seed}");
    }
}

#[test]
fn the_core_is_of_those_who_can_still_have_a_say() {
    let wiped = r#"(at: "2s", for: "500ms", do: Wipe(Node(2))), (at: "3s", do: Crash(All))"#;
    let plan = settling(wiped, "", "Random", r#"Settled(within: "3s")"#);
    for seed in 0..20 {
        let mut records = Vec::new();
        run(&plan, seed, &mut records);
        let core = core_of(&records);
        assert!(!core.contains(NodeId(2)) && core.len() == 3, "seed {seed}: {core}");
        let expected = &report(&plan, seed).expectations[0];
        assert_eq!(expected.verdict, Judgement::Held, "seed {seed}: {}", expected.why);
    }
}

#[test]
fn a_fault_ends_within_the_core_only() {
    let faults = r#"(id: "inside", at: "3s", for: "1s", do: Crash(Node(1))), (id: "both", at: "3s", do: Pause(Nodes([2, 4])))"#;
    let plan = settling(faults, "", "Nodes([1, 2, 3])", "");
    let mut records = Vec::new();
    run(&plan, 1, &mut records);
    let ended: Vec<NodeSet> = records
        .iter()
        .filter_map(|record| match record.body {
            Body::FaultEnded { nodes, .. } => Some(nodes),
            _ => None,
        })
        .collect();
    assert_eq!(ended, [NodeSet::from_iter([NodeId(1)])], "the other one goes on");
    let resumed = |node: u32| {
        records.iter().any(|record| record.node == NodeId(node).into() && record.body == Body::Resumed)
    };
    assert!(resumed(2) && !resumed(4));
    let beset = records.iter().find_map(|record| match record.body {
        Body::Beset { nodes } => Some(nodes),
        _ => None,
    });
    assert_eq!(beset, Some(NodeSet::from_iter([NodeId(4), NodeId(5)])), "links to n5 lose frames");
}

#[test]
fn clients_are_quiet_for_as_long_as_they_should() {
    let mut plan = settling("", "", "All", "");
    let settle = plan.settle.as_mut().expect("it settles");
    settle.quiet = Duration::from_secs(2);
    let mut records = Vec::new();
    run(&plan, 1, &mut records);
    let asks = |from: u64, to: u64| {
        let is_asked = |body: &Body| matches!(body, Body::Invoked { .. });
        let within = |record: &&Record| record.time >= at(from) && record.time < at(to);
        records.iter().filter(within).filter(|record| is_asked(&record.body)).count()
    };
    assert!(asks(3000, 4000) > 100 && asks(6000, 7000) > 100);
    assert_eq!(asks(4000, 6000), 0);
}

/// What came of `Settled` where clocks, disks and links are as said from 3 s on.
fn settled(faults: &str, core: &str, seed: u64) -> (Judgement, String) {
    let report = report(&settling(faults, "", core, r#"Settled(within: "1500ms")"#), seed);
    (report.expectations[0].verdict, report.expectations[0].why.clone())
}

#[test]
fn a_leader_outside_with_which_something_is_wrong_waives_what_the_core_owes() {
    let stalled = r#"(at: "3s", do: DiskStall(Leader)), (at: "3s", do: Starve(kind: Requests, to: Leader))"#;
    let (mut waived, mut held) = (0, 0);
    for seed in 0..20 {
        let (verdict, why) = settled(stalled, "Random", seed);
        match verdict {
            Judgement::Waived if why.contains("something stays wrong") => waived += 1,
            Judgement::Held => held += 1,
            _ => panic!("seed {seed}: {why}"),
        }
    }
    assert!(waived > 0 && held > 0, "{waived} waived, {held} held");
}

/// The time within which a leader is owed is the one that the guide derives.
#[test]
fn a_leader_is_owed_within_the_time_of_the_formula() {
    for (switches, expected) in [("", 2772), (", pre_vote: 1, check_quorum: 1, sticky: 1", 3894)] {
        let text = format!(
            r#"(format: 1, name: "x", duration: "60s", settle: "10s",
                cluster: (voters: [(5, 1)], heartbeat: ("50ms", "50ms"), election_timeout: (3, 3), timeout_spread: (2, 2),
                          flush: ("1ms", "1ms"){switches}),
                network: (latency: ("2ms", "2ms")))"#
        );
        let (profile, _) = squall::scenario::read_profile(&text).expect("a profile");
        let bound = Duration::from_millis(expected);
        let owed = &draw(&profile, 1).expectations[0];
        assert!(matches!(owed, Expectation::LeaderWithin { bound: it, .. } if *it == bound), "{owed:?}");
    }
}

/// How likely the vote of the first term is split, of so many available nodes, by the Raft thesis; and what the guide takes.
#[test]
fn no_more_votes_are_split_than_the_formula_allows_for() {
    let choose =
        |n: i32, k: i32| (1..=k).fold(1.0, |product, i| product * f64::from(n - k + i) / f64::from(i));
    let split = |(n, s): (i32, i32), l: f64| -> f64 {
        let c = s - n / 2 + 1;
        (c - 1..=s).map(|k| choose(s, k) * l.powi(k) * (1.0 - l).powi(s - k)).sum()
    };
    for (nodes, latency, known) in [
        ((5, 4), 0.01, 0.0006),
        ((5, 4), 0.1, 0.0523),
        ((5, 4), 0.2, 0.1808),
        ((5, 3), 0.2, 0.4880),
        ((3, 2), 0.1, 0.190),
        ((7, 4), 0.2, 0.590),
    ] {
        assert!(
            (split(nodes, latency) - known).abs() < 6e-4,
            "{nodes:?} at {latency}: {}",
            split(nodes, latency)
        );
        let allowed = 1.0 - (1.0 - 2.0 * latency).powi(nodes.0 - 1);
        assert!(split(nodes, latency) <= allowed, "{nodes:?} at {latency}");
    }
}
