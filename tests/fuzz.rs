//! Random runs: drawn plans are valid and a function of profile and seed, and they find what was planted.

#[path = "fuzz/extremes.rs"]
mod extremes;
#[path = "fuzz/golden.rs"]
mod golden;
#[path = "fuzz/scripted.rs"]
mod scripted;

use crate::hunt;
use hunt::{found, planted, profile, sample, shipped};
use squall::fuzz::{Campaign, Shard, draw};
use squall::plan::{Action, Expectation, Plan, Profile};
use squall::replica::Bug;
use squall::report::RunVerdict;
use squall::rng::{Stream, below};
use squall::runner::in_order;
use squall::scenario::{read, read_profile, write};
use std::ops::{ControlFlow, Range};

/// All that come with Squall.
const SHIPPED: [&str; 5] = ["quick", "default", "cruel", "leases", "canary"];

fn reads_back(plan: &Plan) {
    let text = write(plan);
    match read(&text) {
        Ok((again, _)) => assert_eq!(&again, plan, "{text}"),
        Err(errors) => panic!("{}", errors.render("drawn", &text, false)),
    }
}

/// The runs of these seeds.
fn campaign(profile: &Profile, seeds: Range<u64>, jobs: usize) -> Campaign {
    let mut campaign = Campaign::new(&profile.name, "fuzz".into(), seeds.start, Shard::WHOLE);
    let piece = |number| sample(profile, seeds.start + number);
    in_order(jobs, seeds.end - seeds.start, piece, |_, sample| {
        campaign.add(sample);
        ControlFlow::Continue(())
    });
    campaign
}

#[test]
fn every_plan_drawn_is_a_scenario() {
    for name in SHIPPED {
        let profile = shipped(name);
        assert_eq!(profile.name, name);
        for seed in 0..3_000 {
            let plan = draw(&profile, seed);
            assert_eq!(plan, draw(&profile, seed));
            reads_back(&plan);
        }
    }
}

/// The usual profile, as it is without what it draws from others.
fn own() -> Profile {
    Profile { mixture: Vec::new(), ..shipped("default") }
}

/// A run from another profile is what that one makes of the seed.
#[test]
fn a_mixture_draws_its_shares_from_other_profiles() {
    let (profile, own) = (shipped("default"), own());
    let mut drawn = vec![0_u32; profile.mixture.len()];
    for seed in 0..4_000 {
        let plan = draw(&profile, seed);
        match profile.mixture.iter().position(|(_, other)| other.name == plan.name) {
            Some(place) => {
                drawn[place] += 1;
                assert_eq!(plan, draw(&profile.mixture[place].1, seed));
            }
            None => assert_eq!(plan, draw(&own, seed)),
        }
    }
    for ((share, other), drawn) in profile.mixture.iter().zip(drawn) {
        let expected = share.as_f64() * 4_000.0;
        assert!((f64::from(drawn) - expected).abs() < 5.0 * expected.sqrt(), "{}: {drawn}", other.name);
    }
}

/// Writes profiles with ranges of all sizes in them.
struct Ranges(Stream);

impl Ranges {
    fn below(&mut self, bound: u64) -> u64 {
        below(self.0.word(), bound)
    }

    /// Two numbers in order, each of any magnitude up to `most`.
    fn whole(&mut self, least: u64, most: u64) -> (u64, u64) {
        let digits = u64::from(most.ilog2()) + 1;
        let mut one = || {
            let bits = self.below(digits + 1);
            (below(self.0.word(), 1 << bits) + least).min(most)
        };
        let (a, b) = (one(), one());
        (a.min(b), a.max(b))
    }

    fn times(&mut self, least_ns: u64, most_ns: u64) -> String {
        let (a, b) = self.whole(least_ns, most_ns);
        format!("(\"{a}ns\", \"{b}ns\")")
    }

    fn share(&mut self) -> f64 {
        self.below(1_001) as f64 / 1e3
    }

