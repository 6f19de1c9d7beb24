//! Omni-Paxos behind the seam. That it recovers where Raft does not is in tests/partial.rs.

use squall::check::Verdict;
use squall::plan::{Implementation, Plan};
use squall::report::{Judgement, Report, RunVerdict};
use squall::runner;
use std::path::Path;
use std::process::Command;

/// A scenario that is shipped, for Omni-Paxos.
fn shipped(name: &str) -> Plan {
    let text = std::fs::read_to_string(format!("scenarios/{name}.ron")).expect("a shipped scenario");
    let read = squall::scenario::read_for(&text, Some(Implementation::OmniPaxos));
    read.unwrap_or_else(|errors| panic!("{}", errors.render(name, &text, false))).0
}

fn report(plan: &Plan) -> Report {
    runner::report(&Plan { seed: 1, ..plan.clone() })
}

/// What a breaker keeps back would be lost within a session, in which nothing may be.
#[test]
fn breakers_between_nodes_are_refused_at_their_place() {
    let text = r#"(format: 1, name: "x", duration: "5s", cluster: (voters: 3, implementation: OmniPaxos,
        rpc: (breaker: (window: 8, open_at: 0.5, cool_down: "500ms"))))"#;
    let shown = squall::scenario::read(text).expect_err("too much asked for").render("x.ron", text, false);
    for part in ["`OmniPaxos` can't express `rpc.breaker`", "^ cluster.rpc.breaker"] {
        assert!(shown.contains(part), "{part} in\n{shown}");
    }
    assert!(squall::scenario::read_for(text, Some(Implementation::RaftRs)).is_ok());
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
        let report = report(&shipped(name));
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

/// Sessions give what TCP would: a frame that is lost costs its link a round trip or two, and no connection.
#[test]
fn what_links_lose_is_sent_again() {
    let report = report(&shipped("network/lossy"));
    let missed: Vec<_> =
        report.expectations.iter().filter(|expected| expected.verdict != Judgement::Held).collect();
    assert!(missed.is_empty(), "{missed:?}");
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

/// What a follower lacks is a megabyte in one message, longer than a frame may be, and its line is thin: it catches up in the time
/// that the line takes, and heartbeats get through meanwhile, so that nobody takes over.
#[test]
fn a_log_comes_over_a_thin_line() {
    let report = report(&shipped("snapshots/by-log"));
    assert_eq!(report.verdict, RunVerdict::Pass, "{:?}", report.reason());
}
