//! Frames that are changed, misdirected, sent again or made up: what is noticed, and what of it gets through.

use crate::common;
use common::{plan, records, run};
use squall::check::Verdict;
use squall::fuzz::Resolver;
use squall::ids::NodeId;
use squall::plan::{Action, Integrity, Plan};
use squall::report::{Judges, Outcome, Report, RunVerdict};
use squall::runner::{Options, simulate};
use squall::trace::{Body, Record};

/// A cluster under load, with this integrity and these faults.
fn troubled(integrity: &str, faults: &str) -> Plan {
    plan(&format!(
        r#"(format: 1, name: "troubled", duration: "8s",
            cluster: (voters: 5, integrity: {integrity}, raft: (pre_vote: true, check_quorum: true)),
            clients: (count: 3, arrival: OpenLoop(rate: 150.0)),
            faults: [{faults}], settle: (from: "5s"))"#
    ))
}

const KEYED: &str = r#"Keyed, secret: "storm""#;

const CORRUPT: &str = r#"
    (at: "500ms", for: "4s", do: Corrupt(links: All, rate: 0.03, kind: BitFlip(1, 8), clients: true)),
    (at: "1s", for: "3s", do: Corrupt(links: All, rate: 0.02, kind: Truncate)),
    (at: "1s", for: "3s", do: Corrupt(links: All, rate: 0.02, kind: Extend)),
    (at: "1s", for: "3s", do: Corrupt(links: All, rate: 0.02, kind: Garbage)),"#;

const FORGE: &str = r#"(at: "500ms", for: "4s", do: Forge(to: All, rate: 100.0)),"#;

const OTHERS: &str = r#"
    (at: "500ms", for: "4s", do: Misdirect(links: All, rate: 0.05)),
    (at: "500ms", for: "4s", do: Replay(links: All, rate: 0.2)),
    (at: "1s", for: "2s", do: Lose(oneway: (from: [Leader], to: [Rest]), rate: 0.2)),
    (at: "1s", for: "2s", do: Duplicate(links: Random, rate: 0.3)),
    (at: "2s", for: "2s", do: Delay(links: Random, by: Uniform("1ms", "60ms"))),"#;

fn report(plan: &Plan, seed: u64) -> Report {
    let mut judges = Judges::new(plan);
    let end = simulate(plan, seed, &mut judges, &Options::default()).expect("no panic");
    let outcome = Outcome { digest: end.digest, end: end.time, events: end.events, ..Outcome::default() };
    Report::new(plan, &judges, outcome)
}

fn count(records: &[Record], is: impl Fn(&Body) -> bool) -> usize {
    records.iter().filter(|record| is(&record.body)).count()
}

#[test]
fn with_a_checksum_no_changed_frame_gets_through() {
    for integrity in ["Crc32c", KEYED] {
        for seed in 0..10 {
            let report = report(&troubled(integrity, CORRUPT), seed);
            let faults = report.counters.frame_faults;
            assert!(faults.corrupted > 200, "{faults:?}");
            assert_eq!((report.verdict, faults.believed), (RunVerdict::Pass, 0), "{integrity}, seed {seed}");
            assert_eq!(report.waivers, []);
        }
    }
}

#[test]
fn with_a_key_no_stranger_gets_through() {
    for seed in 0..10 {
        let report = report(&troubled(KEYED, &[FORGE, CORRUPT].concat()), seed);
        let faults = report.counters.frame_faults;
        assert!(faults.forged > 1_000, "{faults:?}");
        assert_eq!((report.verdict, faults.believed), (RunVerdict::Pass, 0), "seed {seed}");
        assert_eq!(report.waivers, []);
    }
}

#[test]
fn a_checksum_is_no_secret() {
    let mut violated = 0;
    for seed in 0..20 {
        let report = report(&troubled("Crc32c", FORGE), seed);
        let faults = report.counters.frame_faults;
        assert!(faults.believed > 100, "seed {seed}: {faults:?}");
        assert!(!report.waivers.is_empty(), "nothing is owed then");
        assert_ne!(report.verdict, RunVerdict::Safety, "seed {seed}");
        violated +=
            u32::from(report.checks.iter().any(|check| matches!(check.verdict, Verdict::Violated(_))));
    }
    assert!(violated > 0, "in none of the runs the stranger did any harm");
}

