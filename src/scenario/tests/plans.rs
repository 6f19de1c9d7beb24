//! Plans drawn at random, each of which can be written.

use super::*;

fn duration(least: u64, most: u64) -> impl Strategy<Value = Duration> {
    let nanos =
        prop_oneof![least..=most, (least / 1_000_000..=most / 1_000_000).prop_map(|ms| ms * 1_000_000)];
    nanos.prop_map(move |nanos| Duration::from_nanos(nanos.clamp(least, most)))
}

const DAY: u64 = 86_400_000_000_000;

fn distribution() -> impl Strategy<Value = Distribution> {
    let three = vec(duration(0, DAY), 3).prop_map(|mut times| {
        times.sort_unstable();
        times
    });
    (0..3, three).prop_map(|(kind, times)| match kind {
        0 => Distribution::Constant(times[0]),
        1 => Distribution::Uniform(times[0], times[2]),
        _ => Distribution::Exponential { min: times[0], mean: times[1], max: times[2] },
    })
}

fn rate() -> impl Strategy<Value = Rate> {
    let tiny = (0.0..1.0_f64).prop_map(|value| value * 1e-15);
    let decimal = (0..=1000_u32).prop_map(|thousandths| f64::from(thousandths) / 1000.0);
    prop_oneof![0.0..=1.0_f64, tiny, decimal, Just(1.0), Just(1.0_f64.next_down()), Just(5e-324)]
        .prop_map(|value| Rate::new(value).expect("a rate"))
}

fn link() -> impl Strategy<Value = Link> {
    (distribution(), rate(), rate(), option::of(1..bounds::BANDWIDTH.most)).prop_map(
        |(latency, loss, duplicate, bandwidth)| {
            let bandwidth = bandwidth.and_then(NonZeroU64::new);
            Link { latency, loss, duplicate, bandwidth }
        },
    )
}

fn mix() -> impl Strategy<Value = crate::plan::Mix> {
    let weight = || prop_oneof![Just(0.0), 0.0..=1.0_f64, (0..=10_u32).prop_map(f64::from), 0.0..=1e12_f64];
    (weight(), weight(), weight())
        .prop_filter("nothing to do", |(a, b, c)| a + b + c > 0.0)
        .prop_map(|(put, get, cas)| meaning::shares([put, get, cas]))
}

prop_compose! {
    fn clients()(
        count in 1..=10_000_u32,
        open in prop_oneof![
            Just(None),
            (1e-2..=1e6_f64).prop_map(Some),
            (1..=1_000_u32).prop_map(|rate| Some(f64::from(rate))),
        ],
        think in duration(0, DAY),
        mix in mix(),
        keys in 1..=1_000_000_u32,
        value_bytes in 8..=65_536_u32,
        timeout in duration(1, DAY),
        backoff in backoff(),
        breaker in option::of(breaker()),
        retry_after in option::of(duration(bounds::SHORTEST_BACKOFF.nanos(), DAY)),
        sessions in option::of((1..=1_000_000_u32).prop_map(|most| Sessions { most })),
    ) -> Clients {
        let arrival = match open {
            Some(rate) => Arrival::OpenLoop { mean: meaning::mean_between(count, rate) },
            None => Arrival::ClosedLoop { think },
        };
        Clients { count, arrival, mix, keys, value_bytes, timeout, backoff, retry_after, sessions, breaker }
    }
}

prop_compose! {
    fn backoff()(
        base in duration(bounds::SHORTEST_BACKOFF.nanos(), DAY),
        more in duration(0, DAY),
        jitter in proptest::sample::select(
            &[Jitter::NoJitter, Jitter::Full, Jitter::Equal, Jitter::Decorrelated][..]
        ),
        after_silence: bool,
        attempts in option::of(1..=1_000_000_u32),
        budget in option::of((rate(), 0..=1_000_000_u32)),
    ) -> Backoff {
        let attempts = attempts.and_then(std::num::NonZeroU32::new);
        let budget = budget.map(|(ratio, burst)| Budget { ratio, burst });
        Backoff { base, cap: base.saturating_add(more), jitter, after_silence, attempts, budget }
    }
}

