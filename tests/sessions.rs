//! Client sessions in running clusters: what they are good for, and that nothing changes where there are none.

use crate::common;
use common::{plan, records, report, shipped};
use squall::check::{Check, Verdict};
use squall::ids::{CommandId, SessionId};
use squall::property::Property;
use squall::report::{Report, RunVerdict};
use squall::trace::{Body, Outcome as Returned, Record};
use std::collections::{BTreeMap, BTreeSet};

fn exactly_once(report: &Report) -> &Verdict {
    let is_it = |check: &&Check| check.name == Property::ExactlyOnce.name();
    &report.checks.iter().find(is_it).expect("every property has a verdict").verdict
}

#[test]
fn without_sessions_retries_take_effect_twice_and_with_them_never() {
    for name in ["lost-replies", "new-leader"] {
        let [off, on] = ["off", "on"].map(|which| shipped(&format!("sessions/{name}-{which}")));
        for seed in 0..5 {
            let twice = report(&off, seed);
            assert!(matches!(exactly_once(&twice), Verdict::Violated(_)), "{name}, seed {seed}");
            assert_eq!(twice.counters.sessions_opened + twice.counters.repeats_answered, 0);
            let once = report(&on, seed);
            assert!(matches!(exactly_once(&once), Verdict::Held(_)), "{name}, seed {seed}");
            assert!(once.counters.repeats_answered > 0, "{name}, seed {seed}");
        }
    }
}

#[test]
fn the_planted_bug_is_seen_and_the_same_run_without_it_is_clean() {
    let buggy = shipped("bugs/no-sessions");
    let mut clean = buggy.clone();
    clean.cluster.raft.bug = None;
    for seed in 0..5 {
        assert!(matches!(exactly_once(&report(&buggy, seed)), Verdict::Violated(_)), "seed {seed}");
        assert!(matches!(exactly_once(&report(&clean, seed)), Verdict::Held(_)), "seed {seed}");
    }
}

/// Frames that arrive twice, early and late, with and without retries; sessions that are dropped all the time.
#[test]
fn duplicated_requests_take_effect_once() {
    for (retries, most) in [("", 10_000), (r#"retry_after: "30ms","#, 10_000), (r#"retry_after: "30ms","#, 5)]
    {
        let plan = plan(&format!(
            r#"(format: 1, name: "twice", duration: "4s", cluster: (voters: 3),
            network: (clients: (latency: Uniform("0s", "40ms"), loss: 0.05, duplicate: 0.5)),
            clients: (count: 6, arrival: OpenLoop(rate: 200.0), {retries} sessions: true, most_sessions: {most}),
            faults: [(at: "2s", for: "500ms", do: Crash(Leader))])"#
        ));
        let report = report(&plan, 1);
        assert!(matches!(exactly_once(&report), Verdict::Held(_)));
        assert!(report.counters.repeats_answered > 100, "{}", report.counters.repeats_answered);
        assert_eq!(report.counters.sessions_expired > 0, most == 5);
    }
}

/// What a client is told is what its command did, whichever of its frames is answered by whom.
#[test]
fn a_client_is_told_what_its_operation_did() {
    let plan = shipped("sessions/lost-replies-on");
    let records = records(&plan, 2);
    let mut executed: BTreeMap<CommandId, u64> = BTreeMap::new();
    let mut operations = BTreeSet::new();
    for record in &records {
        if let Body::Executed { index, operation, command: Some(command) } = record.body {
            assert_eq!(*executed.entry(command).or_insert(index.0), index.0, "{record}");
            operations.extend(operation);
        }
    }
    let done = |record: &Record| match record.body {
        Body::Returned { operation, outcome: Returned::Done { written: true, .. } } => Some(operation),
        _ => None,
    };
    let done: Vec<_> = records.iter().filter_map(done).collect();
    assert!(done.len() > 300 && done.iter().all(|operation| operations.contains(operation)));
}

/// All replicas agree on which sessions there are, at every restart again.
#[test]
fn sessions_come_and_go_by_the_log_alone() {
    let mut plan = shipped("sessions/too-few");
    let faults = r#"(format: 1, name: "x", duration: "9s", cluster: (voters: 3),
        faults: [(at: "3s", for: "1s", do: Crash(Leader)), (at: "6s", for: "500ms", do: Crash(All))])"#;
    plan.faults = common::plan(faults).faults;
    let mut dropped: BTreeMap<SessionId, Option<SessionId>> = BTreeMap::new();
    let mut told = 0;
    for record in records(&plan, 1) {
        if let Body::SessionOpened { session, dropped: other } = record.body {
            assert_eq!(*dropped.entry(session).or_insert(other), other, "{record}");
            told += 1;
        }
    }
    assert!(dropped.len() > 100 && told > 3 * dropped.len(), "{} {told}", dropped.len());
}

#[test]
fn without_sessions_and_retries_nothing_is_told_of_commands() {
    let records = records(&shipped("leader-crash"), 1);
    let of_commands = |record: &&Record| {
        matches!(
            record.body,
            Body::Executed { .. }
                | Body::Repeated { .. }
                | Body::Disowned { .. }
                | Body::SessionOpened { .. }
        )
    };
    assert_eq!(records.iter().find(of_commands), None);
}

/// Crashes, a wiped disk, a voter replaced, snapshots installed, everybody down at once: what clients were told is done is
/// there in the end, and was done once.
#[test]
fn nothing_acknowledged_is_lost_or_done_twice_through_all_that_is_tolerated() {
    let plan = shipped("sessions/through-it-all");
    for seed in 0..20 {
        let report = report(&plan, seed);
        assert_eq!(report.verdict, RunVerdict::Pass, "seed {seed}: {:?}", report.reason());
        for property in [Property::AcknowledgedWrites, Property::ExactlyOnce, Property::Linearizability] {
            let check = report.checks.iter().find(|check| check.name == property.name()).expect("a verdict");
            assert!(
                matches!(check.verdict, Verdict::Held(examined) if examined > 1_000),
                "seed {seed}: {check:?}"
            );
        }
    }
}
