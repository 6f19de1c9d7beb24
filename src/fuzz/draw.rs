//! Random plans: what a profile leaves open is drawn from the seed.
//!
//! Each field has a stream of its own, named by what it is, so that a field more in a profile, or one fault less, leaves
//! all other draws of a seed as they are.

use super::changes;
use super::labels::label;
use super::owed;
use super::restraint;
use super::settled;
use crate::adapters::{self, Unexpressed};
use crate::ids::NodeId;
use crate::plan::{
    Action, Arrival, Between, Chance, ClientRanges, Clients, ClockRanges, Cluster, ClusterRanges, Core, Cpu,
    End, Fault, FaultRanges, FlowRanges, HostRanges, Implementation, Integrity, Lanes, LimitRange, Link,
    Logs, Milestone, Network, Plan, Profile, Sessions, Settle, SnapshotRanges, Start, StartRanges, Storm,
    StormRanges, WhenFull,
};
use crate::replica::{Changes, Flow, Options, ReadBy, Reads};
use crate::rng::{Distribution, Rate, Stream, below, log_uniform};
use crate::time::{Duration, Time};
use std::collections::BTreeMap;
use std::num::NonZeroU32;

/// By when a request from node to node has to be answered. Only the records of calls depend on it.
const CALL_TIMEOUT: Duration = Duration::from_millis(150);

/// The secret of clusters whose frames are keyed. Nobody in a run guesses, so any will do.
const SECRET: &str = "storm";

/// The times between the faults of a storm are cut off at this many times their mean, as in scenarios.
const USUAL_MOST: u64 = 20;

/// The longest time that a scenario can speak of.
const LONGEST: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// So many seeds tell what every run of a profile has.
const JUDGED_BY: u64 = 100;

/// The plan of the run that this seed stands for: complete and valid, with what the run owes once it has settled. What the profile's
/// implementation can't express is [left out](left_out).
pub fn draw(profile: &Profile, seed: u64) -> Plan {
    let mut plan = whole(profile.implementation, profile, seed);
    adapters::restrict(&mut plan);
    plan.expectations = owed::expectations(&plan);
    settled::owe(&mut plan);
    plan
}

/// What the seed draws and the profile's implementation can't express, each switch once.
pub fn left_out(profile: &Profile, seed: u64) -> Vec<Unexpressed> {
    if profile.implementation == Implementation::Squall {
        return Vec::new();
    }
    let mut found = adapters::unexpressed(&whole(profile.implementation, profile, seed));
    found.dedup_by_key(|it| it.switch);
    found
}

/// What is left out of every run of the profile, so that none is what it is for: all switches of a field that each run has one of, and
/// what faults do in each. The first hundred seeds tell.
pub fn always_left_out(profile: &Profile) -> Vec<Unexpressed> {
    let all: Vec<Vec<Unexpressed>> = (0..JUDGED_BY).map(|seed| left_out(profile, seed)).collect();
    let is_always =
        |it: &Unexpressed| all.iter().all(|of| of.iter().any(|other| other.about() == it.about()));
    let mut always: Vec<Unexpressed> = all.iter().flatten().copied().filter(is_always).collect();
    always.sort_by_key(|it| (it.about(), it.switch));
    always.dedup_by_key(|it| it.switch);
    always
}

/// The plan of a seed with all that is drawn, for nodes that run this Raft, before anything is owed.
fn whole(implementation: Implementation, profile: &Profile, seed: u64) -> Plan {
    let draws = Draws { seed };
    if let Some(other) = draws.other(profile) {
        return whole(implementation, other, seed);
    }
    let mut cluster = draws.cluster(profile);
    cluster.implementation = implementation;
    let changes = draws.changes(profile, &mut cluster);
    cluster.drifts_ppm = draws.drifts(profile.cluster.clocks, cluster.nodes());
    let settle = draws.settle(profile, &mut cluster.raft);
    let voters = cluster.voters;
    let clients = profile.clients.as_ref().and_then(|load| draws.clients(load));
    let mut plan = Plan {
        name: profile.name.clone(),
        about: format!("Drawn from the profile {} with seed {seed}.", profile.name),
        seed,
        duration: profile.duration,
        events: None,
        network: draws.network(profile, clients.as_ref()),
        clients,
        names: Vec::new(),
        faults: draws.faults(&profile.faults, voters).into_iter().chain(changes).collect(),
        storms: draws.storms(&profile.storms, (voters, profile.settle.from)),
        settle: Some(settle),
        expectations: Vec::new(),
        found: None,
        cluster,
    };
    if !plan.cluster.cpu.costs() {
        // Nobody can be slow for whom nothing costs anything.
        let is_slow = |action: &Action| matches!(action, Action::Slow { .. });
        plan.faults.retain(|fault| !is_slow(&fault.action));
        plan.storms.retain(|storm| !is_slow(&storm.action));
    }
    plan
}