prop_compose! {
    fn breaker()(
        window in 1..=64_u32,
        open_at in rate().prop_filter("opens always", |rate| *rate != Rate::ZERO),
        cool_down in duration(1, DAY),
        probes in 1..=1_000_u32,
    ) -> Breaker {
        Breaker { window, open_at, cool_down, probes }
    }
}

/// Any target that is one node, of a cluster of at least four.
fn single(voters: u32) -> impl Strategy<Value = Target> {
    prop_oneof![
        (1..=voters).prop_map(|node| Target::Node(NodeId(node))),
        Just(Target::Leader),
        (1..voters).prop_map(Target::Follower),
        Just(Target::Random),
        Just(Target::Named(0)),
    ]
}

/// Any target but the rest.
fn several(voters: u32) -> impl Strategy<Value = Target> {
    let nodes = |numbers: &[u32]| Target::Nodes(numbers.iter().map(|number| NodeId(*number)).collect());
    let many =
        vec![nodes(&[1, 3]), nodes(&[4]), Target::Majority, Target::Minority, Target::All, Target::Named(1)];
    prop_oneof![single(voters), proptest::sample::select(many)]
}

fn edges(voters: u32, least: usize) -> impl Strategy<Value = Vec<Edge>> {
    let edge = (single(voters), single(voters), any::<bool>());
    let edge = edge.prop_filter("to itself", |(from, to, _)| from != to);
    let edge = edge.prop_map(|(from, to, one_way)| Edge { from, to, one_way });
    // So that there are nodes enough to draw from.
    vec(edge, least..5).prop_map(move |mut edges| {
        edges.truncate(voters as usize / 2);
        edges
    })
}

/// Lists of distinct targets, two at least, that leave nodes to draw; one of them, in this list, the rest.
fn lists(voters: u32) -> impl Strategy<Value = Vec<Vec<Target>>> {
    let targets = vec((0..3_usize, single(voters)), 2..8);
    (targets, 0..3_usize).prop_map(move |(named, rest)| {
        let mut lists = vec![vec![], vec![], vec![]];
        let mut seen = BTreeSet::new();
        for (list, target) in named {
            if seen.len() + 1 < voters as usize && seen.insert(format!("{target:?}")) {
                lists[list].push(target);
            }
        }
        lists[rest].push(Target::Rest);
        lists.retain(|list| !list.is_empty());
        if lists.len() == 1 {
            lists = vec![vec![Target::Majority], vec![Target::Rest]];
        }
        lists
    })
}

fn shape(voters: u32) -> impl Strategy<Value = Shape> {
    prop_oneof![
        lists(voters).prop_map(Shape::Groups),
        edges(voters, 0).prop_map(Shape::Keep),
        edges(voters, 1).prop_map(Shape::Cut),
        several(voters).prop_map(Shape::Isolate),
        lists(voters).prop_map(|lists| Shape::OneWay { from: lists[0].clone(), to: lists[1].clone() }),
        single(voters).prop_map(Shape::Bridge),
        lists(voters).prop_map(|lists| Shape::Chain(lists.concat())),
        prop_oneof![lists(voters).prop_map(|lists| lists.concat()), Just(vec![Target::All])]
            .prop_map(Shape::Ring),
    ]
}

/// How long something lasts; longer than nothing.
fn lasting(least: u64) -> impl Strategy<Value = Distribution> {
    vec(duration(least, DAY), 3).prop_map(|mut times| {
        times.sort_unstable();
        Distribution::Exponential { min: times[0], mean: times[1], max: times[2] }
    })
}

