//! What fails is made small: the same failure, a smaller scenario, always the same one.

use crate::common;
use crate::hunt;
use common::plan;
use hunt::{found, is_of_liveness, planted};
use squall::fuzz::{Failure, Shrink, Shrunk, Signature, Trial, draw};
use squall::plan::{Plan, Start};
use squall::replica::Bug;
use squall::rng::Rate;
use squall::runner::{attempt, fails, find, in_order};
use squall::scenario::{read, write};
use std::collections::BTreeSet;
use std::ops::ControlFlow;

/// Shrinking may cost so many events: half a minute of work at the most.
const MOST_EVENTS: u64 = 120_000_000;

/// A cluster of five in a storm, with a planted bug.
fn stormy(bug: &str) -> Plan {
    plan(&format!(
        r#"(format: 1, name: "stormy", duration: "20s", cluster: (voters: 5, bug: {bug}),
            network: (default: (latency: Uniform("1ms", "20ms"), loss: 0.02, duplicate: 0.01)),
            clients: (count: 4, arrival: OpenLoop(rate: 100.0)),
            storm: [
                (every: Exponential(mean: "2s"), for: Uniform("75ms", "2s"), do: Crash(Random)),
                (every: Exponential(mean: "3s"), for: Uniform("75ms", "2s"), do: Crash(Leader)),
                (every: Exponential(mean: "5s"), for: Uniform("100ms", "3s"), do: Partition(groups: [[Minority], [Rest]])),
            ],
            settle: (from: "18s"))"#
    ))
}

/// The first seed with which it fails, as a script, and how it fails.
fn finding(plan: &Plan) -> (Plan, Failure) {
    let mut found = (0..500).filter_map(|seed| {
        let finding = find(&Plan { seed, ..plan.clone() });
        Some((finding.script, finding.failure?))
    });
    found.next().expect("it fails with one of these seeds")
}

fn shrunk(script: &Plan, failure: &Failure) -> (Shrunk, Vec<Plan>) {
    let mut kept = Vec::new();
    let mut keep = |smaller: &Plan| kept.push(smaller.clone());
    let shrunk = Shrink::new(script.clone(), failure.clone(), &mut attempt, &mut keep).finish();
    (shrunk, kept)
}

#[test]
fn a_finding_shrinks_to_a_small_scenario_that_fails_in_the_same_way() {
    for bug in ["AckBeforeFlush", "VoteNotPersisted", "OwnVoteNotRecorded", "LongerLogWins"] {
        let (script, failure) = finding(&stormy(bug));
        let (shrunk, kept) = shrunk(&script, &failure);
        let smallest = &shrunk.plan;
        assert_eq!(fails(smallest), Some(shrunk.failure.clone()), "{bug}");
        assert_eq!(shrunk.failure.signature, failure.signature, "{bug}");
        assert!(!shrunk.unfinished && shrunk.events < MOST_EVENTS, "{bug}: {} events", shrunk.events);
        assert!(smallest.faults.len() <= 5, "{bug}: {smallest:#?}");
        assert!(smallest.duration.as_secs_f64() <= 10.0, "{bug}: {smallest:#?}");
        assert!(smallest.cluster.voters <= script.cluster.voters);
        assert_eq!(read(&write(smallest)).map(|(plan, _)| plan).as_ref(), Ok(smallest), "{bug}");
        // Each step on the way is a valid scenario that fails likewise: whoever stops early has one, too.
        assert_eq!(kept.last(), Some(smallest), "{bug}");
        for step in &kept {
            assert_eq!(
                fails(step).map(|failure| failure.signature),
                Some(failure.signature.clone()),
                "{bug}"
            );
        }
    }
}

#[test]
fn the_same_finding_shrinks_to_the_same_scenario_and_that_to_no_larger_one() {
    let (script, failure) = finding(&stormy("OwnVoteNotRecorded"));
    let (once, _) = shrunk(&script, &failure);
    assert_eq!(once, shrunk(&script, &failure).0);
    let (again, _) = shrunk(&once.plan, &once.failure);
    assert!(again.plan.faults.len() <= once.plan.faults.len() && again.runs < once.runs);
    assert!(again.plan.duration <= once.plan.duration);
}

