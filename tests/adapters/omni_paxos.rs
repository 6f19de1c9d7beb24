//! Omni-Paxos behind the seam: deterministic, and it recovers where Raft does not.

use squall::check::Verdict;
use squall::ids::{Index, NodeId};
use squall::plan::{Implementation, Plan};
use squall::replica::Role;
use squall::report::{Judgement, Judges, Outcome, Report};
use squall::runner::{Options, simulate};
use squall::time::{Duration, Time};
use squall::trace::{Body, Observer, Record};
use std::path::Path;
use std::process::Command;

/// A scenario that is shipped, for Omni-Paxos.
fn shipped(name: &str) -> Plan {
    let text = std::fs::read_to_string(format!("scenarios/{name}.ron")).expect("a shipped scenario");
    let read = squall::scenario::read_for(&text, Some(Implementation::OmniPaxos));
    read.unwrap_or_else(|errors| panic!("{}", errors.render(name, &text, false))).0
}

fn report(plan: &Plan, seed: u64) -> Report {
    let mut judges = Judges::new(plan);
    let end = simulate(plan, seed, &mut judges, &Options::default()).expect("no panic");
    let outcome = Outcome { digest: end.digest, end: end.time, events: end.events, ..Outcome::default() };
    Report::new(plan, &judges, outcome)
}

/// What happened while the links were cut.
struct Seen {
    cut: (Time, Time),
    /// The leading nodes one after the other, without repetition.
    leaders: Vec<NodeId>,
    last_change: Time,
    /// How many entries were committed first in the last half of the cut.
    committed: u64,
    highest: Index,
}

impl Observer for Seen {
    fn observe(&mut self, record: &Record) {
        if record.time >= self.cut.1 {
            return;
        }
        match record.body {
            Body::RoleChanged { role: Role::Leader, .. } => {
                let node = record.node.as_node().expect("nodes have roles");
                if self.leaders.last() != Some(&node) {
                    self.leaders.push(node);
                    self.last_change = record.time;
                }
            }
            Body::Committed { index, .. } if index > self.highest => {
                self.highest = index;
                self.committed += u64::from(record.time >= self.cut.0 + Duration::from_secs(30));
            }
            _ => {}
        }
    }
}

/// Raft with whichever switches recovers from the constrained cut not at all (tests/partial.rs). Omni-Paxos recovers from all
/// three, with so many changes of the leading node, all of them soon.
#[test]
fn partial_partitions_are_survived_alike() {
    for (topology, begin, changes) in
        [("quorum-loss", 5_000, 1..=1), ("constrained", 5_250, 1..=1), ("chained", 5_000, 0..=1)]
    {
        let plan = shipped(&format!("partial/{topology}-plain"));
        for seed in 0..10 {
            let time = |millis| Time::ZERO + Duration::from_millis(millis);
            let mut seen = Seen {
                cut: (time(begin), time(65_000)),
                leaders: Vec::new(),
                last_change: Time::ZERO,
                committed: 0,
                highest: Index::ZERO,
            };
            simulate(&plan, seed, &mut seen, &Options::default()).expect("no panic");
            let what = format!("{topology}, seed {seed}: {:?}, {} committed", seen.leaders, seen.committed);
            assert!(seen.committed > 0, "{what}");
            assert!(changes.contains(&(seen.leaders.len() - 1)), "{what}");
            assert!(seen.last_change < time(10_000), "{what}: {}", seen.last_change);
        }
    }
}

#[test]
fn the_basic_scenarios_hold() {
    for name in [
        "cold-start",
        "leader-crash",
        "leader-pause",
        "majority-partition",
        "minority-partition",
        "rolling-restarts",
        "steady-load",
    ] {
        let report = report(&shipped(name), 1);
        let failed: Vec<_> =
            report.checks.iter().filter(|check| matches!(check.verdict, Verdict::Violated(_))).collect();
        assert!(failed.is_empty(), "{name}: {failed:?}");
        let missed: Vec<_> =
            report.expectations.iter().filter(|expected| expected.verdict != Judgement::Held).collect();
        // That who comes back from a minority disturbs a leader is what Raft without pre-votes does; nobody here asks for a
        // leader who hears of one.
        assert_eq!(missed.len(), usize::from(name == "minority-partition"), "{name}: {missed:?}");
    }
}

/// Crashes, cuts and losses at random, another run for each seed.
const STORM: &str = r#"(
    format: 1,
    name: "storm",
    duration: "2s",
    cluster: (
        implementation: OmniPaxos,
        voters: 3,
        raft: (heartbeat: "10ms", election_timeout: ("30ms", "60ms")),
        disk: (flush: Uniform("100us", "1ms")),
    ),
    network: (default: (latency: Uniform("100us", "2ms"), loss: 0.01, duplicate: 0.01)),
    clients: (count: 2, arrival: OpenLoop(rate: 100.0)),
    storm: [
        (during: ("200ms", "1500ms"), every: Exponential(mean: "400ms"), for: Uniform("10ms", "300ms"), do: Crash(Random)),
        (during: ("200ms", "1500ms"), every: Exponential(mean: "400ms"), for: Uniform("10ms", "300ms"), do: Partition(isolate: Leader)),
    ],
)"#;

#[test]
fn two_processes_make_the_same_runs_and_none_breaks_a_rule() {
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join("omni-paxos-storm.ron");
    std::fs::write(&file, STORM).expect("a file that can be written");
    let results = || {
        let output = Command::new(env!("CARGO_BIN_EXE_squall"))
            .args(["run", "--seeds", "0..200", "--quiet"])
            .arg(&file)
            .output()
            .expect("the program");
        let text = String::from_utf8(output.stdout).expect("text");
        assert!(text.contains("runs: 200, failed: 0\n"), "{text}");
        text
    };
    assert_eq!(results(), results());
}