    fn factors(&mut self, least: u64) -> String {
        let (a, b) = self.whole(least, 100_000);
        format!("({}, {})", a as f64 / 1e3, b as f64 / 1e3)
    }

    fn profile(&mut self) -> String {
        let chosen: Vec<u64> = (1..=7).filter(|voters| *voters == 5 || self.below(2) == 0).collect();
        let voters: Vec<String> =
            chosen.iter().map(|voters| format!("({voters}, {})", 1 + self.below(9))).collect();
        let (heartbeat, timeout, spread) =
            (self.times(1_000_000, 1_000_000_000), self.factors(1_100), self.factors(1_000));
        let (batch, flush) = (self.whole(1, 524_288), self.times(1, 100_000_000));
        let (loss, rate) = (self.share(), 1 + self.below(999));
        let (count, per_second) = (self.whole(1, 20), self.whole(1, 500));
        let (closed, think, size) =
            (self.share(), self.times(5_000_000, 1_000_000_000), self.whole(8, 4_000));
        let (every, long) = (self.times(10_000_000, 5_000_000_000), self.times(1, 3_000_000_000));
        let drift = self.whole(1, 500_000);
        let (at, after) = (self.times(0, 1_000_000_000), self.times(1, 1_000_000_000));
        format!(
            r#"(format: 1, name: "x", duration: "9s", settle: "6s",
            cluster: (voters: [{}], heartbeat: {heartbeat}, election_timeout: {timeout}, timeout_spread: {spread},
                max_batch_bytes: {batch:?}, flush: {flush}, shuffled_logs: {}, pre_vote: 0.5, check_quorum: 0.5, sticky: 0.5,
                reads: (likely: 0.7, leases: 0.5, followers: 0.5), clocks: (likely: 0.5, drift: {drift:?})),
            network: (latency: {}, loss: (likely: {loss}, rate: ({rate}e-6, {}e-3))),
            clients: (count: {count:?}, rate: {per_second:?}, closed_loop: {closed}, think: {think}, value_bytes: {size:?},
                timeout: {}),
            faults: [
                (likely: 0.5, count: (0, 9), at: {at}, for: {long}, do: Crash(Node(1))),
                (likely: 0.5, count: (1, 9), elected: (1, 5), after: {after}, for: {long}, do: Crash(Leader)),
                (likely: 0.5, least_voters: 3, at: {at}, for: {long}, do: Wipe(Minority)),
            ],
            storm: [
                (likely: 0.5, every: {every}, for: {long}, do: Crash(All)),
                (likely: 0.5, every: {every}, for: {long}, do: Crash(All)),
                (likely: 0.5, least_voters: 4, every: {every}, for: {long}, do: Partition(ring: [Random, Rest])),
                (likely: 0.5, every: {every}, for: {long}, do: Flap(isolate: Random, down: Constant("5ms"), up: Constant("5ms"))),
            ])"#,
            voters.join(", "),
            self.share(),
            self.times(1, 500_000_000),
            1 + rate,
            self.times(1_000_000, 5_000_000_000),
        )
    }
}

#[test]
fn whatever_a_valid_profile_draws_is_a_scenario() {
    let mut ranges = Ranges(Stream::new(1, "profiles", 0, 0));
    let mut hopeless = 0;
    for _ in 0..150 {
        let text = loop {
            let text = ranges.profile();
            match read_profile(&text) {
                Ok(_) => break text,
                Err(errors) => {
                    assert!(errors.to_string().contains("could elect a leader"), "{errors}");
                    hopeless += 1;
                }
            }
        };
        let profile = profile(&text);
        for seed in 0..20 {
            reads_back(&draw(&profile, seed));
        }
    }
    assert!(hopeless < 150, "{hopeless} times no leader could be elected");
}

