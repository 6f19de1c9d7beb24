//! The settings that are tried, and the two plans of each.

use crate::plan::{Action, Cell, End, Fault, Link, Measure, Milestone, Network, Plan, Start, Target};
use crate::rng::Distribution;
use crate::time::Duration;
use serde::{Serialize, Serializer};

/// The least election timeouts that are tried, in halves of a latency one way and a flush.
const LEAST: [u64; 7] = [3, 4, 6, 10, 20, 30, 60];

/// How much wider than the least the range of timeouts is made, in halves of the least.
const SPREADS: [u64; 3] = [1, 2, 4];

/// What part of the least election timeout the heartbeat is.
const HEARTBEATS: [u64; 2] = [2, 5];

/// Nobody asks for timers finer than what is that many nanoseconds long.
const FINEST: u64 = 100_000;

/// So many of the greatest election timeout of all settings a trial goes on after a crash at most.
const PATIENCE: u64 = 40;

/// No trial goes on for longer after a crash, unless the greatest timeout itself is longer.
const MOST_PATIENCE: Duration = Duration::from_secs(600);

/// A choice of the timers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Setting {
    /// The least election timeout.
    #[serde(rename = "least_ns", serialize_with = "in_nanos")]
    pub least: Duration,
    /// The greatest.
    #[serde(rename = "most_ns", serialize_with = "in_nanos")]
    pub most: Duration,
    /// How often a leader sends a heartbeat.
    #[serde(rename = "heartbeat_ns", serialize_with = "in_nanos")]
    pub heartbeat: Duration,
}

/// A time as a number of nanoseconds.
pub(super) fn in_nanos<S: Serializer>(time: &Duration, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_u64(time.nanos())
}

impl Setting {
    /// That of a plan.
    pub fn of(plan: &Plan) -> Self {
        let (least, most) = plan.cluster.raft.election_timeout;
        Self { least, most, heartbeat: plan.cluster.raft.heartbeat }
    }

    fn put(self, mut plan: Plan) -> Plan {
        plan.cluster.raft.election_timeout = (self.least, self.most);
        plan.cluster.raft.heartbeat = self.heartbeat;
        plan
    }
}

/// The mean latency of a frame from one voter to another, over all pairs of voters.
pub fn one_way(plan: &Plan) -> Duration {
    let voters = plan.cluster.voters;
    let pairs = (1..=voters).flat_map(|from| (1..=voters).map(move |to| (from, to)));
    let latencies = pairs.filter(|(from, to)| from != to).map(|(from, to)| {
        let link = link(&plan.network, from, to);
        mean(&link.latency)
    });
    let (sum, count) =
        latencies.fold((0_u128, 0_u128), |(sum, count), it| (sum + u128::from(it.nanos()), count + 1));
    Duration::from_nanos(u64::try_from(sum / count.max(1)).unwrap_or(u64::MAX))
}

fn link(network: &Network, from: u32, to: u32) -> &Link {
    let own = network.links.iter().rev().find(|(a, b, _)| (a.0, b.0) == (from, to));
    own.map_or(&network.default, |(_, _, link)| link)
}

fn mean(times: &Distribution) -> Duration {
    match *times {
        Distribution::Constant(time) => time,
        Distribution::Uniform(least, most) => {
            Duration::from_nanos(least.nanos() + (most.nanos() - least.nanos()) / 2)
        }
        Distribution::Exponential { mean, max, .. } => mean.min(max),
    }
}

/// No run in which nothing goes wrong lasts longer. There are thousands of them: more seeds tell as much as longer runs, and it is
/// the user who chooses how many.
const LONGEST: Duration = Duration::from_secs(10);

/// What the Raft thesis (section 9) says of the least election timeout: 10 to 20 times the latency one way.
pub fn thesis_rule(plan: &Plan) -> (Duration, Duration) {
    let one_way = one_way(plan);
    (one_way.saturating_mul(10), one_way.saturating_mul(20))
}