/// The draws of one seed.
struct Draws {
    seed: u64,
}

impl Draws {
    fn stream(&self, field: &str, number: u64) -> Stream {
        Stream::new(self.seed, &format!("draw {field}"), number, 0)
    }

    fn word(&self, field: &str) -> u64 {
        self.stream(field, 0).word()
    }

    /// The other profile that this seed's run is drawn from, if it is.
    fn other<'a>(&self, profile: &'a Profile) -> Option<&'a Profile> {
        // A profile in a mixture may be one itself.
        let word = u128::from(self.word(&format!("mixture of {}", profile.name)));
        let mut shares = 0;
        let drawn = profile.mixture.iter().find(|(share, _)| {
            shares += share.parts();
            word < shares
        });
        drawn.map(|(_, other)| other)
    }

    fn whole(&self, field: &str, range: Between<u32>) -> u32 {
        magnitude(self.word(field), u64::from(range.least), u64::from(range.most)) as u32
    }

    /// Any length between two draws.
    fn lengths(&self, field: &str, range: Between<Duration>) -> Distribution {
        let mut stream = self.stream(field, 0);
        let draws = [stream.word(), stream.word()].map(|word| length(word, range));
        Distribution::Uniform(draws[0].min(draws[1]), draws[0].max(draws[1]))
    }

    /// For whom the run settles. In most of those that settle for a core servers have all that keeps others from disturbing
    /// them: else next to nothing is owed.
    fn settle(&self, profile: &Profile, raft: &mut Options) -> Settle {
        let mut stream = self.stream("core", 0);
        if !profile.core.hits(stream.word()) {
            return profile.settle;
        }
        if below(stream.word(), 4) > 0 {
            (raft.pre_vote, raft.check_quorum, raft.sticky) = (true, true, true);
        }
        Settle { core: Core::Random, ..profile.settle }
    }

    fn cluster(&self, profile: &Profile) -> Cluster {
        let ranges = &profile.cluster;
        let heartbeat = length(self.word("heartbeat"), ranges.heartbeat);
        let times = |time: Duration, permille: u32| {
            let product = u128::from(time.nanos()) * u128::from(permille) / 1000;
            Duration::from_nanos(rounded(u64::try_from(product).unwrap_or(u64::MAX))).min(LONGEST)
        };
        let factor = self.whole("election timeout", ranges.election_timeout_permille);
        let least = times(heartbeat, factor);
        let most = times(least, self.whole("timeout spread", ranges.timeout_spread_permille)).max(least);
        let voters = weighted(self.word("voters"), &ranges.voters);
        let reads = self.reads(ranges);
        let (cpu, blocking) = self.hosts(ranges.hosts);
        let shuffled = ranges.shuffled_logs.hits(self.word("shuffled logs"));
        Cluster {
            implementation: Implementation::Squall,
            voters,
            learners: 0,
            spares: 0,
            first_leader: None::<NodeId>,
            priorities: self.priorities(ranges.priorities, voters),
            drifts_ppm: Vec::new(),
            logs: if shuffled { Logs::Shuffled } else { Logs::Same },
            raft: Options {
                heartbeat,
                election_timeout: (least, most),
                max_batch_bytes: self.whole("max batch bytes", ranges.max_batch_bytes),
                snapshot_every: self.snapshot_every(ranges.snapshots),
                snapshot_chunk: NonZeroU32::new(self.whole("snapshot chunk", ranges.snapshots.chunk))
                    .unwrap_or(NonZeroU32::MIN),
                pre_vote: ranges.pre_vote.hits(self.word("pre-vote")),
                check_quorum: ranges.check_quorum.hits(self.word("check-quorum")),
                flow: self.flow(&ranges.flow),
                eager_votes: false,
                announce_commits: false,
                sticky: ranges.sticky.hits(self.word("sticky")) || reads.by == ReadBy::Lease,
                reads,
                changes: Changes::default(),
                bug: ranges.bug,
            },
            cpu,
            flush: self.lengths("flush", ranges.flush),
            torn: self.chance("torn", ranges.torn),
            blocking,
            call_timeout: CALL_TIMEOUT,
            breaker: restraint::breaker(self.stream("breakers", 0), ranges.breakers),
            integrity: self.integrity(ranges),
        }
    }

    fn integrity(&self, ranges: &ClusterRanges) -> Integrity {
        let mut stream = self.stream("integrity", 0);
        let [keyed, unchecked] = [stream.word(), stream.word()];
        match (ranges.keyed.hits(keyed), ranges.unchecked.hits(unchecked)) {
            (true, _) => Integrity::Keyed { secret: SECRET.to_owned() },
            (false, true) => Integrity::Unchecked,
            (false, false) => Integrity::Crc32c,
        }
    }

    /// In a share of the runs members come and go.
    fn changes(&self, profile: &Profile, cluster: &mut Cluster) -> Vec<Fault> {
        let ranges = profile.cluster.changes.as_ref();
        let sizes = &profile.cluster.voters;
        let draw =
            |ranges| changes::draw((ranges, sizes), self.stream("changes", 0), profile.settle.from, cluster);
        ranges.map(draw).unwrap_or_default()
    }

    /// In a share of the runs each node has a priority from 0 to 3.
    fn priorities(&self, likely: Rate, voters: u32) -> Vec<u32> {
        let mut stream = self.stream("priorities", 0);
        let hits = likely.hits(stream.word());
        let drawn: Vec<u32> = (0..voters).map(|_| below(stream.word(), 4) as u32).collect();
        if hits && drawn.iter().any(|priority| *priority > 0) { drawn } else { Vec::new() }
    }

    fn reads(&self, ranges: &ClusterRanges) -> Reads {
        let mut stream = self.stream("reads", 0);
        let [likely, lease, followers] = std::array::from_fn(|_| stream.word());
        if !ranges.reads.likely.hits(likely) {
            return Reads::default();
        }
        Reads {
            by: if ranges.reads.leases.hits(lease) { ReadBy::Lease } else { ReadBy::Index },
            at_followers: ranges.reads.followers.hits(followers),
            max_drift_ppm: self.most_drift(ranges.clocks).unwrap_or(0),
        }
    }

    /// What frames cost, and where they wait; and whether hosts serve nothing while they flush.
    fn hosts(&self, ranges: HostRanges) -> (Cpu, bool) {
        let mut stream = self.stream("hosts", 0);
        let [likely, cost, inbox, full, lanes, blocking] = std::array::from_fn(|_| stream.word());
        if !ranges.likely.hits(likely) {
            return (Cpu::FREE, false);
        }
        let cost = length(cost, ranges.cost);
        let inbox = magnitude(inbox, u64::from(ranges.inbox.least), u64::from(ranges.inbox.most)) as u32;
        let cpu = Cpu {
            cost_per_frame: cost,
            cost_per_kib: Duration::from_nanos(cost.nanos() / 4),
            inbox: NonZeroU32::new(inbox).unwrap_or(NonZeroU32::MIN),
            when_full: [WhenFull::DropNewest, WhenFull::DropOldest, WhenFull::Refuse]
                [below(full, 3) as usize],
            lanes: if ranges.two_lanes.hits(lanes) { Lanes::Two } else { Lanes::One },
        };
        (cpu, ranges.blocking.hits(blocking))
    }

    /// By how much clocks drift at most; none if they don't.
    fn most_drift(&self, ranges: ClockRanges) -> Option<u32> {
        let likely = ranges.likely.hits(self.word("clocks"));
        likely.then(|| self.whole("drift", ranges.drift_ppm))
    }

    /// Half of the clocks are fast or slow by the most, the others by any number up to it. Node 1 has the slowest, so that
    /// faults can be aimed at it.
    fn drifts(&self, ranges: ClockRanges, nodes: u32) -> Vec<i32> {
        let Some(most) = self.most_drift(ranges) else { return Vec::new() };
        let mut stream = self.stream("drifts", 0);
        // Where bounds are tested is at their ends.
        let drift = |word| {
            (below(word, 4 * u64::from(most) + 1) as i32 - 2 * most as i32).clamp(-(most as i32), most as i32)
        };
        let mut drifts: Vec<i32> = (0..nodes).map(|_| drift(stream.word())).collect();
        drifts.sort_unstable();
        if drifts.iter().any(|drift| *drift != 0) { drifts } else { Vec::new() }
    }

    fn snapshot_every(&self, ranges: SnapshotRanges) -> Option<NonZeroU32> {
        let every = NonZeroU32::new(self.whole("snapshot every", ranges.every));
        every.filter(|_| ranges.likely.hits(self.word("snapshots")))
    }

    fn flow(&self, ranges: &FlowRanges) -> Flow {
        let most = |field: &str, range: LimitRange| {
            let mut stream = self.stream(field, 0);
            let [likely, most] = [stream.word(), stream.word()];
            let most = magnitude(most, u64::from(range.most.least), u64::from(range.most.most)) as u32;
            NonZeroU32::new(most).filter(|_| range.likely.hits(likely))
        };
        Flow {
            max_inflight: most("max inflight", ranges.inflight),
            max_inflight_bytes: most("max inflight bytes", ranges.inflight_bytes),
            max_uncommitted_bytes: most("max uncommitted bytes", ranges.uncommitted_bytes),
            max_early_bytes: most("max early bytes", ranges.early_bytes),
        }
    }

    fn network(&self, profile: &Profile, clients: Option<&Clients>) -> Network {
        let ranges = &profile.network;
        let default = Link {
            latency: self.lengths("latency", ranges.latency),
            loss: self.chance("loss", ranges.loss),
            duplicate: self.chance("duplicate", ranges.duplicate),
            bandwidth: None,
        };
        let at_once = Distribution::Constant(Duration::ZERO);
        let have_sessions = clients.is_some_and(|clients| clients.sessions.is_some());
        let ranges = profile.clients.as_ref().and_then(|load| load.sessions.as_ref());
        let clients = match ranges.filter(|_| have_sessions) {
            Some(ranges) => Link {
                latency: self.lengths("clients latency", ranges.latency),
                loss: self.chance("clients loss", ranges.loss),
                duplicate: self.chance("clients duplicate", ranges.duplicate),
                bandwidth: None,
            },
            None => Link { latency: at_once, loss: Rate::ZERO, duplicate: Rate::ZERO, bandwidth: None },
        };
        Network { default, links: Vec::new(), clients }
    }

    fn chance(&self, field: &str, chance: Chance) -> Rate {
        let mut stream = self.stream(field, 0);
        let [likely, rate] = [stream.word(), stream.word()];
        let parts = magnitude(rate, u64::from(chance.rate_ppb.least), u64::from(chance.rate_ppb.most));
        let rate = Rate::new(parts as f64 / 1e9).unwrap_or(Rate::ZERO);
        if chance.likely.hits(likely) { rate } else { Rate::ZERO }
    }

    fn clients(&self, ranges: &ClientRanges) -> Option<Clients> {
        if !ranges.likely.hits(self.word("clients")) {
            return None;
        }
        let count = self.whole("clients count", ranges.count);
        let arrival = if ranges.closed_loop.hits(self.word("clients closed loop")) {
            Arrival::ClosedLoop { think: length(self.word("clients think"), ranges.think) }
        } else {
            let rate = f64::from(self.whole("clients rate", ranges.rate_milli)) / 1000.0;
            let mean = (f64::from(count) * 1e9 / rate).round() as u64;
            Arrival::OpenLoop { mean: Duration::from_nanos(mean).min(LONGEST) }
        };
        let sessions = ranges.sessions.as_ref();
        let sessions = sessions.filter(|ranges| ranges.likely.hits(self.word("clients sessions")));
        let retries = sessions.filter(|ranges| ranges.retries.hits(self.word("clients retries")));
        Some(Clients {
            count,
            arrival,
            mix: ranges.mix,
            keys: self.whole("clients keys", ranges.keys),
            value_bytes: self.whole("clients value bytes", ranges.value_bytes),
            timeout: length(self.word("clients timeout"), ranges.timeout),
            backoff: restraint::backoff(
                self.stream("clients restraint", 0),
                ranges.restraint,
                ranges.attempts,
            ),
            retry_after: retries.map(|it| length(self.word("clients retry after"), it.retry_after)),
            sessions: sessions.map(|it| Sessions { most: self.whole("clients sessions kept", it.most) }),
            breaker: restraint::breaker(self.stream("clients breakers", 0), ranges.breakers),
        })
    }

    fn faults(&self, ranges: &[FaultRanges], voters: u32) -> Vec<Fault> {
        let mut alike = Alike::default();
        let mut faults = Vec::new();
        for fault in ranges {
            let (name, number) = alike.number(format!("fault {}", label(&fault.action)));
            let mut stream = self.stream(&name, number);
            let [likely, count] = [stream.word(), stream.word()];
            if !fault.likely.hits(likely) || voters < fault.least_voters {
                continue;
            }
            // Two or three are as likely as one; there may be none of them.
            let most = u64::from(fault.count.most - fault.count.least) + 1;
            for _ in 0..u64::from(fault.count.least) + below(count, most) {
                let [begin, after, long] = std::array::from_fn(|_| stream.word());
                let start = match fault.start {
                    StartRanges::At(Between { least, most }) => {
                        let late = below(begin, (most - least).nanos() + 1);
                        Start::At(least + Duration::from_nanos(rounded(late)))
                    }
                    StartRanges::Elected { election, after: delay } => Start::When {
                        milestone: Milestone::Elected(
                            election.least + below(begin, election.most - election.least + 1),
                        ),
                        after: length(after, delay),
                    },
                };
                let end = End::For(length(long, fault.length));
                faults.push(Fault {
                    id: None,
                    start,
                    spread: Duration::ZERO,
                    end,
                    action: fault.action.clone(),
                });
            }
        }
        faults
    }

    fn storms(&self, ranges: &[StormRanges], (voters, until): (u32, Time)) -> Vec<Storm> {
        let mut alike = Alike::default();
        let mut storms = Vec::new();
        for storm in ranges {
            let (name, number) = alike.number(format!("storm {}", label(&storm.action)));
            let mut stream = self.stream(&name, number);
            let [likely, every, one, other] = std::array::from_fn(|_| stream.word());
            if !storm.likely.hits(likely) || voters < storm.least_voters {
                continue;
            }
            let mean = length(every, storm.every);
            let bounds = [one, other].map(|word| length(word, storm.length));
            storms.push(Storm {
                during: (Time::ZERO, until),
                every: Distribution::Exponential {
                    min: Duration::ZERO,
                    mean,
                    max: mean.saturating_mul(USUAL_MOST).min(LONGEST),
                },
                length: Distribution::Uniform(bounds[0].min(bounds[1]), bounds[0].max(bounds[1])),
                action: storm.action.clone(),
            });
        }
        storms
    }
}

