//! Correct Raft in random storms is never accused; with a planted bug it always is.

use squall::check::{Property, Verdict};
use squall::ids::NodeId;
use squall::plan::{Action, Edge, End, Fault, Integrity, Plan, Sessions, Shape, Start, Target};
use squall::replica::Bug;
use squall::report::{Judges, Outcome, Report, RunVerdict};
use squall::rng::{Rate, Stream, below};
use squall::runner::{Options, simulate};
use squall::time::{Duration, Time};

/// A loaded cluster with twenty faults at random; a disk is wiped now and then.
fn storm(voters: u32, seed: u64) -> Plan {
    let (mut plan, _) =
        squall::scenario::read(include_str!("../scenarios/steady-load.ron")).expect("a scenario");
    plan.name = format!("storm over {voters}");
    plan.seed = seed;
    plan.duration = Duration::from_secs(15);
    plan.cluster.voters = voters;
    plan.network.default.loss = Rate::new(0.02).expect("a rate");
    plan.network.default.duplicate = Rate::new(0.05).expect("a rate");
    if seed % 2 == 1 {
        let clients = plan.clients.as_mut().expect("a load");
        (clients.sessions, clients.retry_after) =
            (Some(Sessions { most: 100 }), Some(Duration::from_millis(100)));
        plan.network.clients.loss = Rate::new(0.05).expect("a rate");
        plan.network.clients.duplicate = Rate::new(0.05).expect("a rate");
    }
    let mut stream = Stream::new(seed, "storm", u64::from(voters), 0);
    let mut draw = |bound: u64| below(stream.word(), bound);
    let mut faults = Vec::new();
    for _ in 0..20 {
        let at = Time::ZERO + Duration::from_millis(draw(13_000));
        let end = End::Until(at + Duration::from_millis(20 + draw(1_500)));
        let mut target = || match draw(4) {
            0 => Target::Leader,
            1 => Target::Follower(1),
            _ => Target::Node(NodeId(1 + draw(u64::from(voters)) as u32)),
        };
        let (one, other) = (target(), target());
        let apart = |group| Shape::Groups(vec![group, vec![Target::Rest]]);
        let action = match draw(20) {
            0..4 => Action::Partition(apart(vec![one])),
            4..7 => Action::Clog(apart(vec![one, other])),
            7..10 => Action::Partition(Shape::Cut(vec![Edge { from: one, to: other, one_way: true }])),
            10..13 => Action::Pause(one),
            13 => Action::Wipe(one),
            _ => Action::Crash(one),
        };
        let (start, spread) = (Start::At(at), Duration::ZERO);
        faults.push((at, Fault { id: None, start, spread, end, action }));
    }
    // A stranger asks for what it may not have, and has no key.
    plan.cluster.integrity = Integrity::Keyed { secret: "storm".to_string() };
    let forge = Action::Forge { to: Target::All, mean: Duration::from_millis(500) };
    let start = Start::At(Time::ZERO);
    faults.push((
        Time::ZERO,
        Fault { id: None, start, spread: Duration::ZERO, end: End::Never, action: forge },
    ));
    faults.sort_by_key(|(at, _)| *at);
    plan.faults = faults.into_iter().map(|(_, fault)| fault).collect();
    plan
}

fn report(plan: &Plan) -> Report {
    let mut judges = Judges::new(plan);
    let end = simulate(plan, plan.seed, &mut judges, &Options::default()).expect("no panic");
    let outcome = Outcome { digest: end.digest, end: end.time, events: end.events, ..Outcome::default() };
    Report::new(plan, &judges, outcome)
}

#[test]
fn correct_raft_is_never_accused() {
    let mut examined = [0; Property::ALL.len()];
    for seed in 0..25 {
        for voters in [3, 4, 5] {
            let report = report(&storm(voters, seed));
            for (at, check) in report.checks.iter().enumerate() {
                assert!(
                    !matches!(check.verdict, Verdict::Violated(_)),
                    "{voters} voters, seed {seed}: {check:#?}"
                );
                examined[at] += check.examined();
            }
        }
    }
    // A panic is told only where there was one.
    assert!(
        examined[..Property::SoundImplementation as usize].iter().all(|times| *times > 100),
        "{examined:?}"
    );
}

#[test]
fn answers_before_the_flush_are_always_noticed() {
    for seed in 0..25 {
        let mut plan = storm(5, seed);
        plan.cluster.raft.bug = Some(Bug::AckBeforeFlush);
        let report = squall::runner::report(&plan);
        assert_eq!(report.verdict, RunVerdict::Safety, "seed {seed}");
        assert!(report.evidence.is_some_and(|evidence| evidence.chain.len() > 1), "seed {seed}");
    }
}
