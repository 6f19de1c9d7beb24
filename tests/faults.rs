//! Faults: whom they hit, when they begin and end, and that each run of them can be written down as a script.

use crate::common;
use common::{loaded, plan, records, run};
use squall::fuzz::Resolver;
use squall::ids::{Address, Index, NodeId, NodeSet, Term};
use squall::plan::{
    Action, Cpu, Edge, End, Fault, Lanes, Logs, Milestone, Name, Plan, Settle, Shape, Start, Storm, Target,
    WhenFull,
};
use squall::replica::Role;
use squall::report::Judges;
use squall::rng::{Distribution, Stream, below};
use squall::time::{Duration, Time};
use squall::trace::{ActionKind, Body, FaultSource, Loss, Record};
use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroU32;

type Link = (u32, u32);

fn at(millis: u64) -> Time {
    Time::ZERO + ms(millis)
}

fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// A fault of nodes or links, as it happened.
#[derive(Clone, Debug, Default)]
struct Happened {
    action: Option<ActionKind>,
    source: Option<FaultSource>,
    nodes: NodeSet,
    links: BTreeSet<Link>,
    from: Time,
    to: Option<Time>,
}

/// All faults of a run, in the order in which they began.
fn happened(records: &[Record]) -> Vec<Happened> {
    let mut all: Vec<Happened> = Vec::new();
    let mut by_record = BTreeMap::new();
    for record in records {
        match record.body {
            Body::FaultStarted { fault, source, action, nodes } => {
                assert_eq!(fault as usize, all.len(), "numbered in the order of their beginnings");
                by_record.insert(record.id, all.len());
                let (action, source) = (Some(action), Some(source));
                all.push(Happened { action, source, nodes, from: record.time, ..Happened::default() });
            }
            Body::FaultEnded { fault, .. } => all[fault as usize].to = Some(record.time),
            Body::Cut { to } | Body::Clogged { to } | Body::HitAlready { to } => {
                let fault = by_record[&record.cause.expect("a fault hit it")];
                all[fault].links.insert((record.node.to_wire(), to.to_wire()));
            }
            _ => {}
        }
    }
    all
}

/// Draws plans with everything in them.
struct Draw(Stream);

impl Draw {
    fn below(&mut self, bound: u64) -> u64 {
        below(self.0.word(), bound)
    }

    fn duration(&mut self, most: u64) -> Duration {
        ms(1 + self.below(most))
    }

    fn one(&mut self, voters: u32) -> Target {
        match self.below(6) {
            0 | 1 => Target::Node(NodeId(1 + self.below(u64::from(voters)) as u32)),
            2 => Target::Leader,
            3 => Target::Follower(1 + self.below(2) as u32),
            4 => Target::Named(0),
            _ => Target::Random,
        }
    }

    fn some(&mut self, voters: u32) -> Target {
        match self.below(6) {
            0 => Target::Minority,
            1 => Target::Named(1),
            2 if self.below(4) == 0 => Target::All,
            3 if self.below(2) == 0 => Target::Majority,
            _ => self.one(voters),
        }
    }

    fn shape(&mut self, voters: u32) -> Shape {
        let edge = |draw: &mut Self| Edge {
            from: draw.one(voters),
            to: draw.one(voters),
            one_way: draw.below(2) == 0,
        };
        match self.below(9) {
            0 => Shape::Groups(vec![vec![self.some(voters)], vec![Target::Rest]]),
            1 => Shape::Groups(vec![vec![self.one(voters), self.one(voters)], vec![Target::Majority]]),
            2 => Shape::Keep(vec![edge(self), edge(self), edge(self)]),
            3 => Shape::Cut(vec![edge(self), edge(self)]),
            4 => Shape::Isolate(self.some(voters)),
            5 => Shape::OneWay { from: vec![self.some(voters)], to: vec![Target::Rest] },
            6 => Shape::Bridge(self.one(voters)),
            7 => Shape::Chain(vec![self.one(voters), Target::Rest]),
            _ => Shape::Ring(vec![self.one(voters), self.one(voters)]),
        }
    }

