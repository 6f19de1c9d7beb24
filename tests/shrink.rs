//! What fails is made small: the same failure, a smaller scenario, always the same one.

mod common;

use common::plan;
use squall::fuzz::{Failure, Shrink, Shrunk, Signature};
use squall::plan::Plan;
use squall::runner::{fails, find};
use squall::scenario::{read, write};

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
    let shrunk = Shrink::new(script.clone(), failure.clone(), &mut fails, &mut keep).at_most(3_000).finish();
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
        assert!(!shrunk.unfinished && shrunk.runs < 3_000, "{bug}: {} runs", shrunk.runs);
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
fn the_same_finding_shrinks_to_the_same_scenario_and_that_to_itself() {
    let (script, failure) = finding(&stormy("OwnVoteNotRecorded"));
    let (once, _) = shrunk(&script, &failure);
    assert_eq!(once, shrunk(&script, &failure).0);
    let (again, kept) = shrunk(&once.plan, &once.failure);
    assert_eq!((again.plan, kept), (once.plan, vec![]));
}

#[test]
fn shrinking_stops_when_it_has_no_runs_left() {
    let (script, failure) = finding(&stormy("LongerLogWins"));
    let mut keep = |_: &Plan| ();
    let shrunk = Shrink::new(script, failure.clone(), &mut fails, &mut keep).at_most(5).finish();
    assert!(shrunk.unfinished && shrunk.runs == 5);
    assert_eq!(shrunk.failure.signature, failure.signature);
}

/// What failed otherwise is not kept, however small.
#[test]
fn only_the_same_way_of_failing_counts() {
    let (script, failure) = finding(&stormy("LongerLogWins"));
    let other = Failure { signature: Signature::Livelock, at: failure.at };
    let mut runs = 0;
    let mut run = |plan: &Plan| {
        runs += 1;
        // Whatever has lost a fault fails, but otherwise.
        if plan.faults.len() < script.faults.len() { Some(other.clone()) } else { fails(plan) }
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
    assert_eq!(failure.signature, Signature::Expectation("Availability".into()));
    let (shrunk, _) = shrunk(&finding.script, &failure);
    assert_eq!(shrunk.failure.signature, failure.signature);
    assert!(shrunk.plan.faults.len() <= 1, "{:#?}", shrunk.plan);
    assert!(!shrunk.plan.expectations.is_empty());
}