/// What is done to single frames.
fn on_frames(voters: u32) -> impl Strategy<Value = Action> {
    let kind = prop_oneof![
        (1..500_u32, 0..500_u32).prop_map(|(least, more)| Corruption::BitFlip(least, least + more)),
        Just(Corruption::Truncate),
        Just(Corruption::Extend),
        Just(Corruption::Garbage),
    ];
    let rate = (1e-9..=1.0).prop_map(|rate| Rate::new(rate).expect("a rate"));
    let all = (shape(voters), rate, kind, lasting(0), any::<bool>(), 0..6_u8);
    let on_links = all.prop_map(|(links, rate, kind, by, clients, which)| match which {
        0 => Action::Lose { links, rate },
        1 => Action::Duplicate { links, rate },
        2 => Action::Delay { links, by },
        3 => Action::Misdirect { links, rate },
        4 => Action::Replay { links, rate },
        _ => Action::Corrupt { links, rate, kind, clients },
    });
    let forge = (several(voters), duration(1_000_000, 1_000_000_000));
    prop_oneof![3 => on_links, 1 => forge.prop_map(|(to, mean)| Action::Forge { to, mean })]
}

fn action(voters: u32) -> impl Strategy<Value = Action> {
    let flap = (shape(voters), lasting(1_000_000), lasting(1_000_000));
    prop_oneof![
        shape(voters).prop_map(Action::Partition),
        shape(voters).prop_map(Action::Clog),
        on_frames(voters),
        flap.prop_map(|(shape, down, up)| Action::Flap { shape, down, up }),
        several(voters).prop_map(Action::Crash),
        several(voters).prop_map(Action::Wipe),
        several(voters).prop_map(Action::Deaf),
        several(voters).prop_map(Action::Mute),
        several(voters).prop_map(Action::DiskStall),
        several(voters).prop_map(Action::DiskFull),
        several(voters).prop_map(Action::LoseFlush),
        several(voters).prop_map(Action::Rot),
        (several(voters), -500_000..=500_000).prop_map(|(nodes, ppm)| Action::Drift { nodes, ppm }),
        several(voters).prop_map(|to| Action::Starve { kind: crate::replica::Traffic::Heartbeats, to }),
        (several(voters), 1..=1_i64 << 40).prop_map(|(nodes, ahead_ns)| Action::Skew { nodes, ahead_ns }),
        (several(voters), 1..=1_i64 << 40).prop_map(|(nodes, by)| Action::Step { nodes, ahead_ns: -by }),
        several(voters).prop_map(Action::Pause),
        (several(voters), 1_000..=1_000_000_000_u32)
            .prop_map(|(target, permille)| Action::Slow { target, permille }),
        // So slow that no run is too long.
        (several(voters), duration(DAY, 30 * DAY), 8..=65_536_u32)
            .prop_map(|(target, mean, bytes)| Action::Flood { target, mean, bytes }),
        Just(Action::AddLearner(Target::Random)),
        Just(Action::Promote(Target::Follower(1))),
        Just(Action::Remove(Target::Leader)),
        (1..=voters).prop_map(|new| Action::Replace { old: Target::Leader, new: NodeId(new) }),
    ]
}

fn milestone(voters: u32, earlier: u32) -> impl Strategy<Value = Option<Milestone>> {
    prop_oneof![
        Just(None),
        (1..=voters).prop_map(|node| Some(Milestone::Leader(NodeId(node)))),
        (1..1_u64 << 32).prop_map(|index| Some(Milestone::Committed(Index(index)))),
        (1..1_u64 << 32).prop_map(|n| Some(Milestone::Elected(n))),
        (1..1_u64 << 32).prop_map(|n| Some(Milestone::Changed(n))),
        Just(earlier.checked_sub(1).map(Milestone::Fault)),
        Just(earlier.checked_sub(1).map(Milestone::End)),
    ]
}

