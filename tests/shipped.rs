//! The shipped scenarios teach something: each holds what it expects, and would not if something else happened.

use crate::common;
use common::{path, scenarios};
use squall::ids::NodeId;
use squall::plan::{Action, End, Event, Expectation, Fault, Integrity, Jitter, Plan, Shape, Start, Target};
use squall::replica::ReadBy;
use squall::report::{FaultSpan, Judges, Outcome, Report, RunVerdict};
use squall::runner::{Options, simulate};
use squall::scenario::{read, write};
use squall::time::{Duration, Time};
use squall::trace::FaultSource;
use std::path::Path;

/// All that are shipped, with their paths in the repository.
fn shipped() -> Vec<(String, Plan)> {
    let plan = |file: &Path| {
        let name = file.strip_prefix(path("")).expect("in the repository").display().to_string();
        let text = std::fs::read_to_string(file).expect("a scenario");
        match read(&text) {
            Ok((plan, warnings)) if warnings.is_empty() => (name, plan),
            Ok((_, warnings)) => panic!("{name}: {warnings:?}"),
            Err(errors) => panic!("{}", errors.render(&name, &text, false)),
        }
    };
    scenarios().iter().map(|file| plan(file)).collect()
}

fn report(plan: &Plan) -> Report {
    let mut judges = Judges::new(plan);
    let end = simulate(plan, plan.seed, &mut judges, &Options::default()).expect("no panic");
    let outcome = Outcome { digest: end.digest, end: end.time, events: end.events, ..Outcome::default() };
    Report::new(plan, &judges, outcome)
}

/// Which expectations a run of this plan holds.
fn held(plan: &Plan) -> Vec<bool> {
    report(plan)
        .expectations
        .iter()
        .map(|expected| expected.verdict == squall::report::Judgement::Held)
        .collect()
}

#[test]
fn each_event_that_can_be_expected_is_expected_of_some_scenario() {
    let all = shipped();
    let expected = |event: &Event| {
        let is_it = |expectation: &Expectation| *expectation == Expectation::Sometimes(*event);
        all.iter().any(|(_, plan)| plan.expectations.iter().any(is_it))
    };
    let missed: Vec<&Event> = Event::ALL.iter().filter(|event| !expected(event)).collect();
    assert!(missed.is_empty(), "no scenario has {missed:?}");
}

#[test]
fn every_scenario_explains_itself_and_holds_what_it_expects() {
    let all = shipped();
    assert!(all.len() >= 25, "{} scenarios", all.len());
    for (name, plan) in &all {
        let sentences = plan.about.matches(['.', '?']).count();
        assert!((2..=8).contains(&sentences), "{name} explains itself in {sentences} sentences");
        assert!(name.ends_with(&format!("/{}.ron", plan.name)), "{name} is named after its file");
        assert!(!plan.expectations.is_empty(), "{name} expects nothing");
        assert_eq!(read(&write(plan)), Ok((plan.clone(), vec![])), "{name} written and read again");
        let report = report(plan);
        assert_eq!(report.verdict, RunVerdict::Pass, "{name}: {:#?}", report.expectations);
        let is_drawn = |fault: &FaultSpan| matches!(fault.source, FaultSource::Storm(_));
        let happened = report.faults.iter().all(|fault| fault.from_ns.is_some() || is_drawn(fault));
        assert!(happened, "{name}: {:?}", report.faults);
    }
}

/// Everything that is to go wrong does no harm.
fn calm(plan: &mut Plan) {
    let harmless = || Action::Partition(Shape::Isolate(Target::Random));
    let soon = End::For(Duration::from_nanos(1));
    for fault in &mut plan.faults {
        (fault.action, fault.end) = (harmless(), soon);
    }
    plan.storms.clear();
    plan.cluster.raft.bug = None;
    (plan.network.default.loss, plan.network.default.duplicate) = Default::default();
    plan.cluster.logs = squall::plan::Logs::Same;
}

/// Links are whole; the rest of the faults stays.
fn linked(plan: &mut Plan) {
    for fault in plan.faults.iter_mut().filter(|fault| matches!(fault.action, Action::Partition(_))) {
        fault.action = Action::Partition(Shape::Isolate(Target::Random));
        fault.end = End::For(Duration::from_nanos(1));
    }
}

/// All machines lose power at this time, for good.
fn blackout(plan: &mut Plan, at: Time) {
    plan.settle = None;
    plan.faults.push(Fault {
        id: None,
        start: Start::At(at),
        spread: Duration::ZERO,
        end: End::Never,
        action: Action::Crash(Target::All),
    });
}

/// Followers hardly wait, so leaders come and go.
fn restless(plan: &mut Plan) {
    let heartbeat = plan.cluster.raft.heartbeat;
    plan.cluster.raft.election_timeout = (Duration::from_millis(5), heartbeat);
}

/// The leader is troubled all the time.
fn hunted(plan: &mut Plan) {
    plan.settle = None;
    for millis in (200..plan.duration.nanos() / 1_000_000).step_by(400) {
        plan.faults.push(Fault {
            id: None,
            start: Start::At(Time::ZERO + Duration::from_millis(millis)),
            spread: Duration::ZERO,
            end: End::For(Duration::from_millis(350)),
            action: Action::Partition(Shape::Isolate(Target::Leader)),
        });
    }
}

/// Frames take half a second.
fn slow(plan: &mut Plan) {
    plan.network.default.latency = squall::rng::Distribution::Constant(Duration::from_millis(500));
}

/// Reads are answered in another way.
fn read_by(plan: &mut Plan, by: ReadBy) {
    plan.cluster.raft.reads.by = by;
}

/// An expectation that holds whatever happens is none: each fails in one of these other runs at the least.
#[test]
fn every_expectation_could_fail() {
    let mut idle = Vec::new();
    for (name, plan) in shipped() {
        let changes: [&dyn Fn(&mut Plan); 12] = [
            &calm,
            &linked,
            &|plan| blackout(plan, Time::ZERO),
            &restless,
            &hunted,
            &slow,
            &|plan| plan.cluster.first_leader = Some(NodeId(2)),
            &|plan| plan.cluster.blocking = false,
            &|plan| read_by(plan, ReadBy::Index),
            &|plan| read_by(plan, ReadBy::Local),
            &|plan| plan.cluster.integrity = Integrity::Unchecked,
            &|plan| plan.clients.iter_mut().for_each(|clients| clients.backoff.jitter = Jitter::Full),
        ];
        let mut fails = vec![false; plan.expectations.len()];
        for change in changes {
            let mut other = plan.clone();
            change(&mut other);
            for (fails, held) in fails.iter_mut().zip(held(&other)) {
                *fails |= !held;
            }
        }
        let always = plan.expectations.iter().zip(fails).filter(|(_, fails)| !fails);
        idle.extend(always.map(|(expectation, _)| format!("{name}: {expectation:?}")));
    }
    assert!(idle.is_empty(), "{idle:#?}");
}

/// What a planted bug breaks is not broken without it.
#[test]
fn without_its_bug_a_scenario_violates_nothing() {
    let mut planted = 0;
    for (name, mut plan) in shipped() {
        if plan.cluster.raft.bug.take().is_some() {
            planted += 1;
            plan.expectations.clear();
            assert_eq!(report(&plan).verdict, RunVerdict::Pass, "{name}");
        }
    }
    assert!(planted >= 3, "{planted} scenarios with a planted bug");
}
