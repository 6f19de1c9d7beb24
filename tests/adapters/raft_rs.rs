//! The crate `raft` of TiKV under the storm.

use squall::check::Verdict;
use squall::fuzz::draw;
use squall::plan::{Cell, Implementation, Measure, Plan, Property};
use squall::report::{Report, RunVerdict};
use squall::rng::Rate;
use squall::runner;
use squall::scenario::{read, read_for, read_profile};
use std::fs;
use std::process::Command;

/// Shipped scenarios that it has to hold as Squall's own does: each kind of fault, and what nodes are asked for.
const HELD: &[&str] = &[
    "cold-start",
    "leader-crash",
    "majority-partition",
    "rolling-restarts",
    "corruption/mangled",
    "crashes/at-the-thousandth",
    "flow/back-pressure-on",
    "priorities/near-nodes-first",
    "reads/by-index",
    "reads/at-followers",
    "snapshots/by-snapshot",
    "transfer/handed-over-first",
];

fn shipped(name: &str) -> Plan {
    let text = fs::read_to_string(format!("scenarios/{name}.ron")).expect("a shipped scenario");
    match read_for(&text, Some(Implementation::RaftRs)) {
        Ok((plan, _)) => plan,
        Err(errors) => panic!("{}", errors.render(name, &text, false)),
    }
}

/// The properties that a run broke.
fn broken(report: &Report) -> Vec<&'static str> {
    let broken = report.checks.iter().filter(|check| matches!(check.verdict, Verdict::Violated(_)));
    broken.map(|check| check.name).collect()
}

#[test]
fn shipped_scenarios_hold() {
    for name in HELD {
        let report = runner::report(&shipped(name));
        assert_eq!(report.verdict, RunVerdict::Pass, "{name}: {:?}", report.reason());
    }
}

/// What was found in the crate is still there; see the files.
#[test]
fn what_was_found_is_there_still() {
    for (name, property, verdict) in [
        ("raft-rs-pre-vote-in-term-0", Property::SoundImplementation, RunVerdict::Panicked),
        ("raft-rs-lease-outlived", Property::Linearizability, RunVerdict::Safety),
        ("raft-rs-lease-paused", Property::Linearizability, RunVerdict::Safety),
    ] {
        let report = runner::report(&shipped(&format!("findings/{name}")));
        assert_eq!(broken(&report), [property.name()], "{name}");
        assert_eq!(report.verdict, verdict, "{name}");
    }
}

/// A panic takes one node down, and the run goes on to its end with a command that makes it again.
#[test]
fn a_panic_is_a_verdict() {
    let mut plan = shipped("findings/raft-rs-pre-vote-in-term-0");
    plan.cluster.priorities = vec![2, 1, 1];
    let mut report = runner::report(&plan);
    report.file = Some("x.ron".into());
    assert_eq!(report.replay().as_deref(), Some("squall run x.ron --seed 1 --implementation RaftRs"));
    let sound = report.checks.last().expect("checks");
    let Verdict::Violated(violation) = &sound.verdict else { panic!("{sound:?}") };
    assert!(violation.message.contains("panicked: term should be set"), "{}", violation.message);
    assert!(report.simulated.nanos() > violation.time.nanos(), "the run goes on");
    assert_eq!(report.reason(), Some(format!("{} at {}", violation.message, violation.time)));
    // A study judges nobody, but counts.
    let cell = Cell { values: Vec::new(), plan, measure: Measure::FirstLeader };
    let panicked = |cell: &Cell| runner::trial(cell, 1).expect("no bug of ours").panicked;
    assert!(panicked(&cell) && !panicked(&Cell { plan: shipped("cold-start"), ..cell }));
}

#[test]
fn what_it_can_not_express_is_told_at_its_place() {
    let text = r#"(format: 1, name: "x", duration: "5s", cluster: (voters: 3, implementation: RaftRs,
        raft: (sticky: true, eager_votes: true, max_early_bytes: 1000), bug: AckBeforeFlush),
        clients: (count: 1), faults: [(at: "1s", do: Remove(Node(3)))])"#;
    let shown = read(text).expect_err("too much asked for").render("x.ron", text, false);
    for place in ["raft.sticky", "raft.eager_votes", "raft.max_early_bytes", "cluster.bug", "faults[0].do"] {
        assert!(shown.contains(place), "{place} in\n{shown}");
    }
    assert!(shown.contains("`RaftRs` can't express `eager_votes: true`"), "{shown}");
    // Another implementation can.
    assert!(read_for(&text.replace(", bug: AckBeforeFlush", ""), Some(Implementation::Squall)).is_ok());
}

/// Random runs of what it can express, but for what was found before: reads by lease, and priorities in a first term.
#[test]
fn random_runs_hold() {
    let text = fs::read_to_string("scenarios/profiles/quick.ron").expect("a profile");
    let (mut profile, _) = read_profile(&text).expect("a sound profile");
    profile.implementation = Implementation::RaftRs;
    (profile.cluster.priorities, profile.cluster.reads.leases) = (Rate::ZERO, Rate::ZERO);
    for seed in 0..60 {
        let plan = draw(&profile, seed);
        let report = runner::report(&plan);
        assert_eq!(report.verdict, RunVerdict::Pass, "seed {seed}: {:?}", report.reason());
        // What was drawn can be written down, and reads as the same.
        let written = squall::scenario::write(&plan);
        assert_eq!(read(&written).expect("a scenario").0, plan, "seed {seed}");
    }
}

/// The crate draws from a generator of its thread, which is another in each process.
#[test]
fn two_processes_make_the_same_runs() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("storm.ron");
    let text = r#"(format: 1, name: "storm", duration: "3s", cluster: (voters: 5, implementation: RaftRs,
        raft: (heartbeat: "20ms", election_timeout: ("60ms", "120ms"), pre_vote: true, check_quorum: true, snapshot_every: 4000)),
        clients: (count: 2, arrival: OpenLoop(rate: 100.0)),
        storm: [(every: Exponential(mean: "300ms"), for: Uniform("50ms", "300ms"), do: Crash(Random)),
                (every: Exponential(mean: "500ms"), for: Uniform("50ms", "300ms"), do: Partition(isolate: Leader))])"#;
    fs::write(&file, text).expect("written");
    let digests = || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_squall"));
        let output = command.arg("run").arg(&file).args(["--seeds", "0..200", "--json"]).output();
        let output = output.expect("the program runs").stdout;
        let text = String::from_utf8(output).expect("text");
        let lines = text.lines().filter(|line| line.contains("\"digest\"")).map(str::to_owned);
        lines.collect::<Vec<_>>()
    };
    let first = digests();
    assert!(first.len() >= 200, "{} digests", first.len());
    assert_eq!(first, digests());
}
