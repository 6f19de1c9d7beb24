//! Replication flow in running clusters: what its bounds are good for, seed by seed.

use crate::common;
use common::{report, shipped};
use squall::plan::Plan;
use squall::report::RunVerdict;

fn pair(name: &str) -> [Plan; 2] {
    ["off", "on"].map(|which| shipped(&format!("flow/{name}-{which}")))
}

#[test]
fn each_pair_shows_its_difference_with_other_seeds_too() {
    for name in ["reordering", "full-pipe", "back-pressure"] {
        for plan in pair(name) {
            for seed in 1..=10 {
                let report = report(&plan, seed);
                assert_eq!(report.verdict, RunVerdict::Pass, "{}, seed {seed}", plan.name);
            }
        }
    }
}

/// Goodput on links that reorder, with one entry to an append: at least six times as much with what comes early kept.
#[test]
fn what_comes_early_is_worth_keeping() {
    let [off, on] = pair("reordering");
    for seed in 1..=5 {
        let [off, on] = [&off, &on].map(|plan| report(plan, seed).counters);
        assert!(off.entries_committed < 1_300, "seed {seed}: {} without", off.entries_committed);
        assert!(on.entries_committed > 7_700, "seed {seed}: {} with", on.entries_committed);
        // An append for each command to each follower is what it takes; little is sent again.
        let needed = 4 * on.entries_committed;
        assert!(on.frames_sent < needed + needed / 5, "seed {seed}: {} frames", on.frames_sent);
    }
}

/// The same where a frame in twenty gets lost, and one in twenty arrives twice.
#[test]
fn what_is_lost_is_found_without_going_back() {
    let lossy = |mut plan: Plan| {
        plan.network.default.loss = squall::rng::Rate::new(0.05).expect("a rate");
        plan.network.default.duplicate = squall::rng::Rate::new(0.05).expect("a rate");
        plan
    };
    let [off, on] = pair("reordering").map(lossy);
    for seed in 1..=5 {
        let [off, on] = [&off, &on].map(|plan| report(plan, seed).counters);
        assert!(off.entries_committed < 1_300, "seed {seed}: {} without", off.entries_committed);
        assert!(on.entries_committed > 7_500, "seed {seed}: {} with", on.entries_committed);
        let needed = 4 * on.entries_committed;
        assert!(on.frames_sent < 2 * needed, "seed {seed}: {} frames", on.frames_sent);
    }
}

#[test]
fn a_busy_leader_is_counted_and_its_log_stays_short() {
    let [off, on] = pair("back-pressure").map(|plan| report(&plan, 1).counters);
    assert_eq!(off.requests_put_off, 0);
    assert!(on.requests_put_off > 1_000, "{}", on.requests_put_off);
    let in_vain = |counters: &squall::report::Counters| counters.requests_accepted;
    assert!(in_vain(&off) > in_vain(&on) + 300, "{} and {}", in_vain(&off), in_vain(&on));
}

#[test]
fn the_planted_bug_stops_all_progress_and_without_it_there_is_some() {
    let mut clean = shipped("bugs/next-index-stuck");
    assert_eq!(report(&clean, 1).counters.entries_committed, 0);
    clean.cluster.raft.bug = None;
    assert!(report(&clean, 1).counters.entries_committed > 400);
}