/// Faults one after the other, so that none excludes another. All have an end and an id.
fn faults(voters: u32, stop: Duration) -> impl Strategy<Value = Vec<Fault>> {
    let fault = move |place: u32| (0..4_u8, action(voters), milestone(voters, place), "[^\\p{Cc}]{1,20}");
    let faults = (0..6_u32).prop_flat_map(move |count| (0..count).map(fault).collect::<Vec<_>>());
    faults.prop_map(move |faults| {
        // The last share of the time is for what begins when it begins.
        let each = stop.nanos() / (faults.len() as u64 + 1);
        let fault = |(i, (kind, action, milestone, id)): (usize, (u8, Action, Option<Milestone>, String))| {
            let at = Time::from_nanos(each * i as u64);
            let share = Duration::from_nanos(each / 4);
            let spread = if kind % 2 == 0 { Duration::ZERO } else { share };
            let end = match kind {
                0 | 1 => End::For(Duration::from_nanos(each / 2)),
                _ => End::Until(at + Duration::from_nanos(each)),
            };
            let when = |milestone| Start::When { milestone, after: share };
            Fault {
                id: Some(format!("{i}{id}")),
                start: milestone.map_or(Start::At(at), when),
                spread,
                end,
                action,
            }
        };
        let mut faults: Vec<Fault> = faults.into_iter().enumerate().map(fault).collect();
        // Where there are changes, who waits for more than can be made waits in vain.
        if faults.iter().any(|fault| fault.action.changes_members()) {
            for fault in &mut faults {
                if let Start::When { milestone: milestone @ Milestone::Changed(_), .. } = &mut fault.start {
                    *milestone = Milestone::Elected(1);
                }
            }
        }
        faults
    })
}

fn storm(voters: u32, stop: Duration) -> impl Strategy<Value = Storm> {
    let half = stop.nanos() / 2;
    (0..half, half..stop.nanos(), lasting(1_000_000), distribution(), action(voters))
        .prop_filter("lasts no time", |(.., length, _)| length.max() > Duration::ZERO)
        .prop_map(|(from, to, every, length, action)| {
            let during = (Time::from_nanos(from), Time::from_nanos(to));
            Storm { during, every, length, action }
        })
}

/// Expectations that can all be met, in a run with so many faults.
fn expectations(run: Duration, settles: bool, faults: usize) -> impl Strategy<Value = Vec<Expectation>> {
    let half = Time::ZERO + half(run);
    let place = move |kind: u8| if faults == 0 { None } else { Some(u32::from(kind) % faults as u32) };
    let moment = (0..5_u8, any::<u8>()).prop_map(move |(kind, random)| match (kind, place(random)) {
        (1, _) => Moment::At(half),
        (2, _) if settles => Moment::Settle,
        (3, Some(place)) => Moment::Fault(place),
        (4, Some(place)) => Moment::End(place),
        _ => Moment::Start,
    });
    let span = (0..4_u8, any::<u8>()).prop_map(move |(kind, random)| match (kind, place(random)) {
        (1, _) => Span::Between(Time::ZERO, half),
        (2, _) if settles => Span::Settle,
        (3, Some(place)) => Span::Fault(place),
        _ => Span::Run,
    });
    let bound = Duration::from_nanos(1);
    let changes = (option::of(0..9_u64), 9..20_u64, span.clone()).prop_map(|(at_least, most, during)| {
        Expectation::LeaderChanges { at_least, at_most: Some(most), during }
    });
    let one = prop_oneof![
        moment.clone().prop_map(move |after| Expectation::LeaderWithin { bound, after }),
        (moment, option::of(rate())).prop_map(move |(after, share)| {
            let share = share.filter(|share| *share != Rate::ZERO);
            let to = share.map(|share| Goodput { share, before: Moment::At(half) });
            Expectation::Returns { within: bound, after, to }
        }),
        span.clone().prop_map(|during| Expectation::Progress { during }),
        (rate(), option::of(Just(())), span).prop_map(|(share, most, during)| {
            let is_most = most.is_some() && share != Rate::new(1.0).expect("a rate");
            let (at_least, at_most) = if is_most { (None, Some(share)) } else { (Some(share), None) };
            Expectation::Availability { at_least, at_most, during }
        }),
        changes,
        (10..1_u64 << 32).prop_map(Expectation::TermAtMost),
        Just(if settles { Expectation::Settled { within: bound } } else { Expectation::Linearizable }),
        proptest::sample::select(&Property::ALL[..]).prop_map(Expectation::Violates),
        Just(Expectation::ExactlyOnce),
        Just(Expectation::Linearizable),
        Just(Expectation::Sometimes(Event::LeaderElected)),
        Just(Expectation::Never(Event::NodeStopped)),
    ];
    vec(one, 0..5).prop_map(|mut all| {
        let held: Vec<Property> = all.iter().filter_map(|it| it.holds()).collect();
        all.retain(|it| !matches!(it, Expectation::Violates(property) if held.contains(property)));
        all
    })
}