/// The settings that are tried for a plan, its own among them, in order.
pub fn grid(plan: &Plan) -> Vec<Setting> {
    let unit = one_way(plan).nanos().saturating_add(mean(&plan.cluster.flush).nanos()).max(FINEST);
    let mut all = vec![Setting::of(plan)];
    let rule = thesis_rule(plan);
    let by_rule = [rule.0, rule.1].map(Duration::nanos).into_iter().filter(|least| *least >= FINEST);
    for least in LEAST.iter().map(|times| round(unit.saturating_mul(*times) / 2)).chain(by_rule) {
        for spread in SPREADS {
            for part in HEARTBEATS {
                all.push(Setting {
                    least: Duration::from_nanos(least),
                    most: Duration::from_nanos(round(
                        least.saturating_add((least / 2).saturating_mul(spread)),
                    )),
                    heartbeat: Duration::from_nanos(round(least / part).max(1)),
                });
            }
        }
    }
    all.sort_unstable();
    all.dedup();
    all
}

/// A time as people write it: with two digits that count.
fn round(nanos: u64) -> u64 {
    let mut unit = 1;
    while nanos / unit >= 100 {
        unit *= 10;
    }
    nanos.saturating_add(unit / 2) / unit * unit
}

/// The plan without anything that goes wrong or is expected: what is left are the nodes, the links and the load.
fn calm(plan: &Plan, setting: Setting) -> Plan {
    setting.put(Plan {
        events: None,
        names: Vec::new(),
        faults: Vec::new(),
        storms: Vec::new(),
        settle: None,
        expectations: Vec::new(),
        found: None,
        ..plan.clone()
    })
}

/// For how long a trial waits for a leader after the crash at most: the same time for all of these settings, so that one is not
/// better than another only since less was waited for it.
pub fn horizon(plan: &Plan, settings: &[Setting]) -> Duration {
    let most = settings.iter().map(|it| it.most).max().unwrap_or(Duration::ZERO);
    let longest = most.saturating_add(slowest(plan));
    longest.saturating_mul(PATIENCE).min(MOST_PATIENCE.max(longest))
}

/// The longest that a frame and a flush usually take.
fn slowest(plan: &Plan) -> Duration {
    plan.network.default.latency.max().saturating_add(plan.cluster.flush.max())
}

/// What shows how long nobody leads: the first leader crashes at a random point of its heartbeat, when all have heard of it. After that
/// the trial goes on for the horizon at most.
pub fn crash(plan: &Plan, setting: Setting, horizon: Duration) -> Cell {
    let slowest = slowest(plan);
    let mut plan = calm(plan, setting);
    let after = setting.most.saturating_add(setting.heartbeat).saturating_add(slowest.saturating_mul(4));
    plan.faults = vec![Fault {
        id: Some("crash".into()),
        start: Start::When { milestone: Milestone::Elected(1), after },
        spread: setting.heartbeat,
        end: End::Never,
        action: Action::Crash(Target::Leader),
    }];
    plan.duration = after.saturating_add(horizon);
    Cell { values: Vec::new(), plan, measure: Measure::Election { after: 0 } }
}

/// How long a run lasts in which nothing goes wrong: as long as the plan's, but for ten seconds at most.
pub(super) fn quiet_time(plan: &Plan) -> Duration {
    plan.duration.min(LONGEST)
}

/// What shows how often a leader is deposed without need: a run as long as the plan's, but for ten seconds at most, in which
/// nothing goes wrong.
pub fn quiet(plan: &Plan, setting: Setting) -> Cell {
    let plan = Plan { duration: quiet_time(plan), ..calm(plan, setting) };
    Cell { values: Vec::new(), plan, measure: Measure::Availability }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_two_digits() {
        for (nanos, rounded) in [(0, 0), (99, 99), (123, 120), (1_250, 1_300), (7_777_777, 7_800_000)] {
            assert_eq!(round(nanos), rounded);
        }
    }
}