/// What nobody checks may do any harm but to end a process.
#[test]
fn without_integrity_the_processes_live_whatever_comes() {
    let mut violated = 0;
    for seed in 0..40 {
        let report = report(&troubled("Unchecked", &[CORRUPT, FORGE, OTHERS].concat()), seed);
        let faults = report.counters.frame_faults;
        assert!(faults.believed > 200, "seed {seed}: {faults:?}");
        assert_eq!(report.counters.hosts_stopped, 0);
        assert_ne!(report.verdict, RunVerdict::Safety, "seed {seed}");
        violated +=
            u32::from(report.checks.iter().any(|check| matches!(check.verdict, Verdict::Violated(_))));
    }
    assert!(violated > 20, "{violated} of 40 runs went wrong");
}

#[test]
fn what_is_misdirected_or_sent_again_does_no_harm() {
    for seed in 0..20 {
        let report = report(&troubled("Crc32c", OTHERS), seed);
        let faults = report.counters.frame_faults;
        assert!(faults.misdirected > 100 && faults.replayed > 300 && faults.delayed > 50, "{faults:?}");
        assert_eq!(report.verdict, RunVerdict::Pass, "seed {seed}");
        // And of their copies.
        assert!(report.counters.frames_rejected.address >= faults.misdirected, "addresses tell");
    }
}

#[test]
fn a_run_written_down_as_a_script_is_the_same_run() {
    let storms = r#"(format: 1, name: "stormy", duration: "12s",
        cluster: (voters: 5, integrity: Unchecked), clients: (count: 2, arrival: OpenLoop(rate: 60.0)),
        names: {"one": Random},
        faults: [
            (at: "1s", spread: "1s", for: "4s", do: Replay(links: Named("one"), rate: 0.2)),
            (when: Elected(1), for: "3s", do: Delay(links: Leader, by: Exponential(mean: "10ms"))),
        ],
        storm: [
            (every: Exponential(mean: "1s"), for: Uniform("100ms", "2s"), do: Lose(links: Random, rate: 0.3)),
            (every: Exponential(mean: "1s"), for: Uniform("100ms", "2s"), do: Lose(links: Leader, rate: 0.3)),
            (every: Exponential(mean: "1s"), for: Uniform("100ms", "2s"), do: Duplicate(oneway: (from: [Random], to: [Rest]), rate: 0.3)),
            (every: Exponential(mean: "1s"), for: Uniform("100ms", "2s"), do: Corrupt(links: Random, rate: 0.1, kind: BitFlip(1, 8))),
            (every: Exponential(mean: "1s"), for: Uniform("100ms", "2s"), do: Corrupt(links: All, rate: 0.1, kind: Extend, clients: true)),
            (every: Exponential(mean: "1s"), for: Uniform("100ms", "2s"), do: Misdirect(cut: ["random-leader"], rate: 0.3)),
            (every: Exponential(mean: "1s"), for: Uniform("100ms", "2s"), do: Replay(groups: [[Minority], [Rest]], rate: 0.3)),
            (every: Exponential(mean: "1s"), for: Uniform("100ms", "2s"), do: Forge(to: Random, rate: 20.0)),
            (every: Exponential(mean: "1s"), for: Uniform("100ms", "2s"), do: Forge(to: Minority, rate: 20.0)),
            (every: Exponential(mean: "2s"), for: Uniform("100ms", "1s"), do: Crash(Random)),
            (every: Exponential(mean: "2s"), for: Uniform("100ms", "1s"), do: Partition(isolate: Random)),
        ],
        settle: (from: "10s"))"#;
    let stormy = plan(storms);
    for seed in 0..20 {
        let mut resolver = Resolver::default();
        let end = simulate(&stormy, seed, &mut resolver, &Options::default()).expect("no panic");
        let script = resolver.script(&stormy, seed);
        let text = squall::scenario::write(&script);
        let (read, _) = squall::scenario::read(&text).expect("a script is a scenario");
        assert_eq!(read, script);
        assert!(script.faults.iter().any(|fault| matches!(fault.action, Action::Forge { .. })));
        assert_eq!(run(&read, seed, &mut ()).digest, end.digest, "seed {seed}");
    }
}

/// The records that are not about faults.
fn without_faults(records: Vec<Record>) -> Vec<(u64, squall::ids::Address, Body)> {
    let told = |record: &Record| {
        !matches!(
            record.body,
            Body::FaultStarted { .. }
                | Body::FaultEnded { .. }
                | Body::Afflicted { .. }
                | Body::Relieved { .. }
                | Body::FinalStreams { .. }
        )
    };
    let all = records.into_iter().filter(told);
    all.map(|record| (record.time.nanos(), record.node, record.body)).collect()
}