    fn action(&mut self, voters: u32) -> Action {
        match self.below(12) {
            0..3 => Action::Partition(self.shape(voters)),
            3 => Action::Clog(self.shape(voters)),
            4 => {
                let shape = self.shape(voters);
                let (down, up) = (self.duration(300), self.duration(300));
                Action::Flap {
                    shape,
                    down: Distribution::Constant(down),
                    up: Distribution::Uniform(ms(1), up),
                }
            }
            5 | 6 => Action::Pause(self.some(voters)),
            8 => Action::Slow { target: self.some(voters), permille: 1_000 + self.below(60_000) as u32 },
            9 => {
                let mean = Duration::from_micros(200 + self.below(5_000));
                Action::Flood { target: self.some(voters), mean, bytes: 8 + self.below(2_000) as u32 }
            }
            7 if self.below(3) == 0 => Action::Wipe(self.one(voters)),
            _ => Action::Crash(self.some(voters)),
        }
    }

    fn cpu(&mut self, is_small: bool) -> Cpu {
        let inbox = if is_small { 1 + self.below(8) } else { 1_000 };
        Cpu {
            cost_per_frame: Duration::from_micros(1 + self.below(300)),
            cost_per_kib: Duration::from_micros(self.below(100)),
            inbox: NonZeroU32::new(inbox as u32).expect("positive"),
            when_full: [WhenFull::DropNewest, WhenFull::DropOldest, WhenFull::Refuse][self.below(3) as usize],
            lanes: [Lanes::One, Lanes::Two][self.below(2) as usize],
        }
    }

    fn fault(&mut self, voters: u32, place: u32) -> Fault {
        // Round times, so that many things happen at one instant.
        let start = match self.below(4) {
            0 | 1 => Start::At(at(100 * self.below(45))),
            _ => {
                let milestone = match self.below(5) {
                    0 => Milestone::Leader(NodeId(1 + self.below(u64::from(voters)) as u32)),
                    1 => Milestone::Committed(Index(1 + self.below(600))),
                    2 => Milestone::Elected(1 + self.below(4)),
                    3 if place > 0 => Milestone::Fault(self.below(u64::from(place)) as u32),
                    _ if place > 0 => Milestone::End(self.below(u64::from(place)) as u32),
                    _ => Milestone::Elected(1),
                };
                Start::When { milestone, after: ms(100 * self.below(5)) }
            }
        };
        let end = match (self.below(4), start) {
            (0, _) => End::Never,
            (1, Start::At(start)) => End::Until(start + ms(100 * (1 + self.below(20)))),
            _ => End::For(ms(100 * (1 + self.below(15)))),
        };
        let spread = if self.below(3) == 0 { self.duration(90) } else { Duration::ZERO };
        let id = (self.below(2) == 0).then(|| format!("fault-{place}"));
        Fault { id, start, spread, end, action: self.action(voters) }
    }

    fn storm(&mut self, voters: u32) -> Storm {
        let from = self.below(3_000);
        let mean = self.duration(1_500);
        let every = Distribution::Exponential { min: Duration::ZERO, mean, max: mean.saturating_mul(20) };
        let length = Distribution::Uniform(ms(0), self.duration(900));
        let during = (at(from), at(from + 1 + self.below(3_000)));
        Storm { during, every, length, action: self.action(voters) }
    }
}

/// A loaded cluster for six seconds, with whatever can go wrong.
fn anything(seed: u64) -> Plan {
    let mut draw = Draw(Stream::new(seed, "anything", 0, 0));
    let voters = 3 + draw.below(4) as u32;
    let mut plan = loaded("default: (loss: 0.01, duplicate: 0.02)", "");
    plan.duration = Duration::from_secs(6);
    plan.cluster.voters = voters;
    let name = |name: &str, target| Name { name: name.into(), target };
    plan.names = vec![name("one", draw.one(3)), name("some", Target::Minority)];
    if plan.names[0].target == Target::Named(0) {
        plan.names[0].target = Target::Random;
    }
    plan.cluster.first_leader = (draw.below(2) == 0).then_some(NodeId(2));
    plan.cluster.logs = if draw.below(2) == 0 { Logs::Shuffled } else { Logs::Same };
    plan.faults = (0..draw.below(6) as u32).map(|place| draw.fault(voters, place)).collect();
    plan.storms = (0..draw.below(4)).map(|_| draw.storm(voters)).collect();
    plan.settle = (draw.below(2) == 0).then_some(Settle::at(at(5_000)));
    plan.cluster.blocking = draw.below(4) == 0;
    plan.cluster.cpu = match draw.below(3) {
        0 => Cpu::FREE,
        kind => draw.cpu(kind == 1),
    };
    if !plan.cluster.cpu.costs() {
        // Nobody can be slow for whom nothing costs anything.
        let faults = plan.faults.iter_mut().map(|fault| &mut fault.action);
        for action in faults.chain(plan.storms.iter_mut().map(|storm| &mut storm.action)) {
            if let Action::Slow { target, .. } = *action {
                *action = Action::Pause(target);
            }
        }
    }
    plan
}