fn logs(voters: u32) -> impl Strategy<Value = Logs> {
    let logs = (vec(1..4_u64, 0..6), vec(0..6_usize, voters as usize)).prop_map(|(mut terms, lengths)| {
        terms.sort_unstable();
        let log = |length: usize| terms.iter().take(length).map(|term| Term(*term)).collect();
        Logs::Each(lengths.into_iter().map(log).collect())
    });
    prop_oneof![Just(Logs::Same), Just(Logs::Shuffled), logs]
}

prop_compose! {
    fn cpu()(
        cost_per_frame in duration(1, 1_000_000_000),
        cost_per_kib in duration(0, 1_000_000_000),
        inbox in 1..=bounds::INBOX.most as u32,
        when_full in proptest::sample::select(vec![WhenFull::DropNewest, WhenFull::DropOldest, WhenFull::Refuse]),
        lanes in proptest::sample::select(vec![Lanes::One, Lanes::Two]),
    ) -> Cpu {
        Cpu { cost_per_frame, cost_per_kib, inbox: NonZeroU32::new(inbox).expect("positive"), when_full, lanes }
    }
}

prop_compose! {
    fn cluster()(
        (voters, logs) in (4..=250_u32).prop_flat_map(|voters| (Just(voters), logs(voters))),
        first in option::of(1..=4_u32),
        prefers in any::<bool>(),
        heartbeat in duration(1, DAY),
        longer in duration(1, DAY),
        spread in duration(0, DAY),
        max_batch_bytes in 1..=bounds::MAX_BATCH_BYTES.most as u32,
        snapshots in (option::of(1..=bounds::SNAPSHOT_EVERY.most as u32), 1..=bounds::SNAPSHOT_CHUNK.most as u32),
        flow in any::<[u32; 4]>(),
        (by, at_followers, max_drift_ppm, drift) in (0..4_usize, any::<bool>(), 0..=500_000_u32, -500_000..=500_000_i32),
        (bug, pre_vote, check_quorum, sticky, single) in any::<(bool, bool, bool, bool, bool)>(),
        (eager_votes, announce_commits) in any::<(bool, bool)>(),
        (learners, spares) in (0..=2_u32, 0..=3_u32),
        cpu in cpu(),
        (flush, torn, blocking) in (distribution(), rate(), any::<bool>()),
        (call_timeout, breaker) in (duration(1, DAY), option::of(breaker())),
        (level, secret) in (0..3_usize, "[^\\p{Cc}]{1,20}"),
    ) -> Cluster {
        let integrity = [Integrity::Crc32c, Integrity::Unchecked, Integrity::Keyed { secret }][level].clone();
        let least = heartbeat.saturating_add(longer);
        let election_timeout = (least, least.saturating_add(spread));
        let bug = bug.then_some(Bug::AckBeforeFlush);
        let by = [ReadBy::Log, ReadBy::Index, ReadBy::Lease, ReadBy::Local][by];
        let (snapshot_every, snapshot_chunk) = (snapshots.0.and_then(NonZeroU32::new), NonZeroU32::new(snapshots.1).expect("positive"));
        let [max_inflight, max_inflight_bytes, max_uncommitted_bytes, max_early_bytes] =
            flow.map(|most| NonZeroU32::new(most % 3 * (most >> 13)));
        let flow = Flow { max_inflight, max_inflight_bytes, max_uncommitted_bytes, max_early_bytes };
        let raft = Options {
            heartbeat,
            election_timeout,
            max_batch_bytes,
            snapshot_every,
            snapshot_chunk,
            pre_vote,
            check_quorum,
            eager_votes,
            announce_commits,
            flow,
            sticky: sticky || by == ReadBy::Lease,
            reads: Reads { by, at_followers: at_followers && by != ReadBy::Log, max_drift_ppm },
            changes: if single { Changes::Single } else { Changes::Joint },
            bug,
        };
        let nodes = voters + learners + spares;
        let drifts_ppm = if drift == 0 { Vec::new() } else { vec![drift; nodes as usize] };
        let priorities = if prefers { (1..=nodes).collect() } else { Vec::new() };
        let implementation = Implementation::Squall;
        Cluster { implementation, voters, learners, spares, first_leader: first.map(NodeId), priorities, drifts_ppm, logs, raft, cpu, flush, torn, blocking, call_timeout, breaker, integrity }
    }
}