/// What random runs find in large clusters, under load and with dozens of faults, is small in truth.
#[test]
fn every_planted_bug_shrinks_to_a_few_faults() {
    let starts = [
        (Bug::AckBeforeFlush, 40_000),
        (Bug::VoteNotPersisted, 10_002),
        (Bug::VoteNotTiedToTerm, 0),
        (Bug::OwnVoteNotRecorded, 20_010),
        (Bug::StaleVoteCounted, 13),
        (Bug::LongerLogWins, 10_003),
        (Bug::CommitOldTermByCount, 1000),
        (Bug::OldSnapshotAccepted, 0),
        (Bug::TruncateBeforeSnapshotDurable, 0),
        (Bug::NoSessions, 31),
        (Bug::ReadWithoutOwnTermCommit, 0),
        (Bug::LocalRead, 0),
        (Bug::LeaseIgnoresDrift, 0),
        (Bug::PrevTermUnchecked, 3),
        (Bug::TruncateAlways, 4),
        (Bug::CommitBeyondMatched, 19),
        (Bug::OwnEntryCountedUnflushed, 0),
        (Bug::LeaderOverwrites, 1),
        (Bug::ChangeBeforeOwnCommit, 823),
        (Bug::TwoNodesInOneStep, 0),
        (Bug::RoleUnchecked, 0),
        (Bug::TimersByWallClock, 0),
        (Bug::ChecksumIgnored, 0),
    ];
    // What is owed speaks of times, which have to stay as they are: such findings shrink less.
    let of_safety: Vec<Bug> = Bug::ALL.into_iter().filter(|bug| !is_of_liveness(*bug)).collect();
    assert_eq!(starts.map(|(bug, _)| bug), of_safety[..]);
    let shrinks = |number: u64| {
        let (bug, start) = starts[number as usize];
        let profile = planted(bug);
        let script = find(&draw(&profile, start + found(&profile, start))).script;
        let failure = fails(&script).expect("a script fails like its run");
        let (Shrunk { plan, failure: smallest, events, unfinished, .. }, _) = shrunk(&script, &failure);
        assert_eq!(fails(&plan), Some(smallest.clone()), "{bug:?}");
        assert_eq!(smallest.signature, failure.signature, "{bug:?}");
        assert!(plan.faults.len() <= 5, "{bug:?}: {}", write(&plan));
        assert!(plan.cluster.voters <= 5, "{bug:?}: {}", write(&plan));
        // What does not come is waited for to the end.
        let longest = if matches!(smallest.signature, Signature::Expectation(_)) { 30.0 } else { 10.0 };
        assert!(plan.duration.as_secs_f64() <= longest, "{bug:?}: {}", write(&plan));
        assert!(!unfinished && events < MOST_EVENTS, "{bug:?}: {events} events");
        assert!(plan.faults.is_sorted_by_key(|fault| begin_of(fault.start)), "{bug:?}: {}", write(&plan));
    };
    in_order(2, starts.len() as u64, shrinks, |_, ()| ControlFlow::Continue(()));
}

#[test]
fn an_interrupted_shrink_goes_on_from_what_it_kept() {
    let (script, failure) = finding(&stormy("LongerLogWins"));
    let mut keep = |_: &Plan| ();
    let half = Shrink::new(script, failure, &mut attempt, &mut keep).at_most(2_000).finish();
    assert!(half.unfinished);
    let (whole, _) = shrunk(&half.plan, &half.failure);
    assert!(!whole.unfinished && whole.plan.faults.len() <= half.plan.faults.len().min(5));
}

/// When a scripted fault begins, in nanoseconds.
fn begin_of(start: Start) -> u64 {
    match start {
        Start::At(at) => at.nanos(),
        Start::When { .. } => panic!("a script waits for nothing"),
    }
}

/// Whatever is tried before anything has failed.
fn tried(plan: &Plan, failure: &Failure) -> Vec<Plan> {
    let mut tried = Vec::new();
    let mut run = |plan: &Plan| {
        tried.push(plan.clone());
        Trial { failed: None, events: 20_000 }
    };
    let mut keep = |_: &Plan| panic!("nothing has failed");
    Shrink::new(plan.clone(), failure.clone(), &mut run, &mut keep).finish();
    tried
}

#[test]
fn the_fewer_the_faults_of_a_leap_the_sooner_it_is_tried() {
    let (script, failure) = finding(&stormy("LongerLogWins"));
    let leaps = |tried: &[Plan]| {
        let is_leap = |plan: &&Plan| {
            plan.expectations.is_empty() && plan.settle.is_none() && plan.duration < script.duration
        };
        tried.iter().take_while(is_leap).cloned().collect::<Vec<_>>()
    };
    let all = tried(&script, &failure);
    let leaps_made = leaps(&all);
    assert!(leaps_made.len() > 500 && all.len() < 3_000, "{} of {}", leaps_made.len(), all.len());
    // Fewer nodes may have taken a fault along, so a later leap may have fewer faults, but none has more than its turn.
    let most = |leaps: &[Plan]| leaps.iter().map(|plan| plan.faults.len()).max();
    let (first, second) = leaps_made.split_at(leaps_made.len() / 3);
    assert!(most(first) < most(second) && leaps_made.iter().take(90).all(|plan| plan.faults.is_empty()));
    let faults: BTreeSet<usize> = leaps_made.iter().map(|plan| plan.faults.len()).collect();
    assert!(faults.is_superset(&BTreeSet::from([0, 1, 2, 3, 4, 5])), "{faults:?}");
    assert!(leaps_made.iter().any(|plan| plan.clients.is_none()));
    assert!(leaps_made.iter().any(|plan| plan.clients.is_some()));
    assert!(leaps_made.iter().any(|plan| plan.cluster.voters == 3));
}