/// Storms and targets drawn and bound in a run, written down as scripted faults, give the same run to the last record.
#[test]
fn whatever_happens_can_be_scripted() {
    let (mut faults, mut nodes, mut links) = (0, 0, 0);
    for seed in 0..400 {
        let plan = anything(seed);
        let (mut resolver, mut records) = (Resolver::default(), Vec::new());
        let digest = run(&plan, seed, &mut resolver).digest;
        let script = resolver.script(&plan, seed);
        let written = squall::scenario::write(&script);
        let read = squall::scenario::read(&written).map(|(plan, _)| plan);
        assert_eq!(read.as_ref(), Ok(&script), "seed {seed}: {written}");
        let again = run(&script, seed, &mut records).digest;
        assert_eq!(digest, again, "seed {seed}: {plan:#?}\nscripted: {script:#?}");
        let all = happened(&records);
        faults += all.len();
        nodes += all.iter().filter(|fault| fault.nodes.len() > 1).count();
        links += all.iter().filter(|fault| !fault.links.is_empty()).count();
    }
    assert!(faults > 2_000 && nodes > 200 && links > 500, "{faults} {nodes} {links}");
}

#[test]
fn no_fault_breaks_safety_and_none_outlives_the_time_to_settle() {
    for seed in 1_000..1_150 {
        let plan = anything(seed);
        let mut judges = Judges::new(&plan);
        run(&plan, seed, &mut judges);
        assert_eq!(judges.violations(), 0, "seed {seed}: {plan:#?}");
        let Some(Settle { from, .. }) = plan.settle else { continue };
        let records = records(&plan, seed);
        // At the very instant faults still end.
        let after = |record: &&Record| record.time > from;
        for record in records.iter().filter(after) {
            let is_fault =
                matches!(record.body, Body::FaultStarted { .. } | Body::Cut { .. } | Body::Crashed)
                    || matches!(record.body, Body::Lost { why: Loss::Random, .. } | Body::Duplicated { .. });
            assert!(!is_fault, "seed {seed}: {record}");
        }
        assert!(happened(&records).iter().all(|fault| fault.to.is_some_and(|to| to <= from)), "seed {seed}");
        assert_eq!(records.iter().filter(|record| record.body == Body::Settled).count(), 1);
    }
}