/// Numbers what has the same name, from 0.
#[derive(Default)]
struct Alike(BTreeMap<String, u64>);

impl Alike {
    fn number(&mut self, name: String) -> (String, u64) {
        let next = self.0.entry(name.clone()).or_default();
        *next += 1;
        (name, *next - 1)
    }
}

/// One of these, as likely as its weight says.
fn weighted(word: u64, choices: &[(u32, u32)]) -> u32 {
    let sum = choices.iter().map(|(_, weight)| u64::from(*weight)).sum();
    let mut left = below(word, sum);
    for &(choice, weight) in choices {
        match left.checked_sub(u64::from(weight)) {
            Some(rest) => left = rest,
            None => return choice,
        }
    }
    unreachable!("the weights add up to their sum")
}

/// A length of time from a range that may be nothing at all.
pub(super) fn length(word: u64, range: Between<Duration>) -> Duration {
    Duration::from_nanos(magnitude(word, range.least.nanos(), range.most.nanos()))
}

/// A number from a range, each order of magnitude being equally likely, with three digits that count.
pub(super) fn magnitude(word: u64, least: u64, most: u64) -> u64 {
    if least == most { least } else { rounded(log_uniform(word, least.max(1), most)).max(least) }
}

/// Rounded down to three digits that count, so that people can read it.
pub(super) fn rounded(value: u64) -> u64 {
    let step = 10_u64.pow(value.checked_ilog10().unwrap_or(0).saturating_sub(2));
    value / step * step
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_digits_count() {
        for (value, expected) in [(0, 0), (7, 7), (999, 999), (1_234, 1_230), (987_654_321, 987_000_000)] {
            assert_eq!(rounded(value), expected);
        }
        assert_eq!(magnitude(0, 1_234, 5_678), 1_234);
        assert_eq!(magnitude(u64::MAX, 1_234, 5_678), 5_670);
    }

    #[test]
    fn weights_say_how_likely_a_choice_is() {
        let choices = [(3, 100), (5, 300)];
        let mut stream = Stream::new(1, "test", 0, 0);
        let fives = (0..40_000).filter(|_| weighted(stream.word(), &choices) == 5).count();
        assert!((29_500..30_500).contains(&fives), "{fives}");
        assert_eq!(weighted(u64::MAX, &choices), 5);
    }
}