prop_compose! {
    pub(super) fn plan()(cluster in cluster(), duration in duration(1_000_000, 30 * DAY), settles in any::<bool>())(
        name in "[a-z \"\\\\/*(){}#-]{1,20}|[^\\p{Cc}]{1,20}",
        about in "[^\\p{Cc}]{0,30}|(a|\"|\\\\|\n|\r|\t){0,20}",
        seed in any::<u64>(),
        default in link(),
        links in vec((1..cluster.voters, link()), 0..4),
        to_clients in link(),
        clients in clients(),
        targets in (proptest::sample::select(vec![Target::Leader, Target::Follower(1), Target::Random]), several(cluster.voters)),
        (faults, expectations) in faults(cluster.voters, half(duration)).prop_flat_map(move |faults| {
            let expectations = expectations(duration, settles, faults.len());
            (Just(faults), expectations)
        }),
        storms in vec(storm(cluster.voters, half(duration)), 0..3),
        cluster in Just(cluster),
        duration in Just(duration),
        settles in Just(settles),
        (core, quiet) in (0..3_usize, 0..1000_u64),
        events in proptest::option::of(any::<NonZeroU64>()),
        found in proptest::option::of(("[0-9.a-z\"-]{1,10}", any::<u64>(), any::<u128>())),
    ) -> Plan {
        let found = found.map(|(version, seed, digest)| Found { version, seed, digest });
        let links = links.into_iter().map(|(from, link)| (NodeId(from), NodeId(from + 1), link)).collect();
        let clients_links = Link { duplicate: Rate::ZERO, ..to_clients };
        let network = Network { default, links, clients: clients_links };
        let from = Time::ZERO + half(duration);
        let core = [Core::All, Core::Random, Core::Nodes((1..=cluster.voters).map(NodeId).collect())][core];
        let settle = settles.then_some(Settle { from, core, quiet: Duration::from_nanos(quiet) });
        let named = |target| if let Target::Named(_) = target { Target::Leader } else { target };
        let names = [("one", targets.0), ("some_2", targets.1)];
        let names = names.map(|(name, target)| Name { name: name.to_string(), target: named(target) }).to_vec();
        let clients = Some(clients);
        Plan {
            name, about, seed, duration, events, cluster, network, clients, names, faults, storms, settle, expectations, found,
        }
    }
}

fn half(duration: Duration) -> Duration {
    Duration::from_nanos(duration.nanos() / 2)
}