/// An idle cluster that n1 is to lead first.
fn idle(voters: u32, millis: u64) -> Plan {
    let mut plan = plan(r#"(format: 1, name: "idle", duration: "2s", cluster: (voters: 3))"#);
    (plan.cluster.voters, plan.cluster.first_leader) = (voters, Some(NodeId(1)));
    plan.duration = ms(millis);
    plan
}

/// The links that a shape cuts among so many nodes, n1 being the first leader.
fn cut(voters: u32, shape: Shape) -> BTreeSet<Link> {
    let mut plan = idle(voters, 2_000);
    let (start, spread) = (Start::At(at(500)), Duration::ZERO);
    plan.faults = vec![Fault { id: None, start, spread, end: End::Never, action: Action::Partition(shape) }];
    let all = happened(&records(&plan, 3));
    assert_eq!(all.len(), 1);
    all[0].links.clone()
}

fn both(links: &[Link]) -> BTreeSet<Link> {
    links.iter().flat_map(|&(a, b)| [(a, b), (b, a)]).collect()
}

/// All links but these, both ways.
fn all_but(voters: u32, kept: &[Link]) -> BTreeSet<Link> {
    let pairs = (1..=voters).flat_map(|a| (1..=voters).map(move |b| (a, b)));
    pairs.filter(|&(a, b)| a != b && !both(kept).contains(&(a, b))).collect()
}

fn n(node: u32) -> Target {
    Target::Node(NodeId(node))
}

#[test]
fn each_shape_cuts_the_links_it_says() {
    let isolated = both(&[(2, 1), (2, 3), (2, 4), (2, 5)]);
    assert_eq!(cut(5, Shape::Isolate(n(2))), isolated);
    assert_eq!(cut(5, Shape::Groups(vec![vec![n(2)], vec![Target::Rest]])), isolated);
    // n1 leads; nodes in no group are alone.
    let leader = Shape::Groups(vec![vec![Target::Leader, Target::Follower(1)]]);
    assert_eq!(cut(4, leader), all_but(4, &[(1, 2)]));
    let deaf = Shape::OneWay { from: vec![Target::Rest], to: vec![Target::Leader] };
    assert_eq!(cut(3, deaf), BTreeSet::from([(2, 1), (3, 1)]));
    // 1 2 | 3 | 4 5, and 1 | 3 | 2 4.
    assert_eq!(cut(5, Shape::Bridge(n(3))), both(&[(1, 4), (1, 5), (2, 4), (2, 5)]));
    assert_eq!(cut(4, Shape::Bridge(n(3))), both(&[(1, 2), (1, 4)]));
    assert_eq!(cut(4, Shape::Chain(vec![])), all_but(4, &[(1, 2), (2, 3), (3, 4)]));
    let chain = Shape::Chain(vec![n(3), Target::Rest, Target::Leader]);
    assert_eq!(cut(4, chain), all_but(4, &[(3, 2), (2, 4), (4, 1)]));
    let ring = |voters| cut(voters, Shape::Ring(vec![Target::All]));
    assert_eq!(ring(4), both(&[(1, 3), (2, 4)]));
    assert_eq!(ring(5), all_but(5, &[(1, 2), (2, 3), (3, 4), (4, 5), (5, 1)]));
    for voters in 4..=12 {
        let cut = ring(voters);
        let seen = |a: u32| (1..=voters).filter(move |b| *b == a || !cut.contains(&(a, *b)));
        let all: BTreeSet<Vec<u32>> = (1..=voters).map(|a| seen.clone()(a).collect()).collect();
        assert_eq!(all.len(), voters as usize, "no two see the same");
        assert!(all.iter().all(|seen| seen.len() > voters as usize / 2), "each sees a majority");
    }
    let kept = Edge { from: Target::Leader, to: Target::Follower(2), one_way: false };
    assert_eq!(cut(4, Shape::Keep(vec![kept])), all_but(4, &[(1, 3)]));
    let edge = Edge { from: n(4), to: Target::Leader, one_way: true };
    assert_eq!(cut(4, Shape::Cut(vec![edge])), BTreeSet::from([(4, 1)]));
}

/// Whom a fault of nodes hits at one second, over seeds; n1 is the first leader.
fn hit(voters: u32, target: Target, names: &[Name]) -> Vec<NodeSet> {
    let mut plan = idle(voters, 1_200);
    plan.names = names.to_vec();
    let (start, spread) = (Start::At(at(1_000)), Duration::ZERO);
    plan.faults = vec![Fault { id: None, start, spread, end: End::Never, action: Action::Pause(target) }];
    (0..200).map(|seed| happened(&records(&plan, seed))[0].nodes).collect()
}

#[test]
fn targets_name_whom_they_say_and_chance_names_everyone_evenly() {
    let nodes = |nodes: &[u32]| nodes.iter().map(|node| NodeId(*node)).collect::<NodeSet>();
    let always = |target, expected: &[u32]| {
        assert!(hit(5, target, &[]).iter().all(|hit| *hit == nodes(expected)), "{target:?}");
    };
    always(n(4), &[4]);
    always(Target::Leader, &[1]);
    always(Target::Follower(2), &[3]);
    always(Target::Nodes(nodes(&[2, 5])), &[2, 5]);
    always(Target::All, &[1, 2, 3, 4, 5]);
    for (target, size) in [(Target::Random, 1), (Target::Minority, 2), (Target::Majority, 3)] {
        let sets = hit(5, target, &[]);
        assert!(sets.iter().all(|set| set.len() == size), "{target:?}");
        let even = 200 * size / 5;
        for node in (1..=5).map(NodeId) {
            let often = sets.iter().filter(|set| set.contains(node)).count() as u32;
            assert!(often.abs_diff(even) < 40, "{target:?}: {node} {often} times");
        }
        let name = Name { name: "x".into(), target };
        assert!(hit(5, Target::Named(0), &[name]).iter().all(|set| set.len() == size));
    }
    assert!(hit(4, Target::Minority, &[]).iter().all(|set| set.len() == 1));
    assert!(hit(4, Target::Majority, &[]).iter().all(|set| set.len() == 3));
}

/// A name stands for one node from its first use on, whatever becomes of its role.
#[test]
fn a_name_is_bound_once() {
    let mut plan = loaded("", "");
    plan.names = vec![Name { name: "boss".into(), target: Target::Leader }];
    let crash = |millis| Fault {
        id: None,
        start: Start::At(at(millis)),
        spread: Duration::ZERO,
        end: End::For(ms(700)),
        action: Action::Crash(Target::Named(0)),
    };
    plan.faults = vec![crash(800), crash(2_000)];
    for seed in 0..20 {
        let records = records(&plan, seed);
        let [first, second] = &happened(&records)[..] else { panic!("two crashes") };
        assert_eq!(first.nodes, second.nodes);
        let boss = Address::from(first.nodes.iter().next().expect("one"));
        let elected = |record: &&Record| {
            record.time < first.from && matches!(record.body, Body::RoleChanged { role: Role::Leader, .. })
        };
        assert_eq!(records.iter().rfind(elected).map(|record| record.node), Some(boss), "it led then");
    }
}

#[test]
fn a_milestone_starts_its_fault_a_nanosecond_later() {
    let elected = |record: &Record| matches!(record.body, Body::RoleChanged { role: Role::Leader, .. });
    let committed = |record: &Record| matches!(record.body, Body::Committed { index: Index(100), .. });
    type Happens<'a> = &'a dyn Fn(&Record) -> bool;
    let cases: [(Milestone, Happens<'_>); 3] = [
        (Milestone::Elected(1), &elected),
        (Milestone::Leader(NodeId(1)), &elected),
        (Milestone::Committed(Index(100)), &committed),
    ];
    for (milestone, what) in cases {
        let mut plan = loaded("", "");
        plan.cluster.first_leader = Some(NodeId(1));
        let start = Start::When { milestone, after: ms(30) };
        let action = Action::Pause(n(2));
        plan.faults = vec![Fault { id: None, start, spread: Duration::ZERO, end: End::For(ms(100)), action }];
        let records = records(&plan, 5);
        let came = records.iter().find(|record| what(record)).expect("it comes").time;
        let [fault] = &happened(&records)[..] else { panic!("one fault") };
        assert_eq!(fault.from, came + ms(30) + Duration::from_nanos(1), "{milestone:?}");
        assert_eq!(fault.to, Some(fault.from + ms(100)));
    }
}

#[test]
fn a_milestone_that_never_comes_skips_its_fault_and_those_that_wait_for_it() {
    let mut plan = loaded("", "");
    let fault = |milestone| Fault {
        id: None,
        start: Start::When { milestone, after: Duration::ZERO },
        spread: Duration::ZERO,
        end: End::For(ms(100)),
        action: Action::Crash(n(1)),
    };
    let calm = run(&plan, 1, &mut ()).digest;
    let never = Milestone::Committed(Index(1_000_000));
    plan.faults = vec![fault(never), fault(Milestone::Fault(0)), fault(Milestone::End(1))];
    let records = records(&plan, 1);
    let skipped: Vec<_> = records
        .iter()
        .filter_map(|record| match record.body {
            Body::FaultSkipped { source, .. } => Some(source),
            _ => None,
        })
        .collect();
    assert_eq!(skipped, [0, 1, 2].map(FaultSource::Fault));
    assert_eq!(run(&plan, 1, &mut ()).digest, calm, "a skipped fault leaves no trace in the digest");
}

#[test]
fn faults_follow_one_another_by_milestones() {
    let mut plan = loaded("", "");
    let fault =
        |start, action| Fault { id: None, start, spread: Duration::ZERO, end: End::For(ms(200)), action };
    let after = |milestone| Start::When { milestone, after: ms(50) };
    plan.faults = vec![
        fault(Start::At(at(700)), Action::Crash(n(1))),
        fault(after(Milestone::Fault(0)), Action::Pause(n(2))),
        fault(after(Milestone::End(0)), Action::Pause(n(3))),
        fault(after(Milestone::End(2)), Action::Clog(Shape::Isolate(n(4)))),
    ];
    let from: Vec<u64> =
        happened(&records(&plan, 1)).iter().map(|fault| fault.from.nanos() / 1_000_000).collect();
    assert_eq!(from, [700, 750, 950, 1_200]);
}

#[test]
fn a_spread_fault_begins_somewhere_within_its_spread() {
    let mut plan = loaded("", "");
    let action = Action::Pause(n(1));
    let (start, spread, end) = (Start::At(at(1_000)), ms(800), End::Until(at(2_000)));
    plan.faults = vec![Fault { id: None, start, spread, end, action }];
    let begins: Vec<u64> =
        (0..100).map(|seed| happened(&records(&plan, seed))[0].from.nanos() / 1_000_000).collect();
    assert!(begins.iter().all(|begin| (1_000..=1_800).contains(begin)), "{begins:?}");
    for part in 0..4 {
        let span = 1_000 + 200 * part..1_200 + 200 * part;
        assert!(begins.iter().filter(|begin| span.contains(&**begin)).count() > 10, "{begins:?}");
    }
}

#[test]
fn a_storm_keeps_to_its_time_and_its_rate() {
    let mut plan = loaded("", "");
    plan.duration = Duration::from_secs(60);
    plan.clients = None;
    let mean = ms(500);
    let every = Distribution::Exponential { min: Duration::ZERO, mean, max: ms(10_000) };
    let length = Distribution::Constant(ms(40));
    let during = (at(10_000), at(50_000));
    plan.storms = vec![Storm { during, every, length, action: Action::Pause(Target::Random) }];
    let mut count = 0;
    for seed in 0..20 {
        let all = happened(&records(&plan, seed));
        count += all.len();
        for fault in &all {
            assert!(fault.from > during.0 && fault.from < during.1);
            assert_eq!(fault.to, Some(fault.from + ms(40)));
            assert_eq!((fault.nodes.len(), fault.source), (1, Some(FaultSource::Storm(0))));
        }
    }
    // 20 runs of 80 expected faults: 1,600, with a deviation of 40.
    assert!((1_400..1_800).contains(&count), "{count}");
}

/// Taking one storm or fault away leaves the draws of the others the same.
#[test]
fn a_fault_draws_the_same_whatever_else_is_in_the_plan() {
    let mut plan = loaded("", "");
    let every = Distribution::Exponential { min: Duration::ZERO, mean: ms(300), max: ms(6_000) };
    let storm = |action| Storm {
        during: (at(500), at(2_800)),
        every,
        length: Distribution::Uniform(ms(1), ms(50)),
        action,
    };
    let spread = |action| Fault {
        id: None,
        start: Start::At(at(600)),
        spread: ms(400),
        end: End::For(ms(50)),
        action,
    };
    plan.storms = vec![
        storm(Action::Pause(Target::Minority)),
        storm(Action::Partition(Shape::Isolate(Target::Random))),
    ];
    plan.faults =
        vec![spread(Action::Pause(Target::Random)), spread(Action::Clog(Shape::Isolate(Target::Random)))];
    let what = |plan: &Plan, action| -> Vec<(Time, NodeSet, BTreeSet<Link>)> {
        let all = happened(&records(plan, 4));
        let same = all.into_iter().filter(|fault| fault.action == Some(action));
        same.map(|fault| (fault.from, fault.nodes, fault.links)).collect()
    };
    let (cuts, clogs) = (what(&plan, ActionKind::Partition), what(&plan, ActionKind::Clog));
    assert!(cuts.len() > 2 && clogs.len() == 1);
    plan.storms.remove(0);
    plan.faults.remove(0);
    assert_eq!(what(&plan, ActionKind::Partition), cuts);
    assert_eq!(what(&plan, ActionKind::Clog), clogs);
}

#[test]
fn flapping_links_are_cut_and_healed_in_turn() {
    let mut plan = loaded("", "");
    let (down, up) = (Distribution::Constant(ms(100)), Distribution::Uniform(ms(50), ms(60)));
    let action = Action::Flap { shape: Shape::Isolate(n(2)), down, up };
    let (start, spread) = (Start::At(at(1_000)), Duration::ZERO);
    plan.faults = vec![Fault { id: None, start, spread, end: End::Until(at(1_690)), action }];
    let records = records(&plan, 1);
    let all = happened(&records);
    assert_eq!(all.len(), 5);
    assert_eq!(all[0].from, at(1_000));
    for pair in all.windows(2) {
        let healed = pair[0].to.expect("it heals");
        assert_eq!(healed, pair[0].from + ms(100));
        assert!((50..=60).contains(&(pair[1].from.since(healed).nanos() / 1_000_000)));
        assert_eq!(pair[0].links, pair[1].links);
    }
    assert_eq!(all[4].to, Some(at(1_690)), "the last cut is cut short");
    let last: Vec<bool> = records
        .iter()
        .filter_map(|record| match record.body {
            Body::FaultEnded { last, .. } => Some(last),
            _ => None,
        })
        .collect();
    assert_eq!(last, [false, false, false, false, true]);
}

#[test]
fn the_first_leader_is_the_one_that_was_chosen() {
    let mut plan = loaded("", "");
    for chosen in 1..=5 {
        plan.cluster.first_leader = Some(NodeId(chosen));
        for seed in 0..20 {
            let leader = records(&plan, seed)
                .into_iter()
                .find(|record| matches!(record.body, Body::RoleChanged { role: Role::Leader, .. }));
            assert_eq!(leader.map(|record| record.node), Some(NodeId(chosen).into()), "seed {seed}");
        }
    }
}

/// Paper, figure 7: whoever of (a) to (f) and the candidate at the top wins, all logs end as its log, and nothing is
/// accused. The logs of one term share their prefixes there.
#[test]
fn logs_from_before_the_run_converge() {
    let terms = |text: &str| text.chars().map(|c| Term(u64::from(c) - u64::from('0'))).collect();
    let figure_7 =
        ["1114455666", "111445566", "1114", "11144556666", "111445566677", "1114444", "11122233333"];
    let mut plan = loaded("", "");
    (plan.cluster.voters, plan.clients) = (7, None);
    plan.cluster.logs = Logs::Each(figure_7.iter().map(|log| terms(log)).collect());
    for seed in 0..30 {
        let mut judges = Judges::new(&plan);
        run(&plan, seed, &mut judges);
        assert_eq!(judges.violations(), 0, "seed {seed}");
        let records = records(&plan, seed);
        let logs: BTreeSet<u64> = records
            .iter()
            .filter_map(|record| match record.body {
                Body::FinalNode { log, .. } => Some(log),
                _ => None,
            })
            .collect();
        let (mut leaders, mut terms) = (BTreeSet::new(), BTreeSet::new());
        for record in &records {
            if let Body::RoleChanged { role: Role::Leader, term, .. } = record.body {
                leaders.insert(record.node);
                terms.insert(term);
            }
        }
        assert_eq!(logs.len(), 1, "seed {seed}");
        assert!(terms.iter().all(|term| *term > Term(7)), "everyone has seen term 7");
        // Neither c nor e nor f is as up to date as a majority.
        let behind = [3, 6, 7].map(|node| Address::from(NodeId(node)));
        assert!(behind.iter().all(|node| !leaders.contains(node)), "seed {seed}: {leaders:?}");
    }
}

#[test]
fn shuffled_logs_elect_one_of_the_longest() {
    let mut plan = loaded("", "");
    plan.cluster.logs = Logs::Shuffled;
    let mut lengths = BTreeSet::new();
    for seed in 0..40 {
        let records = records(&plan, seed);
        let mut length: BTreeMap<Address, u64> = BTreeMap::new();
        for record in &records {
            if let Body::Preloaded { index, term, .. } = record.body {
                assert_eq!((record.time, term), (Time::ZERO, Term(1)));
                length.insert(record.node, index.0);
            }
        }
        assert_eq!(length.values().copied().collect::<BTreeSet<_>>(), (1..5).collect());
        let leads = |record: &&Record| matches!(record.body, Body::RoleChanged { role: Role::Leader, .. });
        let first = records.iter().find(leads).expect("a leader").node;
        assert!(
            length.get(&first).copied().unwrap_or(0) >= 2,
            "seed {seed}: three logs are as short or shorter"
        );
        lengths.insert(length.into_iter().collect::<Vec<_>>());
    }
    assert!(lengths.len() > 20, "they are dealt by chance");
}