/// What one field of a profile draws does not depend on another.
#[test]
fn a_field_more_or_less_leaves_other_draws_alone() {
    let profile = own();
    let mut other = profile.clone();
    other.storms.remove(0);
    other.network.loss.likely = squall::rng::Rate::ZERO;
    other.cluster.voters = vec![(5, 1)];
    for seed in 0..200 {
        let (plan, less) = (draw(&profile, seed), draw(&other, seed));
        assert_eq!(plan.cluster.raft, less.cluster.raft);
        assert_eq!(plan.clients, less.clients);
        assert_eq!(plan.network.default.duplicate, less.network.default.duplicate);
        if plan.cluster.voters == 5 {
            assert_eq!(plan.faults, less.faults);
            let first = &profile.storms[0].action;
            let kept: Vec<_> = plan.storms.iter().filter(|storm| storm.action != *first).collect();
            assert_eq!(kept, less.storms.iter().collect::<Vec<_>>());
        }
    }
}

#[test]
fn most_runs_owe_a_leader_and_many_service() {
    let profile = own();
    let count = |is: fn(&Expectation) -> bool| {
        (0..1_000).filter(|seed| draw(&profile, *seed).expectations.iter().any(is)).count()
    };
    let leader = count(|it| matches!(it, Expectation::LeaderWithin { .. }));
    let progress = count(|it| matches!(it, Expectation::Progress { .. }));
    let service = count(|it| matches!(it, Expectation::Returns { .. }));
    assert!(leader > 680 && progress > 190 && service > 90, "{leader} {progress} {service}");
}

/// Every kind of fault is in many runs, and in many it is not: what always happens hides what would happen without it.
#[test]
fn each_kind_of_fault_is_left_out_of_a_fair_share_of_runs() {
    let profile = own();
    let kind = |action: &Action| std::mem::discriminant(action);
    let plans: Vec<Plan> = (0..1_000).map(|seed| draw(&profile, seed)).collect();
    for storm in &profile.storms {
        let of = |plan: &&Plan| plan.storms.iter().any(|it| kind(&it.action) == kind(&storm.action));
        let with = plans.iter().filter(of).count();
        assert!((80..=900).contains(&with), "{:?}: {with}", storm.action);
    }
}

#[test]
fn correct_raft_passes_whatever_the_number_of_jobs() {
    let profile = shipped("default");
    let all = campaign(&profile, 0..300, 2);
    assert_eq!(all.verdict(), RunVerdict::Pass, "{:#?}", all.groups.keys());
    assert_eq!(all.statement(), "no failure in 300 seeds: at most 1 % of seeds fail (95 %)");
    let (one, two) = (campaign(&profile, 0..40, 1), campaign(&profile, 0..40, 2));
    assert_eq!(one.total.digest, two.total.digest);
    assert_eq!(one.drawn, two.drawn);
    assert_eq!(campaign(&shipped("cruel"), 0..60, 2).verdict(), RunVerdict::Pass);
    assert_eq!(campaign(&shipped("leases"), 0..60, 2).verdict(), RunVerdict::Pass);
}

#[test]
fn every_planted_bug_is_found() {
    for bug in Bug::ALL {
        let seeds = found(&planted(bug), 0);
        assert!(seeds < 1_000, "{bug:?} is found after {seeds} seeds");
    }
}

/// Samples of one group are told by the smallest: the fewest faults, then the soonest failure.
#[test]
fn of_each_way_of_failing_the_smallest_run_is_kept() {
    let profile = shipped("canary");
    let all = campaign(&profile, 0..60, 2);
    assert_eq!((all.total.failed, all.verdict()), (60, RunVerdict::Safety));
    for (signature, group) in &all.groups {
        let of = |seed: u64| {
            let alone = campaign(&profile, seed..seed + 1, 1);
            alone.groups.get(signature).map(|group| (group.faults, group.at))
        };
        let all: Vec<_> = (0..60).filter_map(of).collect();
        assert_eq!(all.len() as u64, group.count);
        assert_eq!(all.iter().min(), Some(&(group.faults, group.at)));
        assert_eq!(of(group.seed), Some((group.faults, group.at)));
    }
}
