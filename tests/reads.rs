//! Reads that take no entry of the log, in running clusters: what they save, and what they may not miss.

use crate::common;
use common::{plan, records, report, shipped};
use squall::check::{Check, Verdict};
use squall::property::Property;
use squall::replica::ReadBy;
use squall::report::{Report, RunVerdict};
use squall::trace::Body;

fn are_current(report: &Report) -> bool {
    let is_it = |check: &&Check| check.name == Property::Linearizability.name();
    match &report.checks.iter().find(is_it).expect("every property has a verdict").verdict {
        Verdict::Held(examined) => *examined > 0,
        Verdict::Vacuous => panic!("nothing was examined"),
        Verdict::Undecided(_) | Verdict::Violated(_) => false,
    }
}

#[test]
fn a_read_by_index_costs_fewer_frames_and_less_time_than_an_entry_and_one_by_lease_less_again() {
    for seed in 0..5 {
        let [log, index, lease] =
            ["log", "index", "lease"].map(|by| report(&shipped(&format!("reads/by-{by}")), seed));
        let all = [&log, &index, &lease];
        assert!(all.iter().all(|report| are_current(report)), "seed {seed}");
        let frames = |report: &Report| report.counters.frames_sent as f64 / report.service.done as f64;
        let [log, index, lease] = all.map(frames);
        assert!(
            log > 2.0 * index && index > 2.0 * lease,
            "seed {seed}: {log}, {index}, {lease} frames for each"
        );
        let [log, index, lease] = all.map(|report| report.client_availability().expect("there are clients"));
        assert!(log < 0.7 && index > 0.95 && lease > 0.95, "seed {seed}: {log}, {index}, {lease} done");
        let [log, index, lease] = all.map(|report| report.counters.reads_served);
        assert_eq!(log.index + log.lease + log.follower + log.local, 0);
        assert!(index.index > 3_000 && index.lease + index.follower + index.local == 0, "{index:?}");
        assert!(lease.lease > 20 * lease.index, "{lease:?}");
        let [_, index, lease] = all.map(|report| report.counters.read_rounds);
        assert!(index > 5 * lease && lease > 50, "seed {seed}: {index} and {lease} rounds");
    }
}

#[test]
fn a_deposed_leader_misleads_those_who_read_unless_it_asks_first() {
    for seed in 0..5 {
        assert!(!are_current(&report(&shipped("reads/deposed-leader-local"), seed)), "seed {seed}");
        assert!(are_current(&report(&shipped("reads/deposed-leader-index"), seed)), "seed {seed}");
    }
}

#[test]
fn clocks_that_drift_further_than_leases_reckon_with_break_them() {
    for seed in 0..5 {
        assert!(are_current(&report(&shipped("reads/drift-within"), seed)), "seed {seed}");
        assert!(!are_current(&report(&shipped("reads/drift-beyond"), seed)), "seed {seed}");
    }
}

#[test]
fn each_planted_bug_is_seen_and_the_same_run_without_it_is_clean() {
    for name in ["read-without-own-term-commit", "local-read", "lease-ignores-drift"] {
        let buggy = shipped(&format!("bugs/{name}"));
        let mut clean = buggy.clone();
        clean.cluster.raft.bug = None;
        assert!(!are_current(&report(&buggy, buggy.seed)), "{name}");
        for seed in 0..5 {
            assert!(are_current(&report(&clean, seed)), "{name}, seed {seed}");
        }
    }
}

/// What is read is what a read through the log would have found, with any faults and however reads are answered.
#[test]
fn followers_answer_what_they_are_asked() {
    let report = report(&shipped("reads/at-followers"), 3);
    let served = report.counters.reads_served;
    assert!(are_current(&report) && served.follower > 2 * served.index && served.index > 200, "{served:?}");
}

/// Followers that hear at once of what is committed are not waited for; it costs more frames.
#[test]
fn commits_that_are_announced_keep_reads_at_followers_from_waiting() {
    let announced = shipped("reads/at-followers-announced");
    let mut plain = announced.clone();
    plain.cluster.raft.announce_commits = false;
    for seed in 0..5 {
        let [announced, plain] = [&announced, &plain].map(|plan| report(plan, seed));
        assert_eq!(announced.verdict, RunVerdict::Pass, "seed {seed}: {:?}", announced.reason());
        assert!(are_current(&plain), "seed {seed}");
        let [most, fewer] = [&announced, &plain].map(|report| report.client_availability().expect("clients"));
        assert!(most > 0.98 && fewer < 0.95, "seed {seed}: {most} and {fewer} done in time");
        let [more, less] = [&announced, &plain].map(|report| report.counters.frames_sent);
        assert!(more > less, "seed {seed}: {more} and {less} frames");
    }
}

#[test]
fn clocks_alone_change_when_timers_end() {
    let calm = plan("(format: 1, name: \"x\", duration: \"3s\", cluster: (voters: 3, first_leader: 1))");
    let heartbeats = |drift: i32| {
        let mut plan = calm.clone();
        plan.cluster.drifts_ppm = vec![drift, 0, 0];
        let all = records(&plan, 1);
        all.iter().filter(|record| matches!(record.body, Body::Woke) && record.node.to_wire() == 1).count()
    };
    let [slow, right, fast] = [-200_000, 0, 200_000].map(heartbeats);
    assert_eq!((right, slow, fast), (60, 48, 72));
}

/// A switch that is off leaves nothing behind: no message, no record.
#[test]
fn without_them_nothing_is_told_of_reads() {
    let plan = shipped("steady-load");
    assert_eq!(plan.cluster.raft.reads.by, ReadBy::Log);
    let told = records(&plan, 1).iter().any(|record| {
        matches!(record.body, Body::Served { .. } | Body::ReadRound { .. })
            || matches!(record.body, Body::Sent { kind: 10..=13, .. })
    });
    assert!(!told);
}