#[test]
fn a_fault_that_hits_no_frame_changes_no_draw() {
    let calm = without_faults(records(&troubled("Crc32c", ""), 1));
    let rare = r#"
        (at: "1s", for: "3s", do: Lose(links: All, rate: 0.000000001)),
        (at: "1s", for: "3s", do: Corrupt(links: All, rate: 0.000000001, kind: Garbage, clients: true)),
        (at: "1s", for: "3s", do: Misdirect(links: All, rate: 0.000000001)),
        (at: "1s", for: "3s", do: Replay(links: All, rate: 0.000000001)),
        (at: "1s", for: "3s", do: Duplicate(links: All, rate: 0.000000001)),"#;
    assert_eq!(without_faults(records(&troubled("Crc32c", rare), 1)), calm);
    assert_ne!(without_faults(records(&troubled("Crc32c", OTHERS), 1)), calm);
}

#[test]
fn kinds_of_faults_don_t_disturb_each_other() {
    let corrupt = r#"(at: "1s", for: "3s", do: Corrupt(links: All, rate: 0.05, kind: BitFlip(1, 8))),"#;
    let rare = r#"(at: "1s", for: "3s", do: Misdirect(links: All, rate: 0.000000001)),"#;
    let alone = without_faults(records(&troubled("Crc32c", corrupt), 1));
    assert_eq!(without_faults(records(&troubled("Crc32c", &[rare, corrupt].concat()), 1)), alone);
}

#[test]
fn frames_of_clients_are_changed_only_where_that_is_said() {
    let of_clients = |clients: bool| {
        let faults = format!(
            r#"(at: "1s", for: "3s", do: Corrupt(links: All, rate: 0.2, kind: Garbage, clients: {clients}))"#
        );
        let records = records(&troubled("Crc32c", &faults), 1);
        records
            .iter()
            .filter(|record| matches!(record.body, Body::Corrupted { .. }))
            .filter(|record| {
                record.link().is_some_and(|(from, to)| from.as_node().is_none() || to.as_node().is_none())
            })
            .count()
    };
    assert_eq!(of_clients(false), 0);
    assert!(of_clients(true) > 20);
}

#[test]
fn old_frames_come_again_only_while_the_fault_lasts() {
    let fault =
        r#"(at: "1s", for: "1s", do: Replay(oneway: (from: [Leader], to: [Follower(1)]), rate: 1.0)),"#;
    let records = records(&troubled("Crc32c", fault), 1);
    let replayed: Vec<&Record> =
        records.iter().filter(|record| matches!(record.body, Body::Replayed { .. })).collect();
    assert!(replayed.len() > 5);
    let hit = records.iter().find(|record| matches!(record.body, Body::Afflicted { .. }));
    let hit = hit.expect("a link is hit").link();
    for record in replayed {
        assert!((1_000_000_000..2_000_000_000).contains(&record.time.nanos()));
        assert_eq!(record.link(), hit);
        let sent = records.iter().find(|other| Some(other.id) == record.cause).expect("it was sent before");
        assert!(matches!(sent.body, Body::Sent { .. }) && sent.time.nanos() >= 1_000_000_000);
    }
}

#[test]
fn every_frame_of_a_stranger_is_told_and_comes_in_time() {
    let records =
        records(&troubled(KEYED, r#"(at: "1s", for: "2s", do: Forge(to: Node(3), rate: 200.0)),"#), 1);
    let forged = count(&records, |body| matches!(body, Body::Forged { .. }));
    assert!((300..500).contains(&forged), "{forged} in two seconds");
    for record in records.iter().filter(|record| matches!(record.body, Body::Forged { .. })) {
        assert_eq!(record.node, NodeId(3).into());
        assert!((1_000_000_000..3_000_000_000).contains(&record.time.nanos()));
    }
    assert_eq!(count(&records, |body| matches!(body, Body::Believed { .. })), 0);
}

#[test]
fn integrity_is_part_of_the_plan() {
    assert_eq!(troubled("Crc32c", "").cluster.integrity, Integrity::Crc32c);
    assert_eq!(troubled(KEYED, "").cluster.integrity, Integrity::Keyed { secret: "storm".into() });
    let digests = ["Unchecked", "Crc32c", KEYED].map(|level| run(&troubled(level, ""), 1, &mut ()).digest);
    assert!(digests[0] != digests[1] && digests[1] != digests[2], "lengths of frames are in the records");
}