/// What was expected speaks of times, which leaps don't keep.
#[test]
fn there_are_no_leaps_from_an_expectation() {
    let (script, failure) = finding(&stormy("LongerLogWins"));
    let safety = tried(&script, &failure).len();
    let failure =
        Failure { signature: Signature::Expectation("x".into()), at: failure.at, faults: failure.faults };
    assert!(tried(&script, &failure).len() + 500 < safety);
}

#[test]
fn numbers_are_rounded_where_it_still_fails() {
    let odd = plan(
        r#"(format: 1, name: "odd", seed: 7, duration: "2712ms",
            cluster: (voters: 3, raft: (heartbeat: "57123us", election_timeout: ("171234us", "333444us")),
                disk: (flush: Uniform("5123456ns", "8765432ns")), bug: AckBeforeFlush),
            network: (default: (latency: Uniform("1234567ns", "7654321ns"), loss: 0.0483712, duplicate: 0.00123)))"#,
    );
    let failure = fails(&odd).expect("it fails");
    // It fails only for as long as the models are there: nothing but rounding is left.
    let mut run = |plan: &Plan| {
        let link = &plan.network.default;
        let is_odd = link.loss != Rate::ZERO && link.duplicate != Rate::ZERO && plan.cluster.voters == 3;
        let plain = |text: &str| write(plan).contains(text);
        let keeps =
            is_odd && !plain("Constant(\"1ms\")") && !plain("\"150ms\", \"300ms\"") && !plain("\"500us\"");
        if keeps { attempt(plan) } else { Trial { failed: None, events: 1_000 } }
    };
    let mut keep = |_: &Plan| ();
    let shrunk = Shrink::new(odd, failure, &mut run, &mut keep).finish();
    let text = write(&shrunk.plan);
    for round in ["loss: 0.05", "duplicate: 0.001", "heartbeat: \"60ms\"", "duration: \"1s\""] {
        assert!(text.contains(round), "{round}: {text}");
    }
}

#[test]
fn shrinking_stops_when_it_has_no_runs_left() {
    let (script, failure) = finding(&stormy("LongerLogWins"));
    let mut keep = |_: &Plan| ();
    let shrunk = Shrink::new(script, failure.clone(), &mut attempt, &mut keep).at_most(5).finish();
    assert!(shrunk.unfinished && shrunk.runs == 5);
    assert_eq!(shrunk.failure.signature, failure.signature);
}

/// What failed otherwise is not kept, however small.
#[test]
fn only_the_same_way_of_failing_counts() {
    let (script, failure) = finding(&stormy("LongerLogWins"));
    let other = Failure { signature: Signature::Livelock, at: failure.at, faults: failure.faults };
    let mut runs = 0;
    let mut run = |plan: &Plan| {
        runs += 1;
        // Whatever has lost a fault fails, but otherwise.
        if plan.faults.len() < script.faults.len() {
            Trial { failed: Some((other.clone(), plan.clone())), events: 1 }
        } else {
            attempt(plan)
        }
    };
    let mut keep = |smaller: &Plan| assert_eq!(smaller.faults.len(), script.faults.len());
    let shrunk = Shrink::new(script.clone(), failure, &mut run, &mut keep).at_most(300).finish();
    assert!(runs > 0 && shrunk.plan.faults.len() == script.faults.len());
}

#[test]
fn an_expectation_that_fails_is_kept_while_the_rest_is_cut() {
    let plan = plan(
        r#"(format: 1, name: "halted", duration: "20s", cluster: (voters: 5),
            clients: (count: 4, arrival: OpenLoop(rate: 100.0)),
            faults: [
                (at: "2s", for: "300ms", do: Crash(Follower(1))),
                (at: "4s", for: "2s", do: Partition(groups: [[Leader, Follower(1)], [Follower(2), Follower(3)], [Rest]])),
                (at: "9s", for: "100ms", do: Pause(Random)),
            ],
            expect: [Availability(at_least: 0.99, during: Run), Progress(during: Between("4500ms", "6s"))])"#,
    );
    let finding = find(&plan);
    let failure = finding.failure.expect("it fails");
    assert_eq!(failure.signature, Signature::Expectation("Availability(at_least: 0.99, during: Run)".into()));
    let (shrunk, _) = shrunk(&finding.script, &failure);
    assert_eq!(shrunk.failure.signature, failure.signature);
    assert!(shrunk.plan.faults.len() <= 1, "{:#?}", shrunk.plan);
    assert!(!shrunk.plan.expectations.is_empty());
}
